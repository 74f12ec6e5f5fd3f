//! The client of the AWS service: an implementation of [`routesync_core::kvs::Store`].
//!
//! [`cloudfront`] sends all requests, and only it and `transport` name `aws_sdk_*`. [`registry`] holds the engines of this process.

// A panic would fail the user's deploy without an explanation. Tests may panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bounded;
pub mod checkup;
pub mod client;
pub mod cloudfront;
mod endpoint;
pub mod failure;
mod keys;
pub mod probe;
pub mod registry;
pub mod shared_config;
mod transport;
mod watch;
