//! routesync: makes the routes a program declares the routes that are live in a CloudFront
//! `KeyValueStore`, in the fewest round trips, without ever losing, breaking or darkening a route.
//!
//! A route flows through the modules from top to bottom:
//!
//! | module | is for |
//! |---|---|
//! | [`options`] | what a call declares, checked and made into types |
//! | [`route`] | patterns and targets: what can be served, and in which stored words |
//! | [`table`] | the stored form: entries, chunks, metadata, owner records, ids |
//! | [`plan`] | the pure difference between what is live and what is declared, cut into batches |
//! | [`sync`] | the commit: joining calls, reading, writing, retrying, checking |
//! | [`migrate`] | from SST's legacy `routes` object to what a call declares |
//! | [`inspect`] | what stands, decoded for who looks |
//! | [`call`] | the public functions by name |
//! | [`kvs`] | what a KeyValueStore is: ETag, batch, limits, requests and failures |
//! | [`store`] | the client of AWS's service |
//! | [`local`] | the embedded store, a loopback server that speaks as the service does |
//! | [`node`] | the addon |

// A panic would be the user's deploy that fails without a word; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod call;
pub mod error;
pub mod event;
pub mod fault_points;
pub mod inspect;
pub mod kvs;
pub mod local;
pub mod migrate;
#[cfg(feature = "node")]
pub mod node;
pub mod options;
pub mod plan;
pub mod query;
pub mod report;
pub mod route;
pub mod store;
pub mod sync;
pub mod table;
