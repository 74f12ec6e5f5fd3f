//! The steps of all tables, the metadata they newly name and the records that witness them, packed
//! into as few batches as the service allows. Each batch stands alone: what an entry names is put
//! no later than the entry, what no entry names any more is listed or deleted no earlier than that.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ledger::{Ledger, padding};
use super::snapshot::{Read, Snapshot};
use super::stage::{Stage, Step};
use crate::store::{Batch, limits};
use crate::table::id::{OwnerId, RouteId};
use crate::table::key;

/// A batch ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// The keys.
    pub batch: Batch,
    /// The records in it, with the commit that each names: found in the store, the batch was applied.
    pub marks: Vec<(String, String)>,
    /// What it adds to `TotalSizeInBytes`, as far as sizes are known.
    pub bytes: i64,
}

/// What flipping an item means for metadata.
#[derive(Debug, Clone, Default)]
pub struct Effect<'a> {
    /// Newly named: the id and its record.
    pub names: Option<(RouteId, &'a str)>,
    /// No longer named by this item: an id of ours.
    pub drops: Option<RouteId>,
    /// The owners whose entry this is: their records witness the change.
    pub owners: Vec<OwnerId>,
}

/// One router's table on its way, and what its items mean.
pub struct Table<'a> {
    /// The router.
    pub router: &'a str,
    /// The steps.
    pub stage: Stage<'a>,
    /// By item.
    pub effects: Vec<Effect<'a>>,
    /// How many entries name an id, in the state at hand; one more for an id that is named in the end
    /// too, so that it is neither dropped nor put on the way.
    pub named: HashMap<String, usize>,
    /// Whether ids may be retired, so that records may spill.
    pub retires: bool,
}

/// The records of a plan, by router and owner.
pub type Ledgers = BTreeMap<(String, OwnerId), Ledger>;

/// Packs batches.
pub struct Packer<'s> {
    snapshot: &'s Snapshot,
    now: u64,
    commit: &'s str,
    /// Sizes of values that this plan has put or deleted so far.
    sizes: HashMap<String, Option<usize>>,
    ledgers: Ledgers,
    batch: Batch,
    names: HashSet<RouteId>,
    staged: Vec<Staged>,
}

impl<'s> Packer<'s> {
    /// A packer for `commit`, at `now` seconds since the epoch.
    #[must_use]
    pub fn new(snapshot: &'s Snapshot, ledgers: Ledgers, now: u64, commit: &'s str) -> Self {
        Self {
            snapshot,
            now,
            commit,
            sizes: HashMap::new(),
            ledgers,
            batch: Batch::default(),
            names: HashSet::new(),
            staged: Vec::new(),
        }
    }

    /// Takes one table all its way.
    pub fn table(&mut self, table: &mut Table<'_>) {
        let groups = table.stage.steps();
        let mut used = self.fixed();
        for group in &groups {
            let cost = table.stage.cost(group) + self.cost(table, group);
            if used + cost > limits::BATCH_KEYS && used > 0 {
                table.stage.emit(&mut self.batch.puts, &mut self.batch.deletes);
                self.close(false);
                used = 0;
            }
            // Costs depend on what the batch holds already.
            used += if used == 0 { table.stage.cost(group) + self.cost(table, group) } else { cost };
            for step in group {
                self.take(table, *step);
            }
        }
        table.stage.emit(&mut self.batch.puts, &mut self.batch.deletes);
    }

    /// Keys that the open batch is sure to have.
    fn fixed(&self) -> usize {
        self.batch.keys() + self.ledgers.values().filter(|ledger| ledger.touched()).count()
    }

    /// Keys besides those of the table that a group adds.
    fn cost(&self, table: &Table<'_>, group: &[Step]) -> usize {
        let mut keys = 0;
        let mut touched: Vec<&OwnerId> = Vec::new();
        let mut named: Vec<&RouteId> = Vec::new();
        for step in group {
            let Step::Flip(index) = *step else { continue };
            let effect = &table.effects[index];
            if let Some((id, _)) = &effect.names
                && !table.named.contains_key(id.as_str())
                && !self.names.contains(id)
                && !named.contains(&id)
            {
                named.push(id);
                keys +=
                    1 + usize::from(self.ledger(table.router, id).is_some_and(|ledger| ledger.spilled(id)));
            }
            if let Some(id) = &effect.drops {
                keys += usize::from(self.ledger(table.router, id).is_some_and(Ledger::immediate));
            }
            for owner in &effect.owners {
                let ledger = self.ledgers.get(&(table.router.to_owned(), owner.clone()));
                if ledger.is_some_and(|ledger| !ledger.touched()) && !touched.contains(&owner) {
                    touched.push(owner);
                    keys += 1 + usize::from(table.retires);
                }
            }
        }
        keys
    }

    fn take(&mut self, table: &mut Table<'_>, step: Step) {
        table.stage.apply(step);
        let Step::Flip(index) = step else { return };
        let effect = table.effects[index].clone();
        for owner in &effect.owners {
            if let Some(ledger) = self.ledgers.get_mut(&(table.router.to_owned(), owner.clone())) {
                ledger.touch();
            }
        }
        if let Some((id, metadata)) = effect.names {
            let count = table.named.entry(id.to_string()).or_default();
            *count += 1;
            if *count == 1 {
                self.name(table.router, &id, metadata);
            }
        }
        if let Some(id) = effect.drops {
            let left = table.named.get_mut(id.as_str()).map_or(0, |count| {
                *count -= 1;
                *count
            });
            if left == 0 {
                table.named.remove(id.as_str());
                self.drop_id(table.router, &id);
            }
        }
    }

    fn ledger(&self, router: &str, id: &RouteId) -> Option<&Ledger> {
        self.ledgers
            .iter()
            .find(|((at, owner), _)| at == router && owner.owns(id.as_str()))
            .map(|(_, ledger)| ledger)
    }

    fn ledger_mut(&mut self, router: &str, id: &RouteId) -> Option<&mut Ledger> {
        self.ledgers
            .iter_mut()
            .find(|((at, owner), _)| at == router && owner.owns(id.as_str()))
            .map(|(_, ledger)| ledger)
    }

    fn name(&mut self, router: &str, id: &RouteId, metadata: &str) {
        let key = key::metadata(id);
        let mut batch = std::mem::take(&mut self.batch);
        if self.ledger_mut(router, id).is_some_and(|ledger| ledger.revive(id, &mut batch)) {
            self.sizes.entry(key.clone()).or_insert(Some(metadata.len()));
        }
        self.batch = batch;
        self.batch.deletes.retain(|other| *other != key);
        if self.names.insert(id.clone()) {
            self.batch.puts.push((key, metadata.to_owned()));
        }
    }

    fn drop_id(&mut self, router: &str, id: &RouteId) {
        let now = self.now;
        let Some(ledger) = self.ledger_mut(router, id) else { return };
        if ledger.immediate() {
            ledger.touch();
            self.names.remove(id);
            let key = key::metadata(id);
            self.batch.puts.retain(|(other, _)| *other != key);
            self.batch.deletes.push(key);
        } else {
            ledger.retire(id, now);
        }
    }

    /// Puts a record again.
    pub fn mend(&mut self, router: &str, id: &RouteId, metadata: &str) {
        if self.batch.keys() + self.ledgers.len() >= limits::BATCH_KEYS {
            self.close(false);
        }
        self.name(router, id, metadata);
        if let Some(ledger) = self.ledger_mut(router, id) {
            ledger.touch();
        }
    }

    /// Closes the last batch without a sweep.
    #[must_use]
    pub fn close_all(mut self) -> Vec<Staged> {
        self.close(true);
        self.staged
    }

    /// Sweeps what is due into the room that the last batch has, and closes it.
    #[must_use]
    pub fn finish(mut self, named: &HashMap<String, HashSet<&str>>) -> Vec<Staged> {
        let keys: Vec<(String, OwnerId)> = self.ledgers.keys().cloned().collect();
        for at in keys {
            let room = limits::BATCH_KEYS.saturating_sub(self.fixed() + 1);
            if let (Some(ledger), Some(named)) = (self.ledgers.get_mut(&at), named.get(&at.0)) {
                ledger.sweep(self.now, named, room, &mut self.batch);
            }
        }
        self.close(true);
        self.staged
    }

    fn close(&mut self, complete: bool) {
        let mut batch = std::mem::take(&mut self.batch);
        let commit = if complete {
            self.commit.to_owned()
        } else {
            format!("{}~{}", self.commit, self.staged.len() + 1)
        };
        let mut marks = Vec::new();
        for ledger in self.ledgers.values_mut().filter(|ledger| ledger.touched()) {
            ledger.write(&commit, self.now, &mut batch);
            marks.push((ledger.key(), commit.clone()));
        }
        if batch.keys() == 0 {
            return;
        }
        let mut bytes = 0;
        for (key, value) in &batch.puts {
            bytes += self.change(key, Some(value.len()));
        }
        for key in &batch.deletes {
            bytes += self.change(key, None);
        }
        if let Some((key, _)) = marks.first()
            && let Some((_, value)) = batch.puts.iter_mut().find(|(other, _)| other == key)
        {
            let spaces = padding(bytes);
            value.push_str(&" ".repeat(spaces));
            self.sizes.insert(key.clone(), Some(value.len()));
            bytes += to_i64(spaces);
        }
        self.staged.push(Staged { batch, marks, bytes });
        self.names.clear();
    }

    /// What a put or delete adds to the store's size. Metadata that was not read counts as absent
    /// before a put, and as a multiple of the fingerprint's modulus before a delete.
    fn change(&mut self, key: &str, value: Option<usize>) -> i64 {
        let before = self.sizes.get(key).copied().unwrap_or_else(|| match self.snapshot.get(key) {
            Read::Found(value) => Some(value.len()),
            Read::Absent | Read::Unread => None,
        });
        self.sizes.insert(key.to_owned(), value);
        let size = |value: Option<usize>| value.map_or(0, |value| to_i64(key.len() + value));
        size(value) - size(before)
    }
}

fn to_i64(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
