//! Settles the calls whose routes were written before another writer changed the store. The routes are live, replaced by a declared
//! change, or clobbered.

use std::collections::HashSet;

use super::commit::Commit;
use super::context::RoundEnd;
use super::loss::{Loss, rest_stands};
use super::member::Member;
use super::pending::{PendingCommit, seq, superseded};
use crate::event::Event;
use crate::fault_points;
use crate::kvs::Store;
use crate::options::Verify;
use crate::plan::{self, Outcome, Snapshot};
use crate::table::id::RouteId;

impl<S: Store> Commit<'_, S> {
    /// Settles the written members whose routes are live in `snapshot` or were replaced by a later declared change. The others were
    /// clobbered and are planned again. Returns the snapshot with the keys that had to be looked up.
    pub(super) async fn settle_pending(&mut self, snapshot: Snapshot) -> Result<Snapshot, RoundEnd> {
        if self.pending.commits.is_empty() {
            return Ok(snapshot);
        }
        let found = self.find_pending(&snapshot);
        let known = self.look_up(snapshot, found.iter().map(|one| &one.loss)).await?;
        // If one call of a router is planned again, all its calls are that no declared change has replaced: without a later call, an
        // earlier one would undo it, and without an earlier one, a later one may be refused.
        let again = found.iter().filter(|one| (!one.state.is_live() || one.full) && !one.left);
        let again = again.filter(|one| !one.loss.is_declared(&known));
        let again: HashSet<String> = again.map(|one| one.router.clone()).collect();
        let stays = staying(&found, &known);
        let written = std::mem::take(&mut self.pending.commits);
        let mut rest = Vec::new();
        let mut emitted = false;
        for mut member in self.members.take() {
            let number = member.number;
            let own = written.iter().find(|one| one.number == number);
            let (Some(own), Some(one)) = (own, found.iter().find(|one| one.number == number)) else {
                rest.push(member);
                continue;
            };
            // A later plan may not have included the call that superseded this one.
            member.superseded_by = own.superseded_by;
            // The ETag that an unanswered write made is unknown.
            let etag = own.etag.as_ref().unwrap_or(&known.etag);
            if !one.ids.is_empty()
                && let Some(first) = &mut member.first
            {
                first.ids.clone_from(&one.ids);
            }
            if one.loss.is_declared(&known) {
                if let Some(first) = &mut member.first {
                    first.warnings.push(superseded());
                }
                self.settle_one(member, Ok(Outcome::default()), etag);
            } else if !stays.contains(&number)
                || !again.contains(&one.router) && !rest.iter().any(|earlier| may_undo(earlier, &member))
            {
                if one.state.is_live() && !std::mem::replace(&mut emitted, true) {
                    self.context.emit(Event::Verified);
                }
                self.settle_one(member, Ok(Outcome::default()), etag);
            } else {
                // A call that seems clobbered stays pending until it is written again: the snapshot may be inconsistent, and the
                // next one may show a later declared change.
                self.pending.commits.push(PendingCommit { lost: !one.state.is_live(), ..own.clone() });
                rest.push(member);
            }
        }
        self.members.list = rest;
        Ok(known)
    }

    /// Which routes of the written members are live in `snapshot`, and how the others were lost.
    fn find_pending(&self, snapshot: &Snapshot) -> Vec<Found> {
        let trusted = self.context.counts_trusted();
        let landed = self.members.list.iter().filter_map(|member| Some((member, self.pending.of(member)?)));
        let landed: Vec<(&Member, &PendingCommit)> = landed.collect();
        let written: Vec<_> = landed.iter().map(|(member, _)| &member.call).collect();
        // A call that a later one of its commit supersedes is planned alone: a joint plan would mix the differences of both.
        let lasting = landed.iter().filter(|(_, own)| own.superseded_by.is_none());
        let lasting: Vec<_> = lasting.map(|(member, _)| member.input()).collect();
        let now = self.context.env.unix();
        let mut planned = plan::plan(snapshot, &lasting, now, "").outcomes.into_iter();
        let mut found = Vec::new();
        for (index, (member, own)) in landed.into_iter().enumerate() {
            let superseded = own.superseded_by.is_some();
            let alone = || plan::plan(snapshot, &[member.input()], now, "").outcomes.pop();
            let Some(outcome) = (if superseded { alone() } else { planned.next() }) else { continue };
            let after = if superseded { &written[index + 1..] } else { &[] };
            let stands = outcome.as_ref().is_ok_and(|outcome| {
                if superseded {
                    rest_stands(snapshot, outcome, written[index], after)
                } else {
                    outcome.stands()
                }
            });
            let before = own.seq(member.call.router.as_str(), &member.owner).unwrap_or_default();
            let later = seq(member, snapshot) > before || fault_points::takes_older_for_later();
            let later = later && !fault_points::never_sees_later();
            let lost = || Loss::of(snapshot, own, member, &outcome, after, later);
            // The superseding call reads back the routes that it took.
            let full = !superseded && (member.call.verify == Verify::Full && !member.checked || !trusted);
            let loss = if stands { Loss::none() } else { lost() };
            let router = member.call.router.as_str().to_owned();
            let (number, left, superseded_by) = (member.number, member.left(), own.superseded_by);
            // The report names the state of `snapshot`, so its ids are those of that state.
            let ids = match &outcome {
                Ok(outcome) if own.etag.is_none() && member.call.ids_depend_on_live() => outcome.ids.clone(),
                _ => own.ids.clone(),
            };
            let once = member.call.action.happens_once();
            let state = match (stands, once) {
                (false, _) => State::Lost,
                (true, false) => State::Live,
                (true, true) => State::Done,
            };
            found.push(Found { number, left, router, superseded_by, ids, state, full, loss });
        }
        found
    }
}

/// The state of a call's written routes, without those that later calls of its commit took.
#[derive(PartialEq, Eq)]
enum State {
    /// Some are not live.
    Lost,
    /// All are live.
    Live,
    /// The call is done and must not be repeated: a second prune or release would affect routes that were declared since.
    Done,
}

impl State {
    fn is_live(&self) -> bool {
        *self != Self::Lost
    }
}

/// A call whose routes were written, as found in a snapshot.
struct Found {
    number: u64,
    /// The caller has left.
    left: bool,
    router: String,
    /// The later call of its commit that took some of its routes.
    superseded_by: Option<u64>,
    /// The ids of its routes, if these depend on what is live.
    ids: Vec<(String, RouteId)>,
    state: State,
    /// The metadata must be read back before the call is settled.
    full: bool,
    loss: Loss,
}

/// The calls that may be planned again. These may not:
///
/// * a call whose caller has left, unless its routes are live
/// * a call that is done and must not be repeated
/// * a call some of whose routes a later call took, if that call is not planned again: it would undo the change that replaced
///   the later one
fn staying(found: &[Found], known: &Snapshot) -> HashSet<u64> {
    let mut stays = HashSet::new();
    for one in found.iter().rev() {
        let planned = !one.loss.is_declared(known)
            && match one.state {
                State::Lost => !one.left,
                State::Live => true,
                State::Done => false,
            };
        let alone = one.state.is_live() && one.superseded_by.is_some_and(|by| !stays.contains(&by));
        if planned && !alone {
            stays.insert(one.number);
        }
    }
    stays
}

/// Whether a plan of `earlier` without `later`, a later call of its commit, could undo what `later` declares.
fn may_undo(earlier: &Member, later: &Member) -> bool {
    let (earlier, later) = (&earlier.call, &later.call);
    let shares =
        || earlier.routes.iter().any(|route| later.routes.iter().any(|other| other.entry == route.entry));
    earlier.router == later.router && (earlier.owner == later.owner || shares())
}
