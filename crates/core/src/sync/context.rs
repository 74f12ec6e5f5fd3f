//! What the commits and queries of one store share: the store, the clock and randomness, the waiting calls, and what is known about
//! the service.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::env::Env;
use super::member::{Known, Member};
use super::meter::Meter;
use crate::error::{Code, RouteSyncError};
use crate::event::{Event, Listener};
use crate::kvs::{Failure, FailureKind, Store};
use crate::options::RetryOptions;

#[derive(Debug)]
pub(super) struct Context<S> {
    pub(crate) store: Meter<S>,
    pub(crate) env: Env,
    pub(crate) retry: RetryOptions,
    /// The counts in answers can be relied on; see [`super::reader`].
    counts_trusted: AtomicBool,
    /// The last failure. `None` after a request succeeds.
    trouble: Mutex<Option<Failure>>,
    /// The listeners of the current commit, with the numbers of their calls.
    listeners: Mutex<Vec<(u64, Listener)>>,
    queue: Mutex<Queue>,
}

/// Calls that wait for the next commit, and whether a driver is running that will take them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(crate) waiting: VecDeque<Member>,
    pub(crate) driving: bool,
}

/// Why a round of a commit, or one reading of a query, ended early.
#[derive(Debug)]
pub(super) enum RoundEnd {
    /// All callers have left.
    Abandoned,
    /// Reads and Describe saw different states.
    InconsistentRead,
    /// Another writer has changed the store.
    Conflict,
    /// A request failed.
    Failed(Failure),
}

impl<S: Store> Context<S> {
    pub(crate) fn new(store: S, retry: RetryOptions, env: Env) -> Self {
        Self {
            store: Meter::new(store),
            env,
            retry,
            counts_trusted: AtomicBool::new(true),
            trouble: Mutex::default(),
            listeners: Mutex::default(),
            queue: Mutex::default(),
        }
    }

    /// Whether the counts of an answer identify the state that it shows.
    pub(crate) fn counts_trusted(&self) -> bool {
        self.counts_trusted.load(Ordering::Relaxed)
    }

    /// Makes all later commits and queries ignore the counts.
    pub(crate) fn distrust_counts(&self) {
        self.counts_trusted.store(false, Ordering::Relaxed);
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Vec<(u64, Listener)>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an event to the callers of the current commit.
    pub(crate) fn emit(&self, event: Event) {
        for (_, listener) in self.listeners().iter() {
            listener.emit(event);
        }
    }

    /// Unsubscribes the listener of call `number`, or all listeners for `None`.
    pub(crate) fn unsubscribe(&self, number: Option<u64>) {
        self.listeners().retain(|(other, _)| number.is_some_and(|number| *other != number));
    }

    /// Moves the waiting calls that `joins` accepts to `members`, in their order.
    pub(crate) fn join(&self, members: &mut Vec<Member>, mut joins: impl FnMut(&Member) -> bool) {
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

    /// The last failure, if no request has succeeded since.
    pub(crate) fn trouble(&self) -> MutexGuard<'_, Option<Failure>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error for a caller that stops waiting, with what is known at that moment.
    pub(crate) fn gave_up(
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
                "one write got no answer, and it is no longer possible to find out whether it was applied"
                    .to_owned()
            }
            (0, false) => "nothing of this call was written".to_owned(),
            (0, true) => "one write was sent and not answered".to_owned(),
            _ => {
                format!("{done} of {all} writes of this call's commit were applied, and the table is intact")
            }
        };
        let because =
            trouble.as_ref().map(|failure| format!("; last: {}", failure.message)).unwrap_or_default();
        let code = match (code, trouble.as_ref().map(|failure| failure.kind)) {
            (Code::DeadlineExceeded, Some(FailureKind::Throttled)) => Code::Throttled,
            (Code::DeadlineExceeded, Some(FailureKind::Unreachable)) => Code::Unreachable,
            (Code::DeadlineExceeded, Some(FailureKind::NotReady | FailureKind::Creating)) => {
                Code::StoreNotReady
            }
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
}
