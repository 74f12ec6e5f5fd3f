//! The Node addon: thin bindings, and the only crate that names napi.
//!
//! Options and results are JSON text, so that their types are declared once, with serde, in Rust. This crate has no logic of
//! the sync itself.

// A panic would fail the user's deploy without an explanation. Tests may panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod call;
mod local;
mod log;
mod promise;

pub use local::{LocalStoreHandle, start_local_store};
pub use promise::{AbortHandle, call, check_routes};
