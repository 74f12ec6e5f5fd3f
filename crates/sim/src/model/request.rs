//! One request of a process, and how it ends.

use std::time::Duration;

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Describe,
    Get,
    List,
    Update,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is answered; a read by the state as it was so long ago.
    Answered(Duration),
    /// A read is answered from this many states ago.
    States(usize),
    Throttled,
    Refused,
    /// No usable answer after `silence`; a write is applied this long after it was sent, or never.
    Lost {
        applied: Option<Duration>,
        silence: Duration,
    },
}
