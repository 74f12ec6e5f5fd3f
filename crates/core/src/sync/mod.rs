//! The engine: it joins calls into commits, reads, writes, retries and verifies.
//!
//! * `engine`: the calls of one store wait here, and a driver commits one group after the other
//! * `commit`: one commit, from the first read to the last settled call; its `members` are the calls that share it
//! * `reader`: reads snapshots under one `ETag`, for commits and queries; `reading` holds what was read so far, `read_retry` repeats
//!   single reads
//! * `query`: answers a query
//! * `pending`: what was written and is not confirmed yet; `confirmation` settles it, and `loss` finds out how it was lost
//! * `verification`: checks that the written routes are live
//! * `completion`: settles callers; `error_mapping` turns a failed request into an error
//! * `pacer`: how long a commit waits before its next round; `backoff` computes the waits of one retry loop
//! * `faulty`: faults that only tests switch on
//! * `context`: what commits and queries of one store share; `env` is the clock and randomness, `meter` counts requests
//!
//! ETags: the store compares the ETag of a write with its own (`If-Match`), not this module. `commit` sends the ETag of the snapshot and
//! takes the new one from the answer. `commit`, `verification`, `reader`, `reading`, `pending` and `query` compare ETags only to find out
//! whether the store has changed.

mod backoff;
mod commit;
mod completion;
mod confirmation;
mod context;
mod engine;
mod env;
mod error_mapping;
#[cfg(feature = "mutations")]
mod faulty;
mod loss;
mod member;
mod members;
mod meter;
mod pacer;
mod pending;
mod query;
mod read_retry;
mod reader;
mod reading;
mod verification;

pub use engine::Engine;
pub use env::Env;
pub use member::Control;
