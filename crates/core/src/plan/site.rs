//! What a site lacks and has too much, from its record and the trees of file names.
//!
//! A site has one set of files that all stand, and at most one on its way in or out, of which a known part
//! stands ([`crate::table::site`]). From any such state to any other set there is one way: what is on its way
//! to another set goes back, the new set comes, the metadata changes and with it the sets' roles, the old
//! set's rest goes. At every point a record says exactly what stands.

use super::snapshot::{Read, Snapshot};
use crate::error::{Code, Result, RouteSyncError};
use crate::options::Call;
use crate::table::id::RouteId;
use crate::table::key;
use crate::table::record::RecordError;
use crate::table::site::{Metadata, SiteRecord};
use crate::table::tree::{self, Contents, Lookup, Part, Root, Tree, beyond, contents};

/// What a site is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    declared: &'a Call,
    at: usize,
}

impl<'a> Wanted<'a> {
    /// What the `at`th route of `declared` declares, if that is a site.
    pub(crate) fn of(declared: &'a Call, at: usize) -> Option<Self> {
        declared.trees.contains_key(&at).then_some(Self { declared, at })
    }

    /// Its metadata.
    pub(crate) fn metadata(&self) -> &'a str {
        self.declared.routes[self.at].target.metadata()
    }

    /// The names of its files.
    pub(crate) fn tree(&self) -> &'a Tree {
        &self.declared.trees[&self.at]
    }

    /// Whether another declaration says the same.
    pub(crate) fn says(&self, other: Self) -> bool {
        self.metadata() == other.metadata() && self.tree().root() == other.tree().root()
    }

    /// Whether what stands under `id` differs.
    pub(crate) fn differs(&self, snapshot: &Snapshot, id: &str) -> bool {
        let record = record(snapshot, id);
        record.metadata != Some(Metadata::of(self.metadata())) || record.files != *self.tree().root()
    }

    /// Whether nothing is to be written: neither does anything differ nor is anything on its way.
    pub(crate) fn stands(&self, snapshot: &Snapshot, id: &str) -> bool {
        !self.differs(snapshot, id) && record(snapshot, id).other.is_none()
    }
}

/// The record of the site `id`. One that is no record says as little as none.
pub(crate) fn record(snapshot: &Snapshot, id: &str) -> SiteRecord {
    let value = snapshot.get(&key::site(id)).value();
    value.and_then(|value| SiteRecord::decode(value).ok()).unwrap_or_default()
}

/// The keys that the record of the site `id` counts on and that are not there, in a snapshot of the whole store.
pub(crate) fn lacking(snapshot: &Snapshot, id: &str) -> Vec<String> {
    let absent = |key: &String| snapshot.get(key).value().is_none();
    let nodes = Nodes::new(snapshot, id, None);
    // Of a whole store nothing is unread.
    let all = contents(&record(snapshot, id).files, |digest| nodes.look(digest)).unwrap_or_default();
    let mut keys: Vec<String> = all.nodes.iter().map(|digest| key::node(id, digest)).collect();
    keys.extend(all.names.iter().map(|name| key::file(id, name)));
    keys.push(key::site(id));
    keys.retain(absent);
    keys.sort_unstable();
    keys
}

/// That the record of a declared site is of no newer form.
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

/// Where nodes of trees are found: in what a call declares and remembers, then in what was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nodes<'a> {
    snapshot: &'a Snapshot,
    id: &'a str,
    wanted: Option<Wanted<'a>>,
}

impl<'a> Nodes<'a> {
    /// The nodes of the site `id`. A node is known by its digest alone, so that any tree that has one of that
    /// digest will do.
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
            // One that was altered says nothing of what it was.
            Read::Found(_) | Read::Absent => Lookup::Absent,
            Read::Unread => Lookup::Unread,
        }
    }
}

/// The parts to put and to delete, in the order in which they are put.
#[derive(Debug, Default)]
pub(crate) struct FileDiff {
    /// Parts of a third set, to be deleted from the last to the first.
    pub(crate) back: Vec<Part>,
    /// Parts of the wanted set, of which the first [`Self::done`] stand.
    pub(crate) forth: Vec<Part>,
    /// How many of them stand.
    pub(crate) done: usize,
    /// Parts that only the old set has, to be deleted from the last to the first.
    pub(crate) gone: Vec<Part>,
}

/// The difference from `record` to the files of `to`.
///
/// # Errors
/// The digests of nodes that must be read first.
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
