//! The owners of a router.

use std::collections::BTreeMap;

use serde::Serialize;

use super::live::owners;
use crate::error::Result;
use crate::kvs::Requests;
use crate::options::RouterId;
use crate::plan::{Snapshot, corrupt};
use crate::query::{Needs, Query};
use crate::table::id::OwnerId;
use crate::table::key;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owners {
    pub router: String,
    /// The ETag of the state that was read.
    pub etag: String,
    /// The owners, sorted by name.
    pub owners: Vec<Owner>,
    /// The number of entries without owner, most likely of SST.
    pub foreign: usize,
    /// The requests that the query sent.
    pub requests: Requests,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The owner's name, or its id if its record cannot be read.
    pub owner: String,
    /// The first half of its route ids.
    pub id: String,
    /// The number of its routes.
    pub routes: usize,
    /// The time of its last write, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// The highest generation that it has written with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

/// Reads the owners of a router.
#[derive(Debug)]
pub struct OwnersQuery {
    pub router: RouterId,
    /// Also finds owners without routes, by a listing of the store for their records.
    pub emptied: bool,
}

impl Query for OwnersQuery {
    type Answer = Owners;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        if self.emptied {
            return Needs::All;
        }
        let router = self.router.as_str();
        let unread = snapshot.unread(snapshot.table_keys(router));
        if !unread.is_empty() {
            return Needs::Keys(unread);
        }
        let Ok(table) = snapshot.table(router) else { return Needs::Keys(Vec::new()) };
        Needs::Keys(snapshot.unread(owners(&table).keys().map(|owner| key::owner(router, owner)).collect()))
    }

    fn answer(&self, snapshot: &Snapshot, _: u64, requests: Requests) -> Result<Owners> {
        let router = self.router.as_str();
        let table = snapshot.table(router).map_err(|damage| corrupt(router, &damage))?;
        let mut found: BTreeMap<OwnerId, usize> = owners(&table);
        let held: usize = found.values().sum();
        if self.emptied {
            for owner in snapshot.owners(router) {
                found.entry(owner).or_default();
            }
        }
        let mut owners: Vec<Owner> = found
            .into_iter()
            .map(|(id, routes)| {
                let record = snapshot.record(router, &id);
                Owner {
                    id: id.to_string(),
                    routes,
                    at: record.as_ref().map(|record| record.at),
                    generation: record.as_ref().map(|record| record.generation).filter(|it| *it > 0),
                    owner: record.map_or_else(|| id.to_string(), |record| record.owner),
                }
            })
            .collect();
        owners.sort_by(|a, b| a.owner.cmp(&b.owner));
        Ok(Owners {
            router: router.to_owned(),
            etag: snapshot.etag.as_str().to_owned(),
            owners,
            foreign: table.entries.len() - held,
            requests,
        })
    }
}
