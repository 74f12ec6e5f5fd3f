//! The calls of one store: they wait here, and one commit after the other takes all that it can.
//!
//! Whoever calls first starts the driver, a task of its own: no caller's abort or deadline touches the
//! commit of the others. A caller that gives up leaves; a commit whose callers have all left stops.

use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::commit::Commit;
use super::env::Env;
use super::meter::Meter;
use crate::error::{Code, Result, RouteSyncError};
use crate::event::{Event, Listener};
use crate::kvs::{Failure, FailureKind, Store};
use crate::options::{Intent, RetryOptions};
use crate::plan::{Outcome, Snapshot};
use crate::report::Report;
use crate::table::id::OwnerId;

/// How a caller limits its call.
#[derive(Debug, Clone)]
pub struct Control {
    /// Time until the call must be settled.
    pub deadline: Duration,
    /// Cancelled when the caller aborts.
    pub cancel: CancellationToken,
    /// Told what the commit does.
    pub listener: Option<Listener>,
}

/// A call that waits for its commit.
#[derive(Debug)]
pub struct Member {
    /// Its number in this process, from 1.
    pub number: u64,
    /// What it declares.
    pub intent: Intent,
    /// The id of its owner.
    pub owner: OwnerId,
    /// When it was made.
    pub since: Instant,
    /// What its first plan came to: reports speak of what the call found, not of what a retry found.
    pub first: Option<Outcome>,
    /// The later call of its owner that, in the last plan, takes its routes away.
    pub superseded_by: Option<u64>,
    /// Its records were read back after its last write: metadata does not change under its id.
    pub checked: bool,
    /// The keys that were put again for it since the table stood as planned.
    pub put_again: BTreeSet<String>,
    /// What may be said when it gives up.
    pub facts: Arc<Facts>,
    listener: Option<Listener>,
    settle: oneshot::Sender<Result<Report>>,
}

impl Member {
    /// Whether its caller has left.
    #[must_use]
    pub fn left(&self) -> bool {
        self.settle.is_closed()
    }

    /// Resolves when its caller leaves.
    pub async fn leaves(&mut self) {
        self.settle.closed().await;
    }

    /// Settles it.
    pub fn settle(self, result: Result<Report>) {
        // The caller may have left in this very moment.
        let _ = self.settle.send(result);
    }
}

/// What a caller that gives up is told about the commit it leaves.
#[derive(Debug, Default)]
pub struct Facts(Mutex<Known>);

/// See [`Facts`].
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Batches of this call's plan that were applied, and how many there are.
    pub written: (usize, usize),
    /// Of them, those that earlier plans of this commit applied.
    pub before: usize,
    /// A write was sent and not answered.
    pub unanswered: bool,
    /// A write was not answered, and somebody else's has hidden since whether it was applied.
    pub hidden: bool,
}

impl Facts {
    /// Changes what is known.
    pub fn note(&self, note: impl FnOnce(&mut Known)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether nothing of the call can have been written.
    pub fn untouched(&self) -> bool {
        let known = self.known();
        known.written.0 == 0 && !known.unanswered && !known.hidden
    }

    /// What is known.
    pub fn known(&self) -> Known {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The engine of one store and one way to reach it.
#[derive(Debug)]
pub struct Engine<S> {
    pub(super) store: Meter<S>,
    pub(super) env: Env,
    pub(super) retry: RetryOptions,
    /// Whether reads and Describe agree on the store's size; see [`super::reading`].
    pub(super) counts_trusted: AtomicBool,
    /// The last failure, until a request succeeds.
    trouble: Mutex<Option<Failure>>,
    /// Those who hear of the commit at hand, by their call's number.
    listeners: Mutex<Vec<(u64, Listener)>>,
    queue: Mutex<Queue>,
    /// Between commits; the driver has it meanwhile.
    warm: Mutex<Warm>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Member>,
    driving: bool,
}

/// What a commit leaves for the next one of the process.
#[derive(Debug, Default)]
pub struct Warm {
    /// The state that the last commit made or found, with what it had read.
    pub snapshot: Option<Snapshot>,
    /// When the last commit began to write.
    pub wrote: Option<Instant>,
    /// Sequential reads that a cold commit takes after Describe.
    pub rounds: u32,
    /// Writes of the last commit that were refused because somebody else had written.
    pub conflicts: u32,
}

/// The number of the last call of this process.
static CALLS: AtomicU64 = AtomicU64::new(0);

impl<S: Store> Engine<S> {
    /// An engine for `store`.
    pub fn new(store: S, retry: RetryOptions, env: Env) -> Self {
        Self {
            store: Meter::new(store),
            env,
            retry,
            counts_trusted: AtomicBool::new(true),
            trouble: Mutex::default(),
            listeners: Mutex::default(),
            queue: Mutex::default(),
            warm: Mutex::default(),
        }
    }

    /// Enters a call at once, in the order of the calls; the future that is returned only waits for it.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The future's: what kept the call's routes from standing.
    pub fn call(
        self: &Arc<Self>,
        intent: Intent,
        control: Control,
    ) -> impl Future<Output = Result<Report>> + Send + use<S> {
        let (settle, settled) = oneshot::channel();
        let facts = Arc::new(Facts::default());
        let since = Instant::now();
        let member = Member {
            number: CALLS.fetch_add(1, Ordering::Relaxed) + 1,
            owner: OwnerId::of(intent.owner.as_str()),
            intent,
            since,
            first: None,
            superseded_by: None,
            checked: false,
            put_again: BTreeSet::new(),
            facts: Arc::clone(&facts),
            listener: control.listener.clone(),
            settle,
        };
        let mut queue = self.queue();
        queue.waiting.push_back(member);
        if !queue.driving {
            queue.driving = true;
            tokio::spawn(Arc::clone(self).drive());
        }
        drop(queue);
        let engine = Arc::clone(self);
        async move {
            let gave_up = |code| engine.gave_up(code, &facts.known(), since, control.deadline);
            tokio::select! {
                biased;
                settled = settled => settled.unwrap_or_else(|_| {
                    Err(RouteSyncError::new(
                        Code::Internal,
                        "the commit ended without an answer (a panic, or the runtime was shut down); run the deploy again",
                    ))
                }),
                () = control.cancel.cancelled() => Err(gave_up(Code::Aborted)),
                () = tokio::time::sleep_until(since + control.deadline) => Err(gave_up(Code::DeadlineExceeded)),
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warm(&self) -> MutexGuard<'_, Warm> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<(u64, Listener)>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those whose calls are in the commit at hand.
    pub(super) fn tell(&self, event: Event) {
        for (_, listener) in self.listeners().iter() {
            listener.tell(event);
        }
    }

    /// The call `number` hears nothing any more; without one, nobody does.
    pub(super) fn hush(&self, number: Option<u64>) {
        self.listeners().retain(|(other, _)| number.is_some_and(|number| *other != number));
    }

    /// The last failure, if no request has succeeded since.
    pub(super) fn trouble(&self) -> MutexGuard<'_, Option<Failure>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of a caller that stops waiting, with what is known at that moment.
    pub(super) fn gave_up(
        &self,
        code: Code,
        known: &Known,
        since: Instant,
        deadline: Duration,
    ) -> RouteSyncError {
        let trouble = self.trouble().clone();
        let (done, all) = known.written;
        let stands = match (done, known.unanswered) {
            (0, false) if known.hidden => {
                "one write was not answered, and whether it was applied cannot be told any more".to_owned()
            }
            (0, false) => "nothing of this call was written".to_owned(),
            (0, true) => "one write was sent and not answered".to_owned(),
            _ => format!("{done} of {all} writes of this call's commit stand, and the table is whole"),
        };
        let because =
            trouble.as_ref().map(|failure| format!("; last: {}", failure.message)).unwrap_or_default();
        let code = match (code, trouble.as_ref().map(|failure| failure.kind)) {
            (Code::DeadlineExceeded, Some(FailureKind::Throttled)) => Code::Throttled,
            (Code::DeadlineExceeded, Some(FailureKind::Unreachable)) => Code::Unreachable,
            (Code::DeadlineExceeded, Some(FailureKind::NotReady)) => Code::StoreNotReady,
            (code, _) => code,
        };
        let what = match code {
            Code::Aborted => "the call was aborted".to_owned(),
            _ => format!("the deadline of {} ms passed", deadline.as_millis()),
        };
        let then = if known.unanswered {
            "it may still land; run the same call again to be sure"
        } else {
            "run the same call again to finish"
        };
        RouteSyncError::new(code, format!("{what}: {stands}{because}; {then}")).with(|details| {
            details.attempts = Some(self.store.requests().total());
            details.elapsed_ms = Some(u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
            details.request_id = trouble.and_then(|failure| failure.request_id);
            details.stands = Some(stands);
            details.may_still_land = known.unanswered;
        })
    }

    /// Takes the waiting calls that `joins` accepts, in their order.
    pub(super) fn join(&self, members: &mut Vec<Member>, mut joins: impl FnMut(&Member) -> bool) {
        let mut queue = self.queue();
        let (joining, waiting) = queue.waiting.drain(..).partition(|member| joins(member));
        queue.waiting = waiting;
        drop(queue);
        let joining: VecDeque<Member> = joining;
        let mut listeners = self.listeners();
        for member in joining.into_iter().filter(|member| !member.left()) {
            listeners.extend(member.listener.clone().map(|listener| (member.number, listener)));
            members.push(member);
        }
    }

    async fn drive(self: Arc<Self>) {
        // The runtime may drop this task at any await (the last Node environment ended): later callers
        // must find the place free.
        let place = Place(&self);
        let mut warm = std::mem::take(&mut *self.warm());
        loop {
            let mut members = Vec::new();
            self.join(&mut members, |_| true);
            if !members.is_empty() {
                Commit::new(&self, &mut warm, members).run().await;
                self.hush(None);
            }
            let mut queue = self.queue();
            if queue.waiting.is_empty() {
                *self.warm() = warm;
                queue.driving = false;
                drop(queue);
                std::mem::forget(place);
                return;
            }
        }
    }
}

struct Place<'a, S: Store>(&'a Engine<S>);

impl<S: Store> Drop for Place<'_, S> {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.driving = false;
        // Nobody drives any more: the callers are told at once.
        queue.waiting.clear();
    }
}
