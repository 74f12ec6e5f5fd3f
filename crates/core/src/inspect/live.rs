//! A router's live table, decoded: every entry with its owner and its metadata.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::indexed::{self, NoIndex};
use crate::edge::Root;
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
    pub router: String,
    /// The ETag of the state that was read.
    pub etag: String,
    /// The entries, in the order in which the edge reads them.
    pub routes: Vec<LiveRoute>,
    /// The chunks of the table. The edge function reads each of them for each request, in addition to the marker.
    pub chunks: usize,
    pub table_bytes: usize,
    /// The table's index. `None` if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<LiveIndex>,
    /// Why the table has no index. `None` if it has one, or if there is no table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_index: Option<NoIndex>,
    /// The size of the whole store.
    pub store: StoreSize,
    /// The requests that the query sent.
    pub requests: Requests,
}

/// The index of a live table.
#[derive(Debug, Serialize)]
pub struct LiveIndex {
    pub epoch: String,
    /// The number of pages.
    pub pages: usize,
    /// A change of the table was interrupted: requests see the state before it.
    pub late: bool,
}

/// The size of a store.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StoreSize {
    /// The number of keys.
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
    /// The entry as stored.
    pub entry: String,
    /// `url`, `bucket`, `site`, or the text of another writer.
    #[serde(rename = "type")]
    pub kind: String,
    /// The namespace of its metadata.
    pub id: String,
    /// The owner's name, the owner's id if its record cannot be read, or `SST` for an entry without owner.
    pub owner: String,
    /// Whether an owner of routesync holds it.
    pub owned: bool,
    /// The stored metadata, or a JSON string of it if it is not JSON. `None` if it was not requested or does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
}

/// Reads a router's table, the records of its owners, and the metadata if requested.
#[derive(Debug, Clone)]
pub struct ReadQuery {
    pub router: RouterId,
    /// Also reads the metadata of every entry.
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
        if indexed::may_lack_index(&table) {
            keys.push(key::ledger(router));
        }
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
        index: Root::of(&table).map(|root| LiveIndex {
            pages: root.all_pages(),
            late: root.digest.is_none(),
            epoch: root.layout.epoch,
        }),
        no_index: indexed::why_none(snapshot, router, &table),
        store: snapshot.counts.into(),
        requests,
    })
}

/// Stored JSON unchanged, or another text as a JSON string.
fn raw(value: &str) -> Box<RawValue> {
    RawValue::from_string(value.to_owned())
        .or_else(|_| serde_json::value::to_raw_value(value))
        .unwrap_or_default()
}
