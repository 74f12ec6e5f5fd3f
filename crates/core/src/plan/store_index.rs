//! An index of a whole store: its routers with their tables and owners, and the owner of each key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::snapshot::Snapshot;
use crate::edge::ledger::Unreadable;
use crate::edge::root::is_epoch;
use crate::edge::{Ledger, Root};
use crate::table::decode::{Damage, Table};
use crate::table::id::{OwnerId, RouteId, target_of};
use crate::table::owner_record::{Record, RecordError, decode_spill, unlisted};
use crate::table::{decode, key};

/// The index of a snapshot that holds the whole store.
#[derive(Debug)]
pub(crate) struct StoreIndex<'s> {
    pub(crate) snapshot: &'s Snapshot,
    /// All routers with a table, an owner record or a chunk.
    pub(crate) routers: BTreeMap<&'s str, Router<'s>>,
    /// The namespaces in the entries of all routers.
    pub(crate) named: BTreeSet<String>,
    /// The route ids that any owner lists as retired.
    pub(crate) retired: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Router<'s> {
    /// The table, or the entries that can still be read from a damaged one.
    pub(crate) table: Arc<Table>,
    /// `None` if the table is intact.
    pub(crate) damage: Option<Damage>,
    /// The indexes of the stored chunks, also of those that the marker does not count.
    pub(crate) chunks: BTreeSet<usize>,
    /// The number of chunks in the marker. 0 for an inline table and for none.
    pub(crate) parts: usize,
    /// Owner records, by the owner id in their key.
    pub(crate) records: BTreeMap<OwnerId, Result<Record, RecordError>>,
    /// The stored spills, by owner and index.
    pub(crate) spills: BTreeMap<(OwnerId, u64), &'s str>,
    /// The stored parts of changes: owner, change, part.
    pub(crate) history: BTreeSet<(OwnerId, u64, u64)>,
    /// The ledger of its index. `None` if there is none.
    pub(crate) ledger: Option<Result<Ledger, Unreadable>>,
    /// The stored pages of its index, by epoch and number. The copy of a root has no number.
    pub(crate) pages: BTreeSet<(&'s str, Option<usize>)>,
}

impl<'s> StoreIndex<'s> {
    /// Indexes a snapshot that holds the whole store.
    pub(crate) fn of(snapshot: &'s Snapshot) -> Self {
        let mut routers: BTreeMap<&str, Router<'_>> = BTreeMap::new();
        for (name, value) in snapshot.found() {
            match Key::of(name) {
                Key::Root(router) => {
                    routers.entry(router).or_default();
                }
                Key::Chunk(router, index) => {
                    routers.entry(router).or_default().chunks.insert(index);
                }
                Key::Record(router, owner) => {
                    routers.entry(router).or_default().records.insert(owner, Record::decode(value));
                }
                Key::Spill(router, owner, index) => {
                    routers.entry(router).or_default().spills.insert((owner, index), value);
                }
                Key::History(router, owner, change, part) => {
                    routers.entry(router).or_default().history.insert((owner, change, part));
                }
                Key::Ledger(router) => {
                    routers.entry(router).or_default().ledger = Some(Ledger::decode(value));
                }
                Key::Page(router, epoch, number) => {
                    routers.entry(router).or_default().pages.insert((epoch, number));
                }
                Key::Metadata(_) | Key::OfSite(_) | Key::Other => {}
            }
        }
        let (mut named, mut retired) = (BTreeSet::new(), BTreeSet::new());
        for (name, router) in &mut routers {
            let root = key::routes(name);
            if let Ok(decode::Root::Parts(parts)) = decode::root(&root, snapshot.get(&root).value()) {
                router.parts = parts;
            }
            router.table = snapshot.table(name).unwrap_or_else(|damage| {
                router.damage = Some(damage);
                Arc::new(snapshot.salvage(name))
            });
            named.extend(router.table.entries.iter().map(|stored| stored.entry.id().to_owned()));
            let records =
                router.records.iter().filter_map(|(owner, record)| Some((owner, record.as_ref().ok()?)));
            for (owner, record) in records {
                let listed = record.retired.iter().flat_map(|group| &group.ids);
                retired.extend(listed.map(|id| unlisted(owner, id).into_owned()));
            }
            for ((owner, _), value) in &router.spills {
                let groups = decode_spill(value).unwrap_or_default();
                let listed = groups.iter().flat_map(|group| &group.ids);
                retired.extend(listed.map(|id| unlisted(owner, id).into_owned()));
            }
        }
        Self { snapshot, routers, named, retired }
    }

    /// The keys below route ids of routesync that no entry has and no owner lists: metadata, and all keys of sites. Sorted.
    pub(crate) fn orphans(&self) -> BTreeMap<RouteId, Vec<&str>> {
        let mut orphans: BTreeMap<RouteId, Vec<&str>> = BTreeMap::new();
        for (name, _) in self.snapshot.found() {
            let (Key::Metadata(ns) | Key::OfSite(ns)) = Key::of(name) else { continue };
            if !self.named.contains(ns)
                && !self.retired.contains(ns)
                && let Some(id) = RouteId::from_entry(ns)
            {
                orphans.entry(id).or_default().push(name);
            }
        }
        for keys in orphans.values_mut() {
            keys.sort_unstable();
        }
        orphans
    }

    /// The foreign namespaces that have metadata but no entry. Sorted.
    pub(crate) fn unnamed(&self) -> BTreeSet<&str> {
        let unnamed = self.snapshot.found().filter_map(|(name, _)| match Key::of(name) {
            Key::Metadata(ns)
                if target_of(ns).is_none() && !self.named.contains(ns) && !self.retired.contains(ns) =>
            {
                Some(ns)
            }
            _ => None,
        });
        unnamed.collect()
    }
}

impl Router<'_> {
    /// The indexes of chunks that the marker does not count.
    pub(crate) fn leftover(&self) -> impl Iterator<Item = usize> {
        self.chunks.iter().copied().filter(|chunk| *chunk >= self.parts)
    }

    /// The pages and copies of roots that neither the root nor the ledger accounts for: epoch and number.
    pub(crate) fn unaccounted(&self) -> impl Iterator<Item = (&str, Option<usize>)> {
        let root = Root::of(&self.table);
        let live = root.map(|root| (root.layout.epoch.clone(), root.all_pages()));
        let listed = self.ledger.iter().flatten().flat_map(Ledger::epochs);
        let listed = listed.map(|epoch| (epoch.epoch.clone(), epoch.pages));
        let epochs: Vec<(String, usize)> = live.into_iter().chain(listed).collect();
        // A ledger in a newer form may name epochs that this version cannot read.
        let newer = self.ledger == Some(Err(Unreadable::Newer));
        let known = move |epoch: &str, number: Option<usize>| {
            let has = |(name, pages): &(String, usize)| name == epoch && number.is_none_or(|at| at < *pages);
            newer || epochs.iter().any(has)
        };
        self.pages.iter().copied().filter(move |(epoch, number)| !known(epoch, *number))
    }

    /// The parts of changes that are in no owner record's history: owner, change, part.
    pub(crate) fn forgotten(&self) -> impl Iterator<Item = &(OwnerId, u64, u64)> {
        self.history.iter().filter(|(owner, change, part)| match self.records.get(owner) {
            Some(Ok(record)) => {
                !record.history.as_ref().is_some_and(|history| history.parts(*change).contains(part))
            }
            // A record in a newer form may list parts in a way that this version cannot read.
            Some(Err(RecordError::Newer(_))) => false,
            Some(Err(RecordError::Garbled)) | None => true,
        })
    }
}

/// The kinds of keys, by their names.
#[derive(Debug, PartialEq, Eq)]
enum Key<'k> {
    Root(&'k str),
    Chunk(&'k str, usize),
    Record(&'k str, OwnerId),
    Spill(&'k str, OwnerId, u64),
    History(&'k str, OwnerId, u64, u64),
    Ledger(&'k str),
    /// A page of an index, or for no number the copy of a root.
    Page(&'k str, &'k str, Option<usize>),
    Metadata(&'k str),
    /// A site's record, a node of its file tree, or a file.
    OfSite(&'k str),
    Other,
}

impl<'k> Key<'k> {
    fn of(name: &'k str) -> Self {
        let Some((ns, rest)) = name.split_once(':') else { return Self::Other };
        // routesync writes no leading zeros, so `01` is not a number of ours.
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| number.to_string() == text);
        let of_site = rest == "site" || rest.starts_with("files:") || rest.starts_with('/');
        if of_site && target_of(ns).is_some() {
            return Self::OfSite(ns);
        }
        let parts: Vec<&str> = rest.split(':').collect();
        match parts[..] {
            ["routes"] => Self::Root(ns),
            ["metadata"] => Self::Metadata(ns),
            ["routes", index] => number(index)
                .and_then(|index| usize::try_from(index).ok())
                .map_or(Self::Other, |index| Self::Chunk(ns, index)),
            ["index"] => Self::Ledger(ns),
            ["index", page] => {
                let (epoch, at) = page.split_once('.').map_or((page, None), |(epoch, at)| (epoch, Some(at)));
                let at = at.map(|at| number(at).and_then(|at| usize::try_from(at).ok()));
                match at {
                    None if is_epoch(epoch) => Self::Page(ns, epoch, None),
                    Some(Some(at)) if is_epoch(epoch) => Self::Page(ns, epoch, Some(at)),
                    _ => Self::Other,
                }
            }
            ["owner", owner] => OwnerId::from_key(owner).map_or(Self::Other, |owner| Self::Record(ns, owner)),
            ["owner", owner, index] => match (OwnerId::from_key(owner), number(index)) {
                (Some(owner), Some(index)) => Self::Spill(ns, owner, index),
                _ => Self::Other,
            },
            ["history", owner, change, part] => {
                match (OwnerId::from_key(owner), number(change), number(part)) {
                    (Some(owner), Some(change), Some(part)) => Self::History(ns, owner, change, part),
                    _ => Self::Other,
                }
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvs::{Counts, ETag};

    #[test]
    fn keys_are_told_by_their_names() {
        let owner = OwnerId::of("o");
        assert_eq!(Key::of("678a:routes"), Key::Root("678a"));
        assert_eq!(Key::of("678a:routes:12"), Key::Chunk("678a", 12));
        assert_eq!(Key::of(&format!("r:owner:{owner}")), Key::Record("r", owner.clone()));
        assert_eq!(Key::of(&format!("r:owner:{owner}:3")), Key::Spill("r", owner.clone(), 3));
        assert_eq!(Key::of(&format!("r:history:{owner}:12:0")), Key::History("r", owner, 12, 0));
        assert_eq!(Key::of("abcd:metadata"), Key::Metadata("abcd"));
        assert_eq!(Key::of("r:index"), Key::Ledger("r"));
        assert_eq!(Key::of("r:index:Xk3f9a.12"), Key::Page("r", "Xk3f9a", Some(12)));
        assert_eq!(Key::of("r:index:Xk3f9a"), Key::Page("r", "Xk3f9a", None));
        for of_site in ["abcdef.1234567:site", "abcdef.1234567:files:12345678", "abcdef.1234567:/a:metadata"]
        {
            assert_eq!(Key::of(of_site), Key::OfSite("abcdef.1234567"));
        }
        for other in [
            "routes",
            "abcd:site",
            "abcd:/index.html",
            "r:routes:01",
            "r:routes:x",
            "r:owner:short",
            "r:history:abcdef:1",
            "r:history:abcdef:01:0",
            "r:/metadata",
            "r:index:Xk3f9a.01",
            "r:index:Xk3f9.1",
            "r:routes:1:2",
            "x",
        ] {
            assert_eq!(Key::of(other), Key::Other, "{other}");
        }
    }

    #[test]
    fn an_orphan_is_named_by_no_router_and_on_no_list() {
        let owner = OwnerId::of("o");
        let id = |n: u32| format!("{owner}.{n:07}");
        let record =
            r#"{"v":1,"owner":"o","seq":1,"at":1,"commit":"c","retired":[{"at":1,"ids":["0000003"]}]}"#;
        let mut snapshot = Snapshot::new(ETag::new("e"), Counts::default());
        let mut items = vec![
            ("a:routes".to_owned(), format!(r#"["url,{},,/a"]"#, id(1))),
            ("b:routes".to_owned(), format!(r#"["url,{},,/b"]"#, id(2))),
            (format!("a:owner:{owner}"), record.to_owned()),
            ("sst0:metadata".to_owned(), "{}".to_owned()),
        ];
        items.extend((1..=4).map(|n| (format!("{}:metadata", id(n)), "{}".to_owned())));
        snapshot.set_all(items);
        let index = StoreIndex::of(&snapshot);
        assert_eq!(index.orphans().keys().map(ToString::to_string).collect::<Vec<_>>(), [id(4)]);
        assert_eq!(index.unnamed().into_iter().collect::<Vec<_>>(), ["sst0"]);
    }
}
