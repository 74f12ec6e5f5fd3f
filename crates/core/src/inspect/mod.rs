//! The queries behind the functions that read and never write: they decode a store for people and programs.
//!
//! Pure functions of a [`Snapshot`](crate::plan::Snapshot), and the looks that read one for them.
//!
//! * [`mod@check`]: what can be said of a declaration without a store
//! * [`live`]: a router's table with its owners and metadata; [`owners`]: who has routes in it
//! * [`verify`]: the live state against what is declared and against itself, by a `StoreIndex` of the store; each
//!   [`finding`] says what it does to users
//! * [`history`]: the changes of an owner that can be undone
//! * [`leftover`]: how long what is left of an owner must wait
//! * [`rehearsal`]: what a call that prunes, repairs or rolls back would do
//! * [`explain`]: which route a URL goes to, why, and where it leads
//! * [`preview`]: what a call would do. [`planned`] is its data; [`difference`] and [`render`] tell it field by field and in words

pub mod check;
mod destination;
pub mod difference;
pub mod explain;
pub mod finding;
pub mod history;
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
