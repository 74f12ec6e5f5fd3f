//! What a plan does with the index of one router's table.
//!
//! A change that fits one batch carries the root and the pages that differ. A larger one leaves the root in the marker, but marks it
//! late, until the table and the pages are written: so readers of the index see the state before. Pages change in place if the
//! index was exact and its layout stays. Otherwise a new epoch is written beside the old one, whose pages are deleted later.

use crate::edge::ledger::{Epoch, MOST_OLD, Unreadable};
use crate::edge::{self, Index, Ledger, PAGE_GRACE, Root, Routes, Trouble};
use crate::fault_points;
use crate::options::Call;
use crate::table::decode::members;
use crate::table::entry::Entry;
use crate::table::id::OwnerId;
use crate::table::{id, key};

use super::index::JournalIndex;
use super::router::Router;
use super::snapshot::{Read, Snapshot};

/// A page to be written.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) key: String,
    pub(crate) value: String,
    /// Bytes of the stored value, if a page is there.
    pub(crate) old: Option<usize>,
}

/// The change of a router's index.
#[derive(Debug)]
pub(crate) struct Indexing {
    /// The root that stays in the marker while a table changes in several batches.
    pub(crate) during: Option<Root>,
    /// The root afterwards. `None` if the table has no index then.
    pub(crate) after: Option<Root>,
    /// The marker's root changes.
    pub(crate) switches: bool,
    pub(crate) pages: Vec<Page>,
    /// The copy of the root of the epoch that ends, for requests that see the new root before its pages.
    pub(crate) copy: Option<(String, String)>,
    /// The ledger from before the first page on. `None` if it does not change.
    pub(crate) begun: Option<Ledger>,
    /// The ledger from the switch of the root on.
    pub(crate) ledger: Ledger,
    /// `ledger` differs from the stored one.
    pub(crate) noted: bool,
    /// Why the table has no index although the router wants one.
    pub(crate) trouble: Option<Trouble>,
    /// The table had an index before.
    pub(crate) had: bool,
}

/// The ledger of a router's index while a plan's batches change it.
#[derive(Debug)]
pub(crate) struct OpenLedger {
    pub(crate) router: String,
    pub(crate) ledger: Ledger,
    /// The journal whose record witnesses the batches. `None` if all calls are raw.
    pub(crate) witness: Option<JournalIndex>,
}

impl Indexing {
    /// The change of the index of `router`, whose table will have `parts` chunks. `None` if there is nothing to do with an index.
    pub(super) fn of(
        router: &Router<'_>,
        snapshot: &Snapshot,
        parts: usize,
        now: u64,
        commit: &str,
    ) -> Option<Self> {
        let name = router.name;
        let calls = router.calls.iter().map(|call| (call.declared, call.owner_id));
        if !router.calls.iter().any(|call| call.action.repairs()) && !is_relevant(snapshot, name, calls) {
            return None;
        }
        let stored = match snapshot.get(&key::ledger(name)) {
            Read::Found(value) => match Ledger::decode(value) {
                Ok(ledger) => Some(ledger),
                // It stays as it is, and the table has no index.
                Err(Unreadable::Newer) => return None,
                Err(Unreadable::Garbled) => None,
            },
            Read::Absent | Read::Unread => None,
        };
        let table = router.table;
        let root = Root::of(table);
        let listed = stored.as_ref().map(|ledger| !ledger.off);
        let wanted = router.index.or(listed).unwrap_or(root.is_some());
        if stored.is_none() && root.is_none() && !(wanted && parts > 1) {
            return None;
        }
        let mut ledger = stored.clone().unwrap_or_default();
        align(&mut ledger, root.as_ref(), now);
        ledger.off = !wanted;
        let mut this = Self {
            during: root.as_ref().map(Root::late),
            after: None,
            switches: false,
            pages: Vec::new(),
            copy: None,
            begun: None,
            ledger,
            noted: false,
            trouble: None,
            had: root.is_some(),
        };
        if wanted && parts > 1 {
            this.index(router, snapshot, root.as_ref(), now, commit);
        }
        if this.after.is_none() {
            // The first batch drops the root.
            this.during = None;
            this.ledger.retire(now);
        }
        if this.after == root {
            this.during.clone_from(&this.after);
        }
        // A table that changes writes a bare marker with its first batch.
        let bare = this.after.is_none() && router.changes();
        this.switches = this.after != root && parts > 1 && !bare;
        this.noted = stored.as_ref() != Some(&this.ledger) && !(stored.is_none() && this.ledger.is_spent());
        Some(this)
    }

    /// Plans the index of the new table.
    fn index(
        &mut self,
        router: &Router<'_>,
        snapshot: &Snapshot,
        root: Option<&Root>,
        now: u64,
        commit: &str,
    ) {
        let unchanged = !router.changes();
        let old = || router.table.entries.iter().map(|stored| &stored.entry);
        let exact = root.filter(|root| is_exact(root, old()));
        // A repair trusts no page that it has not read.
        let repairs = router.calls.iter().any(|call| call.action.repairs());
        let exact = exact.filter(|root| !repairs || pages_stand(snapshot, router, root));
        if let Some(root) = exact.filter(|_| unchanged || fault_points::keeps_stale_root()) {
            self.after = Some(root.clone());
            return;
        }
        let routes = match Routes::of(router.entries()) {
            Ok(routes) => routes,
            Err(odd) => {
                self.trouble = Some(Trouble::Odd(odd));
                return;
            }
        };
        let digest = edge::digest(router.entries());
        let before = exact.and_then(|root| Some((root, Routes::of(old()).ok()?)));
        let before = before.map(|(root, routes)| {
            (root, Index::within(&root.layout, routes, root.digest.clone().unwrap_or_default()))
        });
        // A root that differs from the index of its own table is not ours.
        let before = before.filter(|(root, index)| index.root == **root || fault_points::ignores_late());
        let changed = before.and_then(|(_, index)| index.change(routes.clone(), digest.clone()));
        if let Some((index, changed)) = changed {
            let epoch = &index.root.layout.epoch;
            let skipped = usize::from(fault_points::skips_page());
            self.pages = changed
                .into_iter()
                .skip(skipped)
                .map(|changed| {
                    let key = key::page(router.name, epoch, changed.page);
                    let old = edge::padded(&key, changed.old).len();
                    let value = edge::padded(&key, changed.new);
                    Page { key, value, old: Some(old) }
                })
                .collect();
            self.after = Some(index.root);
            return;
        }
        if self.ledger.epochs().count() > MOST_OLD {
            self.trouble = Some(Trouble::TooOften);
            return;
        }
        let commit = if fault_points::reuses_epoch() { "" } else { commit };
        let epoch = id::epoch(router.name, commit);
        match Index::new(routes, digest, &epoch) {
            Err(trouble) => self.trouble = Some(trouble),
            Ok(index) => self.begin(router.name, root, &index, now),
        }
    }

    /// Plans a new epoch.
    fn begin(&mut self, router: &str, root: Option<&Root>, index: &Index, now: u64) {
        let epoch = &index.root.layout.epoch;
        let pages = index.all().into_iter().map(|(at, value)| {
            let key = key::page(router, epoch, at);
            let value = edge::padded(&key, value);
            Page { key, value, old: None }
        });
        self.pages = pages.collect();
        self.copy = root.map(|root| {
            let key = key::root_copy(router, &root.layout.epoch);
            let value = edge::padded(&key, root.to_string());
            (key, value)
        });
        if let Some(live) = self.ledger.live.as_mut().filter(|_| root.is_some()) {
            live.copied = true;
        }
        let new = Epoch::new(epoch.clone(), index.root.all_pages());
        let mut begun = self.ledger.clone();
        begun.next = Some(new.clone());
        self.begun = Some(begun);
        self.ledger.retire(now);
        self.ledger.live = Some(new);
        self.after = Some(index.root.clone());
    }

    /// The most keys that the change adds to those of the table.
    pub(crate) fn keys(&self) -> usize {
        let rest = self.pages.len() + usize::from(self.copy.is_some()) + usize::from(self.switches);
        // Without an owner's record, the ledger may be written for its padding.
        if rest > 0 || self.noted { rest + 1 } else { 0 }
    }

    /// The old epochs whose pages may be deleted.
    pub(crate) fn is_due(epoch: &Epoch, now: u64) -> bool {
        let grace = if fault_points::sweeps_pages_early() { PAGE_GRACE / 10 } else { PAGE_GRACE };
        epoch.at.saturating_add(grace) <= now
    }
}

/// Whether the root is that of the table with these entries.
fn is_exact<'e>(root: &Root, entries: impl Iterator<Item = &'e Entry>) -> bool {
    match &root.digest {
        Some(digest) => *digest == edge::digest(entries),
        None => fault_points::ignores_late(),
    }
}

/// Whether all pages of the table's index in the epoch of `root` are stored as they must be.
fn pages_stand(snapshot: &Snapshot, router: &Router<'_>, root: &Root) -> bool {
    let Ok(routes) = Routes::of_table(router.table) else { return false };
    let index = Index::within(&root.layout, routes, root.digest.clone().unwrap_or_default());
    let stands = |(at, page): (usize, String)| {
        let key = key::page(router.name, &root.layout.epoch, at);
        let value = edge::padded(&key, page);
        snapshot.get(&key).value() == Some(value.as_str())
    };
    index.root == *root && index.all().into_iter().all(stands)
}

/// Makes the ledger name the epoch of the root as the live one, and lists an epoch that was never completed as old.
fn align(ledger: &mut Ledger, root: Option<&Root>, now: u64) {
    let copied = |epoch: &str| ledger.epochs().any(|known| known.epoch == epoch && known.copied);
    let live = root.map(|root| {
        let epoch = &root.layout.epoch;
        Epoch { copied: copied(epoch), ..Epoch::new(epoch.clone(), root.all_pages()) }
    });
    if live.is_some() && ledger.live == live && ledger.next.is_none() {
        return;
    }
    let is_live = |epoch: &Epoch| live.as_ref().is_some_and(|live| live.epoch == epoch.epoch);
    ledger.retire(now);
    ledger.old.retain(|epoch| !is_live(epoch));
    ledger.live = live;
}

/// Whether the calls may have to do with an index of `router`: one sets whether there is an index, the marker has a root, or a
/// record says that there was one.
fn is_relevant<'c>(
    snapshot: &Snapshot,
    router: &str,
    mut calls: impl Iterator<Item = (&'c Call, &'c OwnerId)>,
) -> bool {
    let root = snapshot.get(&key::routes(router)).value();
    root.is_some_and(|root| !members(root).is_empty())
        || calls.any(|(call, owner)| {
            call.index.is_some() || snapshot.record(router, owner).is_some_and(|record| record.indexed)
        })
}

/// The unread ledgers that the calls need.
pub(super) fn missing<'c>(
    snapshot: &Snapshot,
    calls: impl Iterator<Item = (&'c Call, &'c OwnerId)>,
) -> Vec<String> {
    let needs = |(call, owner): (&'c Call, &'c OwnerId)| {
        let router = call.table()?;
        let key = key::ledger(router);
        let unread = snapshot.get(&key) == Read::Unread;
        (unread && is_relevant(snapshot, router, std::iter::once((call, owner)))).then_some(key)
    };
    calls.filter_map(needs).collect()
}
