//! One commit: read, plan, write, check, settle, for all calls that wait for the store.
//!
//! Two loops, one inside the other: a round reads, plans and writes on one state of the store; what
//! fails for now (a throttle, a time-out, a reset, somebody else's write) waits and starts a round anew.
//! Nothing is ever resent blindly. There is no deadline here: callers have theirs, and a commit whose
//! callers have all left stops before its next request.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::backoff::{Backoff, FIRST_ROUND_TRIPS};
use super::engine::{Engine, Member, Warm};
use super::landing::{Landed, Unanswered};
use super::reading::{Reading, Strikes};
use super::waiting::unless_all_leave;
use crate::error::{Code, Result, RouteSyncError};
use crate::event::Event;
use crate::kvs::{Counts, Described, ETag, Failure, FailureKind, Store};
use crate::mutation::{Mutation, broken};
use crate::options::{Intent, Policy, Verify};
use crate::plan::{self, Outcome, Plan, Snapshot};
use crate::report;
use crate::table::id::OwnerId;

/// Why a round ended before its calls were settled.
#[derive(Debug)]
pub(super) enum Halt {
    /// All callers have left.
    Left,
    /// Reads and Describe saw different states.
    Torn,
    /// Somebody else wrote.
    Moved,
    /// A request failed.
    Failed(Failure),
}

/// A commit on its way.
#[derive(Debug)]
pub(super) struct Commit<'a, S: Store> {
    pub(super) engine: &'a Engine<S>,
    pub(super) warm: &'a mut Warm,
    pub(super) members: Vec<Member>,
    pub(super) strikes: Strikes,
    /// Reads that stay good if the next Describe shows the same state.
    pub(super) begun: Option<Reading>,
    /// The state that the last round saw, and how many in a row saw no other.
    pub(super) seen: Option<ETag>,
    pub(super) still: u32,
    /// Rounds so far that others spoiled.
    pub(super) rivals: u32,
    /// Keys that did not exist when they were last looked at.
    pub(super) absent: HashSet<String>,
    pub(super) backoff: Backoff,
    pub(super) counts: report::Counts,
    pub(super) unanswered: Vec<Unanswered>,
    pub(super) landed: Vec<Landed>,
    /// The state under which damage was found: found again, it is believed.
    doubted: Option<ETag>,
    /// The round plans on what an earlier commit left, which may be out of date.
    pub(super) from_warm: bool,
    pub(super) unusable: u32,
}

impl<'a, S: Store> Commit<'a, S> {
    pub(super) fn new(engine: &'a Engine<S>, warm: &'a mut Warm, members: Vec<Member>) -> Self {
        engine.store.take();
        Self {
            engine,
            warm,
            members,
            strikes: Strikes::default(),
            begun: None,
            seen: None,
            still: 0,
            rivals: 0,
            absent: HashSet::new(),
            backoff: Backoff::default(),
            counts: report::Counts::default(),
            unanswered: Vec::new(),
            landed: Vec::new(),
            doubted: None,
            from_warm: false,
            unusable: 0,
        }
    }

    /// Settles every member, or ends when all have left.
    pub(super) async fn run(mut self) {
        loop {
            self.members.retain(|member| !member.left());
            if self.members.is_empty() {
                return;
            }
            let round = self.round().await;
            if self.from_warm && matches!(round, Err(Halt::Torn | Halt::Moved)) {
                self.forget_first();
            }
            match round {
                Ok(()) | Err(Halt::Left) => {}
                // What was kept was out of date: nobody is in the way yet.
                Err(Halt::Torn) if self.from_warm && !self.has_rivals() => {}
                Err(Halt::Moved) if self.from_warm && !self.has_rivals() => self.counts.conflicts += 1,
                Err(Halt::Torn) => self.give_way(|wait_ms| Event::Retry { wait_ms }).await,
                Err(Halt::Moved) => {
                    self.counts.conflicts += 1;
                    let conflicts = self.counts.conflicts;
                    self.give_way(|wait_ms| Event::Conflict { conflicts, wait_ms }).await;
                }
                Err(Halt::Failed(failure)) => self.failed(failure).await,
            }
        }
    }

    /// One try on one state of the store.
    async fn round(&mut self) -> Result<(), Halt> {
        let mut snapshot = self.snapshot().await?;
        self.recognize(&snapshot);
        self.settle_landed(&snapshot).await?;
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
        let base = Arc::new(snapshot.clone());
        loop {
            let plan = self.plan(&snapshot);
            let needs = plan.needs(&snapshot);
            if !needs.is_empty() {
                snapshot = self.fill(Reading::of(snapshot), needs).await?.0;
                continue;
            }
            self.doubt(&snapshot, &plan)?;
            self.engine.tell(planned(&plan));
            if plan.batches.is_empty() {
                return self.nothing_to_write(snapshot, plan).await;
            }
            match self.write(&mut snapshot, &plan, &base).await {
                Ok(true) => return self.check(snapshot, plan, &base).await,
                // A caller that left takes its routes with it: the rest is planned again.
                Ok(false) => {}
                Err(halt) => {
                    if broken(Mutation::KeepStaleSnapshot) && matches!(halt, Halt::Moved) {
                        snapshot.etag = self.describe().await?.etag;
                        self.warm.snapshot = Some(snapshot);
                    } else if matches!(&halt, Halt::Failed(failure) if failure.kind.nothing_sent()) {
                        self.warm.snapshot = Some(snapshot);
                    }
                    return Err(halt);
                }
            }
        }
    }

    /// What was planned on a state that was out of date already is not what the calls found.
    fn forget_first(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.facts.untouched()) {
            member.first = None;
            member.intent.guarded = true;
        }
    }

    /// Rejects the calls that apply a plan made on another state. What is half applied is finished.
    fn refuse_stale(&mut self, snapshot: &Snapshot) -> Result<(), Halt> {
        let stale = |member: &Member| {
            member.intent.expects.as_ref().is_some_and(|etag| *etag != snapshot.etag)
                && member.facts.untouched()
        };
        if self.from_warm && self.members.iter().any(stale) {
            // What was kept may be older than the plan.
            return Err(Halt::Torn);
        }
        let (refused, rest) = std::mem::take(&mut self.members).into_iter().partition(stale);
        self.members = rest;
        let refused: Vec<Member> = refused;
        for member in refused {
            let error = RouteSyncError::new(
                Code::PlanStale,
                "the store has been written since this plan was made, so nothing was written; plan again, look at the new plan, and apply that",
            );
            self.settle_one(member, Err(error), &snapshot.etag);
        }
        Ok(())
    }

    fn plan(&mut self, snapshot: &Snapshot) -> Plan {
        let intents: Vec<_> = self.members.iter().map(|member| &member.intent).collect();
        let plan = plan::plan(snapshot, &intents, self.engine.env.unix(), &self.engine.env.commit_id());
        let numbers: Vec<u64> = self.members.iter().map(|member| member.number).collect();
        for (member, outcome) in self.members.iter_mut().zip(&plan.outcomes) {
            let Ok(outcome) = outcome else { continue };
            member.intent.guarded = false;
            member.superseded_by = outcome.superseded_by.and_then(|index| numbers.get(index).copied());
            let first = member.first.get_or_insert_with(|| outcome.clone());
            // What these lead to depends on what stands: on what is written, that is, and not on what was found first.
            let Intent { safety, rolls_back, .. } = &member.intent;
            if safety.policy == Policy::CreateOnly || rolls_back.is_some() {
                first.ids.clone_from(&outcome.ids);
            }
            // What concerns the table and not one route, a later plan may be the first to see.
            for warning in outcome.warnings.iter().filter(|warning| warning.pattern.is_none()) {
                if !first.warnings.iter().any(|known| known.code == warning.code) {
                    first.warnings.push(warning.clone());
                }
            }
        }
        #[cfg(feature = "mutations")]
        let plan = super::torn::tear(plan);
        plan
    }

    /// The state to plan on: the one that the last commit left, or a fresh read.
    async fn snapshot(&mut self) -> Result<Snapshot, Halt> {
        let kept = self.warm.snapshot.take();
        self.from_warm = kept.is_some();
        let Some(snapshot) = kept else { return self.read().await };
        // Writes that followed one another at once would starve every writer that has to read first.
        let wrote = self.warm.wrote.filter(|_| !broken(Mutation::NoSpacing));
        if let (Some(wrote), Some(trip)) = (wrote, self.engine.store.round_trip()) {
            // Who got through against others holds back, as long as they wait.
            let yielding = match self.warm.conflicts {
                0 => Duration::ZERO,
                n => self.engine.env.jitter(trip * (FIRST_ROUND_TRIPS << n.min(4))),
            };
            let until = wrote + trip * (3 + self.warm.rounds) + yielding;
            unless_all_leave(&mut self.members, tokio::time::sleep_until(until)).await?;
        }
        self.join(|_| true);
        match self.fill(Reading::of(snapshot), Vec::new()).await {
            Ok((snapshot, _)) => Ok(snapshot),
            // The store has moved on.
            Err(Halt::Torn) => {
                self.from_warm = false;
                self.read().await
            }
            Err(halt) => Err(halt),
        }
    }

    /// What would be somebody's damage is read once more under the same state before it is believed.
    fn doubt(&mut self, snapshot: &Snapshot, plan: &Plan) -> Result<(), Halt> {
        let damage = |error: &RouteSyncError| matches!(error.code, Code::TableCorrupt | Code::OwnerIdTaken);
        if (plan.repairs || plan.outcomes.iter().any(|outcome| outcome.as_ref().is_err_and(damage)))
            && self.doubted.as_ref() != Some(&snapshot.etag)
        {
            self.doubted = Some(snapshot.etag.clone());
            return Err(Halt::Torn);
        }
        Ok(())
    }

    /// Sends the batches, each on the state that the one before made. `false` when a caller left on the way.
    async fn write(
        &mut self,
        snapshot: &mut Snapshot,
        plan: &Plan,
        base: &Arc<Snapshot>,
    ) -> Result<bool, Halt> {
        let Plan { outcomes, batches, .. } = plan;
        self.warm.wrote = Some(Instant::now());
        self.members.iter_mut().for_each(|member| member.checked = false);
        self.tell(|known| known.before = known.written.0);
        for (index, staged) in batches.iter().enumerate() {
            if !broken(Mutation::IgnoreAbort) && self.members.iter().any(Member::left) {
                self.members.retain(|member| !member.left());
                return if self.members.is_empty() { Err(Halt::Left) } else { Ok(false) };
            }
            self.tell(|known| {
                known.written = (known.before + index, known.before + batches.len());
                known.unanswered = !broken(Mutation::ForgetUnanswered);
            });
            let sent = self.engine.store.update(&snapshot.etag, &staged.batch);
            // Dropped in flight, the write may land: nothing is kept of the state it was sent to.
            let answer = unless_all_leave(&mut self.members, sent).await?;
            #[cfg(feature = "mutations")]
            let answer = super::torn::mistaken(&self.engine.store, answer, snapshot, &staged.batch).await;
            match answer {
                Ok(updated) => {
                    self.counts.keys_put += count(staged.batch.puts.len());
                    self.counts.keys_deleted += count(staged.batch.deletes.len());
                    snapshot.apply(&staged.batch, updated.etag, updated.counts);
                    self.backoff.reset();
                    self.engine.tell(Event::Written { batch: index + 1, of: batches.len() });
                    self.refresh_landed(snapshot);
                    self.tell(|known| {
                        known.written = (known.before + index + 1, known.before + batches.len());
                        known.unanswered = false;
                    });
                }
                Err(failure) => {
                    let failure = failure.explained_by(&staged.batch);
                    if failure.kind == FailureKind::Unknown {
                        // A call that was refused is in no batch.
                        let calls = self.members.iter().zip(outcomes);
                        let calls = calls.filter(|(_, outcome)| outcome.is_ok()).map(|(it, _)| it.number);
                        let last = index + 1 == batches.len();
                        let write = Unanswered::new(staged, calls.collect(), last, &snapshot.etag, base);
                        self.unanswered.push(write);
                    }
                    self.tell_unanswered();
                    return Err(match failure.kind {
                        FailureKind::Stale => Halt::Moved,
                        _ => Halt::Failed(failure),
                    });
                }
            }
        }
        Ok(true)
    }

    /// Nothing differs, or nothing that may be changed: a second Describe must show the same state.
    async fn nothing_to_write(&mut self, snapshot: Snapshot, plan: Plan) -> Result<(), Halt> {
        if !broken(Mutation::SkipSecondDescribe) && self.describe().await?.etag != snapshot.etag {
            return Err(Halt::Torn);
        }
        if self.wants_full(&plan) && !self.check_full(&snapshot).await? {
            return Ok(());
        }
        let etag = snapshot.etag.clone();
        self.warm.snapshot = Some(snapshot);
        self.settle(plan, &etag);
        Ok(())
    }

    /// Checks that what was written stands, and settles.
    async fn check(&mut self, snapshot: Snapshot, plan: Plan, base: &Arc<Snapshot>) -> Result<(), Halt> {
        let etag = snapshot.etag.clone();
        let Plan { outcomes, batches, .. } = plan;
        let mut written = Vec::new();
        for (member, outcome) in std::mem::take(&mut self.members).into_iter().zip(outcomes) {
            match outcome {
                Ok(outcome) => {
                    written.push(Ok(outcome));
                    self.landed.retain(|one| one.number != member.number);
                    self.landed.push(Landed::new(&member, &snapshot, base));
                    self.members.push(member);
                }
                // The write was conditional on the very state that refused this call.
                Err(error) => self.settle_one(member, Err(error), &etag),
            }
        }
        let plan = Plan { outcomes: written, batches: Vec::new(), repairs: false };
        if self.members.iter().any(|member| member.intent.verify != Verify::Off) {
            let mark = batches.last().and_then(|staged| staged.marks.first()).map(|(key, _)| key.clone());
            let stands = self.stands(&snapshot, mark).await? || broken(Mutation::SettleUnseen);
            // Of a newer state the next round finds out whether ours is in it.
            if !stands || self.wants_full(&plan) && !self.check_full(&snapshot).await? {
                return Ok(());
            }
        }
        self.landed.clear();
        self.warm.snapshot = Some(snapshot);
        self.engine.tell(Event::Verified);
        self.settle(plan, &etag);
        Ok(())
    }

    /// Whether any member wants its metadata read back, or must have it since counts tell nothing.
    fn wants_full(&self, plan: &Plan) -> bool {
        let trusted = self.engine.counts_trusted.load(Ordering::Relaxed);
        self.members.iter().zip(&plan.outcomes).any(|(member, outcome)| {
            outcome.is_ok()
                && match member.intent.verify {
                    Verify::Full => !member.checked || !trusted,
                    Verify::Light => !trusted,
                    Verify::Off => false,
                }
        })
    }

    pub(super) async fn describe(&mut self) -> Result<Described, Halt> {
        let engine = self.engine;
        let describe = engine.patiently(|| engine.store.describe());
        let described = unless_all_leave(&mut self.members, describe).await?.map_err(Halt::Failed)?;
        self.unusable = 0;
        let Counts { items, bytes } = described.counts;
        engine.tell(Event::Described { items, bytes });
        Ok(described)
    }

    pub(super) fn join(&mut self, joins: impl FnMut(&Member) -> bool) {
        self.engine.join(&mut self.members, joins);
        self.counts.intents = self.counts.intents.max(count(self.members.len()));
    }

    /// The tables and owners that the members are about.
    pub(super) fn scopes(&self) -> BTreeSet<(String, OwnerId)> {
        self.members
            .iter()
            .map(|member| (member.intent.router.as_str().to_owned(), member.owner.clone()))
            .collect()
    }

    pub(super) fn tell(&self, note: impl Fn(&mut super::engine::Known)) {
        for member in &self.members {
            member.facts.note(&note);
        }
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
