//! One commit: read, plan, write, check, settle, for all calls that wait for the store.
//!
//! Two loops, one inside the other: a round reads, plans and writes on one state of the store; what
//! fails for now (a throttle, a time-out, a reset, somebody else's write) waits and starts a round anew.
//! Nothing is ever resent blindly. There is no deadline here: callers have theirs, and a commit whose
//! callers have all left stops before its next request.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::engine::{Engine, Member, Warm};
use super::reading::Strikes;
use super::report::{Counts, Report};
use crate::error::{Code, Result, RouteSyncError};
use crate::options::Verify;
use crate::plan::{self, Outcome, Plan, Snapshot, Staged};
use crate::route::Warning;
use crate::store::{Described, ETag, Failure, FailureKind, Store};
use crate::table::id::OwnerId;
use crate::table::key;
use crate::table::record::Record;

/// Failures to connect, one after the other, before the host counts as unreachable: with the waits
/// between them some seconds, since a name that does not resolve rarely will.
const CONNECT_TRIES: u32 = 6;

/// Answers in a row that the store is in no usable state before it counts as deleted.
const STATE_TRIES: u32 = 6;

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

/// A write whose answer was lost.
#[derive(Debug)]
struct Unanswered {
    /// The records that tell whether it was applied.
    marks: Vec<(String, String)>,
    /// The calls that it would have completed; empty for a batch that is not the last.
    completes: Vec<u64>,
    /// The state it was conditional on: once the store has another, it can no longer land.
    etag: ETag,
}

/// A call whose routes were written and are yet to be found standing.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    number: u64,
    commit: String,
    etag: ETag,
}

/// A commit on its way.
#[derive(Debug)]
pub(super) struct Commit<'a, S: Store> {
    pub(super) engine: &'a Engine<S>,
    pub(super) warm: &'a mut Warm,
    pub(super) members: Vec<Member>,
    pub(super) strikes: Strikes,
    pub(super) backoff: Backoff,
    counts: Counts,
    unanswered: Vec<Unanswered>,
    landed: Vec<Landed>,
    /// The state under which a table was found corrupt: found again, it is.
    corrupt: Option<ETag>,
    unreachable: u32,
    unusable: u32,
}

impl<'a, S: Store> Commit<'a, S> {
    pub(super) fn new(engine: &'a Engine<S>, warm: &'a mut Warm, members: Vec<Member>) -> Self {
        engine.store.take();
        Self {
            engine,
            warm,
            members,
            strikes: Strikes::default(),
            backoff: Backoff::default(),
            counts: Counts::default(),
            unanswered: Vec::new(),
            landed: Vec::new(),
            corrupt: None,
            unreachable: 0,
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
            match self.round().await {
                Ok(()) | Err(Halt::Left) => {}
                Err(Halt::Torn) => self.pause().await,
                Err(Halt::Moved) => {
                    self.counts.conflicts += 1;
                    self.note(FailureKind::Stale, "somebody else wrote to the store", None);
                    self.pause().await;
                }
                Err(Halt::Failed(failure)) => self.failed(failure).await,
            }
        }
    }

    /// One try on one state of the store.
    async fn round(&mut self) -> Result<(), Halt> {
        let mut snapshot = self.snapshot().await?;
        self.recognize(&snapshot);
        self.settle_landed(&snapshot);
        if self.members.is_empty() {
            self.warm.snapshot = Some(snapshot);
            return Ok(());
        }
        self.counts.attempts += 1;
        loop {
            let commit = self.engine.env.commit_id();
            let intents: Vec<_> = self.members.iter().map(|member| &member.intent).collect();
            let plan = plan::plan(&snapshot, &intents, self.engine.env.unix(), &commit);
            self.doubt(&snapshot, &plan)?;
            for (member, outcome) in self.members.iter_mut().zip(&plan.outcomes) {
                if let (None, Ok(outcome)) = (&member.first, outcome) {
                    member.first = Some(outcome.clone());
                }
            }
            if plan.batches.is_empty() {
                return self.nothing_to_write(snapshot, plan).await;
            }
            // A caller that left takes its routes with it: the rest is planned again.
            if self.write(&mut snapshot, &plan.batches).await? {
                return self.check(snapshot, plan, &commit).await;
            }
        }
    }

    /// The state to plan on: the one that the last commit left, or a fresh read.
    async fn snapshot(&mut self) -> Result<Snapshot, Halt> {
        let Some(mut snapshot) = self.warm.snapshot.take() else {
            return self.read().await;
        };
        // Writes that followed one another at once would starve every writer that has to read first.
        if let (Some(wrote), Some(trip)) = (self.warm.wrote, self.engine.store.round_trip()) {
            let until = wrote + trip * (3 + self.warm.rounds);
            unless_all_leave(&mut self.members, tokio::time::sleep_until(until)).await?;
        }
        self.join(|_| true);
        match self.fill(&mut snapshot).await {
            Ok(_) => Ok(snapshot),
            // The store has moved on: the next round reads it.
            Err(Halt::Torn) => self.read().await,
            Err(halt) => Err(halt),
        }
    }

    /// A table that does not decode is read once more under the same state before that is believed.
    fn doubt(&mut self, snapshot: &Snapshot, plan: &Plan) -> Result<(), Halt> {
        let corrupt =
            plan.outcomes.iter().any(|outcome| outcome.as_ref().is_err_and(|error| error.code == Code::TableCorrupt));
        if corrupt && self.corrupt.as_ref() != Some(&snapshot.etag) {
            self.corrupt = Some(snapshot.etag.clone());
            return Err(Halt::Torn);
        }
        Ok(())
    }

    /// Sends the batches, each on the state that the one before made. `false` when a caller left on the way.
    async fn write(&mut self, snapshot: &mut Snapshot, batches: &[Staged]) -> Result<bool, Halt> {
        self.warm.wrote = Some(Instant::now());
        for (index, staged) in batches.iter().enumerate() {
            if self.members.iter().any(Member::left) {
                self.members.retain(|member| !member.left());
                return if self.members.is_empty() { Err(Halt::Left) } else { Ok(false) };
            }
            self.tell(|known| {
                known.written = (index, batches.len());
                known.unanswered = true;
            });
            let sent = self.engine.store.update(&snapshot.etag, &staged.batch);
            // Dropped in flight, the write may land: nothing is kept of the state it was sent to.
            let answer = unless_all_leave(&mut self.members, sent).await?;
            match answer {
                Ok(updated) => {
                    self.counts.keys_put += count(staged.batch.puts.len());
                    self.counts.keys_deleted += count(staged.batch.deletes.len());
                    snapshot.apply(&staged.batch, updated.etag, updated.counts);
                    self.backoff.reset();
                    self.tell(|known| {
                        known.written = (index + 1, batches.len());
                        known.unanswered = false;
                    });
                }
                Err(failure) => {
                    if failure.kind == FailureKind::Unknown {
                        let last = index + 1 == batches.len();
                        let numbers = self.members.iter().map(|member| member.number);
                        self.unanswered.push(Unanswered {
                            marks: staged.marks.clone(),
                            completes: if last { numbers.collect() } else { Vec::new() },
                            etag: snapshot.etag.clone(),
                        });
                    } else {
                        self.tell(|known| known.unanswered = false);
                    }
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
        let described = self.describe().await?;
        if described.etag != snapshot.etag {
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
    async fn check(&mut self, snapshot: Snapshot, plan: Plan, commit: &str) -> Result<(), Halt> {
        let etag = snapshot.etag.clone();
        let landed = |member: &Member| Landed { number: member.number, commit: commit.to_owned(), etag: etag.clone() };
        // Calls that do not want a check are done, and so are those that were refused: the write was
        // conditional on the very state that refused them.
        let mut checked = Vec::new();
        let mut results = Vec::new();
        for (member, outcome) in std::mem::take(&mut self.members).into_iter().zip(plan.outcomes) {
            match outcome {
                Ok(outcome) if member.intent.verify != Verify::Off => {
                    checked.push(outcome);
                    self.members.push(member);
                }
                result => results.push((member, result)),
            }
        }
        self.landed = self.members.iter().map(landed).collect();
        for (member, result) in results {
            self.settle_one(member, result, None, &etag);
        }
        if self.members.is_empty() {
            self.warm.snapshot = Some(snapshot);
            return Ok(());
        }
        let staged = plan.batches.last();
        let key = staged.and_then(|staged| staged.marks.first().map(|(key, _)| key.clone()));
        let value = key.as_ref().and_then(|key| snapshot.get(key).value().map(str::to_owned));
        if !self.stands(&snapshot, key.zip(value)).await? {
            // The state is a newer one: whether ours is in it, the next round reads.
            return Ok(());
        }
        let plan = Plan { outcomes: checked.into_iter().map(Ok).collect(), batches: Vec::new() };
        if self.wants_full(&plan) && !self.check_full(&snapshot).await? {
            return Ok(());
        }
        self.landed.clear();
        self.warm.snapshot = Some(snapshot);
        self.settle(plan, &etag);
        Ok(())
    }

    /// Whether any member wants its metadata read back, or must have it since counts tell nothing.
    fn wants_full(&self, plan: &Plan) -> bool {
        let trusted = self.engine.counts_trusted.load(Ordering::Relaxed);
        self.members.iter().zip(&plan.outcomes).any(|(member, outcome)| {
            outcome.is_ok()
                && match member.intent.verify {
                    Verify::Full => true,
                    Verify::Light => !trusted,
                    Verify::Off => false,
                }
        })
    }

    /// Finds out which unanswered writes were applied.
    fn recognize(&mut self, snapshot: &Snapshot) {
        let landed = &mut self.landed;
        self.unanswered.retain(|write| {
            let applied = write.marks.iter().find(|(key, commit)| {
                snapshot.get(key).value().and_then(|value| Record::decode(value).ok()).is_some_and(|it| it.commit == *commit)
            });
            if let Some((_, commit)) = applied {
                landed.extend(write.completes.iter().map(|number| Landed {
                    number: *number,
                    commit: commit.clone(),
                    etag: snapshot.etag.clone(),
                }));
                return false;
            }
            write.etag == snapshot.etag
        });
        let unanswered = !self.unanswered.is_empty();
        self.tell(|known| known.unanswered = unanswered);
    }

    /// Settles the members that have written and that stand in `snapshot`, or that a later declared
    /// change has overtaken. The others were clobbered, and are planned again.
    fn settle_landed(&mut self, snapshot: &Snapshot) {
        let landed = std::mem::take(&mut self.landed);
        let is_landed = |member: &Member| landed.iter().any(|one| one.number == member.number);
        let (done, rest): (Vec<Member>, Vec<Member>) = std::mem::take(&mut self.members).into_iter().partition(is_landed);
        self.members = rest;
        if done.is_empty() {
            return;
        }
        let intents: Vec<_> = done.iter().map(|member| &member.intent).collect();
        let plan = plan::plan(snapshot, &intents, self.engine.env.unix(), "");
        let stands: Vec<bool> = (0..done.len()).map(|index| plan.stands(index)).collect();
        let mut clobbered = Vec::new();
        let numbers: Vec<u64> = done.iter().map(|member| member.number).collect();
        for ((member, outcome), stands) in done.into_iter().zip(plan.outcomes).zip(stands) {
            let Some(own) = landed.iter().find(|one| one.number == member.number) else { continue };
            let superseded_by = outcome.as_ref().ok().and_then(|it| it.superseded_by).map(|index| numbers[index]);
            let record = snapshot.get(&key::owner(member.intent.router.as_str(), &member.owner)).value();
            let later = record.and_then(|value| Record::decode(value).ok()).is_some_and(|it| it.commit != own.commit);
            let etag = own.etag.clone();
            if stands {
                self.settle_one(member, Ok(Outcome::default()), superseded_by, &etag);
            } else if later || outcome.is_err() {
                let mut member = member;
                if let Some(first) = &mut member.first {
                    first.warnings.push(superseded());
                }
                self.settle_one(member, Ok(Outcome::default()), superseded_by, &etag);
            } else {
                clobbered.push(member);
            }
        }
        self.members.splice(0..0, clobbered);
    }

    /// Settles all members as planned.
    fn settle(&mut self, plan: Plan, etag: &ETag) {
        let members = std::mem::take(&mut self.members);
        let numbers: Vec<u64> = members.iter().map(|member| member.number).collect();
        self.counts.intents = self.counts.intents.max(count(members.len()));
        for (member, outcome) in members.into_iter().zip(plan.outcomes) {
            let by = outcome.as_ref().ok().and_then(|it| it.superseded_by).and_then(|index| numbers.get(index).copied());
            self.settle_one(member, outcome, by, etag);
        }
    }

    fn settle_one(&mut self, mut member: Member, result: Result<Outcome>, superseded_by: Option<u64>, etag: &ETag) {
        let took = member.since.elapsed();
        let mut counts = self.counts;
        counts.requests = self.engine.store.requests();
        counts.intents = counts.intents.max(1);
        let result = result.map(|outcome| {
            // What the call found is what its first plan says.
            let outcome = member.first.take().unwrap_or(outcome);
            Report::new(member.number, outcome, superseded_by, etag, counts, took)
        });
        let result = result.map_err(|error| {
            error.with(|details| {
                details.attempts = Some(counts.requests.total());
                details.elapsed_ms = Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
            })
        });
        member.settle(result);
    }

    /// A request that failed: waits where that helps, rejects all members where it does not.
    async fn failed(&mut self, failure: Failure) {
        self.note(failure.kind, &failure.message, failure.request_id.clone());
        let code = match failure.kind {
            FailureKind::Stale | FailureKind::Throttled | FailureKind::Unknown => None,
            FailureKind::Unreachable => {
                self.unreachable += 1;
                (self.unreachable >= CONNECT_TRIES).then_some(Code::Unreachable)
            }
            FailureKind::NotReady => {
                self.unusable += 1;
                let creating = failure.message.contains("PROVISIONING");
                (self.unusable >= STATE_TRIES && !creating).then_some(Code::StoreGone)
            }
            FailureKind::Gone => Some(Code::StoreGone),
            FailureKind::Quota => Some(Code::StoreFull),
            FailureKind::Denied => Some(Code::AccessDenied),
            FailureKind::NoCredentials => Some(Code::NoCredentials),
            FailureKind::Rejected => Some(Code::ServiceError),
        };
        let Some(code) = code else { return self.pause().await };
        let error = RouteSyncError::new(code, format!("{}; {}", failure.message, remedy(code)))
            .with(|details| details.request_id = failure.request_id);
        for member in std::mem::take(&mut self.members) {
            let stands = member.facts.known().written;
            let error = error.clone().with(|details| {
                details.stands = (stands.0 > 0).then(|| format!("{} of {} writes stand", stands.0, stands.1));
            });
            self.settle_one(member, Err(error), None, &ETag::new(""));
        }
    }

    /// Waits before the next round.
    pub(super) async fn pause(&mut self) {
        let wait = self.backoff.next(&self.engine.retry, self.engine.store.round_trip(), &self.engine.env);
        tracing::debug!(?wait, tries = self.backoff.tries(), "waiting");
        self.sleep(wait).await;
    }

    pub(super) async fn sleep(&mut self, wait: Duration) {
        // When all have left, the next round finds nobody.
        let _ = unless_all_leave(&mut self.members, tokio::time::sleep(wait)).await;
    }

    pub(super) async fn describe(&mut self) -> Result<Described, Halt> {
        let described = unless_all_leave(&mut self.members, self.engine.store.describe()).await?;
        let described = described.map_err(Halt::Failed)?;
        (self.unreachable, self.unusable) = (0, 0);
        Ok(described)
    }

    pub(super) fn join(&mut self, joins: impl FnMut(&Member) -> bool) {
        self.engine.join(&mut self.members, joins);
        self.counts.intents = self.counts.intents.max(count(self.members.len()));
    }

    /// The tables and owners that the members are about.
    pub(super) fn scopes(&self) -> BTreeSet<(String, OwnerId)> {
        self.members.iter().map(|member| (member.intent.router.as_str().to_owned(), member.owner.clone())).collect()
    }

    fn tell(&self, note: impl Fn(&mut super::engine::Known)) {
        for member in &self.members {
            member.facts.note(&note);
        }
    }

    fn note(&self, kind: FailureKind, words: &str, request_id: Option<String>) {
        tracing::debug!(?kind, words, "a request failed");
        self.tell(|known| {
            known.failure = Some((kind, words.to_owned()));
            known.request_id.clone_from(&request_id);
        });
    }
}

/// `work`, unless every caller leaves before it is done.
pub(super) async fn unless_all_leave<T>(members: &mut [Member], work: impl Future<Output = T>) -> Result<T, Halt> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        _ = future::join_all(members.iter_mut().map(Member::leaves)) => Err(Halt::Left),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn superseded() -> Warning {
    Warning {
        code: "SUPERSEDED",
        message: "the routes were written, and a later change of this owner or a takeover has replaced some of them since".to_owned(),
        pattern: None,
    }
}

const fn remedy(code: Code) -> &'static str {
    match code {
        Code::Unreachable => "allow this host in the proxy or firewall, or check client.endpoint",
        Code::StoreGone => "the store was deleted or never existed: check the ARN, or create the store again",
        Code::StoreFull => "remove routes or keys, or use another store",
        Code::AccessDenied => "check the credentials and their permissions",
        Code::NoCredentials => "then run the same call again",
        _ => "please report this",
    }
}
