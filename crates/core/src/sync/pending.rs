//! What was written and is not confirmed yet: writes without an answer, and calls whose routes were written before another writer
//! changed the store.

use std::collections::HashMap;
use std::sync::Arc;

use super::member::Member;
use super::members::{Members, Seqs};
use crate::fault_points;
use crate::kvs::{ETag, Store};
use crate::plan::{Snapshot, Staged};
use crate::route::{CallWarning, Warning};
use crate::table::id::{OwnerId, RouteId};
use crate::table::key;
use crate::table::owner_record::Record;

/// A write whose answer was lost.
#[derive(Debug)]
pub(super) struct InDoubtWrite {
    /// The keys of the owner records in it, with the commit id that each carries. They show whether it was applied.
    pub(crate) marks: Vec<(String, String)>,
    /// The calls that the write is for.
    pub(crate) calls: Vec<u64>,
    /// The last batch, which completes the calls.
    pub(crate) last: bool,
    /// The write is conditional on this state. Once the store has another one, the write can no longer be applied.
    pub(crate) etag: ETag,
    /// The state on which the write was planned.
    pub(crate) base: Arc<Snapshot>,
    /// The `seq` of the members' owner records after the write.
    pub(crate) seqs: Seqs,
}

impl InDoubtWrite {
    /// The write of `staged` for `calls`, sent with the `etag` of a state in which the owner records had these `seqs`.
    pub(super) fn new(
        staged: &Staged,
        calls: Vec<u64>,
        last: bool,
        etag: &ETag,
        base: &Arc<Snapshot>,
        mut seqs: Seqs,
    ) -> Self {
        Arc::make_mut(&mut seqs).extend(written(staged));
        Self { marks: staged.marks.clone(), calls, last, etag: etag.clone(), base: Arc::clone(base), seqs }
    }

    /// The `seq` of the owner records that it writes.
    fn written(&self) -> HashMap<String, u64> {
        self.marks.iter().filter_map(|(key, _)| Some((key.clone(), *self.seqs.get(key)?))).collect()
    }
}

/// The `seq` of the owner records that a batch writes.
fn written(staged: &Staged) -> HashMap<String, u64> {
    let records = staged.batch.puts.iter().filter(|(key, _)| staged.marks.iter().any(|(it, _)| it == key));
    records.filter_map(|(key, value)| Some((key.clone(), Record::decode(value).ok()?.seq))).collect()
}

/// A call whose routes were written and are not confirmed yet.
#[derive(Debug, Clone)]
pub(super) struct PendingCommit {
    pub(crate) number: u64,
    /// The `seq` of owner records after the write, by key. A higher one means a later change.
    pub(crate) seqs: Seqs,
    /// The `ETag` that the write made. Unknown if the write was not answered.
    pub(crate) etag: Option<ETag>,
    /// The state on which the write was planned. A writer that restores an old table restores entries of it.
    pub(crate) base: Arc<Snapshot>,
    /// The later call of the commit that took some of the routes.
    pub(crate) superseded_by: Option<u64>,
    /// The written ids, if these depend on what was live.
    pub(crate) ids: Vec<(String, RouteId)>,
    /// The routes were clobbered and are being written again.
    pub(crate) lost: bool,
}

impl PendingCommit {
    pub(super) fn new(member: &Member, seqs: &Seqs, etag: &ETag, base: &Arc<Snapshot>) -> Self {
        let (seqs, etag, base) = (Arc::clone(seqs), Some(etag.clone()), Arc::clone(base));
        let (superseded_by, ids) = (member.superseded_by, ids(member));
        Self { number: member.number, seqs, etag, base, superseded_by, ids, lost: false }
    }

    /// The `seq` of the record of `owner` after the write, if known.
    pub(super) fn seq(&self, router: &str, owner: &OwnerId) -> Option<u64> {
        let base = || self.base.record(router, owner).map(|record| record.seq);
        self.seqs.get(&key::owner(router, owner)).copied().or_else(base)
    }
}

/// The writes in doubt and the calls that are not confirmed yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(crate) writes: Vec<InDoubtWrite>,
    pub(crate) commits: Vec<PendingCommit>,
}

impl Pending {
    /// Notes that the routes of a call were written.
    pub(crate) fn add(&mut self, commit: PendingCommit) {
        self.commits.retain(|one| one.number != commit.number);
        self.commits.push(commit);
    }

    /// Finds out which unanswered writes were applied.
    pub(crate) fn recognize<S: Store>(&mut self, members: &Members<'_, S>, snapshot: &Snapshot) {
        let commits = &mut self.commits;
        let (mut applied, mut hidden) = (0, false);
        self.writes.retain(|write| {
            let found = write.marks.iter().any(|(key, commit)| {
                let record = snapshot.get(key).value().and_then(|value| Record::decode(value).ok());
                record.is_some_and(|record| record.commit == *commit)
            });
            if found {
                let completes = |number: u64| write.last && write.calls.contains(&number);
                commits.retain(|one| !completes(one.number));
                let done = members.list.iter().filter(|member| completes(member.number));
                commits.extend(done.map(|member| {
                    let (seqs, base) = (Arc::clone(&write.seqs), Arc::clone(&write.base));
                    let (superseded_by, ids) = (member.superseded_by, ids(member));
                    let number = member.number;
                    PendingCommit { number, seqs, etag: None, base, superseded_by, ids, lost: false }
                }));
                refresh(commits, &write.written());
                applied += 1;
                return false;
            }
            let may_land = write.etag == snapshot.etag;
            hidden |= !may_land;
            may_land
        });
        members.note(|known| {
            known.hidden |= hidden;
            known.written.0 += applied;
        });
        self.note_in_doubt(&members.list);
    }

    pub(crate) fn of(&self, member: &Member) -> Option<&PendingCommit> {
        self.commits.iter().find(|one| one.number == member.number)
    }

    /// Updates the expected `seqs` after an applied batch of this commit, which is not a later change.
    pub(crate) fn refresh(&mut self, seqs: &Seqs) {
        refresh(&mut self.commits, seqs);
    }

    /// Like [`Self::refresh`], for a batch that puts missing keys again.
    pub(crate) fn refresh_written(&mut self, staged: &Staged) {
        refresh(&mut self.commits, &written(staged));
    }

    /// Notes for each member whether a write for it may still be applied.
    pub(crate) fn note_in_doubt(&self, members: &[Member]) {
        for member in members {
            let may_land = self.writes.iter().any(|write| write.calls.contains(&member.number));
            member.facts.note(|known| known.unanswered = may_land && !fault_points::forgets_unanswered());
        }
    }
}

/// The ids that the member's last plan wrote, if these depend on what was live.
fn ids(member: &Member) -> Vec<(String, RouteId)> {
    let first = member.first.as_ref().filter(|_| member.call.ids_depend_on_live());
    first.map(|first| first.ids.clone()).unwrap_or_default()
}

/// The `seq` of the record of the member's owner. 0 if there is none.
pub(super) fn seq(member: &Member, snapshot: &Snapshot) -> u64 {
    snapshot.record(member.call.router.as_str(), &member.owner).map_or(0, |record| record.seq)
}

fn refresh(commits: &mut [PendingCommit], seqs: &HashMap<String, u64>) {
    for one in commits {
        Arc::make_mut(&mut one.seqs).extend(seqs.iter().map(|(key, seq)| (key.clone(), *seq)));
    }
}

pub(super) fn superseded() -> Warning {
    Warning::of_call(
        CallWarning::Superseded,
        "the routes were written, and a later change of this owner or a takeover has replaced some of them since",
    )
}
