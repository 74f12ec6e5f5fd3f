//! What was written and is yet to be found standing: writes without an answer, and calls whose routes
//! went out before somebody else wrote.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use super::commit::Commit;
use super::engine::Member;
use crate::error::Code;
use crate::event::Event;
use crate::mutation::{Mutation, broken};
use crate::options::{Intent, Scope, Verify};
use crate::plan::{self, Outcome, Snapshot, ledger::Ledger};
use crate::route::Warning;
use crate::store::{ETag, Store};
use crate::table::SST_HOLDER;
use crate::table::record::Record;

/// A write whose answer was lost.
#[derive(Debug)]
pub(super) struct Unanswered {
    /// The records that tell whether it was applied.
    pub marks: Vec<(String, String)>,
    /// The calls that it is for.
    pub calls: Vec<u64>,
    /// It is the last batch: it completes them.
    pub last: bool,
    /// The state it was conditional on: once the store has another, it can no longer land.
    pub etag: ETag,
}

/// A call whose routes were written and are yet to be found standing.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    pub number: u64,
    /// How often its owner's record had been written by then: a higher number is a later change.
    pub seq: u64,
    pub etag: ETag,
}

impl Landed {
    pub(super) fn new(member: &Member, snapshot: &Snapshot, etag: &ETag) -> Self {
        let record = snapshot.record(member.intent.router.as_str(), &member.owner);
        Self { number: member.number, seq: record.map_or(0, |record| record.seq), etag: etag.clone() }
    }
}

impl<S: Store> Commit<'_, S> {
    /// Finds out which unanswered writes were applied.
    pub(super) fn recognize(&mut self, snapshot: &Snapshot) {
        let (members, landed) = (&self.members, &mut self.landed);
        let (mut applied, mut hidden) = (0, false);
        self.unanswered.retain(|write| {
            let found = write.marks.iter().any(|(key, commit)| {
                let record = snapshot.get(key).value().and_then(|value| Record::decode(value).ok());
                record.is_some_and(|record| record.commit == *commit)
            });
            if found {
                let completes = |number: u64| write.last && write.calls.contains(&number);
                landed.retain(|one| !completes(one.number));
                let done = members.iter().filter(|member| completes(member.number));
                landed.extend(done.map(|member| Landed::new(member, snapshot, &snapshot.etag)));
                refresh(landed, members, snapshot);
                applied += 1;
                return false;
            }
            let may_land = write.etag == snapshot.etag;
            hidden |= !may_land;
            may_land
        });
        self.tell(|known| {
            known.hidden |= hidden;
            known.written.0 += applied;
        });
        self.tell_unanswered();
    }

    /// Tells each caller whether a write that is for it may still land.
    pub(super) fn tell_unanswered(&self) {
        for member in &self.members {
            let mut writes = self.unanswered.iter();
            let may_land = writes.any(|write| write.calls.contains(&member.number));
            member.facts.note(|known| known.unanswered = may_land && !broken(Mutation::ForgetUnanswered));
        }
    }

    /// A batch of ours was applied: what it wrote is no later change of somebody else.
    pub(super) fn refresh_landed(&mut self, snapshot: &Snapshot) {
        refresh(&mut self.landed, &self.members, snapshot);
    }

    /// Settles the members that have written and that stand in `snapshot`, or that a later declared
    /// change has overtaken. The others were clobbered, and are planned again.
    pub(super) fn settle_landed(&mut self, snapshot: &Snapshot) {
        let landed = std::mem::take(&mut self.landed);
        if landed.is_empty() {
            return;
        }
        let own = |member: &Member| landed.iter().find(|one| one.number == member.number);
        let written: Vec<_> =
            self.members.iter().filter(|member| own(member).is_some()).map(|member| &member.intent).collect();
        let plan = plan::plan(snapshot, &written, self.engine.env.unix(), "");
        let trusted = self.engine.counts_trusted.load(Ordering::Relaxed);
        let mut rest = Vec::new();
        let mut told = false;
        let mut index = 0;
        for mut member in std::mem::take(&mut self.members) {
            let Some(own) = own(&member) else {
                rest.push(member);
                continue;
            };
            let taken = member.superseded_by.is_some();
            let stands = taken || plan.stands(index);
            let outcome = &plan.outcomes[index];
            index += 1;
            // Only another owner's claim is a change that was declared. Damage is for the plan to doubt, and
            // an entry of SST where ours stood is a clobber that the plan refuses to undo.
            let claimed = outcome.as_ref().is_err_and(|error| {
                error.code == Code::RouteConflict && error.details.holder.as_deref() != Some(SST_HOLDER)
            });
            let record = snapshot.record(member.intent.router.as_str(), &member.owner);
            let later = record.is_some_and(|it| it.seq > own.seq || broken(Mutation::OlderIsLater));
            // A later whole set is the owner's word on every pattern, another part's only on those that it took.
            let overtaken = !stands
                && (claimed
                    || later
                        && match (&member.intent.scope, outcome) {
                            (Scope::Whole, _) => true,
                            (Scope::Previous(_), Ok(outcome)) => taken_over(snapshot, &member, outcome),
                            (Scope::Previous(_), Err(_)) => false,
                        });
            let full = !taken && (member.intent.verify == Verify::Full || !trusted);
            if overtaken {
                if let Some(first) = &mut member.first {
                    first.warnings.push(superseded());
                }
                self.settle_one(member, Ok(Outcome::default()), &own.etag);
            } else if stands && !full {
                if !std::mem::replace(&mut told, true) {
                    self.engine.tell(Event::Verified);
                }
                self.settle_one(member, Ok(Outcome::default()), &own.etag);
            } else {
                // Also one that seems clobbered has landed until it is written again: the snapshot may be
                // torn, and the next one may show a later change.
                self.landed.push(own.clone());
                rest.push(member);
            }
        }
        self.members = rest;
    }
}

/// Whether a declared change of the owner has taken a route of this call by parts away. Other parts write the
/// owner's record too, so that a later one alone tells nothing; but who declares lists every id that loses its
/// last entry and takes every id that gets one off the list, and who restores an old table does neither.
fn taken_over(snapshot: &Snapshot, member: &Member, outcome: &Outcome) -> bool {
    let Intent { router, owner, routes, .. } = &member.intent;
    let Ok(table) = snapshot.table(router.as_str()) else { return false };
    // The reader takes the last of equal entries.
    let live: HashMap<(&str, &str), &str> =
        table.entries.iter().map(|it| ((it.entry.host(), it.entry.path()), it.entry.id())).collect();
    let ledger = Ledger::load(snapshot, router.as_str(), &member.owner, owner.as_str(), "");
    outcome.ids.iter().zip(routes).any(|((_, id), route)| {
        let now = live.get(&(route.entry.host(), route.entry.path())).copied();
        now != Some(id.as_str())
            && (ledger.lists(id.as_str())
                || now.is_some_and(|now| member.owner.owns(now) && !ledger.lists(now)))
    })
}

fn refresh(landed: &mut [Landed], members: &[Member], snapshot: &Snapshot) {
    for one in landed {
        if let Some(member) = members.iter().find(|member| member.number == one.number) {
            one.seq = Landed::new(member, snapshot, &one.etag).seq;
        }
    }
}

fn superseded() -> Warning {
    Warning {
        code: "SUPERSEDED",
        message: "the routes were written, and a later change of this owner or a takeover has replaced some of them since".to_owned(),
        pattern: None,
    }
}
