//! A call that takes part in a commit, as the engine sees it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::event::Listener;
use crate::options::Call;
use crate::plan::{Input, Outcome};
use crate::report::Report;
use crate::table::id::OwnerId;

/// How a caller limits its call.
#[derive(Debug, Clone)]
pub struct Control {
    /// Time until the call must be settled.
    pub deadline: Duration,
    /// Cancelled when the caller aborts.
    pub cancel: CancellationToken,
    /// Receives the events of the commit.
    pub listener: Option<Listener>,
}

/// A call that waits for its commit.
#[derive(Debug)]
pub(super) struct Member {
    /// Its number in this process, from 1.
    pub(crate) number: u64,
    /// What it declares.
    pub(crate) call: Call,
    /// The id of its owner.
    pub(crate) owner: OwnerId,
    /// Its guards hold: they look at what the call finds first, not at what a retry finds.
    pub(crate) guarded: bool,
    /// When it was made.
    pub(crate) since: Instant,
    /// The outcome of its first plan: reports say what the call found, not what a retry found.
    pub(crate) first: Option<Outcome>,
    /// The later call of its owner that, in the last plan, takes its routes away.
    pub(crate) superseded_by: Option<u64>,
    /// Its records were read back after its last write: metadata does not change under its id.
    pub(crate) checked: bool,
    /// The keys that were put again for it since the table stood as planned.
    pub(crate) put_again: BTreeSet<String>,
    /// What may be said when it gives up.
    pub(crate) facts: Arc<Facts>,
    /// Receives the events of its commit.
    pub(crate) listener: Option<Listener>,
    settle: oneshot::Sender<Result<Report>>,
}

impl Member {
    /// A call, and where its result arrives.
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

    /// The call, to be planned.
    pub(crate) const fn input(&self) -> Input<'_> {
        Input { declared: &self.call, guarded: self.guarded }
    }

    /// Whether its caller has left.
    pub(crate) fn left(&self) -> bool {
        self.settle.is_closed()
    }

    /// Resolves when its caller leaves.
    pub(crate) async fn leaves(&mut self) {
        self.settle.closed().await;
    }

    /// Settles it.
    pub(crate) fn settle(self, result: Result<Report>) {
        // The caller may have left in this very moment.
        let _ = self.settle.send(result);
    }
}

/// What a caller that gives up is told about the commit it leaves.
#[derive(Debug, Default)]
pub(super) struct Facts(Mutex<Known>);

/// See [`Facts`].
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Batches of this call's plan that were applied, and how many there are.
    pub(crate) written: (usize, usize),
    /// Of them, those that earlier plans of this commit applied.
    pub(crate) before: usize,
    /// A write was sent and not answered.
    pub(crate) unanswered: bool,
    /// A write was not answered, and a later write of somebody else hides whether it was applied.
    pub(crate) hidden: bool,
}

impl Facts {
    /// Changes what is known.
    pub(crate) fn note(&self, note: impl FnOnce(&mut Known)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether nothing of the call can have been written.
    pub(crate) fn untouched(&self) -> bool {
        let known = self.known();
        known.written.0 == 0 && !known.unanswered && !known.hidden
    }

    /// What is known.
    pub(crate) fn known(&self) -> Known {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
