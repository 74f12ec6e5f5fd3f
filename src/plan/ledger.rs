//! An owner's record on its way through the batches of a plan.
//!
//! Metadata that entries stop naming is not deleted with them: a request that read the table just
//! before still needs it. It is listed here with its time and swept later, when no entry names it.

use std::collections::HashSet;

use super::snapshot::Snapshot;
use crate::store::Batch;
use crate::table::id::{OwnerId, RouteId};
use crate::table::key;
use crate::table::record::{PADDING, Record, Retired, VERSION, decode_spill, encode_spill, take_spill};

/// The record of one owner in one router.
#[derive(Debug, Clone)]
pub struct Ledger {
    router: String,
    owner: OwnerId,
    /// Seconds that retired metadata is kept; 0 deletes it in the batch that drops its last entry.
    grace: u64,
    record: Record,
    /// Older retired ids, by the number of the record that holds them.
    spills: Vec<(u64, Vec<Retired>)>,
    touched: bool,
}

impl Ledger {
    /// The ledger of `owner`, called `name`, as the snapshot has it.
    #[must_use]
    pub fn load(snapshot: &Snapshot, router: &str, owner: &OwnerId, name: &str, grace: u64) -> Self {
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
        });
        let (from, end) = record.spills.unwrap_or_default();
        let spills = (from..end)
            .filter_map(|index| {
                let value = snapshot.get(&key::spill(router, owner, index)).value()?;
                Some((index, decode_spill(value)?))
            })
            .collect();
        Self { router: router.to_owned(), owner: owner.clone(), grace, record, spills, touched: false }
    }

    /// The key of the record.
    #[must_use]
    pub fn key(&self) -> String {
        key::owner(&self.router, &self.owner)
    }

    /// Seconds that retired metadata is kept.
    #[must_use]
    pub const fn grace(&self) -> u64 {
        self.grace
    }

    /// Whether the batch at hand writes this record.
    #[must_use]
    pub const fn touched(&self) -> bool {
        self.touched
    }

    /// The batch at hand writes this record.
    pub const fn touch(&mut self) {
        self.touched = true;
    }

    /// Whether what is retired goes at once.
    #[must_use]
    pub const fn immediate(&self) -> bool {
        self.grace == 0
    }

    /// No entry names `id` any more.
    pub fn retire(&mut self, id: &RouteId, now: u64) {
        self.touched = true;
        match self.record.retired.last_mut() {
            Some(group) if group.at == now => group.ids.push(id.target().to_owned()),
            _ => self.record.retired.push(Retired { at: now, ids: vec![id.target().to_owned()] }),
        }
    }

    /// An entry names `id` again: it leaves the list. Returns whether it was on it. `puts` takes the
    /// spill that this changes.
    pub fn revive(&mut self, id: &RouteId, batch: &mut Batch) -> bool {
        let take = |groups: &mut Vec<Retired>| {
            let before: usize = groups.iter().map(|group| group.ids.len()).sum();
            groups.iter_mut().for_each(|group| group.ids.retain(|other| other != id.target()));
            groups.retain(|group| !group.ids.is_empty());
            before != groups.iter().map(|group| group.ids.len()).sum::<usize>()
        };
        if take(&mut self.record.retired) {
            return true;
        }
        let Some((index, groups)) =
            self.spills.iter_mut().find_map(|(index, groups)| take(groups).then(|| (*index, groups.clone())))
        else {
            return false;
        };
        put(batch, key::spill(&self.router, &self.owner, index), encode_spill(&groups));
        true
    }

    /// Whether `id` is on the list, and in a spill: reviving it writes a further key.
    #[must_use]
    pub fn spilled(&self, id: &RouteId) -> bool {
        self.spills
            .iter()
            .flat_map(|(_, groups)| groups)
            .any(|group| group.ids.iter().any(|other| other == id.target()))
    }

    /// Deletes retired metadata that is due and that no entry names, oldest first, while the batch has
    /// `room`. Returns the keys deleted.
    pub fn sweep(&mut self, now: u64, named: &HashSet<&str>, room: usize, batch: &mut Batch) -> usize {
        let due = |group: &Retired| group.at.saturating_add(self.grace) <= now;
        let mut room = room.saturating_sub(usize::from(!self.touched));
        let before = room;
        let mut changed = false;
        while let Some((index, groups)) = self.spills.first_mut() {
            if room < 2 || !groups.first().is_none_or(due) {
                break;
            }
            // The spill's own key, put or deleted.
            room -= 1;
            let key = key::spill(&self.router, &self.owner, *index);
            drain(groups, due, &self.owner, named, &mut room, batch);
            changed = true;
            if groups.is_empty() {
                batch.puts.retain(|(other, _)| *other != key);
                batch.deletes.push(key);
                self.spills.remove(0);
            } else {
                put(batch, key, encode_spill(groups));
                break;
            }
        }
        if room > 0 && self.spills.is_empty() && self.record.retired.first().is_some_and(due) {
            drain(&mut self.record.retired, due, &self.owner, named, &mut room, batch);
            changed = true;
        }
        self.touched |= changed;
        before - room
    }

    /// Puts the record, as written by `commit`, and moves what it has no room for to a spill.
    pub fn write(&mut self, commit: &str, now: u64, batch: &mut Batch) {
        self.touched = false;
        self.record.at = now;
        self.record.seq += 1;
        commit.clone_into(&mut self.record.commit);
        if !self.record.fits() {
            let next = self.record.spills.map_or(0, |(_, end)| end);
            let spill = take_spill(&mut self.record.retired);
            put(batch, key::spill(&self.router, &self.owner, next), encode_spill(&spill));
            self.spills.push((next, spill));
        }
        self.record.spills = match (self.spills.first(), self.spills.last()) {
            (Some((first, _)), Some((last, _))) => Some((*first, last + 1)),
            // The numbers go on, so that a lagging reader takes no old spill for a new one.
            _ => self.record.spills.map(|(_, end)| (end, end)),
        };
        put(batch, self.key(), self.record.encode());
    }
}

/// Takes due ids from the front of `groups`: what no entry names is deleted, what one names is only
/// taken off the list.
fn drain(
    groups: &mut Vec<Retired>,
    due: impl Fn(&Retired) -> bool,
    owner: &OwnerId,
    named: &HashSet<&str>,
    room: &mut usize,
    batch: &mut Batch,
) {
    while *room > 0 && groups.first().is_some_and(&due) {
        let group = &mut groups[0];
        let Some(target) = group.ids.first().cloned() else {
            groups.remove(0);
            continue;
        };
        group.ids.remove(0);
        let id = RouteId::join(owner, &target);
        if !named.contains(id.as_str()) {
            let key = key::metadata(&id);
            if !batch.puts.iter().any(|(other, _)| *other == key) && !batch.deletes.contains(&key) {
                batch.deletes.push(key);
                *room -= 1;
            }
        }
        if groups[0].ids.is_empty() {
            groups.remove(0);
        }
    }
}

/// Puts `value`, in the place of an earlier put of the same key.
fn put(batch: &mut Batch, key: String, value: String) {
    match batch.puts.iter_mut().find(|(other, _)| *other == key) {
        Some((_, old)) => *old = value,
        None => batch.puts.push((key, value)),
    }
}

/// White space that makes a batch's change of `TotalSizeInBytes` one more than a multiple of 64, so
/// that no 64 states of a store that follow one another look alike.
#[must_use]
pub fn padding(change: i64) -> usize {
    const MODULUS: i64 = PADDING as i64;
    usize::try_from((1 - change).rem_euclid(MODULUS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_makes_every_change_one_more_than_a_multiple() {
        for change in -200..200 {
            let padded = change + i64::try_from(padding(change)).unwrap();
            assert_eq!(padded.rem_euclid(64), 1);
            assert!(padding(change) < PADDING);
        }
    }
}
