//! A router's live table, decoded: every entry, whose it is, and where it leads.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{Result, RouteSyncError};
use crate::kvs::Counts;
use crate::kvs::Requests;
use crate::options::RouterId;
use crate::plan::{Snapshot, corrupt};
use crate::query::{Needs, Query};
use crate::route::EntryPattern;
use crate::table::decode::Table;
use crate::table::id::OwnerId;
use crate::table::{SST_HOLDER, key};

/// A router's live table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Live {
    /// The router.
    pub router: String,
    /// The state in which all this stood.
    pub etag: String,
    /// The entries, in the order in which the edge reads them.
    pub routes: Vec<LiveRoute>,
    /// Values that hold the table: reads of each request at the edge, the marker's own apart.
    pub chunks: usize,
    /// Bytes of the table.
    pub table_bytes: usize,
    /// Keys and bytes of the whole store.
    pub store: StoreSize,
    /// Requests that reading took.
    pub requests: Requests,
}

/// What a store holds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StoreSize {
    /// Keys.
    pub items: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

impl From<Counts> for StoreSize {
    fn from(Counts { items, bytes }: Counts) -> Self {
        Self { items, bytes }
    }
}

/// An entry of a live table.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveRoute {
    /// Host and path as a declaration would spell them.
    pub pattern: String,
    /// The entry's text.
    pub entry: String,
    /// `url`, `bucket`, `site`, or what a foreign writer put there.
    #[serde(rename = "type")]
    pub kind: String,
    /// The namespace of its metadata.
    pub id: String,
    /// The owner's name, `SST` for an entry of no owner, or the owner's id where its record does not tell.
    pub owner: String,
    /// Whether an owner of routesync holds it.
    pub owned: bool,
    /// The metadata, where it was asked for and is there: as stored, or a string where it is no JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
}

/// Reads a router's table, the records of its owners, and the metadata when asked for.
#[derive(Debug, Clone)]
pub struct ReadQuery {
    /// The router.
    pub router: RouterId,
    /// Read the metadata of every entry, too.
    pub metadata: bool,
}

impl Query for ReadQuery {
    type Answer = Live;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        let router = self.router.as_str();
        let unread = snapshot.unread(snapshot.table_keys(router));
        if !unread.is_empty() {
            return Needs::Keys(unread);
        }
        let Ok(table) = snapshot.table(router) else { return Needs::Keys(Vec::new()) };
        let mut keys: Vec<String> =
            owners(&table).into_keys().map(|owner| key::owner(router, &owner)).collect();
        if self.metadata {
            keys.extend(table.entries.iter().map(|stored| key::metadata(stored.entry.id())));
            keys.sort_unstable();
            keys.dedup();
        }
        Needs::Keys(snapshot.unread(keys))
    }

    fn answer(&self, snapshot: &Snapshot, _: u64, took: Requests) -> Result<Live> {
        live(snapshot, self.router.as_str(), self.metadata, took)
    }
}

/// The ids of the owners in a table, and how many entries each has.
#[must_use]
pub fn owners(table: &Table) -> BTreeMap<OwnerId, usize> {
    let mut owners = BTreeMap::new();
    for owner in table.entries.iter().filter_map(|stored| stored.entry.owner_id()) {
        *owners.entry(owner).or_default() += 1;
    }
    owners
}

fn live(
    snapshot: &Snapshot,
    router: &str,
    metadata: bool,
    requests: Requests,
) -> Result<Live, RouteSyncError> {
    let table = snapshot.table(router).map_err(|damage| corrupt(router, &damage))?;
    let names: BTreeMap<OwnerId, String> = owners(&table)
        .into_keys()
        .map(|id| {
            let name = snapshot.record(router, &id).map_or_else(|| id.to_string(), |record| record.owner);
            (id, name)
        })
        .collect();
    let routes = table
        .entries
        .iter()
        .map(|stored| {
            let entry = &stored.entry;
            let owner = entry.owner_id();
            let record = || snapshot.get(&key::metadata(entry.id())).value().map(raw);
            LiveRoute {
                pattern: EntryPattern::from_stored(entry.host(), entry.path()).display(),
                entry: entry.text().to_owned(),
                kind: entry.kind().to_owned(),
                id: entry.id().to_owned(),
                owned: owner.is_some(),
                owner: owner.map_or_else(|| SST_HOLDER.to_owned(), |owner| names[&owner].clone()),
                metadata: metadata.then(record).flatten(),
            }
        })
        .collect();
    Ok(Live {
        router: router.to_owned(),
        etag: snapshot.etag.as_str().to_owned(),
        routes,
        chunks: table.chunks.len(),
        table_bytes: table.bytes(),
        store: snapshot.counts.into(),
        requests,
    })
}

/// Stored JSON as it is; anything else as a JSON string.
fn raw(value: &str) -> Box<RawValue> {
    RawValue::from_string(value.to_owned())
        .or_else(|_| serde_json::value::to_raw_value(value))
        .unwrap_or_default()
}
