//! A call that takes part in a commit.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::event::Listener;
use crate::options::{Call, Progress};
use crate::plan::{Input, Outcome};
use crate::report::Report;
use crate::table::id::OwnerId;

/// A caller's deadline, abort signal and listener.
#[derive(Debug, Clone)]
pub struct Control {
    /// Time until the call must be settled.
    pub deadline: Duration,
    /// The caller cancels it to abort the call.
    pub cancel: CancellationToken,
    /// Receives the events of the commit.
    pub listener: Option<Listener>,
}

/// A call that waits for its commit.
#[derive(Debug)]
pub(super) struct Member {
    /// The call's number in this process, from 1.
    pub(crate) number: u64,
    pub(crate) call: Call,
    /// The id of the call's owner.
    pub(crate) owner: OwnerId,
    /// The next plan checks the call's guards. They apply to the first state that a call finds, not to those that a retry finds.
    pub(crate) guarded: bool,
    /// How far its raw keys are written.
    pub(crate) progress: Progress,
    /// When the call was made.
    pub(crate) since: Instant,
    /// The outcome of the first plan: reports describe what the call found, not what a retry found.
    pub(crate) first: Option<Outcome>,
    /// The later call that, in the last plan, takes some of its routes.
    pub(crate) superseded_by: Option<u64>,
    /// Its metadata was read back after its last write. Metadata does not change under its id, so once is enough.
    pub(crate) checked: bool,
    /// Keys that `verify: "full"` put again for this call.
    pub(crate) put_again: BTreeSet<String>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) listener: Option<Listener>,
    settle: oneshot::Sender<Result<Report>>,
}

impl Member {
    /// Returns the member and the receiver of its result.
    pub(crate) fn new(
        number: u64,
        call: Call,
        since: Instant,
        listener: Option<Listener>,
    ) -> (Self, oneshot::Receiver<Result<Report>>) {
        let (settle, settled) = oneshot::channel();
        let member = Self {
            number,
            owner: OwnerId::of(call.owner.as_str()),
            call,
            guarded: true,
            progress: Progress::default(),
            since,
            first: None,
            superseded_by: None,
            checked: false,
            put_again: BTreeSet::new(),
            facts: Arc::default(),
            listener,
            settle,
        };
        (member, settled)
    }

    /// The input for a plan.
    pub(crate) const fn input(&self) -> Input<'_> {
        Input { declared: &self.call, guarded: self.guarded, progress: self.progress }
    }

    pub(crate) fn left(&self) -> bool {
        self.settle.is_closed()
    }

    /// Resolves when the caller leaves.
    pub(crate) async fn leaves(&mut self) {
        self.settle.closed().await;
    }

    pub(crate) fn settle(self, result: Result<Report>) {
        // Fails if the caller has just left, which does not matter.
        let _ = self.settle.send(result);
    }
}

/// What the error of a caller that gives up says about its commit.
#[derive(Debug, Default)]
pub(super) struct Facts(Mutex<Known>);

/// See [`Facts`].
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The number of applied batches of this call's commit, and of all.
    pub(crate) written: (usize, usize),
    /// The number of those that earlier plans of this commit applied.
    pub(crate) before: usize,
    /// A write was sent and not answered, and may still be applied.
    pub(crate) unanswered: bool,
    /// A write was not answered, and a later write of another writer hides whether it was applied.
    pub(crate) hidden: bool,
}

impl Facts {
    pub(crate) fn note(&self, note: impl FnOnce(&mut Known)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether surely nothing of the call was written.
    pub(crate) fn untouched(&self) -> bool {
        let known = self.known();
        known.written.0 == 0 && !known.unanswered && !known.hidden
    }

    pub(crate) fn known(&self) -> Known {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
