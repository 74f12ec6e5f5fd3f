//! How long what is left of an owner must wait for requests under way.

use std::time::Duration;

use crate::error::Result;
use crate::kvs::Requests;
use crate::options::Call;
use crate::plan::Snapshot;
use crate::query::{Needs, Query};
use crate::table::id::OwnerId;
use crate::table::key;

/// Reads an owner's record.
#[derive(Debug)]
pub struct LeftoverQuery {
    /// A call of the owner, which keeps what is retired for its grace.
    pub call: Call,
}

impl LeftoverQuery {
    fn owner(&self) -> OwnerId {
        OwnerId::of(self.call.owner.as_str())
    }
}

/// What is left of an owner.
#[derive(Debug)]
pub struct Leftover {
    /// Time until all that the owner lists is due; `None` where nothing is left.
    pub wait: Option<Duration>,
    /// Requests that the query took.
    pub requests: Requests,
}

impl Query for LeftoverQuery {
    type Answer = Leftover;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        Needs::Keys(snapshot.unread(vec![key::owner(self.call.router.as_str(), &self.owner())]))
    }

    fn answer(&self, snapshot: &Snapshot, now: u64, requests: Requests) -> Result<Leftover> {
        let record = snapshot.record(self.call.router.as_str(), &self.owner());
        // Spills hold what is older.
        let last = record.map(|record| record.retired.iter().map(|group| group.at).max().unwrap_or_default());
        // Both times are whole seconds, of which one may have passed only in part.
        let passed = |at: u64| now.saturating_sub(at).saturating_sub(1);
        let due = |at: u64| Duration::from_secs(at.saturating_sub(now)) + self.call.grace;
        let wait = last.map(|at| due(at).saturating_sub(Duration::from_secs(passed(at))));
        Ok(Leftover { wait, requests })
    }
}
