//! What was written and is not confirmed yet: writes without an answer, and calls whose routes were written before somebody
//! else wrote.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::member::Member;
use super::members::Members;
use crate::error::Result;
use crate::kvs::{ETag, Store};
use crate::mutation::{Mutation, broken};
use crate::options::{Intent, Scope};
use crate::plan::{Outcome, Snapshot, Staged, ledger::Ledger, site::Wanted};
use crate::route::Warning;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::RouteId;
use crate::table::key;
use crate::table::record::Record;

/// A write whose answer was lost.
#[derive(Debug)]
pub(super) struct InDoubtWrite {
    /// The records that tell whether it was applied.
    pub marks: Vec<(String, String)>,
    /// The calls that it is for.
    pub calls: Vec<u64>,
    /// It is the last batch: it completes them.
    pub last: bool,
    /// The state it was conditional on: once the store has another, it can no longer land.
    pub etag: ETag,
    /// What it was planned on.
    pub base: Arc<Snapshot>,
    /// How often the records in it have been written if it was applied, by key.
    pub seqs: HashMap<String, u64>,
}

impl InDoubtWrite {
    /// The write of `staged` for `calls`, sent to the state `etag`.
    pub(super) fn new(
        staged: &Staged,
        calls: Vec<u64>,
        last: bool,
        etag: &ETag,
        base: &Arc<Snapshot>,
    ) -> Self {
        let records =
            staged.batch.puts.iter().filter(|(key, _)| staged.marks.iter().any(|(it, _)| it == key));
        let seqs = records.filter_map(|(key, value)| Some((key.clone(), Record::decode(value).ok()?.seq)));
        let (seqs, base) = (seqs.collect(), Arc::clone(base));
        Self { marks: staged.marks.clone(), calls, last, etag: etag.clone(), base, seqs }
    }

    /// As of this write, how often the record of the member's owner has been written, if it wrote that.
    fn seq(&self, member: &Member) -> Option<u64> {
        self.seqs.get(&key::owner(member.intent.router.as_str(), &member.owner)).copied()
    }
}

/// A call whose routes were written and are yet to be found standing.
#[derive(Debug, Clone)]
pub(super) struct PendingCommit {
    pub number: u64,
    /// How often its owner's record had been written by then: a higher number is a later change.
    pub seq: u64,
    /// The state that the write made; unknown when it was not answered.
    pub etag: Option<ETag>,
    /// What the write was planned on: what somebody restores stood there.
    pub base: Arc<Snapshot>,
}

impl PendingCommit {
    pub(super) fn new(member: &Member, snapshot: &Snapshot, base: &Arc<Snapshot>) -> Self {
        let (seq, etag) = (seq(member, snapshot), Some(snapshot.etag.clone()));
        Self { number: member.number, seq, etag, base: Arc::clone(base) }
    }
}

/// The writes in doubt and the calls that are not confirmed yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub writes: Vec<InDoubtWrite>,
    pub commits: Vec<PendingCommit>,
}

impl Pending {
    /// Notes that the routes of `member` were written.
    pub fn add(&mut self, member: &Member, snapshot: &Snapshot, base: &Arc<Snapshot>) {
        self.commits.retain(|one| one.number != member.number);
        self.commits.push(PendingCommit::new(member, snapshot, base));
    }

    /// Finds out which unanswered writes were applied.
    pub fn recognize<S: Store>(&mut self, members: &Members<'_, S>, snapshot: &Snapshot) {
        let landed = &mut self.commits;
        let (mut applied, mut hidden) = (0, false);
        self.writes.retain(|write| {
            let found = write.marks.iter().any(|(key, commit)| {
                let record = snapshot.get(key).value().and_then(|value| Record::decode(value).ok());
                record.is_some_and(|record| record.commit == *commit)
            });
            if found {
                let completes = |number: u64| write.last && write.calls.contains(&number);
                landed.retain(|one| !completes(one.number));
                let done = members.list.iter().filter(|member| completes(member.number));
                landed.extend(done.map(|member| PendingCommit {
                    number: member.number,
                    seq: write.seq(member).unwrap_or_else(|| seq(member, snapshot)),
                    etag: None,
                    base: Arc::clone(&write.base),
                }));
                refresh(landed, &members.list, |member| write.seq(member));
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
        self.tell_in_doubt(&members.list);
    }

    pub fn of(&self, member: &Member) -> Option<&PendingCommit> {
        self.commits.iter().find(|one| one.number == member.number)
    }

    /// A batch of ours was applied: what it wrote is no later change of somebody else.
    pub fn refresh(&mut self, members: &[Member], snapshot: &Snapshot) {
        refresh(&mut self.commits, members, |member| Some(seq(member, snapshot)));
    }

    /// Tells each member whether a write for it may still land.
    pub fn tell_in_doubt(&self, members: &[Member]) {
        for member in members {
            let may_land = self.writes.iter().any(|write| write.calls.contains(&member.number));
            member.facts.note(|known| known.unanswered = may_land && !broken(Mutation::ForgetUnanswered));
        }
    }
}

/// How a landed call has lost what does not stand.
pub(super) enum Loss {
    /// By a declared change.
    Taken,
    /// By somebody who restored an old table.
    Clobbered,
    /// The record says nothing of these ids, and no entry names them: by a declared change that keeps no
    /// metadata if that is gone, or else by a clobber.
    Unlisted(Vec<RouteId>),
}

impl Loss {
    /// A later whole set is the owner's word on every pattern. Another part's is one on some, so that a later
    /// record alone tells nothing; but who declares lists every id that loses its last entry and takes every
    /// id that gets one off the list, and who restores an old table does neither, and restores what stood on
    /// `base`, where the call was planned.
    pub fn of(snapshot: &Snapshot, base: &Snapshot, member: &Member, outcome: &Result<Outcome>) -> Self {
        let Intent { router, owner, routes, scope, rolls_back, releases, .. } = &member.intent;
        // To undo changes again would also undo what came after, and to release again would release that.
        if *scope == Scope::Whole || rolls_back.is_some() || releases.is_some() {
            return Self::Taken;
        }
        let router = router.as_str();
        // What is damaged is for the plan to doubt.
        let (Ok(outcome), Ok(table)) = (outcome, snapshot.table(router)) else { return Self::Clobbered };
        let before = base.table(router).unwrap_or_default();
        let (live, before) = (by_pattern(&table), by_pattern(&before));
        let named: HashSet<&str> = live.values().map(|entry| entry.id()).collect();
        let ledger = Ledger::load(snapshot, router, &member.owner, owner.as_str(), "");
        let mut unlisted = Vec::new();
        for (at, ((_, id), route)) in outcome.ids.iter().zip(routes).enumerate() {
            let pattern = (route.entry.host(), route.entry.path());
            let now = live.get(&pattern).copied();
            if now.is_some_and(|now| now.id() == id.as_str()) {
                // Of a site only who declares changes the record.
                let site = Wanted::of(&member.intent, at);
                if site.is_some_and(|site| site.differs(snapshot, id.as_str())) {
                    return Self::Taken;
                }
                continue;
            }
            let declared = now.is_some_and(|now| now.is_of(&member.owner) && !ledger.lists(now.id()));
            let restored = now.map(Entry::id) == before.get(&pattern).map(|entry| entry.id());
            if ledger.lists(id.as_str()) || declared && (!restored || named.contains(id.as_str())) {
                return Self::Taken;
            }
            if !named.contains(id.as_str()) {
                unlisted.push(id.clone());
            }
        }
        if unlisted.is_empty() { Self::Clobbered } else { Self::Unlisted(unlisted) }
    }

    /// Whether it was a declared change, where the metadata at the keys `kept` is still there.
    pub fn is_taken(&self, kept: &HashSet<String>) -> bool {
        match self {
            Self::Taken => true,
            Self::Clobbered => false,
            Self::Unlisted(ids) => ids.iter().any(|id| !kept.contains(&key::metadata(id))),
        }
    }
}

/// Whether what `call` declares stands, apart from what `later` calls of its commit have taken: a whole set
/// takes all, another part's call what it declares too.
pub(super) fn rest_stands(snapshot: &Snapshot, outcome: &Outcome, call: &Intent, later: &[&Intent]) -> bool {
    let later = later.iter().filter(|it| it.router == call.router && it.owner == call.owner);
    if later.clone().any(|it| it.scope == Scope::Whole) {
        return true;
    }
    let Ok(table) = snapshot.table(call.router.as_str()) else { return false };
    let live = by_pattern(&table);
    outcome.removed.is_empty()
        && outcome.ids.iter().zip(&call.routes).enumerate().all(|(at, ((_, id), route))| {
            let now = live.get(&(route.entry.host(), route.entry.path()));
            let differs = || Wanted::of(call, at).is_some_and(|site| site.differs(snapshot, id.as_str()));
            now.is_some_and(|now| now.id() == id.as_str()) && !differs()
                || later.clone().any(|it| it.routes.iter().any(|other| other.entry == route.entry))
        })
}

/// The entry that a reader finds at each pattern: the last of equal ones counts.
fn by_pattern(table: &Table) -> HashMap<(&str, &str), &Entry> {
    let entries = table.entries.iter().map(|stored| &stored.entry);
    entries.map(|entry| ((entry.host(), entry.path()), entry)).collect()
}

/// How often the record of the member's owner has been written.
pub(super) fn seq(member: &Member, snapshot: &Snapshot) -> u64 {
    snapshot.record(member.intent.router.as_str(), &member.owner).map_or(0, |record| record.seq)
}

fn refresh(landed: &mut [PendingCommit], members: &[Member], seq: impl Fn(&Member) -> Option<u64>) {
    for one in landed {
        if let Some(member) = members.iter().find(|member| member.number == one.number) {
            one.seq = seq(member).unwrap_or(one.seq);
        }
    }
}

pub(super) fn superseded() -> Warning {
    Warning {
        code: "SUPERSEDED",
        message: "the routes were written, and a later change of this owner or a takeover has replaced some of them since".to_owned(),
        pattern: None,
    }
}
