//! Settles the callers of a commit, each with its report or error.

use super::commit::Commit;
use super::error_mapping;
use super::member::Member;
use crate::error::{Result, RouteSyncError};
use crate::event::Event;
use crate::kvs::{ETag, Failure, FailureKind, Store};
use crate::plan::outcome::Repaired;
use crate::plan::{Outcome, Plan};
use crate::report::Report;

impl<S: Store> Commit<'_, S> {
    /// Settles the members with the outcomes of `plan`, except those whose raw keys are not all written.
    pub(super) fn settle(&mut self, plan: Plan, etag: &ETag) {
        for (member, outcome) in self.members.take().into_iter().zip(plan.outcomes) {
            if outcome.as_ref().is_ok_and(|outcome| outcome.unfinished) {
                self.members.list.push(member);
                continue;
            }
            self.settle_one(member, outcome.map_err(RouteSyncError::from), etag);
        }
    }

    pub(super) fn settle_one(&mut self, mut member: Member, result: Result<Outcome>, etag: &ETag) {
        self.context.unsubscribe(Some(member.number));
        self.warm.pace.conflicts = self.counts.conflicts;
        let took = member.since.elapsed();
        let mut counts = self.counts;
        counts.calls = u32::try_from(self.members.most).unwrap_or(u32::MAX);
        counts.requests = self.context.store.requests();
        let result = match result {
            // The report describes what the call found first, so it is made from the first plan.
            Ok(outcome) => {
                let mut outcome = member.first.take().unwrap_or(outcome);
                outcome
                    .repaired
                    .extend(std::mem::take(&mut member.put_again).into_iter().map(Repaired::put_again));
                let endpoint = self.context.store.endpoint();
                let by = member.superseded_by;
                let mut report = Report::new(member.number, outcome, by, etag, endpoint, counts, took);
                report.commit = member.call.action.changes_raw().then_some(self.number);
                Ok(report)
            }
            Err(error) => Err(error.with(|details| {
                details.attempts = Some(counts.requests.total());
                details.elapsed_ms = Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            })),
        };
        member.settle(result);
    }

    /// Handles a failed request: waits if that may help, otherwise rejects all members.
    pub(super) async fn failed(&mut self, failure: Failure) {
        *self.context.trouble() = Some(failure.clone());
        self.reader.unusable +=
            u32::from(matches!(failure.kind, FailureKind::NotReady | FailureKind::Creating));
        let code = error_mapping::code(&failure, self.pacer.backoff.tries(), self.reader.unusable);
        let Some(code) = code else {
            let throttled = failure.kind == FailureKind::Throttled;
            let event =
                |wait_ms| if throttled { Event::Throttled { wait_ms } } else { Event::Retry { wait_ms } };
            return self.pacer.pause(&mut self.members, event).await;
        };
        let gone = error_mapping::is_gone(&failure, self.reader.unusable);
        let error = error_mapping::error(code, failure);
        for mut member in self.members.take() {
            if gone && member.call.action.accepts_gone_store() {
                // The routes that it would remove are deleted with the store.
                (member.first, member.superseded_by) = (None, None);
                self.settle_one(member, Ok(Outcome::store_gone()), &ETag::new(""));
                continue;
            }
            let known = member.facts.known();
            let stands = known.written;
            let error = error.clone().with(|details| {
                details.may_still_land = known.unanswered;
                details.stands =
                    (stands.0 > 0).then(|| format!("{} of {} writes were applied", stands.0, stands.1));
            });
            self.settle_one(member, Err(error), &ETag::new(""));
        }
    }
}
