//! The keys that a plan needs: the tables, owners' records, records of declared sites, and the tree nodes of their file
//! names that differ.

use std::collections::BTreeSet;

use super::actions;
use super::indexing;
use super::site::{self, Nodes, Wanted};
use super::snapshot::{Read, Snapshot};
use super::sweep::{due_sites, is_due};
use crate::fault_points;
use crate::kvs::limits;
use crate::options::{Call, Policy, Scope};
use crate::route::TargetKind;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, target_of};
use crate::table::key;
use crate::table::owner_record::{Record, Retired, decode_spill, unlisted};
use crate::table::tree::Root;

/// How many reads must find `key` absent before it counts as absent. A 404 carries no counts, so a lagging one looks the same.
/// A table that wrongly counts as absent would be overwritten with all owners' routes in it, so its root needs the most reads.
/// A root is absent only once in a router's life, so these reads cost nothing in the long run.
pub(crate) fn confirmations(key: &str) -> u32 {
    if fault_points::trusts_one_404() {
        return 1;
    }
    if key.ends_with(":routes") { 4 } else { 2 }
}

/// Whether a commit lists a store of `items` keys instead of reading `missing` keys one by one.
pub(crate) const fn lists_store(items: u64, missing: usize) -> bool {
    pages(items) == 1 && missing > 1
}

/// The number of requests that list a store of `items` keys.
pub(crate) const fn pages(items: u64) -> u64 {
    items.div_ceil(limits::PAGE_KEYS as u64)
}

/// The unread keys that a plan for `calls` needs. Each call comes with its owner's id. Reading these keys may show that
/// more are needed. None means that the plan can be made.
#[must_use]
pub fn missing<'s>(
    snapshot: &Snapshot,
    calls: impl Iterator<Item = (&'s Call, &'s OwnerId)> + Clone,
    now: u64,
) -> Vec<String> {
    let owned = calls.clone().filter(|(call, _)| !call.action.is_raw());
    let mut keys = snapshot.missing(owned.map(|(call, owner)| (call.router.as_str(), owner)));
    let raw = calls.clone().filter(|(call, _)| call.action.is_raw()).filter_map(|(call, _)| call.table());
    keys.extend(raw.flat_map(|router| snapshot.missing_table(router)));
    if keys.is_empty() {
        let prunes = calls.clone().filter(|(call, _)| call.action.reads_owners());
        let routers: BTreeSet<&str> = prunes.map(|(call, _)| call.router.as_str()).collect();
        keys.extend(routers.into_iter().flat_map(|router| snapshot.missing_owners(router)));
    }
    keys.extend(makers(snapshot, calls.clone(), now));
    keys.extend(indexing::missing(snapshot, calls.clone()));
    let mut declared = BTreeSet::new();
    for (call, owner) in calls.clone() {
        keys.extend(actions::of(&call.action).missing(snapshot, call, owner));
        for at in call.trees.keys() {
            let id = call.id(owner, &call.routes[*at]).to_string();
            keys.extend(of_site(snapshot, &id, Wanted::of(call, *at)));
            declared.insert(id);
        }
    }
    for id in going(snapshot, calls, now).difference(&declared) {
        keys.extend(of_site(snapshot, id, None));
    }
    let mut seen = BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
}

/// The unread keys that are needed to change the site `id` to `wanted`, or to delete it for `None`.
fn of_site(snapshot: &Snapshot, id: &str, wanted: Option<Wanted<'_>>) -> Vec<String> {
    let key = key::site(id);
    if snapshot.get(&key) == Read::Unread {
        return vec![key];
    }
    let none = Root::default();
    let root = wanted.as_ref().map_or(&none, |wanted| wanted.tree().root());
    let diff = site::diff(&site::record(snapshot, id), root, Nodes::new(snapshot, id, wanted));
    diff.err().into_iter().flatten().map(|digest| key::node(id, &digest)).collect()
}

/// The sites that the plan may delete with all their files: those whose grace period is over, and those that calls with a
/// grace period of zero may drop.
fn going<'s>(
    snapshot: &Snapshot,
    calls: impl Iterator<Item = (&'s Call, &'s OwnerId)>,
    now: u64,
) -> BTreeSet<String> {
    let mut going = BTreeSet::new();
    for (call, owner) in calls {
        let router = call.router.as_str();
        let grace = call.grace.as_secs();
        if let Some(record) = snapshot.record(router, owner) {
            going.extend(listed(snapshot, router, owner, &record, grace, now, record.oldest_change()));
        }
        going.extend(actions::of(&call.action).sites(snapshot, router, now));
        if grace == 0
            && call.safety.policy == Policy::Sync
            && has_sites(snapshot, router)
            && let Ok(table) = snapshot.table(router)
        {
            going.extend(dropped(&table, call, owner));
        }
    }
    going
}

/// The unread records of the owners that made retired ids which other owners took over and which are due. The makers may
/// list the same ids.
fn makers<'s>(
    snapshot: &Snapshot,
    calls: impl Iterator<Item = (&'s Call, &'s OwnerId)>,
    now: u64,
) -> Vec<String> {
    let mut makers = BTreeSet::new();
    for (call, owner) in calls {
        let router = call.router.as_str();
        let Some(record) = snapshot.record(router, owner) else { continue };
        let due = groups(snapshot, router, owner, &record);
        let due = due.iter().filter(|it| is_due(it, call.grace.as_secs(), now, record.oldest_change()));
        for listed in due.flat_map(|group| &group.ids) {
            let id = unlisted(owner, listed);
            let maker = target_of(&id).and_then(|(maker, _)| OwnerId::from_key(maker));
            makers.extend(maker.filter(|maker| maker != owner).map(|maker| (router, maker)));
        }
    }
    snapshot.missing(makers.iter().map(|(router, owner)| (*router, owner)))
}

/// An owner's retired ids, including its spills.
fn groups(snapshot: &Snapshot, router: &str, owner: &OwnerId, record: &Record) -> Vec<Retired> {
    let (from, end) = record.spills.unwrap_or_default();
    let spill = |index| decode_spill(snapshot.get(&key::spill(router, owner, index)).value()?);
    (from..end).filter_map(spill).flatten().chain(record.retired.iter().cloned()).collect()
}

/// The retired sites of an owner whose `grace` seconds are over and that no change from `oldest` on needs.
pub(super) fn listed(
    snapshot: &Snapshot,
    router: &str,
    owner: &OwnerId,
    record: &Record,
    grace: u64,
    now: u64,
    oldest: u64,
) -> Vec<String> {
    due_sites(groups(snapshot, router, owner, record).iter(), owner, grace, now, oldest)
}

/// The ids of the table's sites for whose entries `goes` is true.
pub(super) fn sites(table: &Table, goes: impl Fn(&Entry) -> bool) -> Vec<String> {
    let sites =
        table.entries.iter().map(|stored| &stored.entry).filter(|entry| entry.kind() == TargetKind::SITE);
    sites.filter(|entry| goes(entry)).filter_map(Entry::made).map(str::to_owned).collect()
}

/// Whether the table may contain a site. This is cheaper than decoding it.
fn has_sites(snapshot: &Snapshot, router: &str) -> bool {
    const WORD: &[u8] = TargetKind::SITE.as_bytes();
    let names = |text: &[u8]| text.windows(WORD.len()).any(|part| part == WORD);
    // SST cuts anywhere, so the word may begin in one chunk and end in the next.
    let mut seam = Vec::new();
    for key in snapshot.table_keys(router) {
        let value = snapshot.get(&key).value().unwrap_or_default().as_bytes();
        let reach = value.len().min(WORD.len() - 1);
        seam.extend(&value[..reach]);
        if names(value) || names(&seam) {
            return true;
        }
        seam = value[value.len() - reach..].to_vec();
    }
    false
}

/// The ids of the table's sites that the call may drop.
fn dropped(table: &Table, call: &Call, owner: &OwnerId) -> Vec<String> {
    let declares = |entry: &Entry| {
        call.routes
            .iter()
            .any(|route| (route.entry.host(), route.entry.path()) == (entry.host(), entry.path()))
    };
    sites(table, |entry| match &call.scope {
        Scope::Whole => entry.is_of(owner) || declares(entry),
        Scope::Previous(previous) => previous.iter().any(|gone| gone.id == entry.id()) || declares(entry),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvs::{Counts, ETag};

    #[test]
    fn a_site_is_found_wherever_its_table_is_cut() {
        let text = r#"["url,0aa1,,/a","site,0aa2,,/b"]"#;
        for cut in 1..text.len() {
            let mut snapshot = Snapshot::new(ETag::new("E1"), Counts::default());
            snapshot.set(key::routes("678a"), Some(r#"{"parts":2}"#.to_owned()));
            snapshot.set(key::chunk("678a", 0), Some(text[..cut].to_owned()));
            snapshot.set(key::chunk("678a", 1), Some(text[cut..].to_owned()));
            assert!(has_sites(&snapshot, "678a"), "cut at {cut}");
        }
        let mut snapshot = Snapshot::new(ETag::new("E1"), Counts::default());
        snapshot.set(key::routes("678a"), Some(r#"["url,0aa1,,/a"]"#.to_owned()));
        assert!(!has_sites(&snapshot, "678a"));
    }
}
