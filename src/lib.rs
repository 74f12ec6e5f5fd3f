//! The Node addon: thin bindings, and the only crate that names napi.
//!
//! Options and results are JSON text, so that their types are declared once, with serde, in Rust. This crate has no logic of
//! the sync itself.
//!
//! * `bindings`: where JavaScript enters, and how promises settle
//! * `call`: the public functions by name, with the options that each has
//! * `confirm`: the option `edge`, after a commit
//! * `local`: the embedded store for tests
//! * `log`: the log of native code

// A panic would fail the user's deploy without an explanation. Tests may panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bindings;
mod call;
mod confirm;
mod local;
mod log;

pub use bindings::{AbortHandle, call, check_routes};
pub use local::{LocalStoreHandle, start_local_store};
