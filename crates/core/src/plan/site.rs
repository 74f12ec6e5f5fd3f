//! Which files of a site to put and to delete, computed from its record and the trees of file names.
//!
//! A site has one complete set of files, and at most one other set of which a known part is stored
//! ([`crate::table::site`]). From any such state, a change to a new set has four steps:
//!
//! 1. delete what is stored of a third set
//! 2. put the new set
//! 3. write the metadata and swap the roles of the two sets
//! 4. delete what only the old set has
//!
//! At every point the site's record describes exactly what is stored.

use super::snapshot::{Read, Snapshot};
use crate::error::{Code, Result, RouteSyncError};
use crate::options::Call;
use crate::table::id::RouteId;
use crate::table::key;
use crate::table::owner_record::RecordError;
use crate::table::site::{Metadata, SiteRecord};
use crate::table::tree::{self, Contents, Lookup, Part, Root, Tree, beyond, contents};

/// The declared state of a site.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    declared: &'a Call,
    at: usize,
}

impl<'a> Wanted<'a> {
    /// The site that route `at` of `declared` declares. `None` if it is not a site.
    pub(crate) fn of(declared: &'a Call, at: usize) -> Option<Self> {
        declared.trees.contains_key(&at).then_some(Self { declared, at })
    }

    pub(crate) fn metadata(&self) -> &'a str {
        self.declared.routes[self.at].target.metadata()
    }

    /// The names of the site's files.
    pub(crate) fn tree(&self) -> &'a Tree {
        &self.declared.trees[&self.at]
    }

    /// Whether `other` declares the same metadata and files.
    pub(crate) fn says(&self, other: Self) -> bool {
        self.metadata() == other.metadata() && self.tree().root() == other.tree().root()
    }

    /// Whether the live site `id` differs.
    pub(crate) fn differs(&self, snapshot: &Snapshot, id: &str) -> bool {
        let record = record(snapshot, id);
        record.metadata != Some(Metadata::of(self.metadata())) || record.files != *self.tree().root()
    }

    /// Whether the live site `id` needs no write: it does not differ, and no other set is partly stored.
    pub(crate) fn stands(&self, snapshot: &Snapshot, id: &str) -> bool {
        !self.differs(snapshot, id) && record(snapshot, id).other.is_none()
    }
}

/// The record of the site `id`. An unreadable one counts as absent.
pub(crate) fn record(snapshot: &Snapshot, id: &str) -> SiteRecord {
    let value = snapshot.get(&key::site(id)).value();
    value.and_then(|value| SiteRecord::decode(value).ok()).unwrap_or_default()
}

/// The missing keys of the site `id`: those that its record requires. `snapshot` must hold the whole store.
pub(crate) fn lacking(snapshot: &Snapshot, id: &str) -> Vec<String> {
    let absent = |key: &String| snapshot.get(key).value().is_none();
    let nodes = Nodes::new(snapshot, id, None);
    // Nothing is unread in a snapshot of the whole store.
    let all = contents(&record(snapshot, id).files, |digest| nodes.look(digest)).unwrap_or_default();
    let mut keys: Vec<String> = all.nodes.iter().map(|digest| key::node(id, digest)).collect();
    keys.extend(all.names.iter().map(|name| key::file(id, name)));
    keys.push(key::site(id));
    keys.retain(absent);
    keys.sort_unstable();
    keys
}

/// Checks that the record of a declared site was not written by a newer routesync.
pub(super) fn check(pattern: &str, id: &RouteId, snapshot: &Snapshot) -> Result<()> {
    let key = key::site(id);
    let stored = snapshot.get(&key).value().map(SiteRecord::decode);
    let Some(Err(RecordError::Newer(version))) = stored else { return Ok(()) };
    Err(RouteSyncError::at(
        Code::FormatNewer,
        format!("routes[{pattern:?}]"),
        format!("{key} was written in form {version} by a newer routesync; nothing was written; upgrade routesync here"),
    )
    .with(|details| details.key = Some(key.clone())))
}

/// Looks up tree nodes: first in the trees that a call declares or passes as `previous`, then in the snapshot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nodes<'a> {
    snapshot: &'a Snapshot,
    id: &'a str,
    wanted: Option<Wanted<'a>>,
}

impl<'a> Nodes<'a> {
    /// The nodes of the site `id`. A node is identified by its digest, so any tree that has a node with that digest can provide it.
    pub(crate) const fn new(snapshot: &'a Snapshot, id: &'a str, wanted: Option<Wanted<'a>>) -> Self {
        Self { snapshot, id, wanted }
    }

    fn look(&self, digest: &str) -> Lookup<'a> {
        if let Some(wanted) = self.wanted {
            let known = wanted.tree().node(digest);
            let known = known.or_else(|| wanted.declared.previous_trees().find_map(|tree| tree.node(digest)));
            if let Some(text) = known {
                return Lookup::Found(text);
            }
        }
        match self.snapshot.get(&key::node(self.id, digest)) {
            Read::Found(text) if tree::digest(text) == digest => Lookup::Found(text),
            // An altered node is as good as missing.
            Read::Found(_) | Read::Absent => Lookup::Absent,
            Read::Unread => Lookup::Unread,
        }
    }
}

/// The nodes and names to put and to delete. All lists are in the order of puts.
#[derive(Debug, Default)]
pub(crate) struct FileDiff {
    /// Parts of a third set, deleted from the last to the first.
    pub(crate) back: Vec<Part>,
    /// Parts of the new set. The first [`Self::done`] are stored.
    pub(crate) forth: Vec<Part>,
    /// The number of stored parts of `forth`.
    pub(crate) done: usize,
    /// Parts that only the old set has, deleted from the last to the first.
    pub(crate) gone: Vec<Part>,
}

/// The difference between the stored files in `record` and the files of `to`.
///
/// # Errors
/// Returns the digests of the nodes that must be read first.
pub(crate) fn diff(record: &SiteRecord, to: &Root, nodes: Nodes<'_>) -> Result<FileDiff, Vec<String>> {
    let mut diff = FileDiff::default();
    if record.other.is_none() && record.files == *to {
        return Ok(diff);
    }
    let look = |digest: &str| nodes.look(digest);
    let standing = contents(&record.files, look)?;
    match &record.other {
        Some(other) if other.files == *to => diff.done = other.stand,
        Some(other) => diff.back = beyond(&standing, &other.files, other.stand, look)?,
        None => {}
    }
    if record.files != *to {
        diff.forth = beyond(&standing, to, usize::MAX, look)?;
        diff.done = diff.done.min(diff.forth.len());
        let wanted: Contents = contents(to, look)?;
        diff.gone = beyond(&wanted, &record.files, usize::MAX, look)?;
    }
    Ok(diff)
}
