//! A query computes an answer from one state of a store and writes nothing.
//!
//! A query returns the keys that it needs and sends no requests. The engine reads them, and repeats that until a second Describe shows
//! the `ETag` of the first. The public queries are in `inspect`.

use crate::error::Result;
use crate::kvs::{Endpoint, Requests};
use crate::plan::Snapshot;

/// The keys that must still be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// These keys. Empty if everything was read.
    Keys(Vec<String>),
    /// These owner records. All their keys begin with one of `prefixes`, so a listing shows them, too.
    Records { keys: Vec<String>, prefixes: Vec<String> },
    /// Every key of the store.
    All,
}

/// Computes an answer from a snapshot of a store.
pub trait Query: Send + Sync + 'static {
    type Answer: Send;

    /// The keys that must still be read. The engine calls this after each round of reads, which may show that more are needed.
    fn needs(&self, snapshot: &Snapshot) -> Needs;

    /// The answer, after everything was read. `now` is in seconds since the epoch. `requests` are those that the reads took.
    ///
    /// # Errors
    /// Returns the error for the caller.
    fn answer(&self, snapshot: &Snapshot, now: u64, requests: Requests) -> Result<Self::Answer>;

    /// Adds the endpoint of the requests to `answer`, if it is not AWS's own.
    fn sent_to(&self, _answer: &mut Self::Answer, _endpoint: Option<Endpoint>) {}
}
