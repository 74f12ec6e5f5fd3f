//! What a plan says, as data. The TypeScript type `RoutesPlan` says the same.

use serde::Serialize;
use serde_json::Value;

use crate::error::RouteSyncError;
use crate::kvs::{Endpoint, Requests};
use crate::route::Warning;
use crate::route::effect::Field;

/// What a call would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    pub(super) version: u64,
    /// The state on which it was planned: applied on any other, the plan is stale.
    pub etag: String,
    /// Where the requests went, where that is not AWS's own endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The router.
    pub router: String,
    /// Who declares.
    pub owner: String,
    /// What would be done, in the order of the declaration, removals last.
    pub changes: Vec<Change>,
    /// Patterns that stand as declared.
    pub unchanged: Vec<String>,
    /// Entries of others in the table, which stay as they are.
    pub foreign: Vec<Foreign>,
    /// What is right but may surprise.
    pub warnings: Vec<Warning>,
    /// Why the call would be refused although the plan can be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RouteSyncError>,
    /// All of it goes out in one write.
    pub atomic: bool,
    /// Writes.
    pub batches: usize,
    /// Keys put and deleted.
    pub keys: Keys,
    /// Bytes before and after.
    pub bytes: Bytes,
    /// Reads of the store that a request takes at the edge until its target is known.
    pub edge_reads: Span<usize>,
    /// Requests that the call takes when nobody comes between and it begins cold.
    pub requests: Requests,
    /// Their price in US dollars.
    pub estimated_cost_usd: f64,
    /// The plan for a terminal.
    pub text: String,
    /// The plan for a pull request.
    pub markdown: String,
    /// The call's options, without `client`: what applying the plan declares.
    pub options: Value,
}

/// Before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span<T> {
    /// As it stands.
    pub before: T,
    /// As it would stand.
    pub after: T,
}

/// Keys of the writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Keys {
    /// Put.
    pub put: usize,
    /// Deleted.
    pub deleted: usize,
}

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// Of the table.
    pub table: Span<usize>,
    /// Of the store; after as far as sizes are known: a record that is put again counts twice.
    pub store: Span<u64>,
}

/// Entries of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// The owner's name, its id where its record was not read, or `SST`.
    pub owner: String,
    /// How many.
    pub routes: usize,
}

/// What would be done to a route.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What.
    pub action: Action,
    /// The pattern as declared, or as a declaration would spell it.
    pub pattern: String,
    /// What it leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Side>,
    /// What it would lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Side>,
    /// Of a change, the fields of the metadata that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Who holds it, where it would be taken over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
    /// It is removed since its target is undefined.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub target_undefined: bool,
}

/// What would be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It does not stand.
    Add,
    /// It leads elsewhere.
    Change,
    /// It goes.
    Remove,
    /// The call's policy leaves it as it is.
    Keep,
}

/// A target on one side of a change.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// `url`, `bucket`, `site`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its metadata: null where it is missing or is no JSON.
    pub metadata: Value,
}
