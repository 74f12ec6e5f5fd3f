//! The index of a live table: what a request costs with it, what a request finds through it, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::finding::{Finding, FindingCode};
use crate::edge::ledger::{MOST_OLD, Unreadable};
use crate::edge::reader::{self, Found, Torn};
use crate::edge::routes::Route;
use crate::edge::{self, Index, Ledger, Root, Routes};
use crate::plan::Snapshot;
use crate::plan::store_index::Router;
use crate::table::decode::Table;
use crate::table::key;

/// Instructions of SST's edge function for a request, apart from those for routes. Measured with njs 0.8.9 for 1 to 20,000 routes.
const SCAN_INSTRUCTIONS: u64 = 110_000;
/// Instructions of SST's edge function for each route of the table.
const ROUTE_INSTRUCTIONS: u64 = 11_000;
/// Instructions of our function with an index, apart from those for reads. Measured with njs 0.8.9 for 50 to 20,000 routes without `*`.
const INDEX_INSTRUCTIONS: u64 = 60_000;
/// Instructions of our function for reading a key and looking into it.
const READ_INSTRUCTIONS: u64 = 75_000;
/// Instructions of our function for a host with `*`. Each request looks at all of them.
const PATTERN_INSTRUCTIONS: u64 = 6_000;

/// The most routes for which the reads are counted.
const SAMPLE: usize = 2_000;

/// An index, and what a request costs with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct IndexSize {
    /// The number of pages.
    pub pages: usize,
    /// Bytes of the pages and their keys.
    pub bytes: usize,
    /// The most reads of a request that a route matches, with the marker and the metadata.
    pub reads: usize,
    /// About how many instructions such a request takes.
    pub instructions: u64,
}

/// Why a table has no index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NoIndex {
    /// The table is in a single value, which a request reads in any case.
    Small,
    /// Nobody asked for an index, or somebody gave it up.
    NotRequested,
    /// Another writer, such as SST, has dropped it. The next deploy builds it again.
    Dropped,
    /// Other writers have dropped it so often that no further one is built until the old pages are deleted.
    DroppedTooOften,
    /// A host or an id of an entry has no form in the index.
    NoForm,
    /// The patterns with `*` or the longest paths take too much room.
    TooLarge,
    /// A newer version of routesync has written the ledger or the root.
    Newer,
}

/// The reads of a function that scans the table: its root, its chunks, if any, and the metadata of the winner.
pub(super) fn scan_reads(table: &Table) -> usize {
    match table.chunks.len() {
        0 => 1,
        1 if !table.marked => 2,
        chunks => chunks + 2,
    }
}

/// About how many instructions SST's edge function takes for a request.
pub(super) fn scan_instructions(table: &Table) -> u64 {
    SCAN_INSTRUCTIONS + ROUTE_INSTRUCTIONS * table.entries.len() as u64
}

/// The index that `table` has in the epoch of `root`. `None` if a table with these entries has none.
fn index(table: &Table, root: &Root) -> Option<Index> {
    let digest = edge::digest(table.entries.iter().map(|stored| &stored.entry));
    Some(Index::within(&root.layout, Routes::of_table(table).ok()?, digest))
}

/// The size of the index of `table`. `None` if it has none.
pub(super) fn size(router: &str, table: &Table) -> Option<IndexSize> {
    let root = Root::of(table)?;
    let index = index(table, &root)?;
    let contents = index.all();
    let epoch = &root.layout.epoch;
    let length = |(at, page): (&usize, &String)| {
        let key = key::page(router, epoch, *at);
        let value = edge::padded(&key, page.clone());
        key.len() + value.len()
    };
    let bytes = contents.iter().map(length).sum();
    let pages: BTreeMap<usize, _> = contents.iter().map(|(at, page)| (*at, reader::decode(page))).collect();
    let step = index.routes().list.len().div_ceil(SAMPLE).max(1);
    let reads = index.routes().list.iter().step_by(step).map(|route| {
        let group = Route::group(&route.key);
        let path = Some(&route.key[group.len()..]).filter(|path| !path.is_empty()).unwrap_or("/");
        let mut read = BTreeSet::new();
        let page = |at: usize| {
            read.insert(at);
            pages.get(&at)?.clone()
        };
        let _ = reader::find(&index.root, &group.replace('*', "any"), path, page);
        2 + read.len()
    });
    let reads = reads.max().unwrap_or(1);
    let groups = index.routes().list.iter().map(|route| Route::group(&route.key));
    let patterns: BTreeSet<&str> = groups.filter(|group| group.contains('*')).collect();
    let instructions =
        INDEX_INSTRUCTIONS + READ_INSTRUCTIONS * reads as u64 + PATTERN_INSTRUCTIONS * patterns.len() as u64;
    Some(IndexSize { pages: contents.len(), bytes, reads, instructions })
}

/// Whether a table of this size could have an index, but has none.
pub(super) fn may_lack_index(table: &Table) -> bool {
    table.chunks.len() > 1 && Root::of(table).is_none()
}

/// Why `table` has no index. `None` if it has one, or if there is no table.
pub(super) fn why_none(snapshot: &Snapshot, router: &str, table: &Table) -> Option<NoIndex> {
    if table.chunks.is_empty() || Root::of(table).is_some() {
        return None;
    }
    if !may_lack_index(table) {
        return Some(NoIndex::Small);
    }
    let wanted = match snapshot.get(&key::ledger(router)).value().map(Ledger::decode) {
        Some(Ok(ledger)) if !ledger.off => ledger,
        Some(Err(Unreadable::Newer)) => return Some(NoIndex::Newer),
        _ if !table.members.is_empty() => return Some(NoIndex::Newer),
        _ => return Some(NoIndex::NotRequested),
    };
    let Ok(routes) = Routes::of_table(table) else { return Some(NoIndex::NoForm) };
    // Which prefixes share a page depends on the name of the epoch, so this may differ from a deploy's result at the limit.
    if Index::new(routes, String::new(), "000000").is_err() {
        return Some(NoIndex::TooLarge);
    }
    let too_often = wanted.epochs().count() > MOST_OLD;
    Some(if too_often { NoIndex::DroppedTooOften } else { NoIndex::Dropped })
}

/// What a request finds through the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) found: Option<Found>,
    /// The number of reads, with the marker and the metadata.
    pub(super) reads: usize,
}

/// What a request finds through the index of `table`. `page` returns the value of a page's key. `None` if the table has no index, or a
/// page is missing or damaged.
pub(super) fn ask(
    router: &str,
    table: &Table,
    host: &str,
    uri: &str,
    mut page: impl FnMut(&str) -> Option<String>,
) -> Option<Answer> {
    let root = Root::of(table)?;
    // The edge function reads a page once for each request.
    let mut pages = BTreeSet::new();
    let read = |at: usize| {
        pages.insert(at);
        reader::decode(&page(&key::page(router, &root.layout.epoch, at))?)
    };
    let found: Result<Option<Found>, Torn> = reader::find(&root, host, uri, read);
    let found = found.ok()?;
    Some(Answer { reads: 1 + pages.len() + usize::from(found.is_some()), found })
}

/// Findings about the index of the router `name`.
pub(super) fn verify(snapshot: &Snapshot, name: &str, router: &Router<'_>, findings: &mut Vec<Finding>) {
    let marker = key::routes(name);
    let ledger = key::ledger(name);
    if let Some(number) = count(router.unaccounted().count()) {
        let (epoch, page) = router.unaccounted().next().unwrap_or_default();
        let key = page.map_or_else(|| key::root_copy(name, epoch), |page| key::page(name, epoch, page));
        let message = format!("{ledger} does not account for {number} of an index, for example {key}");
        findings.push(Finding::new(FindingCode::IndexOrphaned, message).key(key));
    }
    let Some(root) = Root::of(&router.table) else {
        if !router.table.members.is_empty() {
            let message = format!("{marker} describes the table in a form that this version does not know");
            findings.push(Finding::new(FindingCode::IndexNewer, message).key(marker));
        } else if matches!(&router.ledger, Some(Ok(ledger)) if !ledger.off) && router.table.marked {
            let message = format!("{ledger} says that router {name} wants an index, and its table has none");
            findings.push(Finding::new(FindingCode::IndexMissing, message).key(marker));
        }
        return;
    };
    let entries = || router.table.entries.iter().map(|stored| &stored.entry);
    let expected = index(&router.table, &root);
    match &root.digest {
        None => {
            let message = format!(
                "the index of router {name} is late: a change of the table was interrupted before its pages"
            );
            findings.push(Finding::new(FindingCode::IndexLate, message).key(marker));
            return;
        }
        Some(digest) if *digest != edge::digest(entries()) => {
            let message = format!("the index in {marker} is that of another table");
            findings.push(Finding::new(FindingCode::IndexStale, message).key(marker));
            return;
        }
        Some(_) if expected.as_ref().is_none_or(|expected| expected.root != root) => {
            let message = format!("the root of the index in {marker} does not fit its table");
            findings.push(Finding::new(FindingCode::IndexStale, message).key(marker));
            return;
        }
        Some(_) => {}
    }
    let Some(expected) = expected else { return };
    let wrong: Vec<String> = wrong_pages(snapshot, name, &expected);
    if let ([first, ..], Some(number)) = (&wrong[..], count(wrong.len())) {
        let message =
            format!("the index of router {name} differs from its table in {number}, for example {first}");
        findings.push(Finding::new(FindingCode::IndexDamaged, message).key(first));
    }
}

/// The keys of pages that do not have the expected content.
fn wrong_pages(snapshot: &Snapshot, router: &str, index: &Index) -> Vec<String> {
    let pages = index.all().into_iter().map(|(at, page)| {
        let key = key::page(router, &index.root.layout.epoch, at);
        let value = edge::padded(&key, page);
        (key, value)
    });
    let wrong = pages.filter(|(key, value)| snapshot.get(key).value() != Some(value.as_str()));
    wrong.map(|(key, _)| key).collect()
}

fn count(number: usize) -> Option<String> {
    (number > 0).then(|| crate::route::counted(number as u64, "page"))
}
