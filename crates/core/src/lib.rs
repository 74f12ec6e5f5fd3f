//! The core of routesync: it deploys declared routes to a CloudFront `KeyValueStore` and keeps them in sync.
//!
//! A route flows through the modules from top to bottom:
//!
//! | module | is for |
//! |---|---|
//! | [`options`] | what a call declares, checked and made into types |
//! | [`route`] | patterns and targets: what can be served, and how it is stored |
//! | [`table`] | the stored form: entries, chunks, metadata, owner records, ids |
//! | [`edge`] | the index of a table, for routesync's edge function |
//! | [`plan`] | the pure difference between what is live and what is declared, cut into batches |
//! | [`sync`] | the commit: joining calls, reading, writing, retrying, verification |
//! | [`inspect`] | queries about what is live |
//! | [`confirm`] | whether an edge location serves what was committed |
//! | [`kvs`] | what a `KeyValueStore` is: ETag, batch, limits, requests and failures |

// A panic would be the user's deploy that fails without a word; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod confirm;
pub mod edge;
pub mod error;
pub mod event;
pub mod fault_points;
pub mod inspect;
pub mod kvs;
pub mod options;
pub mod plan;
pub mod query;
pub mod report;
pub mod route;
pub mod sync;
pub mod table;
