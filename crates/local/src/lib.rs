//! The embedded store: a real HTTP server on loopback that implements the data plane of a `CloudFront` `KeyValueStore`, with
//! many stores and simulated faults.
//!
//! It is the server of every test, the default of the command line, and public as `routesync/testing`. It follows the
//! service's documentation and observations by others, and not the expectations of the sync engine. So this crate must not
//! use `sync`, `plan`, `table` or `route`, or it could repeat their mistakes.
//!
//! | file | content |
//! |---|---|
//! | `server` | [`LocalStore`]: start, administer, watch, close |
//! | `http` | connections and requests |
//! | `reply` | the answer as HTTP, or its fault |
//! | `wire` | requests and answers as rest-json |
//! | `sign` | the shape of a signature |
//! | `call` | operations and refusals: the table of the service's errors |
//! | `state` | all stores of a server, and the calls on them |
//! | `data` | one store: entries, ETag, counts, quotas |
//! | `page` | paging of `ListKeys` |
//! | `faults` | the faults that can be simulated |
//! | `inject` | the faults of one request, random or scripted |
//! | `stats` | counters and the log of requests |
//! | `file` | durability |
//! | `former` | former values of keys, for readers to which changes come late |
//! | `journal` | the changes of each write, for checks from outside |

// A panic would fail the user's deploy without an explanation. Tests may panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod call;
mod data;
mod faults;
mod file;
mod former;
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
