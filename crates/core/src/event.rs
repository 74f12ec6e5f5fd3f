//! Events that a call emits while it runs.

use std::sync::Arc;

use serde::Serialize;

/// A step of a commit. All calls that share the commit receive the same events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// The store answered Describe.
    Described {
        /// Keys in the store.
        items: u64,
        /// Bytes of all keys and values.
        bytes: u64,
    },
    /// The keys that the plan needs were read.
    Read { keys: usize },
    /// The plan was made. The routes are those of all calls of the commit.
    Planned {
        /// Routes to add.
        added: usize,
        /// Routes to change.
        changed: usize,
        /// Routes to remove.
        removed: usize,
        /// Writes to send.
        batches: usize,
        /// Keys to put and delete.
        keys: usize,
    },
    /// A write was applied.
    Written {
        /// The number of the write, from 1.
        batch: usize,
        /// The number of all writes.
        of: usize,
    },
    /// Another writer wrote first. The commit starts again after a wait.
    Conflict {
        /// The number of conflicts so far.
        conflicts: u32,
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// The service throttled a request.
    Throttled {
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// A request got no answer, or a read lagged. It is repeated after a wait.
    Retry {
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// The routes of a release are released. The call waits until requests under way have been served.
    Waiting {
        /// The wait, in milliseconds.
        wait_ms: u64,
    },
    /// The written routes were found live.
    Verified,
    /// The call waits until an edge location serves the routes.
    Edge {
        /// Routes that it serves as committed.
        confirmed: usize,
        /// Routes that it is asked about.
        routes: usize,
        /// Milliseconds since the commit.
        waited_ms: u64,
    },
}

/// Receives events. The commit calls it, so it must not block and must not panic.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Event) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    pub fn new(receive: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    pub fn emit(&self, event: Event) {
        (self.0)(event);
    }
}
