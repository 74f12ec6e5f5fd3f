//! What was written and is yet to be found standing: writes without an answer, and calls whose routes
//! went out before somebody else wrote.

use std::sync::atomic::Ordering;

use super::commit::Commit;
use super::engine::Member;
use crate::error::Code;
use crate::event::Event;
use crate::mutation::{Mutation, broken};
use crate::options::{Scope, Verify};
use crate::plan::{self, Outcome, Snapshot};
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
            // Only another owner's claim is a change that was declared. Damage is for the plan to doubt, and
            // an entry of SST where ours stood is a clobber that the plan refuses to undo.
            let claimed = plan.outcomes[index].as_ref().is_err_and(|error| {
                error.code == Code::RouteConflict && error.details.holder.as_deref() != Some(SST_HOLDER)
            });
            index += 1;
            let record = snapshot.record(member.intent.router.as_str(), &member.owner);
            let later = record.is_some_and(|it| it.seq > own.seq || broken(Mutation::OlderIsLater));
            // Other parts write the record too, and take patterns over. Where they have taken none, what
            // is missing or has come back is a foreign writer's doing.
            let clobbered = matches!(member.intent.scope, Scope::Previous(_))
                && plan.outcomes[index - 1]
                    .as_ref()
                    .is_ok_and(|it| it.changed.is_empty() && it.added.len() + it.removed.len() > 0);
            let overtaken = !stands && (claimed || later && !clobbered);
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
