//! What each kind of call does to the draft of its table: one file for each action.

pub(super) mod declare;
pub(super) mod prune;
pub(super) mod release;
pub(super) mod repair;
pub(super) mod rollback;
