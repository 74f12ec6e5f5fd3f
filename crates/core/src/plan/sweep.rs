//! Which retired metadata a sweep may delete.

use super::snapshot::Snapshot;
use crate::fault_points;
use crate::kvs::Batch;
use crate::table::id::{OwnerId, target_of};
use crate::table::key;
use crate::table::owner_record::{self, Retired};

/// What a sweep does with a due id on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// Deletes its metadata.
    Delete,
    /// Removes it from the list only: an entry has this id, or another owner lists it.
    Unlist,
    /// Leaves it on the list: a history may need it, or a record that decides was not read.
    Wait,
}

/// Whether the metadata that a group lists may be deleted: its `grace` seconds are over, and the change that retired it is no
/// longer in the history, which begins with the change `oldest`.
pub(super) fn is_due(group: &Retired, grace: u64, now: u64, oldest: u64) -> bool {
    let held = group.change.is_some_and(|change| change >= oldest) && !fault_points::sweeps_history();
    !held && group.at.saturating_add(grace) <= now || fault_points::sweeps_early()
}

/// Whether a rollback of the owner that made `id` may need it. Another owner took over the last entry and retired the id at the
/// time `retired`, so the maker does not list it.
pub(super) fn is_remembered(snapshot: &Snapshot, router: &str, id: &str, retired: u64) -> bool {
    let maker = target_of(id).and_then(|(maker, _)| OwnerId::from_key(maker));
    let record = maker.and_then(|maker| snapshot.record(router, &maker));
    let oldest = record.and_then(|record| record.history?.changes.first().map(|(at, _)| *at));
    oldest.is_some_and(|at| at <= retired)
}

/// The ids of the due sites in `groups` of `owner`; see [`is_due`].
pub(super) fn due_sites<'g>(
    groups: impl Iterator<Item = &'g Retired>,
    owner: &OwnerId,
    grace: u64,
    now: u64,
    oldest: u64,
) -> Vec<String> {
    groups
        .filter(|group| is_due(group, grace, now, oldest))
        .flat_map(|group| &group.ids)
        .filter(|id| owner_record::is_site(id))
        .map(|id| owner_record::unlisted(owner, id).into_owned())
        .collect()
}

/// Sweeps due ids from the front of `groups` while the batch has `room`, in keys. `sweep` decides about each id.
pub(super) fn drain(
    groups: &mut Vec<Retired>,
    due: impl Fn(&Retired) -> bool,
    owner: &OwnerId,
    sweep: impl Fn(&str) -> Sweep,
    room: &mut usize,
    batch: &mut Batch,
) {
    for group in groups.iter_mut().filter(|group| due(group)) {
        group.ids.retain(|listed| {
            if *room == 0 || owner_record::is_site(listed) {
                return true;
            }
            let id = owner_record::unlisted(owner, listed);
            let sweep = sweep(&id);
            let key = key::metadata(&id);
            // Two owners may list the same id: its maker, and the owner that took it over.
            if sweep == Sweep::Delete && !batch.deletes.contains(&key) {
                batch.deletes.push(key);
                *room -= 1;
            }
            sweep == Sweep::Wait
        });
    }
    groups.retain(|group| !group.ids.is_empty());
}
