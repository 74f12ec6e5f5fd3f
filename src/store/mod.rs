//! The client of AWS's service: it sends the requests of [`crate::kvs::Store`] and reads their answers.
//!
//! [`settings`] is what a client is told; `options` reads it from a call. [`cloudfront`] is the only file that names `aws_sdk_*`.

mod bounded;
pub mod checkup;
pub mod client;
pub mod cloudfront;
pub mod endpoint;
pub mod failure;
pub mod keys;
pub mod settings;
pub mod shared_config;
pub mod transport;
mod watch;
