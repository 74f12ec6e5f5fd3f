//! Dry runs of calls that prune, repair or roll back.

use std::time::Duration;

use crate::error::Result;
use crate::kvs::{Endpoint, Requests};
use crate::options::Call;
use crate::plan::{Snapshot, missing, plan};
use crate::query::{Needs, Query};
use crate::report::{Counts, Report};
use crate::table::id::OwnerId;

/// Plans a call without writing, and reports as if it had been made.
#[derive(Debug)]
pub struct Rehearsal {
    call: Call,
    owner: OwnerId,
}

impl Rehearsal {
    #[must_use]
    pub fn new(call: Call) -> Self {
        Self { owner: OwnerId::of(call.owner.as_str()), call }
    }
}

impl Query for Rehearsal {
    type Answer = Report;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        if self.call.action.reads_store() {
            return Needs::All;
        }
        let call = std::iter::once((&self.call, &self.owner));
        let mut keys = missing(snapshot, call, u64::MAX);
        if keys.is_empty() {
            keys = plan(snapshot, &[&self.call], 0, "").needs(snapshot);
        }
        Needs::Keys(keys)
    }

    fn answer(&self, snapshot: &Snapshot, now: u64, requests: Requests) -> Result<Report> {
        let outcome = plan(snapshot, &[&self.call], now, "").outcomes.remove(0)?;
        let counts = Counts { requests, ..Counts::default() };
        Ok(Report::new(0, outcome, None, &snapshot.etag, None, counts, Duration::ZERO))
    }

    fn sent_to(&self, answer: &mut Report, endpoint: Option<Endpoint>) {
        answer.endpoint = endpoint;
    }
}
