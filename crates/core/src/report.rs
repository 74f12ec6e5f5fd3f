//! The report of a call whose routes are live.

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::confirm::Confirmation;
use crate::kvs::{ETag, Endpoint, Requests, limits};
use crate::plan::Outcome;
use crate::plan::outcome::Repaired;
use crate::plan::outcome::{Pruned, Taken};
use crate::route::Warning;
use crate::table::id::RouteId;

/// The report of a settled call. See the TypeScript type `SyncReport`. Patterns are written as declared.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The call's number in this process, from 1.
    pub call: u64,
    /// The number of the commit in this process, from 1. Only reports of raw calls have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<u64>,
    /// Patterns that were not live.
    pub added: Vec<String>,
    /// Patterns that were live with another target.
    pub changed: Vec<String>,
    /// Patterns that were live and are removed.
    pub removed: Vec<String>,
    /// Patterns that were live as declared.
    pub unchanged: Vec<String>,
    /// Patterns that the call's policy kept as they were.
    pub kept: Vec<String>,
    /// Patterns that were taken over from another holder. They are in `changed`, too.
    pub(crate) taken: Vec<Taken>,
    /// What a repair changed in addition to the declared routes, or what `verify: "full"` put again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) repaired: Vec<Repaired>,
    /// Owners that a prune removed with all their routes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pruned: Vec<Pruned>,
    /// Each declared pattern and its route id. The next call passes them as `previous`.
    #[serde(serialize_with = "as_object")]
    pub ids: Vec<(String, RouteId)>,
    /// The number of the later call of the same commit that changed or took over some of its routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<u64>,
    pub warnings: Vec<Warning>,
    /// The number of pages of the router's index. `None` without an index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_pages: Option<usize>,
    /// What the edge has shown. `None` if the call did not ask it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge: Option<Confirmation>,
    /// The store's `ETag` when all routes were live together.
    pub etag: String,
    /// The endpoint of the requests, if it is not AWS's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<Endpoint>,
    pub counts: Counts,
    /// Milliseconds from the call to its result.
    pub duration_ms: u64,
    /// The price of the commit's requests, in US dollars.
    pub(crate) estimated_cost_usd: f64,
}

/// What a commit took. All calls that share the commit have the same counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Requests by operation.
    pub requests: Requests,
    /// The number of plans: 1, and one more for each conflict or unanswered write.
    pub attempts: u32,
    /// Writes that were refused because another writer had changed the store.
    pub conflicts: u32,
    pub(crate) keys_put: u32,
    pub(crate) keys_deleted: u32,
    /// The number of calls that shared the commit.
    pub calls: u32,
}

impl Report {
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
            commit: None,
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
            index_pages: outcome.index_pages,
            edge: None,
            etag: etag.as_str().to_owned(),
            endpoint,
            counts,
            duration_ms: milliseconds(took),
            estimated_cost_usd: cost(counts.requests),
        }
    }

    /// The patterns that the call has changed, as the report spells them.
    pub fn touched(&self) -> impl Iterator<Item = &String> {
        let pruned = self.pruned.iter().flat_map(|one| &one.routes);
        self.added.iter().chain(&self.changed).chain(&self.removed).chain(pruned)
    }

    /// Adds requests that the call sent in addition to its commit. `took` is the duration of the whole call.
    #[must_use]
    pub fn with_requests(mut self, requests: Requests, took: Duration) -> Self {
        self.counts.requests = self.counts.requests.plus(requests);
        self.estimated_cost_usd = cost(self.counts.requests);
        self.duration_ms = milliseconds(took);
        self
    }

    /// Adds the report of a later commit of the same call. `took` is the duration of the whole call.
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
