//! Which chunk each entry goes to.
//!
//! Chunks are stable: an entry stays where it is unless its chunk overflows, and then only a window
//! of adjacent chunks is cut anew. All chunks are cut anew only where their number would pass the
//! optimum by more than a tenth (each chunk is a billed read on every request at the edge).

use smallvec::{SmallVec, smallvec};

use crate::table::{CHUNK_BYTES, CHUNK_FILL_BYTES, SST_PARTS};

/// Bytes of entries, each with its comma, that a chunk may hold: the opening bracket takes the place
/// of the first comma, the closing one needs a byte of its own.
const CAPACITY: usize = CHUNK_BYTES - 1;
const FILL: usize = CHUNK_FILL_BYTES - 1;

/// A piece of an item's text and the chunk it stands in. SST cuts inside entries, so one may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// The chunk's number.
    pub chunk: usize,
    /// First byte within the item's text.
    pub from: usize,
    /// One past the last byte.
    pub to: usize,
}

impl Fragment {
    /// Bytes of the piece.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.to - self.from
    }
}

/// Where an item stands; empty when it does not.
pub type Fragments = SmallVec<[Fragment; 1]>;

/// What the layout needs to know of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Where it stands now.
    pub old: Fragments,
    /// Bytes it will have, its comma included; 0 when it is to go.
    pub len: usize,
    /// Its text stays the same.
    pub kept: bool,
}

/// The new place of every item, and the number of chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// In the order of the shapes.
    pub places: Vec<Fragments>,
    /// 0: no table; 1: inline; else chunks.
    pub parts: usize,
}

/// Lays `shapes` out over a table of now `parts` chunks. `foreign`: entries of SST stand in it, whose
/// writers cannot handle more than [`SST_PARTS`] chunks.
#[must_use]
pub fn layout(shapes: &[Shape], parts: usize, foreign: bool) -> Layout {
    let lens: Vec<usize> = shapes.iter().map(|shape| shape.len).collect();
    let optimum = parts_of(&greedy(&lens, CAPACITY));
    let most = if foreign { (optimum + optimum / 10).min(SST_PARTS) } else { optimum + optimum / 10 };
    if let Some(places) = in_place(shapes, parts) {
        let parts = parts_of(&places);
        if parts <= most {
            return Layout { places, parts };
        }
    }
    let filled = greedy(&lens, FILL);
    let places = if parts_of(&filled) <= most {
        filled
    } else if !foreign || optimum <= SST_PARTS {
        greedy(&lens, CAPACITY)
    } else {
        packed(&lens)
    };
    let parts = parts_of(&places);
    Layout { places, parts }
}

fn parts_of(places: &[Fragments]) -> usize {
    places.iter().rev().find_map(|place| place.last()).map_or(0, |fragment| fragment.chunk + 1)
}

fn whole(chunk: usize, len: usize) -> Fragments {
    if len == 0 { smallvec![] } else { smallvec![Fragment { chunk, from: 0, to: len }] }
}

/// Fills chunk after chunk up to `capacity`, cutting between items.
fn greedy(lens: &[usize], capacity: usize) -> Vec<Fragments> {
    let (mut chunk, mut used) = (0, 0);
    lens.iter()
        .map(|&len| {
            if used > 0 && used + len > capacity {
                (chunk, used) = (chunk + 1, 0);
            }
            used += len;
            whole(chunk, len)
        })
        .collect()
}

/// Fills chunk after chunk to the last byte, cutting inside items, as SST does.
fn packed(lens: &[usize]) -> Vec<Fragments> {
    let mut at = 0;
    lens.iter()
        .map(|&len| {
            let mut place = Fragments::new();
            let mut from = 0;
            while from < len {
                let room = CAPACITY - at % CAPACITY;
                let to = len.min(from + room);
                place.push(Fragment { chunk: at / CAPACITY, from, to });
                at += to - from;
                from = to;
            }
            place
        })
        .collect()
}

/// Leaves items where they are, adds new ones at the end, and mends overflowing chunks by windows.
/// `None` when that does not work out.
fn in_place(shapes: &[Shape], parts: usize) -> Option<Vec<Fragments>> {
    let mut places = Vec::with_capacity(shapes.len());
    let mut used = vec![0; parts.max(1)];
    let mut aligned = true;
    for shape in shapes {
        aligned &= shape.old.len() <= 1;
        let place = match shape.old.first() {
            Some(_) if shape.kept => shape.old.clone(),
            Some(first) => whole(first.chunk, shape.len),
            None => {
                let last = used.len() - 1;
                if used[last] > 0 && used[last] + shape.len > FILL {
                    used.push(0);
                }
                whole(used.len() - 1, shape.len)
            }
        };
        for fragment in &place {
            used[fragment.chunk] += fragment.len();
        }
        places.push(place);
    }
    let fits = |used: usize| used <= CAPACITY;
    if used.iter().all(|&used| fits(used)) {
        return Some(places);
    }
    // A chunk that SST filled to its 1,000 bytes and that nothing touches is no overflow.
    let untouched = |chunk: usize| {
        shapes.iter().zip(&places).all(|(shape, place)| {
            place.iter().chain(&shape.old).all(|fragment| fragment.chunk != chunk)
                || *place == shape.old && shape.kept
        })
    };
    let over: Vec<usize> = (0..used.len())
        .filter(|&chunk| !fits(used[chunk]) && !(used[chunk] <= CHUNK_BYTES && untouched(chunk)))
        .collect();
    if over.is_empty() {
        return Some(places);
    }
    if !aligned {
        return None;
    }
    let mut starts = vec![shapes.len(); used.len() + 1];
    for (item, place) in places.iter().enumerate().rev() {
        if let Some(fragment) = place.first() {
            starts[fragment.chunk] = item;
        }
    }
    for chunk in (0..used.len()).rev() {
        starts[chunk] = starts[chunk].min(starts[chunk + 1]);
    }
    let mut next = 0;
    for chunk in over {
        if chunk < next {
            continue;
        }
        let (window, cut) = window(shapes, &starts, chunk, next)?;
        next = window.end;
        places[starts[window.start]..starts[window.end]].clone_from_slice(&cut);
    }
    Some(places)
}

/// The fewest adjacent chunks around `chunk`, none before `floor`, that hold their items when cut anew.
fn window(
    shapes: &[Shape],
    starts: &[usize],
    chunk: usize,
    floor: usize,
) -> Option<(std::ops::Range<usize>, Vec<Fragments>)> {
    let chunks = starts.len() - 1;
    let (mut from, mut to) = (chunk, chunk + 1);
    loop {
        let before = (from, to);
        if to < chunks {
            to += 1;
        }
        for from in [from, from.saturating_sub(1).max(floor)] {
            let lens: Vec<usize> = shapes[starts[from]..starts[to]].iter().map(|shape| shape.len).collect();
            let mut cut = greedy(&lens, CAPACITY);
            if parts_of(&cut) <= to - from {
                // Spread what room there is, so that the next change does not cut again.
                let even =
                    lens.iter().sum::<usize>() / (to - from) + lens.iter().max().copied().unwrap_or_default();
                let spread = greedy(&lens, even.min(CAPACITY));
                if parts_of(&spread) <= to - from {
                    cut = spread;
                }
                cut.iter_mut().flatten().for_each(|fragment| fragment.chunk += from);
                return Some((from..to, cut));
            }
        }
        from = from.saturating_sub(1).max(floor);
        if (from, to) == before {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(chunk: usize, len: usize) -> Shape {
        Shape { old: whole(chunk, len), len, kept: true }
    }

    fn fresh(len: usize) -> Shape {
        Shape { old: smallvec![], len, kept: false }
    }

    fn moved(shapes: &[Shape], layout: &Layout) -> usize {
        shapes
            .iter()
            .zip(&layout.places)
            .filter(|(shape, place)| !shape.old.is_empty() && shape.old != **place)
            .count()
    }

    #[test]
    fn an_unchanged_table_does_not_move() {
        let shapes: Vec<_> = (0..100).map(|i| standing(i / 25, 38)).collect();
        let layout = layout(&shapes, 4, false);
        assert_eq!((layout.parts, moved(&shapes, &layout)), (4, 0));
    }

    #[test]
    fn new_entries_go_to_the_end_and_old_ones_stay() {
        let mut shapes: Vec<_> = (0..100).map(|i| standing(i / 25, 38)).collect();
        shapes.extend((0..30).map(|_| fresh(38)));
        let layout = layout(&shapes, 4, false);
        assert_eq!((layout.parts, moved(&shapes, &layout)), (6, 0));
    }

    #[test]
    fn an_overflow_moves_a_window_only() {
        let mut shapes: Vec<_> = (0..1_000).map(|i| standing(i / 25, 38)).collect();
        shapes[500] = Shape { len: 120, kept: false, ..shapes[500].clone() };
        let layout = layout(&shapes, 40, false);
        assert_eq!(layout.parts, 40);
        assert!(moved(&shapes, &layout) <= 75, "{}", moved(&shapes, &layout));
    }

    #[test]
    fn half_empty_chunks_are_cut_anew() {
        let shapes: Vec<_> = (0..100).map(|i| standing(i / 10, 38)).collect();
        assert_eq!(layout(&shapes, 10, false).parts, 4);
    }

    #[test]
    fn a_table_at_sst_s_limit_is_packed_to_the_byte() {
        // 49 chunks of 999 bytes cannot be cut between entries of 70 bytes: 14 × 70 = 980.
        let shapes: Vec<_> = (0..699).map(|_| fresh(70)).collect();
        assert_eq!(parts_of(&greedy(&vec![70; 699], CAPACITY)), 50);
        assert_eq!(layout(&shapes, 0, true).parts, 49);
        assert_eq!(layout(&shapes, 0, false).parts, 50, "alone we cut between entries");
    }

    #[test]
    fn nothing_left_is_no_table() {
        let gone = Shape { len: 0, kept: false, ..standing(0, 38) };
        assert_eq!(layout(&[gone], 1, false).parts, 0);
    }
}
