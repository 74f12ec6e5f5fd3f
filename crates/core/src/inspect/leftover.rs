//! How long to wait before the rest of an owner can be deleted, so that requests under way still find it.

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
    /// A call of the owner, with its grace period.
    pub call: Call,
}

impl LeftoverQuery {
    fn owner(&self) -> OwnerId {
        OwnerId::of(self.call.owner.as_str())
    }
}

/// The rest of an owner.
#[derive(Debug)]
pub struct Leftover {
    /// Time until everything on the owner's list may be deleted; `None` if nothing is left.
    pub wait: Option<Duration>,
    /// The requests that the query sent.
    pub requests: Requests,
}

impl Query for LeftoverQuery {
    type Answer = Leftover;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        Needs::Keys(snapshot.unread(vec![key::owner(self.call.router.as_str(), &self.owner())]))
    }

    fn answer(&self, snapshot: &Snapshot, now: u64, requests: Requests) -> Result<Leftover> {
        let record = snapshot.record(self.call.router.as_str(), &self.owner());
        // Groups in spill keys are older than those in the record. If it has none, no group is newer than the record itself.
        let last = record.map(|record| {
            let spilled = record.spills.map_or(0, |_| record.at);
            record.retired.iter().map(|group| group.at).max().unwrap_or(spilled)
        });
        // Both times are in whole seconds, so the last second may not have passed completely.
        let passed = |at: u64| now.saturating_sub(at).saturating_sub(1);
        let due = |at: u64| Duration::from_secs(at.saturating_sub(now)) + self.call.grace;
        let wait = last.map(|at| due(at).saturating_sub(Duration::from_secs(passed(at))));
        Ok(Leftover { wait, requests })
    }
}
