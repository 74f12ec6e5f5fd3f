//! The queries of the functions that only read.
//!
//! They are pure functions of a [`Snapshot`](crate::plan::Snapshot), and the [`Query`](crate::query::Query) values that
//! read one for them.
//!
//! * [`mod@check`]: checks a declaration without a store
//! * [`live`]: a router's table with its owners and metadata; [`owners`]: the owners alone
//! * [`verify`]: compares the live state with the declaration, and checks its consistency by a
//!   `StoreIndex` of the store; each [`finding`] has its effect on users
//! * [`history`]: the changes of an owner that a rollback can undo
//! * [`indexed`]: the index of a live table
//! * [`leftover`]: how long to wait before the rest of an owner can be deleted
//! * [`rehearsal`]: dry runs of calls that prune, repair or roll back
//! * [`explain`]: the route that matches a URL, the reason, and the origin
//! * [`preview`]: the plan of a call. [`planned`] is its data, [`difference`] compares targets by field, and [`render`]
//!   formats it as text

pub mod check;
mod destination;
pub mod difference;
pub mod explain;
pub mod finding;
pub mod history;
pub mod indexed;
pub mod leftover;
pub mod live;
pub mod owners;
pub mod planned;
pub mod preview;
pub mod rehearsal;
pub mod render;
pub mod verify;

pub use check::{Check, check};
pub use explain::{ExplainQuery, Explanation, Question};
pub use history::{Changes, HistoryQuery};
pub use leftover::LeftoverQuery;
pub use live::{Live, LiveRoute, ReadQuery};
pub use owners::{Owners, OwnersQuery};
pub use planned::Preview;
pub use preview::PlanQuery;
pub use rehearsal::Rehearsal;
pub use verify::{Verification, VerifyQuery};
