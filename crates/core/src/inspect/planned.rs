//! The data of a plan. The TypeScript type `RoutesPlan` has the same fields.

use serde::Serialize;
use serde_json::Value;

use super::indexed::IndexSize;
use crate::error::RouteSyncError;
use crate::kvs::{Endpoint, Requests};
use crate::route::Warning;
use crate::route::effect::Field;

/// The plan of a call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    pub(super) version: u64,
    /// The state for which the plan was made. On any other state the plan is stale.
    pub etag: String,
    /// The endpoint that the requests were sent to, if it is not AWS's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    pub router: String,
    pub owner: String,
    /// The changes, in the order of the declaration, and then the removals.
    pub changes: Vec<Change>,
    /// Patterns that are live as declared.
    pub unchanged: Vec<String>,
    /// Entries of others in the table, which stay unchanged.
    pub foreign: Vec<Foreign>,
    pub warnings: Vec<Warning>,
    /// The error of a guard that would reject the call. The plan was made without the guard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RouteSyncError>,
    /// Whether all changes are in one write.
    pub atomic: bool,
    /// The number of writes.
    pub batches: usize,
    pub keys: Keys,
    pub bytes: Bytes,
    /// Reads of the store for one request at the edge, until its target is known, by a function that scans the table.
    pub edge_reads: Span<usize>,
    /// The change of the index. `None` if the table has none before or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<PlannedIndex>,
    /// The requests of the call without contention and without a cached snapshot.
    pub requests: Requests,
    /// The price of these requests in US dollars.
    pub estimated_cost_usd: f64,
    /// The plan as text for a terminal.
    pub text: String,
    /// The plan as Markdown for a pull request.
    pub markdown: String,
    /// The call's options without `client`, which a call that applies the plan uses.
    pub options: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span<T> {
    pub before: T,
    pub after: T,
}

/// The change of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedIndex {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<IndexSize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<IndexSize>,
    /// The number of keys of the index in the writes.
    pub keys: usize,
    /// About how many instructions a function takes that scans the table.
    pub scan_instructions: Span<u64>,
}

/// The number of keys in the writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Keys {
    pub put: usize,
    pub deleted: usize,
}

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bytes {
    pub table: Span<usize>,
    /// The size of the store. `after` is an estimate: a record that is overwritten counts twice.
    pub store: Span<u64>,
}

/// The entries of another holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// The owner's name, its id if its record was not read, or `SST`.
    pub owner: String,
    /// The number of entries.
    pub routes: usize,
}

/// The change of a route.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub action: ChangeKind,
    /// The pattern as declared, or as a declaration would spell it.
    pub pattern: String,
    /// The target before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Side>,
    /// The target after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Side>,
    /// The fields of the metadata that differ between `from` and `to`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The holder from which the route would be taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// The route is removed because its target is `undefined`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub target_undefined: bool,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Add,
    Change,
    Remove,
    /// The call's policy leaves the route unchanged.
    Keep,
}

/// A target on one side of a change.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// `url`, `bucket`, `site`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The metadata; null if it is missing or not JSON.
    pub metadata: Value,
}
