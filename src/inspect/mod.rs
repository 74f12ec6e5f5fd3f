//! What stands in a store, decoded: for people and programs that look, not for the commit.
//!
//! Pure functions of a [`Snapshot`](crate::plan::Snapshot), and the looks that read one for them.
//!
//! * [`live`]: a router's table with its owners and metadata

pub mod live;

pub use live::{Live, LiveRoute, ReadLook};
