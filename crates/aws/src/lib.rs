//! The client of AWS's service: it sends the requests of [`routesync_core::kvs::Store`] and reads their answers.
//!
//! [`cloudfront`] is the only file that names `aws_sdk_*`. [`registry`] holds the engines of this process.

// A panic would be the user's deploy that fails without a word; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounded;
pub mod checkup;
pub mod client;
pub mod cloudfront;
pub mod endpoint;
pub mod failure;
pub mod keys;
pub mod registry;
pub mod shared_config;
pub mod transport;
mod watch;
