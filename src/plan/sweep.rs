//! When retired metadata may be deleted, and by whom.

use super::snapshot::Snapshot;
use crate::kvs::Batch;
use crate::mutation::{Mutation, broken};
use crate::table::id::{OwnerId, target_of};
use crate::table::key;
use crate::table::record::{self, Retired};

/// Whether what a group lists may go: it has been retired for `grace` seconds, by no change that is still in the
/// history, of which `oldest` is the first.
pub(super) fn is_due(group: &Retired, grace: u64, now: u64, oldest: u64) -> bool {
    let held = group.change.is_some_and(|change| change >= oldest) && !broken(Mutation::SweepHistory);
    !held && group.at.saturating_add(grace) <= now
}

/// Whether a change in the history of the owner that made `id` may lead back to it. Another owner took its last entry over
/// and `retired` it at that time, so that its maker does not list it.
pub(super) fn is_remembered(snapshot: &Snapshot, router: &str, id: &str, retired: u64) -> bool {
    let maker = target_of(id).and_then(|(maker, _)| OwnerId::from_key(maker));
    let record = maker.and_then(|maker| snapshot.record(router, &maker));
    let oldest = record.and_then(|record| record.history?.changes.first().map(|(at, _)| *at));
    oldest.is_some_and(|at| at <= retired)
}

/// The ids of the sites in `groups` of `owner` that have been retired for `grace` seconds, by no change from `oldest` on.
pub(super) fn due_sites<'g>(
    groups: impl Iterator<Item = &'g Retired>,
    owner: &OwnerId,
    grace: u64,
    now: u64,
    oldest: u64,
) -> Vec<String> {
    groups
        .filter(|group| is_due(group, grace, now, oldest) || broken(Mutation::SweepEarly))
        .flat_map(|group| &group.ids)
        .filter(|id| record::is_site(id))
        .map(|id| record::unlisted(owner, id).into_owned())
        .collect()
}

/// Takes due ids from the front of `groups`: what nobody `keeps` is deleted, the others are only taken off the list.
/// One of which that is not known stays on it.
pub(super) fn drain(
    groups: &mut Vec<Retired>,
    due: impl Fn(&Retired) -> bool,
    owner: &OwnerId,
    keeps: impl Fn(&str) -> Option<bool>,
    room: &mut usize,
    batch: &mut Batch,
) {
    for group in groups.iter_mut().filter(|group| due(group)) {
        group.ids.retain(|listed| {
            if *room == 0 || record::is_site(listed) {
                return true;
            }
            let id = record::unlisted(owner, listed);
            let Some(keeps) = keeps(&id) else { return true };
            let key = key::metadata(&id);
            // Two owners may list one id: whose it was, and who took it over.
            if !keeps && !batch.deletes.contains(&key) {
                batch.deletes.push(key);
                *room -= 1;
            }
            false
        });
    }
    groups.retain(|group| !group.ids.is_empty());
}
