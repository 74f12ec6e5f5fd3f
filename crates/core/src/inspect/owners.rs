//! Who has routes in a router.

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

/// The owners of a router.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owners {
    /// The router.
    pub router: String,
    /// The state in which all this stood.
    pub etag: String,
    /// The owners, by name.
    pub owners: Vec<Owner>,
    /// Entries of no owner: SST's, most likely.
    pub foreign: usize,
    /// Requests that reading took.
    pub requests: Requests,
}

/// An owner.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// Its name; its id where the record does not tell.
    pub owner: String,
    /// The first half of its route ids.
    pub id: String,
    /// How many routes it has.
    pub routes: usize,
    /// When it last wrote, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// The highest generation that has been here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

/// Reads who has routes in a router.
#[derive(Debug)]
pub struct OwnersQuery {
    /// The router.
    pub router: RouterId,
    /// Also those that have no routes any more: their records are found only by listing the store.
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
