//! The Node addon: thin bindings, and the only crate that names napi.
//!
//! Options and results cross as JSON text, so that the shapes are declared once, in serde's terms,
//! on this side. Nothing here decides anything.

// A panic would be the user's deploy that fails without a word; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod call;
mod local;
mod log;
mod promise;

pub use local::{LocalStoreHandle, start_local_store};
pub use promise::{AbortHandle, call, check_routes};
