//! An owner's record while a plan's batches change it.
//!
//! Metadata is not deleted with its last entry: a request that read the table just before still needs it. The owner's record
//! lists it as retired, with the time. A later sweep deletes it if no entry has its id.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::snapshot::Snapshot;
use super::sweep::{Sweep, drain, due_sites, is_due};
use crate::fault_points;
use crate::kvs::Batch;
use crate::table::id::{OwnerId, RouteId};
use crate::table::key;
use crate::table::owner_record::{
    self, History, Record, Retired, VERSION, decode_spill, encode_spill, take_spill,
};

/// The record of one owner in one router.
#[derive(Debug, Clone)]
pub(crate) struct OwnerJournal {
    router: String,
    owner: OwnerId,
    /// The grace period in seconds. 0 deletes metadata in the batch that drops its last entry.
    grace: u64,
    record: Record,
    /// The number of changes that calls want to keep. `None` if no call says so.
    history: Option<u64>,
    /// The number of this plan's change, if the history keeps it.
    change: u64,
    /// This plan's change is in the history.
    noted: bool,
    /// The first `seq` of a new record.
    first_seq: u64,
    /// The most bytes that the record takes without the retired ids.
    bytes: usize,
    /// Older retired ids, by the index of the spill that holds them.
    spills: BTreeMap<u64, Vec<Retired>>,
    /// Every retired id as listed, without the mark of a site, and the spill that holds it. `None` is the record itself.
    listed: HashMap<String, Option<u64>>,
    /// The open batch writes the record.
    touched: bool,
}

impl OwnerJournal {
    /// The journal of the owner called `name`, with its record in the snapshot, or a new one. `commit` is the id of the commit
    /// that will write it.
    pub(crate) fn load(snapshot: &Snapshot, router: &str, owner: &OwnerId, name: &str, commit: &str) -> Self {
        let stored = snapshot.get(&key::owner(router, owner)).value();
        let record = stored.and_then(|value| Record::decode(value).ok()).unwrap_or_else(|| Record {
            v: VERSION,
            owner: name.to_owned(),
            generation: 0,
            seq: 0,
            at: 0,
            commit: String::new(),
            indexed: false,
            retired: Vec::new(),
            spills: None,
            history: None,
        });
        let (from, end) = record.spills.unwrap_or_default();
        let spills: BTreeMap<u64, Vec<Retired>> = (from..end)
            .filter_map(|index| {
                let value = snapshot.get(&key::spill(router, owner, index)).value()?;
                Some((index, decode_spill(value)?))
            })
            .collect();
        let mut listed = HashMap::new();
        note_listed(&mut listed, None, &record.retired);
        for (index, groups) in &spills {
            note_listed(&mut listed, Some(*index), groups);
        }
        let bytes = owner_record::bytes_at_most(&record, commit);
        let (router, owner) = (router.to_owned(), owner.clone());
        let change = record.history.as_ref().map_or(0, History::end);
        Self {
            router,
            owner,
            grace: 0,
            record,
            history: None,
            change,
            noted: false,
            first_seq: snapshot.first_seq,
            bytes,
            spills,
            listed,
            touched: false,
        }
    }

    /// Keeps retired metadata for at least `grace` seconds. If calls disagree, the longest period is safe.
    pub(crate) fn wait(&mut self, grace: u64) {
        self.grace = self.grace.max(grace);
    }

    /// Keeps the last `changes` changes, if a call says how many. If calls disagree, the largest number is safe.
    pub(crate) fn remember(&mut self, changes: Option<u64>) {
        self.history = self.history.max(changes);
    }

    /// The number of changes to keep.
    fn keep(&self) -> u64 {
        let standing = self.record.history.as_ref().map(|history| history.keep);
        self.history.or(standing).unwrap_or_default()
    }

    /// Whether the history will keep this plan's change.
    pub(crate) fn keeps_history(&self) -> bool {
        self.keep() > 0
    }

    /// The change that must be dropped from the history before metadata retired now may be deleted: this plan's, or else the newest
    /// in the history, since a rollback of older changes may need the metadata, too.
    fn kept_with(&self) -> Option<u64> {
        if self.noted {
            return Some(self.change);
        }
        let history = self.record.history.as_ref().filter(|history| !history.changes.is_empty());
        history.map(|history| history.end() - 1)
    }

    /// Adds this plan's change, made at the time `now`, to the history. `parts` undo it. Returns their keys and values.
    pub(crate) fn note_change(&mut self, parts: Vec<String>, now: u64) -> Vec<(String, String)> {
        let history = self.record.history.get_or_insert_default();
        history.changes.push((now, parts.len() as u64));
        (self.noted, self.touched) = (true, true);
        let key = |(part, value)| (key::history(&self.router, &self.owner, self.change, part), value);
        (0..).zip(parts).map(key).collect()
    }

    /// Whether the plan changes the history: it adds a change, the number of changes to keep is new or 0, or a change is partly
    /// deleted.
    pub(crate) fn trims(&self) -> bool {
        let none = History::default();
        let history = self.record.history.as_ref().unwrap_or(&none);
        let off = self.keep() == 0 && !history.changes.is_empty();
        self.noted || off || history.rest > 0 || history.keep != self.keep()
    }

    /// Drops the oldest change if there are more than the history keeps, but none from the change `needed` on. Returns the next key
    /// to delete. The record always says what is left of a partly deleted change.
    pub(crate) fn trim(&mut self, needed: Option<u64>) -> Option<String> {
        let keep = self.keep();
        let history = self.record.history.get_or_insert_default();
        history.keep = keep;
        self.touched = true;
        while history.rest == 0
            && history.changes.len() as u64 > keep
            && needed.is_none_or(|needed| history.from < needed)
        {
            (_, history.rest) = history.changes.remove(0);
            history.from += 1;
        }
        history.rest = history.rest.checked_sub(1)?;
        Some(key::history(&self.router, &self.owner, history.from - 1, history.rest))
    }

    /// Records `generation` if it is the highest so far. That alone makes the plan write the record.
    pub(crate) fn raise(&mut self, generation: u64) {
        if generation > self.record.generation {
            self.record.generation = generation;
            self.touched = true;
        }
    }

    /// Notes whether the router wants an index or has pages of one. The plan does not write the record for this alone.
    pub(crate) const fn note_index(&mut self, indexed: bool) {
        self.record.indexed = indexed;
    }

    pub(crate) fn router(&self) -> &str {
        &self.router
    }

    pub(crate) fn key(&self) -> String {
        key::owner(&self.router, &self.owner)
    }

    /// Whether the record is no longer needed: the owner has no entry whose id is in `named`, everything on its list is due, and
    /// no site is listed, since sites are deleted by sweeps.
    pub(crate) fn is_spent(&self, now: u64, named: &HashSet<&str>) -> bool {
        let mut groups = self.spills.values().flatten().chain(&self.record.retired);
        let lives = || named.iter().any(|id| self.made(id) && !self.lists(id));
        self.record.seq > 0
            && groups.all(|group| is_due(group, self.grace, now, self.record.oldest_change()))
            && self.sites().is_empty()
            && !lives()
    }

    /// Clears the journal, so that no batch writes the record. Returns the keys to delete; see [`Self::all_keys`].
    pub(crate) fn clear(&mut self, is_left: impl Fn(&str) -> bool) -> Vec<String> {
        let keys = self.all_keys(is_left);
        (self.touched, self.noted) = (false, false);
        self.record.retired.clear();
        self.spills.clear();
        self.listed.clear();
        keys
    }

    /// All keys of the owner except the metadata of its entries: the metadata of those retired ids for which `is_left` is true, the
    /// spills, the history, and last the record.
    pub(crate) fn all_keys(&self, is_left: impl Fn(&str) -> bool) -> Vec<String> {
        let mut ids: Vec<_> =
            self.listed.keys().map(|listed| owner_record::unlisted(&self.owner, listed)).collect();
        ids.retain(|id| is_left(id));
        ids.sort_unstable();
        let metadata = ids.iter().map(key::metadata);
        let spills = self.spills.keys().map(|index| key::spill(&self.router, &self.owner, *index));
        let history = history_keys(&self.router, &self.owner, &self.record);
        metadata.chain(spills).chain(history).chain([self.key()]).collect()
    }

    /// Whether the open batch writes the record.
    pub(crate) const fn touched(&self) -> bool {
        self.touched
    }

    /// Makes the open batch write the record.
    pub(crate) const fn touch(&mut self) {
        self.touched = true;
    }

    /// The most keys that writing the record takes if `more` ids are retired: the record and its new spills.
    pub(crate) fn keys(&self, more: usize) -> usize {
        if self.touched || more > 0 {
            1 + owner_record::spills_at_most(self.bytes, &self.record.retired, more)
        } else {
            0
        }
    }

    /// Whether retired metadata is deleted immediately.
    pub(crate) fn immediate(&self) -> bool {
        self.grace == 0 && self.kept_with().is_none() || fault_points::deletes_without_grace()
    }

    /// Lists `id`, which no entry has any more. `site` is set if it is a site's. An id whose entry a foreign writer restored is
    /// listed already: only the later time counts. Puts the changed spill in `batch`.
    pub(crate) fn retire(&mut self, id: &str, site: bool, now: u64, batch: &mut Batch) {
        // Nobody can undo a change whose metadata is due immediately (`now` is 0).
        let change = self.kept_with().filter(|_| now > 0);
        self.list(id, site, now, change, batch);
    }

    /// Lists an id of a pruned owner, which was `retired` at that time, in seconds since the epoch.
    pub(crate) fn inherit(&mut self, id: &str, site: bool, retired: u64, batch: &mut Batch) {
        self.list(id, site, retired, None, batch);
    }

    fn list(&mut self, id: &str, site: bool, at: u64, change: Option<u64>, batch: &mut Batch) {
        self.touched = true;
        if fault_points::forgets_retired() {
            return;
        }
        let mut listed = owner_record::listed(&self.owner, id).into_owned();
        self.unlist(&listed, batch);
        self.listed.insert(listed.clone(), None);
        if site {
            listed = owner_record::marked(&listed);
        }
        match self.record.retired.last_mut() {
            Some(group) if group.at == at && group.change == change => group.ids.push(listed),
            _ => self.record.retired.push(Retired { at, ids: vec![listed], change }),
        }
    }

    /// Whether the owner made this route id.
    pub(crate) fn made(&self, id: &str) -> bool {
        self.owner.made(id)
    }

    /// The room that the id takes on the list, as a number of the owner's own ids.
    pub(crate) fn weight(&self, id: &str, site: bool) -> usize {
        let mark = if site { owner_record::SITE_WEIGHS } else { 0 };
        mark + if self.made(id) { 1 } else { owner_record::OTHER_WEIGHS }
    }

    /// Removes the id from the list. Puts the changed spill in `batch`.
    pub(crate) fn forget(&mut self, id: &str, batch: &mut Batch) {
        let listed = owner_record::listed(&self.owner, id);
        self.unlist(&listed, batch);
    }

    pub(crate) const fn owner(&self) -> &OwnerId {
        &self.owner
    }

    /// The listed ids that other owners made, without sites.
    pub(crate) fn lent(&self) -> Vec<String> {
        self.lent_of(|_| true)
    }

    /// Those of [`Self::lent`] that are due, in the order in which a sweep takes them.
    pub(crate) fn due_lent(&self, now: u64) -> Vec<String> {
        let oldest = self.record.oldest_change();
        self.lent_of(|group| is_due(group, self.grace, now, oldest))
    }

    fn lent_of(&self, counts: impl Fn(&Retired) -> bool) -> Vec<String> {
        let groups = self.spills.values().flatten().chain(&self.record.retired);
        let ids = groups.filter(|group| counts(group)).flat_map(|group| &group.ids);
        let lent = ids.filter(|listed| owner_record::is_other(listed));
        lent.map(|listed| owner_record::unlisted(&self.owner, listed).into_owned()).collect()
    }

    /// The listed sites.
    pub(crate) fn sites(&self) -> Vec<String> {
        due_sites(
            self.spills.values().flatten().chain(&self.record.retired),
            &self.owner,
            0,
            u64::MAX,
            u64::MAX,
        )
    }

    /// The listed sites that are due. [`Self::sweep`] leaves them, since their files must be deleted with them.
    pub(crate) fn due_sites(&self, now: u64) -> Vec<String> {
        let groups = self.spills.values().flatten().chain(&self.record.retired);
        due_sites(groups, &self.owner, self.grace, now, self.record.oldest_change())
    }

    /// Removes `id`, which has an entry again, from the list. Returns whether it was listed. Puts the changed spill in `batch`.
    pub(crate) fn revive(&mut self, id: &RouteId, batch: &mut Batch) -> bool {
        self.unlist(id.target(), batch)
    }

    fn unlist(&mut self, target: &str, batch: &mut Batch) -> bool {
        if fault_points::keeps_revived_listed() {
            return false;
        }
        let Some(place) = self.listed.remove(target) else { return false };
        let remove = |groups: &mut Vec<Retired>| {
            for group in &mut *groups {
                group.ids.retain(|other| owner_record::unmarked(other) != target);
            }
            groups.retain(|group| !group.ids.is_empty());
        };
        match place {
            None => remove(&mut self.record.retired),
            Some(index) => {
                if let Some(groups) = self.spills.get_mut(&index) {
                    remove(groups);
                    self.put_spill(index, batch);
                }
            }
        }
        true
    }

    /// Whether `id` is on the list. No entry had it when the record was written.
    pub(crate) fn lists(&self, id: &str) -> bool {
        self.listed.contains_key(&*owner_record::listed(&self.owner, id))
    }

    /// When `id` was retired, if it is on the list.
    pub(crate) fn retired_at(&self, id: &str) -> Option<u64> {
        let listed = owner_record::listed(&self.owner, id);
        let mut groups = self.spills.values().flatten().chain(&self.record.retired);
        let lists = |group: &&Retired| group.ids.iter().any(|other| owner_record::unmarked(other) == listed);
        groups.find(lists).map(|group| group.at)
    }

    /// Whether a spill lists `id`: then removing it writes one more key.
    pub(crate) fn spilled(&self, id: &str) -> bool {
        self.listed.get(&*owner_record::listed(&self.owner, id)).is_some_and(Option::is_some)
    }

    /// Deletes due metadata whose id is not in `named`, oldest first, while the batch has `room`, in keys. `of_lent` decides about ids that
    /// other owners made. Sites stay on the list.
    pub(crate) fn sweep(
        &mut self,
        now: u64,
        named: &HashSet<&str>,
        of_lent: impl Fn(&str) -> Sweep,
        room: usize,
        batch: &mut Batch,
    ) {
        let owner = self.owner.clone();
        let sweep = |id: &str| match named.contains(id) && !fault_points::sweeps_named() {
            true => Sweep::Unlist,
            false if owner.made(id) => Sweep::Delete,
            false => of_lent(id),
        };
        let (grace, oldest) = (self.grace, self.record.oldest_change());
        let due = |group: &Retired| is_due(group, grace, now, oldest);
        let plain = |group: &Retired| due(group) && group.ids.iter().any(|id| !owner_record::is_site(id));
        let mut room = room.saturating_sub(if self.touched { 0 } else { self.keys(1) });
        let mut changed = false;
        let spills: Vec<u64> = self.spills.keys().copied().collect();
        for index in spills {
            // One key for the spill, and at least one to delete.
            if room < 2 {
                break;
            }
            let Some(spill) = self.spills.get_mut(&index) else { continue };
            if spill.is_empty() || spill.iter().any(plain) {
                room -= 1;
                drain(spill, due, &owner, sweep, &mut room, batch);
                changed = true;
                self.put_spill(index, batch);
            }
        }
        if room > 0 && self.record.retired.iter().any(plain) {
            drain(&mut self.record.retired, due, &owner, sweep, &mut room, batch);
            changed = true;
        }
        self.touched |= changed;
    }

    /// Puts a spill, or deletes it if it is empty.
    fn put_spill(&mut self, index: u64, batch: &mut Batch) {
        let key = key::spill(&self.router, &self.owner, index);
        match self.spills.get(&index) {
            Some(groups) if groups.is_empty() => {
                self.spills.remove(&index);
                batch.puts.retain(|(other, _)| *other != key);
                batch.deletes.push(key);
            }
            Some(groups) => put(batch, key, encode_spill(groups)),
            None => {}
        }
    }

    /// Puts the record with the commit id `commit`, and moves retired ids that it has no room for to spills.
    pub(crate) fn write(&mut self, commit: &str, now: u64, batch: &mut Batch) {
        self.touched = false;
        self.record.at = now;
        self.record.seq = self.record.next_seq(self.first_seq);
        commit.clone_into(&mut self.record.commit);
        // Indexes are not reused, so a lagging read cannot return an old spill for a new one.
        let mut end = self.record.spills.map_or(0, |(_, end)| end);
        while !self.record.fits() && !self.record.retired.is_empty() {
            let spill = take_spill(&mut self.record.retired);
            note_listed(&mut self.listed, Some(end), &spill);
            self.spills.insert(end, spill);
            self.put_spill(end, batch);
            end += 1;
        }
        self.record.spills = (end > 0).then(|| (self.spills.keys().next().copied().unwrap_or(end), end));
        put(batch, self.key(), self.record.encode());
    }
}

fn note_listed(listed: &mut HashMap<String, Option<u64>>, place: Option<u64>, groups: &[Retired]) {
    let ids = groups.iter().flat_map(|group| &group.ids);
    listed.extend(ids.map(|id| (owner_record::unmarked(id).to_owned(), place)));
}

/// The keys of the history in an owner's record, including those of a partly deleted change.
pub(super) fn history_keys(router: &str, owner: &OwnerId, record: &Record) -> Vec<String> {
    let history = record.history.iter();
    let changes = history.flat_map(|history| {
        (history.from.saturating_sub(1)..history.end()).map(|number| (number, history.parts(number)))
    });
    changes
        .flat_map(|(number, parts)| parts.map(move |part| key::history(router, owner, number, part)))
        .collect()
}

/// Puts `value`, replacing an earlier put of the same key.
fn put(batch: &mut Batch, key: String, value: String) {
    match batch.puts.iter_mut().find(|(other, _)| *other == key) {
        Some((_, old)) => *old = value,
        None => batch.puts.push((key, value)),
    }
}
