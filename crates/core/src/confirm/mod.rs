//! Confirms at the edge: asks the probe of routesync's edge function whether an edge location serves what was committed.
//!
//! * `question`: the requests to ask about, and the routes that they must get; computed from a table
//! * `answer`: what the probe answers
//! * `watch`: asks until all answers are as expected, or until the deadline
//!
//! [`Probe`] sends a question. The crate `routesync-aws` has one over HTTP.

pub mod answer;
pub mod question;
mod watch;

pub use answer::{Answer, PROBE_PATH, Unusable};
pub use question::{EdgeQuery, Expected, Question};
pub use watch::{Confirmation, Probe, Unconfirmed, Watch};
