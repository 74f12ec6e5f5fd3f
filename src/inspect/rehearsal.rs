//! What a call that prunes, repairs or rolls back would do, without doing it.

use std::time::Duration;

use crate::error::Result;
use crate::kvs::{Endpoint, Requests};
use crate::options::Intent;
use crate::plan::{Snapshot, missing, plan};
use crate::query::{Needs, Query};
use crate::report::{Counts, Report};
use crate::table::id::OwnerId;

/// Plans a call, and reports as if it had been made: nothing is written.
#[derive(Debug)]
pub struct Rehearsal {
    intent: Intent,
    owner: OwnerId,
}

impl Rehearsal {
    /// Rehearses `intent`.
    #[must_use]
    pub fn new(intent: Intent) -> Self {
        Self { owner: OwnerId::of(intent.owner.as_str()), intent }
    }
}

impl Query for Rehearsal {
    type Answer = Report;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        if self.intent.action.reads_store() {
            return Needs::All;
        }
        let call = std::iter::once((&self.intent, &self.owner));
        let mut keys = missing(snapshot, call, u64::MAX);
        if keys.is_empty() {
            keys = plan(snapshot, &[&self.intent], 0, "").needs(snapshot);
        }
        Needs::Keys(keys)
    }

    fn answer(&self, snapshot: &Snapshot, now: u64, requests: Requests) -> Result<Report> {
        let outcome = plan(snapshot, &[&self.intent], now, "").outcomes.remove(0)?;
        let counts = Counts { requests, ..Counts::default() };
        Ok(Report::new(0, outcome, None, &snapshot.etag, None, counts, Duration::ZERO))
    }

    fn sent_to(&self, answer: &mut Report, endpoint: Option<Endpoint>) {
        answer.endpoint = endpoint;
    }
}
