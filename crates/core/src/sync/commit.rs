//! One commit: read, plan, write, check and settle, for all calls that wait for the store.
//!
//! There are two loops. A round reads, plans and writes on one state of the store. After a temporary failure (throttling, a
//! time-out, a reset, another writer) the commit waits and starts a new round. It never sends a write again without reading
//! first. A commit has no deadline: callers have their own, and a commit whose callers have all left stops before its next
//! request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::context::{Context, RoundEnd};
use super::member::Member;
use super::members::Members;
use super::pacer::{Pace, Pacer};
use super::pending::{InDoubtWrite, Pending, PendingCommit};
use super::reader::{Audience, Filled, SnapshotReader, unless_abandoned};
use crate::error::{Code, Result, RouteSyncError};
use crate::event::Event;
use crate::fault_points;
use crate::kvs::{ETag, FailureKind, Store};
use crate::options::Verify;
use crate::plan::{self, Outcome, Plan, Snapshot, Staged};
use crate::report;
use crate::route::CallWarning;

/// What a commit keeps for the next one of the process.
#[derive(Debug, Default)]
pub(super) struct Warm {
    /// The state that the last commit made or found, with the keys that it had read.
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) pace: Pace,
}

/// The number of the last commit of this process.
static COMMITS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
pub(super) struct Commit<'a, S: Store> {
    /// The commit's number in this process, from 1.
    pub(super) number: u64,
    pub(super) context: &'a Context<S>,
    pub(super) warm: &'a mut Warm,
    pub(super) members: Members<'a, S>,
    pub(super) reader: SnapshotReader<'a, S>,
    pub(super) pacer: Pacer<'a, S>,
    pub(super) pending: Pending,
    pub(super) counts: report::Counts,
    /// The state in which damage was found. If it is found again in this state, it is real.
    damaged_at: Option<ETag>,
    /// The round plans on the snapshot of an earlier commit, which may be out of date.
    from_warm: bool,
    /// The time of the last plan, in seconds since the epoch.
    planned: u64,
}

impl<'a, S: Store> Commit<'a, S> {
    pub(super) fn new(context: &'a Context<S>, warm: &'a mut Warm, members: Vec<Member>) -> Self {
        context.store.reset();
        Self {
            number: COMMITS.fetch_add(1, Ordering::Relaxed) + 1,
            context,
            warm,
            members: Members::new(context, members),
            reader: SnapshotReader::new(context, &context.store, Audience::Commit),
            pacer: Pacer::new(context),
            pending: Pending::default(),
            counts: report::Counts::default(),
            damaged_at: None,
            from_warm: false,
            planned: 0,
        }
    }

    /// Runs rounds until all members are settled or have left.
    pub(super) async fn run(mut self) {
        loop {
            self.drop_leavers();
            if self.members.all_left() {
                return;
            }
            let round = self.round().await;
            if self.from_warm && matches!(round, Err(RoundEnd::InconsistentRead | RoundEnd::Conflict)) {
                self.forget_first();
            }
            if self.from_warm && matches!(round, Err(RoundEnd::Failed(_))) {
                self.guard_again();
            }
            match round {
                Ok(()) | Err(RoundEnd::Abandoned) => {}
                // The kept snapshot was out of date. That is no sign of another writer at this moment, so there is no wait.
                Err(RoundEnd::InconsistentRead)
                    if self.from_warm && !self.warm.pace.contended(self.context) => {}
                Err(RoundEnd::Conflict) if self.from_warm && !self.warm.pace.contended(self.context) => {
                    self.counts.conflicts += 1;
                }
                Err(RoundEnd::InconsistentRead) => {
                    self.yield_to_writers(|wait_ms| Event::Retry { wait_ms }).await;
                }
                Err(RoundEnd::Conflict) => {
                    self.counts.conflicts += 1;
                    let conflicts = self.counts.conflicts;
                    self.yield_to_writers(|wait_ms| Event::Conflict { conflicts, wait_ms }).await;
                }
                Err(RoundEnd::Failed(failure)) => self.failed(failure).await,
            }
        }
    }

    /// Reads, plans and writes once, on one state of the store.
    async fn round(&mut self) -> Result<(), RoundEnd> {
        let mut snapshot = self.snapshot().await?;
        self.pending.recognize(&self.members, &snapshot);
        snapshot = self.settle_pending(snapshot).await?;
        if self.members.is_empty() {
            self.warm.snapshot = Some(snapshot);
            return Ok(());
        }
        self.refuse_stale(&snapshot)?;
        if self.members.is_empty() {
            self.warm.snapshot = Some(snapshot);
            return Ok(());
        }
        self.counts.attempts += 1;
        if !fault_points::counts_from_one() {
            snapshot.first_seq = self.context.env.unix_ms();
        }
        let mut base = Arc::new(snapshot.clone());
        let mut written = false;
        loop {
            let plan = self.plan(&snapshot);
            let needs = plan.needs(&snapshot);
            if !needs.is_empty() {
                snapshot = self.reader.complete(snapshot, &needs, &mut self.members).await?.snapshot;
                if !written {
                    base = Arc::new(snapshot.clone());
                }
                continue;
            }
            self.recheck_damage(&snapshot, &plan)?;
            // If every call was refused, the counts of the event would all be zero and misleading.
            if plan.outcomes.iter().any(Result::is_ok) {
                self.context.emit(planned(&plan));
            }
            if plan.batches.is_empty() {
                return self.nothing_to_write(snapshot, plan).await;
            }
            match self.write(&mut snapshot, &plan, &base).await {
                Ok(true) => return self.check(snapshot, plan, &base).await,
                // A caller has left: the other calls are planned again without its routes.
                Ok(false) => written = true,
                Err(end) => {
                    if fault_points::keeps_stale_snapshot() && matches!(end, RoundEnd::Conflict) {
                        snapshot.etag = self.reader.describe(&mut self.members).await?.etag;
                        self.warm.snapshot = Some(snapshot);
                    } else if matches!(&end, RoundEnd::Failed(failure) if failure.kind.nothing_sent()) {
                        self.warm.snapshot = Some(snapshot);
                    }
                    return Err(end);
                }
            }
        }
    }

    /// Forgets the first plans of calls that have written nothing, because those plans were made on an outdated state.
    fn forget_first(&mut self) {
        for member in self.members.list.iter_mut().filter(|member| member.facts.untouched()) {
            member.first = None;
            member.guarded = true;
        }
    }

    /// Makes the next plan check the guards again, because the last one was made on a state that may be outdated.
    fn guard_again(&mut self) {
        for member in self.members.list.iter_mut().filter(|member| member.facts.known().written.0 == 0) {
            member.guarded = true;
        }
    }

    /// Drops the calls whose callers left before their routes were written, or while clobbered ones are written again. Returns
    /// whether there was one. A written call stays in the plans while it is live: without it, the plan of an earlier call would undo
    /// it. Without a dropped call the other calls may remove other routes, so their guards are checked again.
    fn drop_leavers(&mut self) -> bool {
        let pending = &self.pending;
        let left = self.members.drop_left(|member| pending.of(member).is_some_and(|one| !one.lost));
        self.members.end_left_repairs();
        if left && !fault_points::guards_once() {
            self.forget_first();
        }
        left
    }

    /// Rejects the calls that apply a plan which was made on another state. A call that has written something goes on.
    fn refuse_stale(&mut self, snapshot: &Snapshot) -> Result<(), RoundEnd> {
        let stale = |member: &Member| {
            member.call.expects.as_ref().is_some_and(|etag| *etag != snapshot.etag)
                && member.facts.untouched()
        };
        if self.from_warm && self.members.list.iter().any(stale) {
            // The kept snapshot may be older than the state of the call's plan.
            return Err(RoundEnd::InconsistentRead);
        }
        let (refused, rest) = self.members.take().into_iter().partition(stale);
        self.members.list = rest;
        let refused: Vec<Member> = refused;
        for member in refused {
            let error = RouteSyncError::new(
                Code::PlanStale,
                "the store has changed since this plan was made, so nothing was written; plan again, check the new plan, and apply it",
            );
            self.settle_one(member, Err(error), &snapshot.etag);
        }
        Ok(())
    }

    fn plan(&mut self, snapshot: &Snapshot) -> Plan {
        let calls: Vec<_> = self.members.list.iter().map(Member::input).collect();
        self.planned = self.context.env.unix();
        let plan = plan::plan(snapshot, &calls, self.planned, &self.context.env.commit_id());
        let numbers: Vec<u64> = self.members.list.iter().map(|member| member.number).collect();
        for (member, outcome) in self.members.list.iter_mut().zip(&plan.outcomes) {
            let Ok(outcome) = outcome else { continue };
            member.guarded = false;
            member.superseded_by =
                outcome.superseded_by.and_then(|index| numbers.get(usize::from(index)).copied());
            let first = member.first.get_or_insert_with(|| outcome.clone());
            // The report names the ids that are written, not those of the first plan.
            if member.call.ids_depend_on_live() {
                first.ids.clone_from(&outcome.ids);
            }
            first.index_pages = outcome.index_pages;
            // Another plan may have removed the entry that kept some metadata.
            first.warnings.retain(|warning| warning.code != CallWarning::StillNamed.into());
            // A later plan may be the first to find warnings about the whole table.
            for warning in outcome.warnings.iter().filter(|warning| warning.pattern.is_none()) {
                if !first.warnings.iter().any(|known| known.code == warning.code) {
                    first.warnings.push(warning.clone());
                }
            }
        }
        #[cfg(feature = "mutations")]
        let plan = super::faulty::tear(plan);
        plan
    }

    /// The state to plan on: the one that the last commit kept, or a newly read one.
    async fn snapshot(&mut self) -> Result<Snapshot, RoundEnd> {
        let kept = self.warm.snapshot.take();
        self.from_warm = kept.is_some();
        let Some(snapshot) = kept else { return self.read().await };
        self.warm.pace.space(self.context, &mut self.members).await?;
        self.members.join(|_| true);
        match self.reader.complete(snapshot, &[], &mut self.members).await {
            Ok(Filled { snapshot, restarted, .. }) => {
                self.from_warm &= !restarted;
                Ok(snapshot)
            }
            // The store has changed since.
            Err(RoundEnd::InconsistentRead) => {
                self.from_warm = false;
                self.read().await
            }
            Err(end) => Err(end),
        }
    }

    /// Reads the keys that the members need, after Describe. More calls may join meanwhile.
    async fn read(&mut self) -> Result<Snapshot, RoundEnd> {
        let described = self.reader.describe(&mut self.members).await?;
        // Before the first read, every call may join.
        self.members.join(|_| true);
        let Filled { mut snapshot, rounds, .. } = self.reader.read(described, &mut self.members).await?;
        if fault_points::describes_after_reading() {
            snapshot.etag = self.reader.describe(&mut self.members).await?.etag;
        }
        self.warm.pace.rounds = rounds.unwrap_or(self.warm.pace.rounds);
        Ok(snapshot)
    }

    async fn yield_to_writers(&mut self, event: impl FnOnce(u64) -> Event) {
        self.pacer.yield_to_writers(&mut self.members, self.reader.unchanged, event).await;
    }

    /// Ends the round if the plan met damage that was not found before in this state. A second read decides.
    fn recheck_damage(&mut self, snapshot: &Snapshot, plan: &Plan) -> Result<(), RoundEnd> {
        if plan.meets_damage() && self.damaged_at.as_ref() != Some(&snapshot.etag) {
            self.damaged_at = Some(snapshot.etag.clone());
            return Err(RoundEnd::InconsistentRead);
        }
        Ok(())
    }

    /// Sends the batches, each on the state that the previous one made. Returns `false` if a caller left before the last.
    async fn write(
        &mut self,
        snapshot: &mut Snapshot,
        plan: &Plan,
        base: &Arc<Snapshot>,
    ) -> Result<bool, RoundEnd> {
        let Plan { outcomes, batches, .. } = plan;
        self.warm.pace.wrote = Some(Instant::now());
        self.members.list.iter_mut().for_each(|member| member.checked = false);
        self.members.note(|known| known.before = known.written.0);
        for (index, staged) in batches.iter().enumerate() {
            let staged = &*staged.sent_at(self.planned, self.context.env.unix());
            if !fault_points::ignores_abort() && self.drop_leavers() {
                return if self.members.all_left() { Err(RoundEnd::Abandoned) } else { Ok(false) };
            }
            self.members.note(|known| {
                known.written = (known.before + index, known.before + batches.len());
                known.unanswered = !fault_points::forgets_unanswered();
            });
            let sent = self.context.store.update(&snapshot.etag, &staged.batch);
            // If all callers leave now, the write may still be applied, so `warm` keeps no snapshot.
            let answer = unless_abandoned(&mut self.members, sent).await?;
            #[cfg(feature = "mutations")]
            let answer = super::faulty::mistaken(&self.context.store, answer, snapshot, &staged.batch).await;
            match answer {
                Ok(updated) => {
                    self.counts.keys_put += count(staged.batch.puts.len());
                    self.counts.keys_deleted += count(staged.batch.deletes.len());
                    snapshot.apply(&staged.batch, updated.etag, updated.counts);
                    self.pacer.backoff.reset();
                    self.context.emit(Event::Written { batch: index + 1, of: batches.len() });
                    self.pending.refresh(&self.members.seqs(snapshot));
                    self.members.note(|known| {
                        known.written = (known.before + index + 1, known.before + batches.len());
                        known.unanswered = false;
                    });
                }
                Err(failure) => {
                    let failure = failure.explained_by(&staged.batch);
                    if failure.kind == FailureKind::Unknown {
                        // Refused calls are in no batch, and the last batch does not complete unfinished ones.
                        let done =
                            |outcome: &Result<Outcome, _>| outcome.as_ref().is_ok_and(|it| !it.unfinished);
                        let calls = self.members.list.iter().zip(outcomes);
                        let calls = calls.filter(|(_, outcome)| done(outcome)).map(|(it, _)| it.number);
                        let last = index + 1 == batches.len();
                        let (calls, seqs) = (calls.collect(), self.members.seqs(snapshot));
                        let write = InDoubtWrite::new(staged, calls, last, &snapshot.etag, base, seqs);
                        self.pending.writes.push(write);
                    }
                    self.pending.note_in_doubt(&self.members.list);
                    return Err(match failure.kind {
                        FailureKind::Stale => RoundEnd::Conflict,
                        _ => RoundEnd::Failed(failure),
                    });
                }
            }
        }
        Ok(true)
    }

    /// Settles a plan without batches, after a second Describe has shown the same state.
    async fn nothing_to_write(&mut self, snapshot: Snapshot, plan: Plan) -> Result<(), RoundEnd> {
        if !fault_points::skips_second_describe()
            && self.reader.describe(&mut self.members).await?.etag != snapshot.etag
        {
            return Err(RoundEnd::InconsistentRead);
        }
        if self.wants_full(&plan) && !self.check_full(&snapshot).await? {
            return Ok(());
        }
        let etag = snapshot.etag.clone();
        self.warm.snapshot = Some(snapshot);
        self.settle(plan, &etag);
        Ok(())
    }

    /// Checks that the written routes are live, and settles. Calls whose raw keys are not all written stay for the next round.
    async fn check(&mut self, snapshot: Snapshot, plan: Plan, base: &Arc<Snapshot>) -> Result<(), RoundEnd> {
        let etag = snapshot.etag.clone();
        let Plan { outcomes, batches, .. } = plan;
        let mut written = Vec::new();
        let seqs = self.members.seqs(&snapshot);
        for (mut member, outcome) in self.members.take().into_iter().zip(outcomes) {
            match outcome {
                Ok(outcome) => {
                    member.progress = outcome.progress.unwrap_or_default();
                    if !outcome.unfinished {
                        self.pending.add(PendingCommit::new(&member, &seqs, &etag, base));
                    }
                    written.push(Ok(outcome));
                    self.members.list.push(member);
                }
                // The write was conditional on the state in which this call was refused, so the refusal is final.
                Err(refused) => self.settle_one(member, Err(refused.into()), &etag),
            }
        }
        let plan = Plan { outcomes: written, batches: Vec::new(), repairs: false };
        let verifies = |(member, outcome): (&Member, &Result<Outcome, _>)| {
            member.call.verify != Verify::Off && outcome.as_ref().is_ok_and(|outcome| !outcome.unfinished)
        };
        if self.members.list.iter().zip(&plan.outcomes).any(verifies) {
            let witness = batches.last().and_then(Staged::witness).map(|(key, planned)| {
                // An owner's record was written with the time at which the batch was sent.
                let value = snapshot.get(&key).value().map(str::to_owned);
                (key, value.or(planned))
            });
            let stands = self.stands(&snapshot, witness).await? || fault_points::settles_unconfirmed();
            // If the store is in a newer state, the next round finds out whether the routes are live.
            if !stands || self.wants_full(&plan) && !self.check_full(&snapshot).await? {
                return Ok(());
            }
        }
        self.pending.commits.clear();
        self.warm.snapshot = Some(snapshot);
        self.context.emit(Event::Verified);
        self.settle(plan, &etag);
        Ok(())
    }

    /// Whether the metadata of any member must be read back: it asks for it, or counts are not trusted.
    fn wants_full(&self, plan: &Plan) -> bool {
        let trusted = self.context.counts_trusted();
        self.members.list.iter().zip(&plan.outcomes).any(|(member, outcome)| {
            outcome.is_ok()
                && match member.call.verify {
                    Verify::Full => !member.checked || !trusted,
                    Verify::Light => !trusted,
                    Verify::Off => false,
                }
        })
    }
}

fn planned(plan: &Plan) -> Event {
    let sum = |of: fn(&Outcome) -> usize| plan.outcomes.iter().flatten().map(of).sum();
    Event::Planned {
        added: sum(|outcome| outcome.added.len()),
        changed: sum(|outcome| outcome.changed.len()),
        removed: sum(|outcome| outcome.removed.len()),
        batches: plan.batches.len(),
        keys: plan.batches.iter().map(|staged| staged.batch.keys()).sum(),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
