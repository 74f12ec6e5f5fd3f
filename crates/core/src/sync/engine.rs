//! The queue of one store: calls wait here, and each commit takes as many as it can.
//!
//! The first call starts the driver, which is a separate task. So the abort or deadline of one caller does not affect the commit of
//! the others. A commit whose callers have all left stops.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::commit::{Commit, Warm};
use super::context::Context;
use super::env::Env;
use super::member::{Control, Member};
use crate::error::{Code, Result, RouteSyncError};
use crate::kvs::{Requests, Store};
use crate::options::{Call, RetryOptions};
use crate::query::{Needs, Query};
use crate::report::Report;

/// The engine for one store, reached through one client.
#[derive(Debug)]
pub struct Engine<S> {
    pub(super) context: Context<S>,
    /// Kept between commits. A running driver takes it out.
    warm: Mutex<Warm>,
}

/// The number of the last call of this process.
static CALLS: AtomicU64 = AtomicU64::new(0);

impl<S: Store> Engine<S> {
    pub fn new(store: S, retry: RetryOptions, env: Env) -> Self {
        Self { context: Context::new(store, retry, env), warm: Mutex::default() }
    }

    /// Enqueues a call before it returns, so calls keep their order. The returned future only waits for the result. Must be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// The future fails if the call's routes could not be made live.
    pub fn call(
        self: &Arc<Self>,
        call: Call,
        control: Control,
    ) -> impl Future<Output = Result<Report>> + Send + use<S> {
        let since = Instant::now();
        let number = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let (member, settled) = Member::new(number, call, since, control.listener.clone());
        let facts = Arc::clone(&member.facts);
        let mut queue = self.context.queue();
        queue.waiting.push_back(member);
        if !queue.driving {
            queue.driving = true;
            tokio::spawn(Arc::clone(self).drive());
        }
        drop(queue);
        let engine = Arc::clone(self);
        async move {
            let gave_up = |code| engine.context.gave_up(code, &facts.known(), since, control.deadline);
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

    /// Answers a query from the snapshot of the last commit, without a request. `None` if there is no snapshot of `etag`, or if it
    /// lacks keys.
    pub fn kept<Q: Query>(&self, etag: &str, query: &Q) -> Option<Q::Answer> {
        let warm = self.warm();
        let snapshot = warm.snapshot.as_ref().filter(|snapshot| snapshot.etag.as_str() == etag)?;
        let read = matches!(query.needs(snapshot), Needs::Keys(keys) if keys.is_empty());
        query.answer(snapshot, self.context.env.unix(), Requests::default()).ok().filter(|_| read)
    }

    fn warm(&self) -> MutexGuard<'_, Warm> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive(self: Arc<Self>) {
        // The runtime may drop this task at any await, after the last Node environment has ended. Later callers must be able to
        // start a new driver.
        let driver = DriverGuard(&self);
        let mut warm = std::mem::take(&mut *self.warm());
        loop {
            let mut members = Vec::new();
            self.context.join(&mut members, |_| true);
            if !members.is_empty() {
                // Boxed: the futures of AWS's client are nested more deeply than rustc allows.
                Box::pin(Commit::new(&self.context, &mut warm, members).run()).await;
                self.context.unsubscribe(None);
            }
            let mut queue = self.context.queue();
            if queue.waiting.is_empty() {
                *self.warm() = warm;
                queue.driving = false;
                drop(queue);
                std::mem::forget(driver);
                return;
            }
        }
    }
}

/// Ends the driver's role when the driver is dropped.
struct DriverGuard<'a, S: Store>(&'a Engine<S>);

impl<S: Store> Drop for DriverGuard<'_, S> {
    fn drop(&mut self) {
        let mut queue = self.0.context.queue();
        queue.driving = false;
        // No driver is left, so the waiting callers get their error immediately.
        queue.waiting.clear();
    }
}
