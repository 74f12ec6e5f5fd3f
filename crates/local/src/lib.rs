//! The embedded store: a real HTTP server on loopback that speaks the data plane of a `CloudFront`
//! `KeyValueStore` as AWS does, with many stores, and can be told to go wrong.
//!
//! It is the server of every test, the default of the command line, and public as
//! `routesync/testing`. It is written from the service's documentation and from what others have
//! observed, not from what the sync engine expects: nothing here may use `sync`, `plan`, `table` or
//! `route`, or it would agree with their mistakes.
//!
//! | file | is for |
//! |---|---|
//! | `server` | [`LocalStore`]: start, administer, watch, close |
//! | `http` | one connection, one request |
//! | `reply` | what is sent back, or what goes wrong in its place |
//! | `wire` | requests and answers as rest-json |
//! | `sign` | the shape of a signature |
//! | `call` | operations and refusals: the table of the service's errors |
//! | `state` | all stores of a server, and what a call does to them |
//! | `data` | one store: entries, ETag, counts, quotas |
//! | `page` | paging of `ListKeys` |
//! | `faults` | what can be made to go wrong |
//! | `inject` | what becomes of one request, drawn from a seed or scripted |
//! | `stats` | counters and the log of requests |
//! | `file` | durability |
//! | `journal` | what each write changed, for checks from outside |

// A panic would be the user's deploy that fails without a word; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod call;
mod data;
mod faults;
mod file;
#[cfg(fuzzing)]
mod fuzz;
mod http;
mod inject;
mod journal;
mod page;
mod reply;
mod server;
mod sign;
mod state;
mod stats;
mod wire;

pub use call::Operation;
pub use faults::{Failure, Faults, How, Lag, Miscount, Scripted, Throttle};
#[cfg(fuzzing)]
pub use fuzz::fuzz;
pub use journal::{Journal, Written};
pub use server::{LocalOptions, LocalStore};
pub use stats::{Logged, Stats};
