//! The Node addon: thin bindings, and the only place that names napi.
//!
//! Options and results cross as JSON text, so that the shapes are declared once, in serde's terms,
//! on this side. Nothing here decides anything.

mod call;
mod local;
mod log;

pub use call::{AbortHandle, call, check_routes};
pub use local::{LocalStoreHandle, start_local_store};
