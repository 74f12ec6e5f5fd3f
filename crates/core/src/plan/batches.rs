//! Packs the steps of all tables, the metadata of new entries and the owner records into as few batches as possible.
//!
//! The store is consistent after each batch. Metadata is put no later than its first entry, and is listed or deleted no
//! earlier than its last entry is removed.

mod changes;
mod indexed;
pub(crate) mod lent;
mod raw;
mod site;
mod staged;

use std::cell::OnceCell;

pub(crate) use staged::Staged;

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use typed_index_collections::TiVec;

use super::draft::Repair;
use super::index::JournalIndex;
use super::indexing::OpenLedger;
use super::journal::OwnerJournal;
use super::snapshot::{Read, Snapshot};
use super::stage::{Stage, Step};
use super::sweep::Sweep;
use crate::fault_points;
use crate::kvs::{Batch, limits};
use crate::table::id::{OwnerId, RouteId};
use crate::table::site::SiteRecord;
use crate::table::{CHUNK_BYTES, key, owner_record};

/// The effect of one item's change on metadata.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effect<'a> {
    /// The journal of the owner whose entry changes. `None` for an item that only moves.
    pub(crate) journal: Option<JournalIndex>,
    /// The id of the new entry and its metadata, which is empty if it is live already.
    pub(crate) names: Option<(&'a RouteId, &'a str)>,
    /// The id of the former entry, if routesync may delete its metadata.
    pub(crate) drops: Option<&'a str>,
    /// `drops` is a site: its files are deleted with it.
    pub(crate) site: bool,
    /// The dropped metadata is deleted in the same batch and not listed. A site is deleted right after.
    pub(crate) at_once: bool,
}

/// One router's table between its states, with the effects of its items.
pub(crate) struct Table<'a> {
    pub(crate) stage: Stage<'a>,
    /// By item index.
    pub(crate) effects: &'a [Effect<'a>],
    /// The number of entries with each id at this point.
    pub(crate) named: HashMap<&'a str, usize>,
    /// The ids of entries after the commit. Their metadata is never deleted.
    pub(crate) finally: &'a HashSet<&'a str>,
    /// The journal whose record witnesses a batch that changes no owner's entries. `None` if all calls are raw.
    pub(crate) witness: Option<JournalIndex>,
    /// The most keys of the change of the index, which follows the table.
    pub(crate) index_keys: usize,
    /// The root of the index is switched in a later batch. Until then, requests may need metadata of entries that are gone.
    pub(crate) late: bool,
}

impl<'a> Table<'a> {
    /// The number of entries with `id` in `counts`, which begins with that at this point.
    fn count<'c>(&self, counts: &'c mut SmallVec<[(&'a str, usize); 4]>, id: &'a str) -> &'c mut usize {
        let at = counts.iter().position(|(other, _)| *other == id).unwrap_or_else(|| {
            counts.push((id, self.named.get(id).copied().unwrap_or_default()));
            counts.len() - 1
        });
        &mut counts[at].1
    }

    /// Whether the batch that drops the last entry with this id deletes the metadata, too. If a later batch adds an entry with
    /// this id, the metadata is only listed, so that a crash in between leaves no unknown key. A site is always listed: deleting
    /// its files takes more batches.
    fn deletes(&self, journal: &OwnerJournal, id: &str, effect: &Effect<'_>) -> bool {
        let late = self.late && !fault_points::deletes_under_late_root();
        !effect.site && !late && (effect.at_once || journal.immediate() && !self.finally.contains(id))
    }
}

/// Packs batches.
pub(crate) struct Packer<'s> {
    snapshot: &'s Snapshot,
    now: u64,
    commit: &'s str,
    /// Sizes of values that this plan has put (`Some`) or deleted so far.
    sizes: HashMap<String, Option<usize>>,
    /// Bytes that the open batch puts again although they may be in the store.
    doubtful: i64,
    journals: TiVec<JournalIndex, OwnerJournal>,
    /// See [`Packer::others`].
    others: OnceCell<Vec<OwnerJournal>>,
    /// Sites whose metadata this plan puts together with their files.
    sites: HashSet<String>,
    /// Owners whose records this plan deletes, by router.
    gone: HashSet<(String, OwnerId)>,
    /// The keys that raw calls put or keep. No batch deletes them.
    kept: HashSet<String>,
    /// The open batch has raw changes. If the plan has owners, the record of one witnesses them.
    raw: bool,
    /// The root of a table that the open batch pads. Raw changes have no owner's record to pad.
    padded: Option<String>,
    /// The ledgers of the routers whose index the plan changes or may sweep.
    ledgers: Vec<OpenLedger>,
    /// The site records that the open batch writes, by key.
    open: Vec<(String, SiteRecord)>,
    batch: Batch,
    staged: Vec<Staged>,
}

impl<'s> Packer<'s> {
    /// A packer for the commit with the id `commit`, at `now` seconds since the epoch.
    pub(crate) fn new(
        snapshot: &'s Snapshot,
        journals: TiVec<JournalIndex, OwnerJournal>,
        now: u64,
        commit: &'s str,
    ) -> Self {
        Self {
            snapshot,
            now,
            commit,
            sizes: HashMap::new(),
            doubtful: 0,
            journals,
            others: OnceCell::new(),
            sites: HashSet::new(),
            gone: HashSet::new(),
            kept: HashSet::new(),
            raw: false,
            padded: None,
            ledgers: Vec::new(),
            open: Vec::new(),
            batch: Batch::default(),
            staged: Vec::new(),
        }
    }

    /// Deletes all keys of the owner of the journal `at`, if it has no routes and everything that it lists is due. `named` are the
    /// ids of entries before or after the commit, `finally` those after it. No record witnesses these deletes: they may be repeated.
    pub(crate) fn release(&mut self, at: JournalIndex, named: &HashSet<&str>, finally: &HashSet<&str>) {
        let journal = &self.journals[at];
        // This plan itself lists metadata that readers of an index may need until its root is switched.
        let lists_dropped = named.difference(finally).any(|id| journal.lists(id));
        if lists_dropped || !journal.is_spent(self.now, named) {
            return;
        }
        let lent = self.journals[at].lent().into_iter().map(|id| (self.sweep_of(at, &id), id));
        let lent: Vec<(Sweep, String)> = lent.collect();
        if lent.iter().any(|(sweep, _)| *sweep == Sweep::Wait) {
            return;
        }
        self.close(false);
        let relisted = lent.into_iter().filter(|(sweep, _)| *sweep == Sweep::Unlist).map(|(_, id)| id);
        let relisted: HashSet<String> = relisted.collect();
        let journal = &self.journals[at];
        self.gone.insert((journal.router().to_owned(), journal.owner().clone()));
        for key in self.journals[at].clear(|id| !named.contains(id) && !relisted.contains(id)) {
            if self.used() >= limits::BATCH_KEYS {
                self.close(false);
            }
            self.batch.deletes.push(key);
        }
    }

    /// Notes that this plan deletes the record of `owner`.
    pub(crate) fn mark_gone(&mut self, router: &str, owner: &OwnerId) {
        self.gone.insert((router.to_owned(), owner.clone()));
    }

    /// Deletes keys that nothing refers to.
    pub(crate) fn discard(&mut self, keys: impl Iterator<Item = String>, witness: Option<JournalIndex>) {
        for key in keys {
            // Two owners may list the same id: its maker, and the owner that took it over.
            if self.batch.deletes.contains(&key) {
                continue;
            }
            // The key, and the witness's record.
            let record = witness.map_or(0, |at| self.journals[at].keys(1) - self.journals[at].keys(0));
            if self.used() + 1 + record > limits::BATCH_KEYS {
                self.close(false);
            }
            if let Some(witness) = witness {
                self.journals[witness].touch();
            }
            self.batch.deletes.push(key);
        }
    }

    /// Packs all steps of one table.
    pub(crate) fn table(&mut self, table: &mut Table<'_>) {
        let groups = table.stage.steps();
        table.late = table.index_keys > 0 && !self.fits(table, &groups);
        let mut begun = false;
        for group in &groups {
            let used = self.used() + table.stage.keys();
            if used > 0 && used + table.stage.cost(group) + self.cost(table, group) > limits::BATCH_KEYS {
                // A root that must be written goes out with the first step.
                if begun {
                    self.emit(table);
                }
                self.close(false);
            }
            begun = true;
            for step in group {
                table.stage.apply(*step);
                if let Step::Flip(index) = *step {
                    self.take(table, table.effects[index]);
                }
            }
            if let Some(witness) = table.witness
                && !self.journals.iter().any(OwnerJournal::touched)
            {
                self.journals[witness].touch();
            }
        }
        if !groups.is_empty() {
            self.emit(table);
        }
    }

    /// Adds the changes of a table to the open batch.
    fn emit(&mut self, table: &mut Table<'_>) {
        self.padded = table.stage.padded().or_else(|| self.padded.take());
        self.raw |= table.witness.is_none();
        table.stage.emit(&mut self.batch.puts, &mut self.batch.deletes);
    }

    /// The number of keys in the open batch, without those of the current table.
    fn used(&self) -> usize {
        self.batch.keys()
            + self.open.len()
            + self.journals.iter().map(|journal| journal.keys(0)).sum::<usize>()
    }

    /// The most keys that a group adds, without those of the table.
    fn cost<'a>(&self, table: &Table<'a>, group: &[Step]) -> usize {
        let mut keys = 0;
        // The number of entries with each id that the group changes.
        let mut counts: SmallVec<[(&'a str, usize); 4]> = SmallVec::new();
        let mut retired: SmallVec<[(JournalIndex, usize); 1]> = SmallVec::new();
        for step in group {
            let Step::Flip(index) = *step else { continue };
            let effect = &table.effects[index];
            let Some(at) = effect.journal else { continue };
            let journal = &self.journals[at];
            if let Some((id, _)) = effect.names {
                let count = table.count(&mut counts, id.as_str());
                if *count == 0 {
                    keys += 1 + usize::from(journal.spilled(id.as_str()));
                }
                *count += 1;
            }
            let dropped = effect.drops.filter(|id| {
                let count = table.count(&mut counts, id);
                let last = *count == 1;
                *count = count.saturating_sub(1);
                last
            });
            let deletes = |id| table.deletes(journal, id, effect);
            let drops = dropped.filter(|id| !deletes(id)).map_or(0, |id| journal.weight(id, effect.site));
            let goes = |id| deletes(id) || journal.spilled(id);
            keys += usize::from(dropped.is_some_and(goes));
            match retired.iter_mut().find(|(other, _)| *other == at) {
                Some((_, ids)) => *ids += drops,
                None => retired.push((at, drops)),
            }
        }
        let grown =
            |(at, ids): (JournalIndex, usize)| self.journals[at].keys(ids.max(1)) - self.journals[at].keys(0);
        // A batch that changes no owner's entries still needs a witness.
        keys + retired.into_iter().map(grown).sum::<usize>().max(self.witness_keys())
    }

    fn take<'a>(&mut self, table: &mut Table<'a>, effect: Effect<'a>) {
        let Some(journal) = effect.journal.map(|at| &mut self.journals[at]) else { return };
        journal.touch();
        if let Some((id, metadata)) = effect.names {
            if let Some(count) = table.named.get_mut(id.as_str()) {
                *count += 1;
            } else {
                let listed = journal.revive(id, &mut self.batch);
                if !metadata.is_empty() && !self.sites.contains(id.as_str()) {
                    let key = key::metadata(id);
                    if listed {
                        self.sizes.entry(key.clone()).or_insert(Some(metadata.len()));
                    }
                    self.batch.puts.push((key, metadata.to_owned()));
                }
                table.named.insert(id.as_str(), 1);
            }
        }
        if let Some(id) = effect.drops
            && let Some(count) = table.named.get_mut(id)
        {
            *count -= 1;
            if *count == 0 {
                table.named.remove(id);
                let taken = !effect.at_once && !journal.made(id);
                if taken && fault_points::forgets_taken() {
                    return;
                }
                if table.deletes(journal, id, &effect) || taken && fault_points::deletes_taken() {
                    self.batch.deletes.push(key::metadata(id));
                } else {
                    // An id to delete immediately is listed as retired at the time 0.
                    let at = if effect.at_once { 0 } else { self.now };
                    journal.retire(id, effect.site, at, &mut self.batch);
                }
            }
        }
    }

    /// Writes `value` under `key` again. It belongs to the route `id` of the owner of the journal `at`.
    pub(crate) fn rewrite(&mut self, at: JournalIndex, id: &RouteId, key: &str, value: &str) {
        // The key, a spill from which the id is removed, and the owner's record.
        if self.used() + 3 > limits::BATCH_KEYS {
            self.close(false);
        }
        let journal = &mut self.journals[at];
        journal.touch();
        if journal.revive(id, &mut self.batch) {
            self.sizes.entry(key.to_owned()).or_insert(Some(value.len()));
        }
        // All reads that did not find the key may have lagged.
        if self.size(key).is_none() {
            self.doubtful += to_i64(key.len() + value.len());
        }
        self.batch.puts.push((key.to_owned(), value.to_owned()));
    }

    /// Packs a repair, with the record of the journal `at` as the witness.
    pub(crate) fn repair(&mut self, repair: &Repair<'_>, at: JournalIndex) {
        for (key, (id, value)) in &repair.puts {
            self.rewrite(at, id, key, value);
        }
        if repair.record {
            let record = self.journals[at].keys(1) - self.journals[at].keys(0);
            if self.used() + record > limits::BATCH_KEYS {
                self.close(false);
            }
            self.journals[at].touch();
        }
        self.discard(repair.deletes.iter().cloned(), Some(at));
    }

    /// Closes the last batch without a sweep, and returns all.
    pub(crate) fn close_all(mut self) -> Vec<Staged> {
        self.close(true);
        self.staged
    }

    /// Sweeps due metadata as far as the last batch has room, then due sites and old pages, which may add batches. Returns all
    /// batches. `finally` are the ids of entries after the commit, by router.
    pub(crate) fn finish(mut self, finally: &HashMap<&str, &HashSet<&str>>) -> Vec<Staged> {
        for at in self.journals.keys() {
            let room = limits::BATCH_KEYS.saturating_sub(self.used());
            // Checks no more ids of other makers than fit.
            let lent = self.journals[at].due_lent(self.now).into_iter().take(room);
            let lent: HashMap<String, Sweep> = lent.map(|id| (id.clone(), self.sweep_of(at, &id))).collect();
            let journal = &mut self.journals[at];
            if let Some(finally) = finally.get(journal.router()) {
                let of_lent = |id: &str| lent.get(id).copied().unwrap_or(Sweep::Wait);
                journal.sweep(self.now, finally, of_lent, room, &mut self.batch);
            }
        }
        self.sweep_sites(finally);
        self.sweep_pages();
        self.close(true);
        self.staged
    }

    fn close(&mut self, complete: bool) {
        let mut batch = std::mem::take(&mut self.batch);
        batch.deletes.retain(|key| !self.kept.contains(key));
        let commit = if complete {
            self.commit.to_owned()
        } else {
            format!("{}~{}", self.commit, self.staged.len() + 1)
        };
        let records = self.open.drain(..).map(|(key, record)| (key, record.encode()));
        batch.puts.extend(records);
        if std::mem::take(&mut self.raw)
            && !self.journals.iter().any(OwnerJournal::touched)
            && let Some(witness) = self.journals.first_mut()
        {
            witness.touch();
        }
        let mut marks = Vec::new();
        for journal in self.journals.iter_mut().filter(|journal| journal.touched()) {
            journal.write(&commit, self.now, &mut batch);
            marks.push((journal.key(), commit.clone()));
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
        let padded = self.padded.take().filter(|_| !fault_points::skips_root_padding());
        let padded = marks.first().map(|(key, _)| key.clone()).or(padded);
        let doubtful = std::mem::take(&mut self.doubtful);
        if let Some(key) = padded
            && let Some((_, value)) = batch.puts.iter_mut().find(|(other, _)| *other == key)
        {
            let mut spaces = padding(bytes);
            if doubtful > 0 && (bytes + to_i64(spaces) - doubtful) % to_i64(owner_record::PADDING) == 0 {
                spaces += 1;
            }
            // An inline table near its largest size has no room.
            if !marks.is_empty() || value.len() + spaces <= CHUNK_BYTES {
                value.push_str(&" ".repeat(spaces));
                self.sizes.insert(key.clone(), Some(value.len()));
                bytes += to_i64(spaces);
            }
        }
        self.staged.push(Staged { batch, marks, bytes });
    }

    /// The size of the value under `key`. `None` if there is none or the size is unknown.
    fn size(&self, key: &str) -> Option<usize> {
        self.sizes.get(key).copied().unwrap_or_else(|| match self.snapshot.get(key) {
            Read::Found(value) => Some(value.len()),
            Read::Absent | Read::Unread => None,
        })
    }

    /// The change of the store's size by a put or delete. A value of unknown size counts as absent before a put, and as a multiple
    /// of the fingerprint's modulus before a delete.
    fn change(&mut self, key: &str, value: Option<usize>) -> i64 {
        let before = self.size(key);
        self.sizes.insert(key.to_owned(), value);
        let size = |value: Option<usize>| value.map_or(0, |value| to_i64(key.len() + value));
        size(value) - size(before)
    }
}

fn to_i64(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// The number of spaces that make a batch's change of `TotalSizeInBytes` one more than a multiple of 64. So 64 successive
/// states of a store have different sizes.
fn padding(change: i64) -> usize {
    if fault_points::skips_padding() {
        return 0;
    }
    let modulus = i64::try_from(owner_record::PADDING).unwrap_or(1);
    usize::try_from((1 - change).rem_euclid(modulus)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_makes_every_change_one_more_than_a_multiple() {
        for change in -200..200 {
            let padded = change + i64::try_from(padding(change)).unwrap();
            assert_eq!(padded.rem_euclid(64), 1);
            assert!(padding(change) < owner_record::PADDING);
        }
    }
}
