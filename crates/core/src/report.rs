//! What a caller gets when its routes stand.

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::kvs::{ETag, Endpoint, Requests, limits};
use crate::plan::Outcome;
use crate::plan::outcome::Repaired;
use crate::plan::outcome::{Pruned, Taken};
use crate::route::Warning;
use crate::table::id::RouteId;

/// A settled call. The TypeScript type `SyncReport` says the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The call's number in this process, from 1.
    pub call: u64,
    /// Patterns that did not stand before.
    pub added: Vec<String>,
    /// Patterns that stood with another target.
    pub changed: Vec<String>,
    /// Patterns that stood and are gone.
    pub removed: Vec<String>,
    /// Patterns that stood as declared.
    pub unchanged: Vec<String>,
    /// Patterns that the call's policy left as they stood.
    pub kept: Vec<String>,
    /// Patterns that somebody else held, and who: they are in `changed`, too.
    pub(crate) taken: Vec<Taken>,
    /// What a repair repaired besides, or a full check put again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) repaired: Vec<Repaired>,
    /// Owners that went with all that they had; only of a call that prunes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pruned: Vec<Pruned>,
    /// Declared pattern to route id: what the next call gives as `previous`.
    #[serde(serialize_with = "as_object")]
    pub ids: Vec<(String, RouteId)>,
    /// The number of the later call that took its routes away in the same commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<u64>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// The store's `ETag` under which all routes stood together.
    pub etag: String,
    /// Where the requests went, where that is not AWS's own endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<Endpoint>,
    /// What the commit took.
    pub counts: Counts,
    /// Milliseconds from the call to its settlement.
    pub duration_ms: u64,
    /// The commit's requests at `CloudFront`'s price, in US dollars.
    pub(crate) estimated_cost_usd: f64,
}

/// What a commit took. Calls that share a commit share these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Requests by operation.
    pub requests: Requests,
    /// Plans that were tried: 1, and one more for each conflict or unanswered write.
    pub attempts: u32,
    /// Writes that were refused because somebody else had written.
    pub conflicts: u32,
    /// Keys put.
    pub(crate) keys_put: u32,
    /// Keys deleted.
    pub(crate) keys_deleted: u32,
    /// Calls that shared the commit.
    pub calls: u32,
}

impl Report {
    /// The report of `outcome`.
    pub(crate) fn new(
        call: u64,
        outcome: Outcome,
        superseded_by: Option<u64>,
        etag: &ETag,
        endpoint: Option<Endpoint>,
        counts: Counts,
        took: Duration,
    ) -> Self {
        Self {
            call,
            added: outcome.added,
            changed: outcome.changed,
            removed: outcome.removed,
            unchanged: outcome.unchanged,
            kept: outcome.kept,
            taken: outcome.taken,
            repaired: outcome.repaired,
            pruned: outcome.pruned,
            ids: outcome.ids,
            superseded_by,
            warnings: outcome.warnings,
            etag: etag.as_str().to_owned(),
            endpoint,
            counts,
            duration_ms: milliseconds(took),
            estimated_cost_usd: cost(counts.requests),
        }
    }

    /// Adds requests that the call sent besides its commit; all together it `took` so long.
    #[must_use]
    pub fn with_requests(mut self, requests: Requests, took: Duration) -> Self {
        self.counts.requests = self.counts.requests.plus(requests);
        self.estimated_cost_usd = cost(self.counts.requests);
        self.duration_ms = milliseconds(took);
        self
    }

    /// Adds a later commit of the same call: what that wrote, found and took.
    #[must_use]
    pub fn with_commit(mut self, later: Self, took: Duration) -> Self {
        let (counts, more) = (&mut self.counts, later.counts);
        counts.attempts += more.attempts;
        counts.conflicts += more.conflicts;
        counts.keys_put += more.keys_put;
        counts.keys_deleted += more.keys_deleted;
        counts.calls = counts.calls.max(more.calls);
        let news: Vec<_> =
            later.warnings.into_iter().filter(|warning| !self.warnings.contains(warning)).collect();
        self.warnings.extend(news);
        self.etag = later.etag;
        self.with_requests(more.requests, took)
    }
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn cost(requests: Requests) -> f64 {
    f64::from(requests.total()) * limits::USD_PER_REQUEST
}

fn as_object<S: Serializer>(ids: &[(String, RouteId)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(ids.len()))?;
    for (pattern, id) in ids {
        map.serialize_entry(pattern, id.as_str())?;
    }
    map.end()
}
