//! The changes of an owner that a rollback can undo.

use serde::Serialize;

use crate::error::Result;
use crate::kvs::Requests;
use crate::options::{OwnerName, RouterId};
use crate::plan::Snapshot;
use crate::query::{Needs, Query};
use crate::route::EntryPattern;
use crate::table::id::OwnerId;
use crate::table::owner_record::History;
use crate::table::{history, key};

/// An owner's history.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub router: String,
    pub owner: String,
    /// The ETag of the state that was read.
    pub etag: String,
    /// How many changes are kept; 0 if the owner keeps no history.
    pub keep: u64,
    /// The changes, the newest first.
    pub changes: Vec<Change>,
    /// The requests that the query sent.
    pub requests: Requests,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The change's number, for the option `to` of `rollbackRoutes`.
    pub change: u64,
    /// The time of the change, in seconds since 1970.
    pub at: u64,
    /// Patterns that the change added. A rollback removes them.
    pub added: Vec<String>,
    /// Patterns that the change removed, or whose target it changed. A rollback restores their former target.
    pub replaced: Vec<String>,
}

/// Reads an owner's history.
#[derive(Debug)]
pub struct HistoryQuery {
    pub router: RouterId,
    pub owner: OwnerName,
}

impl HistoryQuery {
    fn history(&self, snapshot: &Snapshot) -> Result<History> {
        let record = snapshot.own_record(self.router.as_str(), &OwnerId::of(self.owner.as_str()))?;
        Ok(record.and_then(|record| record.history).unwrap_or_default())
    }

    fn parts(&self, history: &History, number: u64) -> impl Iterator<Item = String> {
        let owner = OwnerId::of(self.owner.as_str());
        history.parts(number).map(move |part| key::history(self.router.as_str(), &owner, number, part))
    }
}

impl Query for HistoryQuery {
    type Answer = Changes;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        let owner = OwnerId::of(self.owner.as_str());
        let mut keys = vec![key::owner(self.router.as_str(), &owner)];
        let history = self.history(snapshot).unwrap_or_default();
        keys.extend((history.from..history.end()).flat_map(|number| self.parts(&history, number)));
        Needs::Keys(snapshot.unread(keys))
    }

    fn answer(&self, snapshot: &Snapshot, _: u64, requests: Requests) -> Result<Changes> {
        let history = self.history(snapshot)?;
        let change = |(number, at): (u64, u64)| {
            let values = self.parts(&history, number);
            let entries = values
                .flat_map(|key| snapshot.get(&key).value().and_then(history::decode).unwrap_or_default());
            let (added, replaced): (Vec<_>, Vec<_>) = entries.partition(history::is_nothing);
            let patterns = |entries: Vec<crate::table::entry::Entry>| {
                let pattern = |entry: &crate::table::entry::Entry| {
                    EntryPattern::from_stored(entry.host(), entry.path()).display()
                };
                entries.iter().map(pattern).collect()
            };
            Change { change: number, at, added: patterns(added), replaced: patterns(replaced) }
        };
        let times = history.changes.iter().map(|(at, _)| *at);
        let mut changes: Vec<_> = (history.from..).zip(times).map(change).collect();
        changes.reverse();
        Ok(Changes {
            router: self.router.as_str().to_owned(),
            owner: self.owner.as_str().to_owned(),
            etag: snapshot.etag.as_str().to_owned(),
            keep: history.keep,
            changes,
            requests,
        })
    }
}
