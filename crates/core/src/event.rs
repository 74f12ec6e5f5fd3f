//! What a call tells while it is under way.

use std::sync::Arc;

use serde::Serialize;

/// A step of a commit. Calls that share the commit are told the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The store answered: how much it holds.
    Described {
        /// Keys in the store.
        items: u64,
        /// Bytes of all keys and values.
        bytes: u64,
    },
    /// What the plan needs has been read.
    Read {
        /// Keys read.
        keys: usize,
    },
    /// The difference is known.
    Planned {
        /// Routes to add, over all calls of the commit.
        added: usize,
        /// Routes to change.
        changed: usize,
        /// Routes to remove.
        removed: usize,
        /// Writes that it takes.
        batches: usize,
        /// Keys put and deleted.
        keys: usize,
    },
    /// A write was applied.
    Written {
        /// Which, from 1.
        batch: usize,
        /// Of how many.
        of: usize,
    },
    /// Somebody else wrote first: the commit starts again after a wait.
    Conflict {
        /// How many there have been.
        conflicts: u32,
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// The service asked to slow down.
    Throttled {
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// A request was lost, or the store lags: it is tried again after a wait.
    Retry {
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// The routes of a release are handed back: the call waits until requests under way have been served.
    Waiting {
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// What was written was found standing.
    Verified,
}

/// Takes events. Called from the commit: it must not block and must not panic.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Event) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    /// A listener that calls `hear`.
    pub fn new(hear: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    /// Tells an event.
    pub fn tell(&self, event: Event) {
        (self.0)(event);
    }
}
