//! The keys and values that were read from a store under one `ETag`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::error::{Code, RouteSyncError};
use crate::kvs::{Batch, Counts, ETag};
use crate::table::decode::{self, Damage, Root, Table};
use crate::table::entry::Entry;
use crate::table::id::OwnerId;
use crate::table::owner_record::{Record, RecordError};
use crate::table::{SST_HOLDER, key};

/// Keys and values read under one `ETag`.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) etag: ETag,
    /// The size of the store in that state.
    pub(crate) counts: Counts,
    /// The first `seq` of a new owner record; see [`Record::seq`].
    pub(crate) first_seq: u64,
    /// Key to value. `None` is a key that is known to be absent. A key that is not here was not read, unless `complete`.
    values: HashMap<String, Option<Arc<str>>>,
    /// All keys of the store were read, so keys that are not in `values` are absent.
    complete: bool,
    /// The names of all keys, from a listing that may lag. It shows which routers there are, and which files a purge deletes.
    names: Option<Arc<BTreeSet<String>>>,
    decoded: Decoded,
}

/// Cache of decoded tables, by router. A table is decoded again after one of its keys changes.
#[derive(Debug, Default)]
struct Decoded(Mutex<HashMap<String, Result<Arc<Table>, Damage>>>);

impl Decoded {
    fn tables(&self) -> MutexGuard<'_, HashMap<String, Result<Arc<Table>, Damage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the table that `key` belongs to.
    fn forget(&mut self, key: &str) {
        let tables = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((router, _)) = key.split_once(":routes") {
            tables.remove(router);
        }
    }
}

impl Clone for Decoded {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.tables().clone()))
    }
}

/// What a snapshot knows about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read<'a> {
    Unread,
    Absent,
    /// The value.
    Found(&'a str),
}

impl<'a> Read<'a> {
    /// The value, if there is one.
    pub(crate) const fn value(self) -> Option<&'a str> {
        match self {
            Self::Found(value) => Some(value),
            Self::Unread | Self::Absent => None,
        }
    }
}

impl Snapshot {
    /// An empty snapshot: nothing was read yet.
    #[must_use]
    pub fn new(etag: ETag, counts: Counts) -> Self {
        Self {
            etag,
            counts,
            first_seq: 1,
            values: HashMap::new(),
            complete: false,
            names: None,
            decoded: Decoded::default(),
        }
    }

    /// Stores the names of a listing. The listing may show other states of the store than this one.
    pub(crate) fn set_names(&mut self, names: Arc<BTreeSet<String>>) {
        self.names = Some(names);
    }

    /// Whether the names of the store's keys are known.
    pub(crate) const fn knows_names(&self) -> bool {
        self.complete || self.names.is_some()
    }

    /// The names below `namespace` that keys have, without the namespace, as far as is known. Sorted.
    pub(crate) fn names_in(&self, namespace: &str) -> Vec<&str> {
        let prefix = format!("{namespace}:");
        let mut found: Vec<&str> = match &self.names {
            Some(names) => names.range(prefix.clone()..).map_while(|key| key.strip_prefix(&prefix)).collect(),
            None => self.found().filter_map(|(key, _)| key.strip_prefix(&prefix)).collect(),
        };
        found.retain(|name| self.get(&format!("{prefix}{name}")) != Read::Absent);
        found.sort_unstable();
        found
    }

    /// The routers that have a table, as far as is known.
    pub(crate) fn routers(&self) -> BTreeSet<&str> {
        let named = self.names.iter().flat_map(|names| names.iter()).map(String::as_str);
        named.chain(self.found().map(|(key, _)| key)).filter_map(|key| key.strip_suffix(":routes")).collect()
    }

    /// Stores a listing of the whole store.
    pub(crate) fn set_all(&mut self, items: impl IntoIterator<Item = (String, String)>) {
        self.values = items.into_iter().map(|(key, value)| (key, Some(Arc::from(value)))).collect();
        self.decoded = Decoded::default();
        self.complete = true;
    }

    pub(crate) const fn complete(&self) -> bool {
        self.complete
    }

    /// All keys that were found, with their values.
    pub(crate) fn found(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().filter_map(|(key, value)| Some((key.as_str(), &**value.as_ref()?)))
    }

    pub(crate) fn get(&self, key: &str) -> Read<'_> {
        match self.values.get(key) {
            None if self.complete => Read::Absent,
            None => Read::Unread,
            Some(None) => Read::Absent,
            Some(Some(value)) => Read::Found(value),
        }
    }

    /// Stores the result of a read.
    pub fn set(&mut self, key: String, value: Option<String>) {
        self.decoded.forget(&key);
        self.values.insert(key, value.map(Arc::from));
    }

    /// Changes the snapshot to the state after an applied batch. Metadata, files and pages that were not read before are not kept:
    /// few plans need them.
    pub fn apply(&mut self, batch: &Batch, etag: ETag, counts: Counts) {
        for (key, value) in &batch.puts {
            self.decoded.forget(key);
            let bulky = key.ends_with(":metadata") || key::is_file(key) || key::is_page(key);
            if let Some(names) = self.names.as_mut().filter(|names| !names.contains(key)) {
                Arc::make_mut(names).insert(key.clone());
            }
            if self.complete || !bulky || self.values.contains_key(key) {
                self.values.insert(key.clone(), Some(Arc::from(value.as_str())));
            }
        }
        for key in &batch.deletes {
            self.decoded.forget(key);
            if self.values.contains_key(key) || self.knows_names() {
                self.values.insert(key.clone(), None);
            }
        }
        self.etag = etag;
        self.counts = counts;
    }

    /// The unread records and spills of all owners in the table of `router`. Empty until the table has been read.
    pub(crate) fn missing_owners(&self, router: &str) -> Vec<String> {
        let Ok(table) = self.table(router) else { return Vec::new() };
        let owners: BTreeSet<OwnerId> =
            table.entries.iter().filter_map(|stored| stored.entry.owner_id()).collect();
        self.missing(owners.iter().map(|owner| (router, owner)))
    }

    /// The unread keys of the tables and owner records in `scopes`, which are pairs of router and owner. Reading these keys may
    /// show that more are needed.
    #[must_use]
    pub fn missing<'s>(&self, scopes: impl Iterator<Item = (&'s str, &'s OwnerId)>) -> Vec<String> {
        let mut missing = Vec::new();
        let scopes: BTreeSet<(&str, &OwnerId)> = scopes.collect();
        let mut router_at = None;
        for (router, owner) in scopes {
            if router_at.replace(router) != Some(router) {
                missing.extend(self.missing_table(router));
            }
            let mut want =
                |key: String| missing.extend(Some(key).filter(|key| self.get(key) == Read::Unread));
            let record = key::owner(router, owner);
            if let Some(Ok(Record { spills: Some((from, end)), .. })) =
                self.get(&record).value().map(Record::decode)
            {
                (from..end).for_each(|index| want(key::spill(router, owner, index)));
            }
            want(record);
        }
        missing
    }

    /// The unread keys of the table of `router`. Reading these keys may show that more are needed.
    pub(crate) fn missing_table(&self, router: &str) -> Vec<String> {
        self.unread(self.table_keys(router))
    }

    pub(crate) fn unread(&self, keys: Vec<String>) -> Vec<String> {
        keys.into_iter().filter(|key| self.get(key) == Read::Unread).collect()
    }

    /// The owners of `router` whose records were read.
    pub(crate) fn owners(&self, router: &str) -> impl Iterator<Item = OwnerId> {
        self.found()
            .filter_map(move |(key, _)| OwnerId::from_key(key.strip_prefix(router)?.strip_prefix(":owner:")?))
    }

    /// The holder of an entry: the owner's name, its id if the record is unreadable or was not read, or `SST`.
    pub(crate) fn holder(&self, router: &str, entry: &Entry) -> String {
        let Some(owner) = entry.owner_id() else { return SST_HOLDER.to_owned() };
        self.record(router, &owner).map_or_else(|| owner.to_string(), |record| record.owner)
    }

    /// The record of `owner`, if it was read and is readable.
    pub(crate) fn record(&self, router: &str, owner: &OwnerId) -> Option<Record> {
        self.get(&key::owner(router, owner)).value().and_then(|value| Record::decode(value).ok())
    }

    /// Like [`Self::record`], but fails for a record that a newer routesync wrote.
    ///
    /// # Errors
    /// [`Code::FormatNewer`].
    pub(crate) fn own_record(&self, router: &str, owner: &OwnerId) -> Result<Option<Record>, RouteSyncError> {
        let key = key::owner(router, owner);
        match self.get(&key).value().map(Record::decode) {
            None | Some(Err(RecordError::Garbled)) => Ok(None),
            Some(Ok(record)) => Ok(Some(record)),
            Some(Err(RecordError::Newer(version))) => Err(RouteSyncError::new(
                Code::FormatNewer,
                format!("{key} was written in form {version} by a newer routesync; nothing was written; upgrade routesync here"),
            )
            .with(|details| details.key = Some(key))),
        }
    }

    /// The entries that can still be read from the damaged table of `router`.
    pub(crate) fn salvage(&self, router: &str) -> Table {
        let root = key::routes(router);
        let value = self.get(&root).value();
        match decode::root(&root, value) {
            Ok(Root::Parts(parts)) => {
                let keys: Vec<String> = (0..parts).map(|index| key::chunk(router, index)).collect();
                let chunks: Vec<_> = keys.iter().map(|key| self.get(key).value()).collect();
                decode::salvage(&chunks)
            }
            // The root is lost. The chunks 0, 1, … up to the first missing one were its table.
            _ if self.complete && !matches!(decode::root(&root, value), Ok(Root::Inline)) => {
                let keys: Vec<String> = (0..decode::MOST_PARTS)
                    .map(|index| key::chunk(router, index))
                    .take_while(|key| self.get(key).value().is_some())
                    .collect();
                let chunks: Vec<_> = keys.iter().map(|key| self.get(key).value()).collect();
                decode::salvage(&chunks)
            }
            _ => Table { salvaged: Some(0), ..decode::salvage(&[value]) },
        }
    }

    /// The keys of the table of `router`, chunks first.
    pub(crate) fn table_keys(&self, router: &str) -> Vec<String> {
        let root = key::routes(router);
        let chunks = match decode::root(&root, self.get(&root).value()) {
            Ok(Root::Parts(parts)) => parts,
            _ => 0,
        };
        (0..chunks).map(|index| key::chunk(router, index)).chain([root]).collect()
    }

    /// The table of `router`, as far as it was read.
    ///
    /// # Errors
    /// Returns the damage that also makes the table unreadable for SST's reader.
    pub fn table(&self, router: &str) -> Result<Arc<Table>, Damage> {
        if let Some(table) = self.decoded.tables().get(router) {
            return table.clone();
        }
        let table = self.decode(router).map(Arc::new);
        self.decoded.tables().insert(router.to_owned(), table.clone());
        table
    }

    fn decode(&self, router: &str) -> Result<Table, Damage> {
        let root = key::routes(router);
        let value = self.get(&root).value();
        match decode::root(&root, value)? {
            Root::Absent => Ok(Table::default()),
            Root::Inline => decode::table(value.map(str::to_owned).into_iter().collect(), false),
            Root::Parts(parts) => {
                let chunks = (0..parts).map(|index| {
                    let key = key::chunk(router, index);
                    self.get(&key).value().map(str::to_owned).ok_or(Damage::MissingChunk(key))
                });
                let table = decode::table(chunks.collect::<Result<_, _>>()?, true)?;
                Ok(Table { members: value.map(decode::members).unwrap_or_default(), ..table })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_was_decoded_is_decoded_again_once_one_of_its_keys_changes() {
        let counts = Counts::default();
        let mut snapshot = Snapshot::new(ETag::new("E1"), counts);
        let table = |entry: &str| Some(format!("[{entry:?}]"));
        let entries = |snapshot: &Snapshot| snapshot.table("678a").map(|table| table.entries.len());
        assert_eq!(entries(&snapshot), Ok(0));
        snapshot.set(key::routes("678a"), table("url,0aa1,,/a"));
        assert_eq!(entries(&snapshot), Ok(1));
        let copy = snapshot.clone();
        let batch = Batch { puts: Vec::new(), deletes: vec![key::routes("678a")] };
        snapshot.apply(&batch, ETag::new("E2"), counts);
        assert_eq!((entries(&snapshot), entries(&copy)), (Ok(0), Ok(1)));
        let put = Batch { puts: vec![(key::routes("678a"), "[".to_owned())], deletes: Vec::new() };
        snapshot.apply(&put, ETag::new("E3"), counts);
        assert!(entries(&snapshot).is_err());
        snapshot.set_all([(key::routes("678a"), table("url,0aa1,,/a").unwrap_or_default())]);
        assert_eq!(entries(&snapshot), Ok(1));
    }
}
