//! The table on its way from what is live to what is wanted, in steps small enough for one batch.
//!
//! An item is flipped from its old place and text to its new ones. In which order, [`Stage::steps`]
//! decides: at every point the items stand in table order, and at the end of every group of steps no
//! chunk is over its size. So a batch may end after any group, and what it leaves is a table.

use std::collections::BTreeSet;
use std::ops::Range;

use super::layout::{Fragment, Fragments};
use crate::table::{CHUNK_BYTES, decode::Table, key};

/// An entry, or one that is to be, or is to go.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where it stands now.
    pub old: Fragments,
    /// Its bytes, separator included, in the table's joined text.
    pub old_text: Range<usize>,
    /// Where it is to stand.
    pub new: Fragments,
    /// Its text from then on, led by a comma; `None` keeps the old one.
    pub new_text: Option<String>,
}

impl Item {
    fn changes(&self) -> bool {
        self.new_text.is_some() || self.old != self.new
    }
}

/// One step of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The table has this many chunks.
    Parts(usize),
    /// The item at this index takes its new place and text.
    Flip(usize),
}

/// Chunks that one step may add or drop: with a record and a marker they fit one batch.
const PARTS_STEP: usize = 40;

/// Where the fragments of `span` are in `chunks`.
#[must_use]
pub fn fragments(chunks: &[String], spans: impl Iterator<Item = Range<usize>>) -> Vec<Fragments> {
    let (mut chunk, mut start) = (0, 0);
    spans
        .map(|span| {
            let mut place = Fragments::new();
            let mut at = span.start;
            while at < span.end {
                while at >= start + chunks[chunk].len() {
                    start += chunks[chunk].len();
                    chunk += 1;
                }
                let to = span.end.min(start + chunks[chunk].len());
                place.push(Fragment { chunk, from: at - span.start, to: to - span.start });
                at = to;
            }
            place
        })
        .collect()
}

/// The table between the two states.
#[derive(Debug)]
pub struct Stage<'a> {
    router: &'a str,
    joined: String,
    stored: &'a [String],
    marked: bool,
    items: &'a [Item],
    target: usize,
    by_chunk: Vec<Vec<usize>>,
    flipped: Vec<bool>,
    parts: usize,
    first: usize,
    closing: usize,
    dirty: BTreeSet<usize>,
    root: bool,
}

impl<'a> Stage<'a> {
    /// The way of `router`'s `table` to `items` in `target` chunks.
    #[must_use]
    pub fn new(router: &'a str, table: &'a Table, items: &'a [Item], target: usize) -> Self {
        let joined = table.chunks.concat();
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
            let byte = byte.unwrap_or_default();
            let mut end = 0;
            table.chunks.iter().position(|chunk| {
                end += chunk.len();
                byte < end
            })
        };
        let mut stage = Self {
            router,
            stored: &table.chunks,
            marked: table.marked,
            target,
            by_chunk,
            flipped: vec![false; items.len()],
            parts,
            first: 0,
            closing: chunk_at(joined.rfind(']')).unwrap_or_default(),
            dirty: BTreeSet::new(),
            root: false,
            items,
            joined,
        };
        // White space before the bracket may fill chunks of its own; from then on it stands in the first.
        if let Some(opening @ 1..) = chunk_at(stage.joined.find('[')) {
            stage.dirty.extend(0..=opening);
        }
        // A marker that counts one chunk is legal, and never written.
        if table.marked && parts == 1 {
            stage.dirty.insert(0);
            stage.root = true;
        }
        stage.first = stage.next_live(0);
        stage
    }

    /// The steps, in groups after each of which a batch may end.
    #[must_use]
    pub fn steps(&self) -> Vec<Vec<Step>> {
        let mut steps = Vec::new();
        let mut parts = self.parts;
        while parts < self.target {
            parts =
                if parts == 0 { self.target.min(PARTS_STEP) } else { self.target.min(parts + PARTS_STEP) };
            steps.push(Step::Parts(parts));
        }
        steps.extend(self.order().into_iter().map(Step::Flip));
        while parts > self.target {
            parts = self.target.max(parts.saturating_sub(PARTS_STEP));
            steps.push(Step::Parts(parts));
        }
        self.group(steps)
    }

    /// The items that change, in an order that keeps the table in order and its chunks within size:
    /// what moves right goes from the right, what moves left from the left, and what stays is brought
    /// up to date before anything moves in and after everything has moved out.
    fn order(&self) -> Vec<usize> {
        #[derive(Clone, Copy, PartialEq, Eq)]
        enum Way {
            Left,
            Stay,
            Right,
        }
        let way = |item: &Item| {
            let (Some(old), Some(new)) = (item.old.first(), item.new.first()) else { return Way::Stay };
            let last = |place: &Fragments| place.last().map_or(0, |fragment| fragment.chunk);
            match (new.chunk, last(&item.new)).cmp(&(old.chunk, last(&item.old))) {
                std::cmp::Ordering::Less => Way::Left,
                std::cmp::Ordering::Greater => Way::Right,
                // Over the same two chunks: less of it in the first is a move to the right.
                std::cmp::Ordering::Equal if item.new.len() > 1 => match new.len().cmp(&old.len()) {
                    std::cmp::Ordering::Less => Way::Right,
                    std::cmp::Ordering::Equal => Way::Stay,
                    std::cmp::Ordering::Greater => Way::Left,
                },
                std::cmp::Ordering::Equal => Way::Stay,
            }
        };
        let mut runs: Vec<(Way, Range<usize>)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let way = way(item);
            match runs.last_mut() {
                Some((last, run)) if *last == way => run.end = index + 1,
                _ => runs.push((way, index..index + 1)),
            }
        }
        let mut order = Vec::new();
        let mut emit = |run: &(Way, Range<usize>)| {
            let changing = run.1.clone().filter(|index| self.items[*index].changes());
            if run.0 == Way::Right { order.extend(changing.rev()) } else { order.extend(changing) }
        };
        // Of neighbours, these go first: (left, right) with Right-Stay and Stay-Left.
        let right_first = |at: usize| match (runs[at].0, runs[at + 1].0) {
            (Way::Right, _) | (Way::Stay, Way::Right) => true,
            (Way::Stay | Way::Left, _) => false,
        };
        // Runs form a path; a stretch in which each waits for its right neighbour goes from the right.
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

    /// Joins steps until no chunk is over its size.
    fn group(&self, steps: Vec<Step>) -> Vec<Vec<Step>> {
        let bound: Vec<usize> = (0..self.by_chunk.len())
            .map(|chunk| self.stored.get(chunk).map_or(CHUNK_BYTES, |text| text.len().max(CHUNK_BYTES)))
            .collect();
        let mut used = vec![0_usize; self.by_chunk.len()];
        for fragment in self.items.iter().flat_map(|item| &item.old) {
            used[fragment.chunk] += fragment.len();
        }
        let last = self.parts.max(self.target).saturating_sub(1);
        let over = |used: &[usize], chunk: usize| used[chunk] + usize::from(chunk == last) > bound[chunk];
        let mut full: BTreeSet<usize> = BTreeSet::new();
        let mut groups: Vec<Vec<Step>> = Vec::new();
        let mut group = Vec::new();
        for step in steps {
            if let Step::Flip(index) = step {
                let item = &self.items[index];
                for fragment in &item.old {
                    used[fragment.chunk] -= fragment.len();
                }
                for fragment in &item.new {
                    used[fragment.chunk] += fragment.len();
                }
                for fragment in item.old.iter().chain(&item.new) {
                    if over(&used, fragment.chunk) {
                        full.insert(fragment.chunk);
                    } else {
                        full.remove(&fragment.chunk);
                    }
                }
            }
            group.push(step);
            if full.is_empty() {
                groups.push(std::mem::take(&mut group));
            }
        }
        if !group.is_empty() {
            groups.push(group);
        }
        groups
    }

    /// The keys that a group would dirty beyond those that are dirty already.
    #[must_use]
    pub fn cost(&self, group: &[Step]) -> usize {
        let mut fresh: SmallSet = SmallSet::default();
        let mut keys = 0;
        for step in group {
            match *step {
                Step::Parts(parts) => {
                    keys += usize::from(!self.root) + parts.abs_diff(self.parts) + 2;
                }
                Step::Flip(index) => {
                    let item = &self.items[index];
                    for fragment in item.old.iter().chain(&item.new) {
                        if !self.dirty.contains(&fragment.chunk) && fresh.insert(fragment.chunk) {
                            keys += 1;
                        }
                    }
                    // A new first entry changes the comma of another, a new last chunk takes the bracket.
                    let next = match index.cmp(&self.first) {
                        std::cmp::Ordering::Less => self.standing(self.first),
                        std::cmp::Ordering::Equal => self.standing(self.next_live(index + 1)),
                        std::cmp::Ordering::Greater => &[],
                    };
                    for chunk in next.iter().map(|fragment| fragment.chunk).chain(self.closes(item)) {
                        if !self.dirty.contains(&chunk) && fresh.insert(chunk) {
                            keys += 1;
                        }
                    }
                }
            }
        }
        keys
    }

    /// The chunk that loses the closing bracket when `item` stands beyond it.
    fn closes(&self, item: &Item) -> Option<usize> {
        item.new.last().filter(|fragment| fragment.chunk > self.closing).map(|_| self.closing)
    }

    /// Takes a step.
    pub fn apply(&mut self, step: Step) {
        match step {
            Step::Parts(parts) => {
                let (few, many) = (parts.min(self.parts), parts.max(self.parts));
                self.dirty.extend(few..many);
                if few <= 1 && many > 1 {
                    self.dirty.insert(0);
                }
                self.parts = parts;
                self.root = true;
            }
            Step::Flip(index) => {
                let items = self.items;
                let item = &items[index];
                self.flipped[index] = true;
                self.dirty.extend(item.old.iter().chain(&item.new).map(|fragment| fragment.chunk));
                let before = self.first;
                if item.new.is_empty() {
                    if index == before {
                        self.first = self.next_live(index);
                    }
                } else {
                    self.first = before.min(index);
                }
                if before != self.first {
                    for changed in [before, self.first] {
                        self.dirty.extend(self.standing(changed).iter().map(|fragment| fragment.chunk));
                    }
                }
            }
        }
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

    /// The puts and deletes that bring the store to this point, since the last call.
    pub fn emit(&mut self, puts: &mut Vec<(String, String)>, deletes: &mut Vec<String>) {
        let last = (0..self.parts)
            .rev()
            .find(|chunk| {
                self.by_chunk.get(*chunk).is_some_and(|items| {
                    items
                        .iter()
                        .any(|index| self.standing(*index).iter().any(|fragment| fragment.chunk == *chunk))
                })
            })
            .unwrap_or_default();
        if self.parts > 0 && !self.dirty.is_empty() && (self.closing < last || self.closing >= self.parts) {
            let closing = if self.closing < last { last } else { self.parts - 1 };
            self.dirty.extend([self.closing, closing]);
            self.closing = closing;
        }
        let dirty = std::mem::take(&mut self.dirty);
        let root = key::routes(self.router);
        match self.parts {
            0 if self.root => deletes.push(root),
            1 if self.root || dirty.contains(&0) => puts.push((root, self.render(0))),
            2.. if self.root => puts.push((root, format!("{{\"parts\":{}}}", self.parts))),
            _ => {}
        }
        let chunked = self.parts > 1;
        for chunk in dirty {
            if chunked && chunk < self.parts {
                puts.push((key::chunk(self.router, chunk), self.render(chunk)));
            } else if self.root && (chunk >= self.parts || !chunked) && self.was_chunk(chunk) {
                deletes.push(key::chunk(self.router, chunk));
            }
        }
        self.root = false;
    }

    /// Whether a key of its own may hold this chunk: then leaving it would orphan it.
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
                // Only the first entry goes without a comma; it is in the white space before the string.
                match (index == self.first).then(|| whole.find('"')).flatten() {
                    Some(quote) if fragment.from < quote => {
                        let lead = quote.min(fragment.to) - fragment.from;
                        text.push_str(&piece[..lead].replace(',', ""));
                        text.push_str(&piece[lead..]);
                    }
                    _ => text.push_str(piece),
                }
            }
        }
        if chunk == self.closing {
            text.push(']');
        }
        if text.is_empty() {
            text.push(' ');
        }
        text
    }
}

/// The few chunks of one group.
#[derive(Default)]
struct SmallSet(smallvec::SmallVec<[usize; 8]>);

impl SmallSet {
    fn insert(&mut self, value: usize) -> bool {
        let fresh = !self.0.contains(&value);
        if fresh {
            self.0.push(value);
        }
        fresh
    }
}
