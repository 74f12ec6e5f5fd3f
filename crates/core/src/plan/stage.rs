//! Changes a table from its live state to the new one, in steps that are small enough for one batch.
//!
//! A flip moves an item from its old place and text to the new ones. [`Stage::steps`] orders the flips so that the items are
//! in table order at every point, and so that no chunk exceeds its size after any group of steps. So a batch may end after any
//! group and leaves a valid table.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use smallvec::SmallVec;

use super::direction::Direction;
use super::layout::{Fragment, Fragments, Shape};
use crate::edge::Root;
use crate::edge::index::marker;
use crate::table::decode::{Stored, Table};
use crate::table::{CHUNK_BYTES, key};

/// A live, new or removed entry.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The current place.
    pub(crate) old: Fragments,
    /// The range of the current text, with its separator, in the table's joined text.
    pub(crate) old_text: Range<usize>,
    /// The new place.
    pub(crate) new: Fragments,
    /// The new text, with a leading comma. Empty if the entry is removed. `None` keeps the current text.
    pub(crate) new_text: Option<String>,
}

impl Item {
    /// What the layout needs to know about the item. `joined` is the table's text.
    pub(crate) fn shape<'a>(&'a self, joined: &'a str) -> Shape<'a> {
        let text = self.new_text.as_deref().unwrap_or(&joined[self.old_text.clone()]);
        Shape { old: self.old.clone(), text, kept: self.new_text.is_none() }
    }

    fn changes(&self) -> bool {
        self.new_text.is_some() || self.old != self.new
    }
}

/// One step between the two states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The number of chunks changes to this.
    Parts(usize),
    /// The item at this index gets its new place and text.
    Flip(usize),
}

/// The most empty chunks that are dropped together with the flip that empties the last of them. All this fits one batch.
const DROPPED_AT_ONCE: usize = 8;

/// The places of the table's entries. A chunk that has only white space between an entry's separator and its quote has no piece
/// of the entry: there may be more such chunks than one batch can write.
pub(crate) fn fragments(table: &Table) -> Vec<Fragments> {
    let (mut chunk, mut start) = (0, 0);
    let place = |stored: &Stored| {
        let mut place = Fragments::new();
        let mut at = stored.start;
        while at < stored.end {
            while at >= start + table.chunks[chunk].len() {
                start += table.chunks[chunk].len();
                chunk += 1;
            }
            let to = stored.end.min(start + table.chunks[chunk].len());
            if at == stored.start || to > stored.quote {
                place.push(Fragment { chunk, from: at - stored.start, to: to - stored.start });
            }
            at = to;
        }
        place
    };
    table.entries.iter().map(place).collect()
}

/// A table between its two states.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    router: &'a str,
    joined: &'a str,
    stored: &'a [String],
    marked: bool,
    items: &'a [Item],
    target: usize,
    by_chunk: Vec<Vec<usize>>,
    flipped: Vec<bool>,
    at: At,
    dirty: BTreeSet<usize>,
    /// Each batch writes the root, which gets padding.
    pads: bool,
    /// The root of the index in the marker.
    index: Option<Root>,
}

/// The state of the table apart from its items.
#[derive(Debug, Clone, Copy, Default)]
struct At {
    /// The number of chunks.
    parts: usize,
    /// The index of the first item that is in the table.
    first: usize,
    /// The chunk with the closing bracket. No entry is in a later chunk.
    closing: usize,
    /// The next batch writes the root.
    root: bool,
}

impl<'a> Stage<'a> {
    /// Begins the change of `router`'s `table`, whose joined text is `joined`, to `items` in `target` chunks.
    pub(crate) fn new(
        router: &'a str,
        table: &'a Table,
        joined: &'a str,
        items: &'a [Item],
        target: usize,
    ) -> Self {
        let parts = table.chunks.len();
        let mut by_chunk = vec![Vec::new(); parts.max(target)];
        for (index, item) in items.iter().enumerate() {
            for fragment in item.old.iter().chain(&item.new) {
                let list: &mut Vec<usize> = &mut by_chunk[fragment.chunk];
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
        }
        let chunk_at = |byte: Option<usize>| {
            let mut end = 0;
            let holds = |chunk: &String| {
                end += chunk.len();
                byte.is_some_and(|byte| byte < end)
            };
            table.chunks.iter().position(holds).unwrap_or_default()
        };
        let at = At {
            parts,
            first: 0,
            closing: chunk_at(joined.rfind(']')),
            // A marker that counts one chunk is legal, but routesync never writes one. Further members describe the table as it was.
            root: table.marked && (parts == 1 || !table.members.is_empty()),
        };
        let mut stage = Self {
            router,
            joined,
            stored: &table.chunks,
            marked: table.marked,
            items,
            target,
            by_chunk,
            flipped: vec![false; items.len()],
            at,
            dirty: BTreeSet::new(),
            pads: false,
            index: None,
        };
        // White space before the opening bracket may fill whole chunks. The bracket moves to the first chunk.
        let opening = chunk_at(joined.find('['));
        if opening > 0 || table.marked && parts == 1 {
            stage.dirty.extend([0, opening]);
        }
        stage.at.first = stage.next_live(0);
        stage
    }

    /// Makes each batch write the root. No owner's record witnesses raw changes, so padding of the root tells their states apart.
    pub(crate) fn pad_root(&mut self) {
        self.pads = true;
    }

    /// Puts the root of an index in the marker.
    pub(crate) fn describe(&mut self, index: Option<&Root>) {
        self.index = index.cloned();
    }

    /// The key whose value gets padding, if that is the root's.
    pub(crate) fn padded(&self) -> Option<String> {
        (self.pads && self.at.parts > 0 && !self.dirty.is_empty()).then(|| key::routes(self.router))
    }

    /// Whether a batch that changes these chunks writes the root.
    const fn roots(&self, at: At, changes: bool) -> bool {
        at.root || self.pads && changes
    }

    /// The steps in groups. A batch may end after any group: no chunk exceeds its size then, and the last one is not empty. Chunks
    /// are added when they are needed and dropped when they are empty, so few are written twice.
    pub(crate) fn steps(&self) -> Vec<Vec<Step>> {
        let mut room = Room::new(self);
        let mut groups: Vec<Vec<Step>> = Vec::new();
        let mut group = Vec::new();
        let mut parts = self.at.parts;
        for index in self.order() {
            let item = &self.items[index];
            let top = item.new.last().map_or(0, |fragment| fragment.chunk + 1);
            while parts < top {
                parts += 1;
                group.push(Step::Parts(parts));
                // Chunks before the item's own may be blank until they are filled.
                if parts < top && room.over.is_empty() {
                    groups.push(std::mem::take(&mut group));
                }
            }
            group.push(Step::Flip(index));
            room.flip(item);
            let full = parts;
            while parts > self.target && full - parts < DROPPED_AT_ONCE && room.live[parts - 1] == 0 {
                parts -= 1;
            }
            if parts < full {
                group.push(Step::Parts(parts));
                room.close(room.closing.min(parts.saturating_sub(1)));
            }
            if room.over.is_empty() {
                groups.push(std::mem::take(&mut group));
            }
        }
        while parts > self.target {
            parts -= 1;
            group.push(Step::Parts(parts));
            groups.push(std::mem::take(&mut group));
        }
        if !group.is_empty() {
            groups.push(group);
        }
        groups
    }

    /// The items that change, in an order that keeps the table in order and its chunks within their size. Items that move right
    /// are flipped from the right, items that move left from the left. Items that stay are flipped before others move in and after
    /// others have moved out.
    fn order(&self) -> Vec<usize> {
        let mut runs: Vec<(Direction, Range<usize>)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let direction = Direction::of(&item.old, &item.new);
            match runs.last_mut() {
                Some((last, run)) if *last == direction => run.end = index + 1,
                _ => runs.push((direction, index..index + 1)),
            }
        }
        let mut order = Vec::new();
        let mut emit = |(direction, run): &(Direction, Range<usize>)| {
            let changing = || run.clone().filter(|index| self.items[*index].changes());
            if *direction == Direction::Right {
                order.extend(changing().rev());
            } else if *direction == Direction::Stay
                && run.end == self.items.len()
                && self.target < self.at.parts
            {
                // The last items are flipped first, so that their chunks can be dropped early.
                let stands = |index: &usize| !self.items[*index].old.is_empty();
                order.extend(changing().rev().filter(stands));
                order.extend(changing().filter(|index| !stands(index)));
            } else {
                order.extend(changing());
            }
        };
        // Whether the right one of two neighbouring runs is flipped first.
        let right_first = |at: usize| match (runs[at].0, runs[at + 1].0) {
            (Direction::Together, _) | (_, Direction::Apart) => false,
            (Direction::Apart | Direction::Right, _)
            | (_, Direction::Together)
            | (Direction::Stay, Direction::Right) => true,
            (Direction::Stay | Direction::Left, _) => false,
        };
        // A sequence of runs in which each waits for its right neighbour is flipped from the right.
        let mut at = 0;
        while at < runs.len() {
            let mut end = at;
            while end + 1 < runs.len() && right_first(end) {
                end += 1;
            }
            runs[at..=end].iter().rev().for_each(&mut emit);
            at = end + 1;
        }
        order
    }

    /// The number of keys that a group makes dirty in addition to those that are.
    pub(crate) fn cost(&self, group: &[Step]) -> usize {
        let mut at = self.at;
        let mut fresh: SmallVec<[usize; 8]> = SmallVec::new();
        for step in group {
            at = self.step(at, *step, |chunk| {
                if !self.dirty.contains(&chunk) && !fresh.contains(&chunk) {
                    fresh.push(chunk);
                }
            });
        }
        let now = self.roots(self.at, !self.dirty.is_empty());
        let then = self.roots(at, !self.dirty.is_empty() || !fresh.is_empty());
        fresh.len() + usize::from(then) - usize::from(now)
    }

    /// The number of dirty keys.
    pub(crate) fn keys(&self) -> usize {
        self.dirty.len() + usize::from(self.roots(self.at, !self.dirty.is_empty()))
    }

    pub(crate) fn apply(&mut self, step: Step) {
        let mut dirty = std::mem::take(&mut self.dirty);
        self.at = self.step(self.at, step, |chunk| {
            dirty.insert(chunk);
        });
        self.dirty = dirty;
        if let Step::Flip(index) = step {
            self.flipped[index] = true;
        }
    }

    /// The state after a step. Calls `dirty` with each chunk that it changes.
    fn step(&self, mut at: At, step: Step, mut dirty: impl FnMut(usize)) -> At {
        let mut changed = |place: &[Fragment]| place.iter().for_each(|fragment| dirty(fragment.chunk));
        let closing = match step {
            Step::Flip(index) => {
                let item = &self.items[index];
                changed(&item.old);
                changed(&item.new);
                // Only the first entry has no comma.
                let first = match index.cmp(&at.first) {
                    Ordering::Less if !item.new.is_empty() => index,
                    Ordering::Equal if item.new.is_empty() => self.next_live(index + 1),
                    _ => at.first,
                };
                if first != at.first {
                    changed(self.standing(at.first));
                    changed(self.standing(first));
                    at.first = first;
                }
                at.closing.max(item.new.last().map_or(0, |fragment| fragment.chunk))
            }
            Step::Parts(parts) => {
                (parts.min(at.parts)..parts.max(at.parts)).for_each(&mut dirty);
                // The first chunk moves between the root and a key of its own.
                if (parts > 1) != (at.parts > 1) {
                    dirty(0);
                }
                at.parts = parts;
                at.root = true;
                at.closing.min(parts.saturating_sub(1))
            }
        };
        if closing != at.closing {
            dirty(closing);
            dirty(at.closing);
            at.closing = closing;
        }
        at
    }

    fn next_live(&self, from: usize) -> usize {
        (from..self.items.len()).find(|index| !self.standing(*index).is_empty()).unwrap_or(self.items.len())
    }

    fn standing(&self, index: usize) -> &'a [Fragment] {
        let items = self.items;
        match items.get(index) {
            Some(item) if self.flipped[index] => &item.new,
            Some(item) => &item.old,
            None => &[],
        }
    }

    /// Adds the puts and deletes that bring the store to this point. No key is dirty afterwards.
    pub(crate) fn emit(&mut self, puts: &mut Vec<(String, String)>, deletes: &mut Vec<String>) {
        let dirty = std::mem::take(&mut self.dirty);
        let (parts, rooted) = (self.at.parts, self.roots(self.at, !dirty.is_empty()));
        let root = key::routes(self.router);
        match parts {
            0 if rooted => deletes.push(root),
            1 if rooted || dirty.contains(&0) => puts.push((root, self.render(0))),
            2.. if rooted => puts.push((root, marker(parts, self.index.as_ref()))),
            _ => {}
        }
        for chunk in dirty {
            if parts > 1 && chunk < parts {
                puts.push((key::chunk(self.router, chunk), self.render(chunk)));
            } else if rooted && self.was_chunk(chunk) {
                deletes.push(key::chunk(self.router, chunk));
            }
        }
        self.at.root = false;
    }

    /// Whether the live table has a key for this chunk, which must be deleted.
    fn was_chunk(&self, chunk: usize) -> bool {
        self.marked && chunk < self.stored.len()
    }

    fn render(&self, chunk: usize) -> String {
        let mut text = String::with_capacity(CHUNK_BYTES);
        if chunk == 0 {
            text.push('[');
        }
        for &index in self.by_chunk.get(chunk).map(Vec::as_slice).unwrap_or_default() {
            let item = &self.items[index];
            let whole = match &item.new_text {
                Some(new) if self.flipped[index] => new.as_str(),
                _ => &self.joined[item.old_text.clone()],
            };
            for fragment in self.standing(index).iter().filter(|fragment| fragment.chunk == chunk) {
                let piece = &whole[fragment.from..fragment.to];
                // The first entry is written without its comma or bracket, which is in the white space before its quote.
                match (index == self.at.first).then(|| whole.find('"')).flatten() {
                    Some(quote) if fragment.from < quote => {
                        let lead = quote.min(fragment.to) - fragment.from;
                        text.push_str(&piece[..lead].replace([',', '['], ""));
                        text.push_str(&piece[lead..]);
                    }
                    _ => text.push_str(piece),
                }
            }
        }
        if chunk == self.at.closing {
            text.push(']');
        }
        if text.is_empty() {
            text.push(' ');
        }
        text
    }
}

/// The fill of the chunks.
struct Room {
    /// Bytes of entries, by chunk.
    used: Vec<usize>,
    /// The number of entries' pieces, by chunk.
    live: Vec<usize>,
    /// The most bytes of a chunk. A chunk that SST wrote may be larger than ours.
    most: Vec<usize>,
    /// The chunk with the closing bracket.
    closing: usize,
    /// The chunks that exceed their size.
    over: BTreeSet<usize>,
}

impl Room {
    fn new(stage: &Stage<'_>) -> Self {
        let chunks = stage.by_chunk.len();
        let most =
            |chunk: usize| stage.stored.get(chunk).map_or(CHUNK_BYTES, |text| text.len().max(CHUNK_BYTES));
        let mut room = Self {
            used: vec![0; chunks],
            live: vec![0; chunks],
            most: (0..chunks).map(most).collect(),
            closing: stage.at.closing,
            over: BTreeSet::new(),
        };
        for fragment in stage.items.iter().flat_map(|item| &item.old) {
            room.used[fragment.chunk] += fragment.len();
            room.live[fragment.chunk] += 1;
        }
        room
    }

    fn flip(&mut self, item: &Item) {
        for fragment in &item.old {
            self.used[fragment.chunk] -= fragment.len();
            self.live[fragment.chunk] -= 1;
        }
        for fragment in &item.new {
            self.used[fragment.chunk] += fragment.len();
            self.live[fragment.chunk] += 1;
        }
        for fragment in item.old.iter().chain(&item.new) {
            self.check(fragment.chunk);
        }
        self.close(self.closing.max(item.new.last().map_or(0, |fragment| fragment.chunk)));
    }

    fn close(&mut self, chunk: usize) {
        let before = std::mem::replace(&mut self.closing, chunk);
        if before != chunk {
            self.check(before);
            self.check(chunk);
        }
    }

    fn check(&mut self, chunk: usize) {
        let bracket = usize::from(chunk == self.closing);
        if self.used[chunk] + bracket > self.most[chunk] {
            self.over.insert(chunk);
        } else {
            self.over.remove(&chunk);
        }
    }
}
