//! The real engine on a simulated store, and the judges of what it does.
//!
//! [`support`] knows the stored form and the service's rules from their descriptions alone. [`model`] runs the engine in virtual
//! time under faults and judges each write. The tests of this crate use both.

#![expect(
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::implicit_hasher,
    reason = "only tests call this crate"
)]

pub mod model;
pub mod support;
