//! What stands in a store, decoded: for people and programs that look, not for the commit.
//!
//! Pure functions of a [`Snapshot`](crate::plan::Snapshot), and the looks that read one for them.
//!
//! * [`live`]: a router's table with its owners and metadata
//! * [`preview`]: what a call would do; [`difference`] and [`render`] tell it field by field and in words

pub mod difference;
pub mod live;
pub mod preview;
pub mod render;

pub use live::{Live, LiveRoute, ReadLook};
pub use preview::{PlanLook, Preview};
