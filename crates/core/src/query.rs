//! A query reads one state of a store and makes an answer of it, without writing.
//!
//! A query says which keys it needs and never sends a request: the engine reads for it, and asks again until a second Describe
//! shows the `ETag` of the first. The public queries are in `inspect`.

use crate::error::Result;
use crate::kvs::{Endpoint, Requests};
use crate::plan::Snapshot;

/// What a query still needs to have read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// These keys. None: it has what it needs.
    Keys(Vec<String>),
    /// These records of owners: all their keys begin with one of `prefixes`, so a listing shows them too.
    Records {
        /// The records.
        keys: Vec<String>,
        /// The beginnings of their keys.
        prefixes: Vec<String>,
    },
    /// Every key of the store.
    All,
}

/// Reads a store and makes an answer of it.
pub trait Query: Send + Sync + 'static {
    /// The answer's type.
    type Answer: Send;

    /// What is still to be read. The engine asks again after each round of reads, which may show that more is needed.
    fn needs(&self, snapshot: &Snapshot) -> Needs;

    /// The answer, once nothing more is needed. `now` is in seconds since the epoch, and `requests` is what reading took.
    ///
    /// # Errors
    /// The error that rejects the caller.
    fn answer(&self, snapshot: &Snapshot, now: u64, requests: Requests) -> Result<Self::Answer>;

    /// Adds to `answer` where the requests went, where that is not AWS's own endpoint.
    fn sent_to(&self, _answer: &mut Self::Answer, _endpoint: Option<Endpoint>) {}
}
