//! The commit: joining calls, reading, writing, retrying, checking.
//!
//! * `engine`: the calls of one store wait here, and a driver commits one group after the other
//! * `commit`: one commit, from the first read to the last settlement; its `members` are the calls that share it
//! * `reader`: a snapshot under one `ETag`, for commits and queries; `reading` is what it has so far, `retry` repeats single reads
//! * `query`: answers a query
//! * `pending`: what was written and is not confirmed yet; `confirmation` settles it, and `loss` tells how it was
//!   lost
//! * `verification`: whether what was written is live
//! * `completion`: what each caller gets; `error_mapping` turns a failed request into its error
//! * `pacer`: how long a commit waits before its next round; `backoff` is the wait of one retry loop
//! * `context`: what commits and queries of one store share; `env` is time and chance, `meter` counts requests

mod backoff;
mod commit;
mod completion;
mod confirmation;
mod context;
mod engine;
mod env;
mod error_mapping;
mod loss;
mod member;
mod members;
mod meter;
mod pacer;
mod pending;
mod query;
mod reader;
mod reading;
mod retry;
#[cfg(feature = "mutations")]
mod torn;
mod verification;

pub use engine::Engine;
pub use env::Env;
pub use member::Control;
