//! Assigns entries to chunks.
//!
//! An entry stays in its chunk unless the chunk overflows. Then only a window of adjacent chunks is cut again. All chunks
//! are cut again only if their number would exceed the optimum by more than a tenth: each chunk is a billed read on every
//! request at the edge.

use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use crate::table::{CHUNK_BYTES, CHUNK_FILL_BYTES, SST_PARTS};

/// A piece of an item's text and its chunk. SST cuts inside entries, so an item may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// The chunk's index.
    pub(crate) chunk: usize,
    /// The first byte within the item's text.
    pub(crate) from: usize,
    /// One past the last byte.
    pub(crate) to: usize,
}

impl Fragment {
    pub(crate) const fn len(&self) -> usize {
        self.to - self.from
    }
}

/// The place of an item. Empty if it is not in the table.
pub type Fragments = SmallVec<[Fragment; 1]>;

/// What the layout needs to know about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape<'a> {
    /// The current place.
    pub old: Fragments,
    /// The new text, with the separator. Empty if the item is removed.
    pub text: &'a str,
    /// The text stays the same.
    pub kept: bool,
}

/// The new place of every item and the number of chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// In the order of the shapes.
    pub places: Vec<Fragments>,
    /// The number of chunks. 0 is no table, 1 is an inline one.
    pub parts: usize,
}

/// Lays out `shapes` in a table that has `parts` chunks now. `foreign` is set if the table has entries of SST, whose writers
/// cannot handle more than `SST_PARTS` chunks.
#[must_use]
pub fn layout(shapes: &[Shape<'_>], parts: usize, foreign: bool) -> Layout {
    let optimum = parts_of(&cut(shapes, CHUNK_BYTES, Cut::Between));
    let tenth = optimum + optimum / 10;
    let most = if foreign { tenth.min(SST_PARTS) } else { tenth };
    if parts <= most && shapes.iter().all(|shape| shape.kept) {
        return Layout { places: shapes.iter().map(|shape| shape.old.clone()).collect(), parts };
    }
    let places = in_place(shapes).filter(|places| parts_of(places) <= most).unwrap_or_else(|| {
        let filled = cut(shapes, CHUNK_FILL_BYTES, Cut::Between);
        if parts_of(&filled) <= most {
            filled
        } else if !foreign || optimum <= SST_PARTS {
            cut(shapes, CHUNK_BYTES, Cut::Between)
        } else {
            cut(shapes, CHUNK_BYTES, Cut::Anywhere)
        }
    });
    let parts = parts_of(&places);
    Layout { places, parts }
}

fn parts_of(places: &[Fragments]) -> usize {
    places.iter().rev().find_map(|place| place.last()).map_or(0, |fragment| fragment.chunk + 1)
}

fn whole(chunk: usize, len: usize) -> Fragments {
    if len == 0 { smallvec![] } else { smallvec![Fragment { chunk, from: 0, to: len }] }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Between items. An item is cut inside only if it is larger than a chunk.
    Between,
    /// After any character, as SST does.
    Anywhere,
}

/// Fills chunk after chunk up to `capacity` bytes. The last chunk keeps a byte for the closing bracket. The opening one replaces
/// the first comma.
fn cut(shapes: &[Shape<'_>], capacity: usize, at: Cut) -> Vec<Fragments> {
    let last = shapes.iter().rposition(|shape| !shape.text.is_empty());
    let (mut chunk, mut used) = (0, 0);
    let place = |(index, shape): (usize, &Shape<'_>)| {
        let len = shape.text.len();
        let bracket = usize::from(Some(index) == last);
        if at == Cut::Between && used > 0 && used + len + bracket > capacity {
            (chunk, used) = (chunk + 1, 0);
        }
        let mut place = Fragments::new();
        let mut from = 0;
        while from < len {
            let mut to = len.min(from + capacity - used);
            if to == len && used + to - from + bracket > capacity {
                to -= 1;
            }
            to = shape.text.floor_char_boundary(to);
            if to > from {
                place.push(Fragment { chunk, from, to });
                used += to - from;
                from = to;
            }
            if from < len {
                (chunk, used) = (chunk + 1, 0);
            }
        }
        place
    };
    shapes.iter().enumerate().map(place).collect()
}

/// Leaves items where they are, adds new ones at the end, and cuts windows around overflowing chunks again. `None` if chunks
/// overflow and SST has cut an item into pieces.
fn in_place(shapes: &[Shape<'_>]) -> Option<Vec<Fragments>> {
    let mut places = Vec::with_capacity(shapes.len());
    let mut used: Vec<usize> = Vec::new();
    let mut aligned = true;
    for shape in shapes {
        let place = match shape.old.first() {
            Some(_) if shape.kept => shape.old.clone(),
            Some(first) => whole(first.chunk, shape.text.len()),
            None => {
                let len = shape.text.len();
                let full = used.last().is_none_or(|&used| used > 0 && used + len >= CHUNK_FILL_BYTES);
                whole(used.len() - usize::from(!full), len)
            }
        };
        aligned &= place.len() <= 1;
        for fragment in &place {
            used.resize(used.len().max(fragment.chunk + 1), 0);
            used[fragment.chunk] += fragment.len();
        }
        places.push(place);
    }
    let bracket = |chunk: usize| usize::from(chunk + 1 == used.len());
    let over: Vec<usize> =
        (0..used.len()).filter(|&chunk| used[chunk] + bracket(chunk) > CHUNK_BYTES).collect();
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
        let (window, cut) = window(shapes, &starts, chunk, next);
        next = window.end;
        places[starts[window.start]..starts[window.end]].clone_from_slice(&cut);
    }
    Some(places)
}

/// A small window of adjacent chunks around `chunk`, none before `floor`, that hold their items when they are cut again. At the
/// end of the table their number may grow.
fn window(
    shapes: &[Shape<'_>],
    starts: &[usize],
    chunk: usize,
    floor: usize,
) -> (Range<usize>, Vec<Fragments>) {
    let chunks = starts.len() - 1;
    let (mut from, mut to) = (chunk, chunk + 1);
    loop {
        // The window grows by half, so the search is linear.
        let step = (to - from).div_ceil(2);
        to = chunks.min(to + step);
        for from in [from, from.saturating_sub(step).max(floor)] {
            let inside = &shapes[starts[from]..starts[to]];
            let mut places = cut(inside, CHUNK_BYTES, Cut::Between);
            let parts = parts_of(&places).max(to - from);
            if parts == to - from || to == chunks {
                // Spreads the free room evenly, so that the next change does not cut again.
                let lens = || inside.iter().map(|shape| shape.text.len());
                let even = lens().sum::<usize>() / parts + lens().max().unwrap_or_default();
                let spread = cut(inside, even.min(CHUNK_BYTES), Cut::Between);
                if parts_of(&spread) <= parts {
                    places = spread;
                }
                places.iter_mut().flatten().for_each(|fragment| fragment.chunk += from);
                return (from..to, places);
            }
        }
        from = from.saturating_sub(step).max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = match std::str::from_utf8(&[b'x'; 4_000]) {
        Ok(text) => text,
        Err(_) => "",
    };

    fn standing(chunk: usize, len: usize) -> Shape<'static> {
        Shape { old: whole(chunk, len), text: &TEXT[..len], kept: true }
    }

    fn fresh(len: usize) -> Shape<'static> {
        Shape { old: smallvec![], text: &TEXT[..len], kept: false }
    }

    fn moved(shapes: &[Shape<'_>], layout: &Layout) -> usize {
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
        let mut shapes: Vec<_> = (0..1_000).map(|i| standing(i / 25, 38)).collect();
        shapes.extend((0..30).map(|_| fresh(38)));
        let layout = layout(&shapes, 40, false);
        assert_eq!((layout.parts, moved(&shapes, &layout)), (42, 0));
    }

    #[test]
    fn an_overflow_moves_a_window_only() {
        let mut shapes: Vec<_> = (0..1_000).map(|i| standing(i / 25, 38)).collect();
        shapes[500] = Shape { text: &TEXT[..120], kept: false, ..shapes[500].clone() };
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
        // 14 × 70 = 980: cut between entries, 699 of them take 50 chunks.
        let shapes: Vec<_> = (0..699).map(|_| fresh(70)).collect();
        assert_eq!(layout(&shapes, 0, true).parts, 49);
        assert!(layout(&shapes, 0, false).parts >= 50, "alone we cut between entries");
        // 49,000 bytes with the closing bracket, and one more.
        let mut shapes: Vec<_> = (0..700).map(|_| fresh(70)).collect();
        shapes[699] = fresh(69);
        assert_eq!(parts_of(&cut(&shapes, CHUNK_BYTES, Cut::Anywhere)), 49);
        shapes[699] = fresh(70);
        assert_eq!(parts_of(&cut(&shapes, CHUNK_BYTES, Cut::Anywhere)), 50);
    }

    #[test]
    fn an_entry_that_no_chunk_holds_is_cut() {
        for len in [1_000, 1_500, 1_999, 2_000, 2_001] {
            let places = layout(&[fresh(38), fresh(len), fresh(38)], 0, true).places;
            let mut used = vec![0; parts_of(&places)];
            places.iter().flatten().for_each(|fragment| used[fragment.chunk] += fragment.len());
            assert_eq!(used.iter().sum::<usize>(), len + 76);
            assert!(used.iter().all(|used| *used <= CHUNK_BYTES), "{len}: {used:?}");
        }
    }

    #[test]
    fn nothing_left_is_no_table() {
        let gone = Shape { text: "", kept: false, ..standing(0, 38) };
        assert_eq!(layout(&[gone], 1, false).parts, 0);
    }
}
