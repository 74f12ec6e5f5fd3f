//! An owner's record on its way through the batches of a plan.
//!
//! Metadata that entries stop naming is not deleted with them: a request that read the table just
//! before still needs it. It is listed here with its time and swept later, when no entry names it.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::snapshot::Snapshot;
use super::sweep::{Sweep, drain, due_sites, is_due};
use crate::fault_points;
use crate::kvs::Batch;
use crate::table::id::{OwnerId, RouteId};
use crate::table::key;
use crate::table::record::{self, History, Record, Retired, VERSION, decode_spill, encode_spill, take_spill};

/// The record of one owner in one router.
#[derive(Debug, Clone)]
pub(crate) struct OwnerJournal {
    router: String,
    owner: OwnerId,
    /// Seconds that retired metadata is kept; 0 deletes it in the batch that drops its last entry.
    grace: u64,
    record: Record,
    /// How many changes calls want kept; `None` where none says so.
    history: Option<u64>,
    /// The number of the change at hand, where it is kept.
    change: u64,
    /// It was noted.
    noted: bool,
    /// The `seq` of a record that does not exist yet.
    first_seq: u64,
    /// Bytes of the record without the retired ids, at most.
    bytes: usize,
    /// Older retired ids, by the number of the record that holds them.
    spills: BTreeMap<u64, Vec<Retired>>,
    /// Every retired id as listed, without the mark of a site, with its spill, or none where the record
    /// itself holds it.
    listed: HashMap<String, Option<u64>>,
    touched: bool,
}

impl OwnerJournal {
    /// The journal of `owner`, called `name`, as the snapshot has it; `commit` is to write it.
    pub(crate) fn load(snapshot: &Snapshot, router: &str, owner: &OwnerId, name: &str, commit: &str) -> Self {
        let stored = snapshot.get(&key::owner(router, owner)).value();
        let record = stored.and_then(|value| Record::decode(value).ok()).unwrap_or_else(|| Record {
            v: VERSION,
            owner: name.to_owned(),
            generation: 0,
            seq: 0,
            at: 0,
            commit: String::new(),
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
        let bytes = record::bytes_at_most(&record, commit);
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

    /// Keeps what is retired for `grace` seconds. Of calls that disagree, the longer is the safe one.
    pub(crate) fn wait(&mut self, grace: u64) {
        self.grace = self.grace.max(grace);
    }

    /// Keeps the last `changes`, where a call says how many. Of calls that disagree, the larger number is the safe one.
    pub(crate) fn remember(&mut self, changes: Option<u64>) {
        self.history = self.history.max(changes);
    }

    /// How many changes are kept.
    fn keep(&self) -> u64 {
        let standing = self.record.history.as_ref().map(|history| history.keep);
        self.history.or(standing).unwrap_or_default()
    }

    /// Whether the change at hand can be undone later.
    pub(crate) fn keeps_history(&self) -> bool {
        self.keep() > 0
    }

    /// The number of the change that what is retired now stays with: the change at hand, where it was noted. Otherwise the
    /// newest that is there: older changes may lead back to it, too.
    fn kept_with(&self) -> Option<u64> {
        if self.noted {
            return Some(self.change);
        }
        let history = self.record.history.as_ref().filter(|history| !history.changes.is_empty());
        history.map(|history| history.end() - 1)
    }

    /// Notes the change at hand, made at the time `now`: `parts` undo it. Returns them with their keys.
    pub(crate) fn note_change(&mut self, parts: Vec<String>, now: u64) -> Vec<(String, String)> {
        let history = self.record.history.get_or_insert_default();
        history.changes.push((now, parts.len() as u64));
        (self.noted, self.touched) = (true, true);
        let key = |(part, value)| (key::history(&self.router, &self.owner, self.change, part), value);
        (0..).zip(parts).map(key).collect()
    }

    /// Whether how many changes are kept is another number than before, or none and some are there, a change is noted, or
    /// one is half deleted: a plan with none of these leaves the history as it is.
    pub(crate) fn trims(&self) -> bool {
        let none = History::default();
        let history = self.record.history.as_ref().unwrap_or(&none);
        let off = self.keep() == 0 && !history.changes.is_empty();
        self.noted || off || history.rest > 0 || history.keep != self.keep()
    }

    /// Drops changes that are more than are to be kept, but none from `needed` on: the next key that goes. What is left of a
    /// change is in the record at every point.
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

    /// Records that `generation` has been here, if it is the highest so far: that is a change of its own.
    pub(crate) fn raise(&mut self, generation: u64) {
        if generation > self.record.generation {
            self.record.generation = generation;
            self.touched = true;
        }
    }

    /// The router.
    pub(crate) fn router(&self) -> &str {
        &self.router
    }

    /// The key of the record.
    pub(crate) fn key(&self) -> String {
        key::owner(&self.router, &self.owner)
    }

    /// Whether nothing hangs on the record any more: no entry of the owner's (by `named`) stands, and what it lists is
    /// due. Sites go by sweeps.
    pub(crate) fn is_spent(&self, now: u64, named: &HashSet<&str>) -> bool {
        let mut groups = self.spills.values().flatten().chain(&self.record.retired);
        let lives = || named.iter().any(|id| self.made(id) && !self.lists(id));
        self.record.seq > 0
            && groups.all(|group| is_due(group, self.grace, now, self.record.oldest_change()))
            && self.sites().is_empty()
            && !lives()
    }

    /// Takes leave: the keys that go, the record last. Nothing is left to be written.
    pub(crate) fn vanish(&mut self, is_left: impl Fn(&str) -> bool) -> Vec<String> {
        let keys = self.all_keys(is_left);
        (self.touched, self.noted) = (false, false);
        self.record.retired.clear();
        self.spills.clear();
        self.listed.clear();
        keys
    }

    /// Every key of the owner besides its entries' metadata: that of retired ids which `is_left` takes, the spills,
    /// and at last the record.
    pub(crate) fn all_keys(&self, is_left: impl Fn(&str) -> bool) -> Vec<String> {
        let mut ids: Vec<_> =
            self.listed.keys().map(|listed| record::unlisted(&self.owner, listed)).collect();
        ids.retain(|id| is_left(id));
        ids.sort_unstable();
        let metadata = ids.iter().map(key::metadata);
        let spills = self.spills.keys().map(|index| key::spill(&self.router, &self.owner, *index));
        let history = history_keys(&self.router, &self.owner, &self.record);
        metadata.chain(spills).chain(history).chain([self.key()]).collect()
    }

    /// Whether the batch at hand writes this record.
    pub(crate) const fn touched(&self) -> bool {
        self.touched
    }

    /// The batch at hand writes this record.
    pub(crate) const fn touch(&mut self) {
        self.touched = true;
    }

    /// Keys that writing it takes, at most, with `more` ids retired: itself, and what spills.
    pub(crate) fn keys(&self, more: usize) -> usize {
        if self.touched || more > 0 {
            1 + record::spills_at_most(self.bytes, &self.record.retired, more)
        } else {
            0
        }
    }

    /// Whether what is retired goes at once.
    pub(crate) fn immediate(&self) -> bool {
        self.grace == 0 && self.kept_with().is_none() || fault_points::deletes_without_grace()
    }

    /// No entry names `id` any more, a site's where `site` says so. One that a foreign writer brought back is
    /// listed already: only the later time counts. `batch` takes the spill that this changes.
    pub(crate) fn retire(&mut self, id: &str, site: bool, now: u64, batch: &mut Batch) {
        // What is due at once can be undone by nobody.
        let change = self.kept_with().filter(|_| now > 0);
        self.list(id, site, now, change, batch);
    }

    /// Lists an id that a pruned owner had `retired` at that time, in seconds since the epoch.
    pub(crate) fn inherit(&mut self, id: &str, site: bool, retired: u64, batch: &mut Batch) {
        self.list(id, site, retired, None, batch);
    }

    fn list(&mut self, id: &str, site: bool, at: u64, change: Option<u64>, batch: &mut Batch) {
        self.touched = true;
        if fault_points::forgets_retired() {
            return;
        }
        let mut listed = record::listed(&self.owner, id).into_owned();
        self.strike(&listed, batch);
        self.listed.insert(listed.clone(), None);
        if site {
            listed = record::marked(&listed);
        }
        match self.record.retired.last_mut() {
            Some(group) if group.at == at && group.change == change => group.ids.push(listed),
            _ => self.record.retired.push(Retired { at, ids: vec![listed], change }),
        }
    }

    /// Whether a route id is of its owner's making.
    pub(crate) fn made(&self, id: &str) -> bool {
        self.owner.made(id)
    }

    /// How many of its own ids the id takes the room of on the list.
    pub(crate) fn weight(&self, id: &str, site: bool) -> usize {
        let mark = if site { record::SITE_WEIGHS } else { 0 };
        mark + if self.made(id) { 1 } else { record::OTHER_WEIGHS }
    }

    /// Takes the id off the list: nothing is left of it. `batch` takes the spill that this changes.
    pub(crate) fn forget(&mut self, id: &str, batch: &mut Batch) {
        let listed = record::listed(&self.owner, id);
        self.strike(&listed, batch);
    }

    /// The owner.
    pub(crate) const fn owner(&self) -> &OwnerId {
        &self.owner
    }

    /// The listed ids that others made. Sites are not among them.
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
        let lent = ids.filter(|listed| record::is_other(listed));
        lent.map(|listed| record::unlisted(&self.owner, listed).into_owned()).collect()
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

    /// The listed sites that are due: not by a sweep, since their files go with them.
    pub(crate) fn due_sites(&self, now: u64) -> Vec<String> {
        let groups = self.spills.values().flatten().chain(&self.record.retired);
        due_sites(groups, &self.owner, self.grace, now, self.record.oldest_change())
    }

    /// An entry names `id` again: it leaves the list. Returns whether it was on it. `batch` takes the
    /// spill that this changes.
    pub(crate) fn revive(&mut self, id: &RouteId, batch: &mut Batch) -> bool {
        self.strike(id.target(), batch)
    }

    fn strike(&mut self, target: &str, batch: &mut Batch) -> bool {
        if fault_points::keeps_revived_listed() {
            return false;
        }
        let Some(place) = self.listed.remove(target) else { return false };
        let strike = |groups: &mut Vec<Retired>| {
            for group in &mut *groups {
                group.ids.retain(|other| record::unmarked(other) != target);
            }
            groups.retain(|group| !group.ids.is_empty());
        };
        match place {
            None => strike(&mut self.record.retired),
            Some(index) => {
                if let Some(groups) = self.spills.get_mut(&index) {
                    strike(groups);
                    self.put_spill(index, batch);
                }
            }
        }
        true
    }

    /// Whether `id` is on the list: no entry named it when the record was written.
    pub(crate) fn lists(&self, id: &str) -> bool {
        self.listed.contains_key(&*record::listed(&self.owner, id))
    }

    /// When `id` was retired, if it is on the list.
    pub(crate) fn retired_at(&self, id: &str) -> Option<u64> {
        let listed = record::listed(&self.owner, id);
        let mut groups = self.spills.values().flatten().chain(&self.record.retired);
        let lists = |group: &&Retired| group.ids.iter().any(|other| record::unmarked(other) == listed);
        groups.find(lists).map(|group| group.at)
    }

    /// Whether `id` is on the list, and in a spill: taking it off writes a further key.
    pub(crate) fn spilled(&self, id: &str) -> bool {
        self.listed.get(&*record::listed(&self.owner, id)).is_some_and(Option::is_some)
    }

    /// Deletes retired metadata that is due and that no entry names, oldest first, while the batch has `room`. `of_lent` decides
    /// of ids that others made. Sites stay on the list.
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
        let plain = |group: &Retired| due(group) && group.ids.iter().any(|id| !record::is_site(id));
        let mut room = room.saturating_sub(if self.touched { 0 } else { self.keys(1) });
        let mut changed = false;
        let spills: Vec<u64> = self.spills.keys().copied().collect();
        for index in spills {
            // One for the spill's own key.
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

    /// Puts a spill, or deletes it when nothing is left in it.
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

    /// Puts the record, as written by `commit`, and moves what it has no room for to spills.
    pub(crate) fn write(&mut self, commit: &str, now: u64, batch: &mut Batch) {
        self.touched = false;
        self.record.at = now;
        self.record.seq = self.record.next_seq(self.first_seq);
        commit.clone_into(&mut self.record.commit);
        // The numbers go on, so that a lagging reader takes no old spill for a new one.
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
    listed.extend(ids.map(|id| (record::unmarked(id).to_owned(), place)));
}

/// The keys of the history in an owner's record.
pub(super) fn history_keys(router: &str, owner: &OwnerId, record: &Record) -> Vec<String> {
    let history = record.history.iter();
    let changes = history.flat_map(|history| {
        (history.from.saturating_sub(1)..history.end()).map(|number| (number, history.parts(number)))
    });
    changes
        .flat_map(|(number, parts)| parts.map(move |part| key::history(router, owner, number, part)))
        .collect()
}

/// Puts `value`, in the place of an earlier put of the same key.
fn put(batch: &mut Batch, key: String, value: String) {
    match batch.puts.iter_mut().find(|(other, _)| *other == key) {
        Some((_, old)) => *old = value,
        None => batch.puts.push((key, value)),
    }
}
