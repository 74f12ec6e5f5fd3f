//! One router's table while the calls of a commit change it: the bottom of the plan.
//!
//! A `Draft` has a [`Slot`] for each entry that is live or is to be. An action changes slots, and nothing is cut or written here.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use typed_index_collections::TiVec;

use super::index::{CallIndex, SlotIndex};
use super::outcome::{Outcome, Undone};
use super::site::Wanted;
use super::snapshot::Snapshot;
use crate::options::{Call, Policy};
use crate::route::EntryPattern;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};
use crate::table::record::Record;
use crate::table::{SST_HOLDER, key};

/// A call of the commit. It derefs to what it declares.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DraftCall<'a> {
    /// Its index in the plan's outcomes.
    pub(crate) index: CallIndex,
    /// What it declares.
    pub(crate) declared: &'a Call,
    /// The id of its owner.
    pub(crate) owner_id: &'a OwnerId,
    /// Its guards hold.
    pub(crate) guarded: bool,
}

impl Deref for DraftCall<'_> {
    type Target = Call;

    fn deref(&self) -> &Call {
        self.declared
    }
}

/// The slots at one pattern: one, except in damaged tables.
pub(super) type Lines = SmallVec<[SlotIndex; 1]>;

/// A declared route that has no conflict.
#[derive(Debug)]
pub(super) struct Checked {
    /// Its id.
    pub(super) id: RouteId,
    /// The slots at its pattern. No other route of the call has this pattern.
    pub(super) lines: Lines,
}

/// What the calls make of one entry.
#[derive(Debug, Clone)]
pub(crate) enum SlotChange<'a> {
    /// The entry stays as it is.
    Keep,
    /// The entry is removed.
    Remove,
    /// The slot is, or becomes, this entry, with that metadata.
    Replace {
        /// The entry.
        entry: Entry,
        /// Its id.
        id: RouteId,
        /// The metadata to write. Empty where it is live already, or where somebody else fills the namespace.
        metadata: &'a str,
        /// The entry of SST that it replaces is adopted with its metadata, which is deleted after the grace period.
        adopts: bool,
    },
}

/// An entry that is live or is to be, and what the calls make of it.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    /// Its index in the table; `None` for a new one.
    pub(crate) stored: Option<usize>,
    /// What the calls make of it.
    pub(crate) change: SlotChange<'a>,
    /// The site that is declared here: its metadata and files may change while the entry stays.
    pub(crate) site: Option<Wanted<'a>>,
    /// The call that last declared it, changed or not, and which of its routes it is.
    pub(super) claimed: Option<(CallIndex, usize)>,
    /// The call that prunes its owner. No owner lists its metadata for sweeping any more.
    pub(crate) pruned: Option<CallIndex>,
    /// The call that drops it. Its owner lists the metadata for sweeping, also of an entry that it took over in this commit.
    pub(crate) dropped: Option<CallIndex>,
}

/// What the plan knows of owners' records: those of the calls, and whatever else was read.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    /// The router.
    pub(crate) router: &'a str,
    /// What was read.
    pub(crate) snapshot: &'a Snapshot,
    /// Seconds since the epoch.
    pub(crate) now: u64,
    /// The records of the calls' owners.
    pub(crate) of_calls: HashMap<&'a OwnerId, Option<&'a Record>>,
    /// By call that rolls back, what it brings back.
    pub(crate) undone: &'a BTreeMap<CallIndex, Undone>,
    /// The ids that calls of the commit declare in other routers, where a call repairs.
    pub(crate) elsewhere: HashSet<String>,
}

/// Who holds an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// As [`Snapshot::holder`] names it.
    pub(crate) name: String,
    /// The key of the record that names the holder, whether or not it was read.
    pub(crate) key: Option<String>,
}

impl Holder {
    /// Whether it is SST.
    pub(super) fn is_sst(&self) -> bool {
        self.name == SST_HOLDER
    }
}

impl Records<'_> {
    /// Who holds the entry `live`. Its owner's record is read only when a call asks for it.
    pub(super) fn holder(&self, live: &Entry) -> Holder {
        Holder {
            name: self.snapshot.holder(self.router, live),
            key: live.owner_id().map(|owner| key::owner(self.router, &owner)),
        }
    }
}

/// What a repair adds to the batches of its router.
#[derive(Debug, Default)]
pub(crate) struct Repair<'a> {
    /// Declared metadata and files that are missing or altered: by key, the id and the value.
    pub(crate) puts: BTreeMap<String, (RouteId, &'a str)>,
    /// The owner's record is missing or cannot be read.
    pub(crate) record: bool,
    /// Chunks that no marker counts.
    pub(crate) chunks: Vec<usize>,
    /// Keys that nothing leads to.
    pub(crate) deletes: Vec<String>,
}

pub(super) struct Draft<'a> {
    pub(super) table: &'a Table,
    pub(super) calls: HashMap<CallIndex, DraftCall<'a>>,
    pub(super) slots: TiVec<SlotIndex, Slot<'a>>,
    pub(super) pruned: BTreeSet<OwnerId>,
    by_pattern: HashMap<(&'a str, &'a str), Lines>,
    pub(super) by_owner: HashMap<&'a OwnerId, Vec<SlotIndex>>,
    /// What rollbacks have restored: the call, the slot, and the id.
    pub(super) restored: Vec<(CallIndex, SlotIndex, RouteId)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(table: &'a Table, calls: &[DraftCall<'a>]) -> Self {
        let mut by_pattern: HashMap<_, Lines> = HashMap::with_capacity(table.entries.len());
        let mut by_owner: HashMap<&OwnerId, Vec<SlotIndex>> =
            calls.iter().map(|call| (call.owner_id, Vec::new())).collect();
        let ids: HashMap<&str, &OwnerId> = by_owner.keys().map(|owner| (owner.as_str(), *owner)).collect();
        let mut slots = TiVec::with_capacity(table.entries.len());
        for (index, stored) in table.entries.iter().enumerate() {
            by_pattern.entry((stored.entry.host(), stored.entry.path())).or_default().push(index.into());
            if let Some(owner) = stored.entry.owner().and_then(|owner| ids.get(owner)) {
                by_owner.entry(owner).or_default().push(index.into());
            }
            slots.push(Slot {
                stored: Some(index),
                change: SlotChange::Keep,
                site: None,
                claimed: None,
                pruned: None,
                dropped: None,
            });
        }
        let calls = calls.iter().map(|call| (call.index, *call)).collect();
        Self { table, calls, slots, by_pattern, by_owner, pruned: BTreeSet::new(), restored: Vec::new() }
    }

    /// Adds an empty slot of the call's owner.
    pub(super) fn push(&mut self, call: &DraftCall<'a>, host: &'a str, path: &'a str) -> SlotIndex {
        let change = SlotChange::Remove;
        let slot = self.slots.push_and_get_key(Slot {
            stored: None,
            change,
            site: None,
            claimed: None,
            pruned: None,
            dropped: None,
        });
        self.by_pattern.entry((host, path)).or_default().push(slot);
        self.by_owner.entry(call.owner_id).or_default().push(slot);
        slot
    }

    /// The slots among `slots` that hold an entry, and those that an earlier call of this commit drops: a later call
    /// reuses them, so that the entry keeps its place.
    pub(super) fn taken_up(&self, call: &DraftCall<'a>, mut slots: Lines) -> Lines {
        slots.retain(|slot| self.id(*slot).is_some() || self.was_of(call, *slot));
        slots
    }

    /// Whether the slot was the owner's before this commit.
    pub(super) fn was_of(&self, call: &DraftCall<'a>, slot: SlotIndex) -> bool {
        self.slots[slot].stored.is_some_and(|at| self.table.entries[at].entry.is_of(call.owner_id))
    }

    /// The entry that `slot` has at this point, if any.
    pub(super) fn entry(&self, slot: SlotIndex) -> Option<&Entry> {
        match (&self.slots[slot].change, self.slots[slot].stored) {
            (SlotChange::Replace { entry, .. }, _) => Some(entry),
            (SlotChange::Keep, Some(stored)) => Some(&self.table.entries[stored].entry),
            _ => None,
        }
    }

    /// Its id.
    pub(super) fn id(&self, slot: SlotIndex) -> Option<&str> {
        self.entry(slot).map(Entry::id)
    }

    /// The slots at the pattern `entry`. SST's sites without a path have an empty one, which matches the same requests
    /// as `/`.
    pub(super) fn at(&self, entry: &EntryPattern) -> Lines {
        let of = |path| self.by_pattern.get(&(entry.host(), path)).cloned().unwrap_or_default();
        let mut slots: Lines = of(entry.path());
        if entry.path() == "/" {
            slots.extend(of(""));
            slots.sort_unstable();
        }
        slots
    }

    pub(super) fn remove(
        &mut self,
        call: &DraftCall<'a>,
        slot: SlotIndex,
        pattern: Option<&str>,
        outcome: &mut Outcome,
    ) {
        let stored = self.slots[slot].stored.map(|stored| &self.table.entries[stored].entry);
        let pattern = stored.map(|entry| {
            let written = || EntryPattern::from_stored(entry.host(), entry.path()).display();
            pattern.map_or_else(written, str::to_owned)
        });
        if call.safety.policy != Policy::Sync && pattern.is_some() {
            outcome.kept.extend(pattern);
            return;
        }
        self.slots[slot].change = SlotChange::Remove;
        self.slots[slot].dropped = Some(call.index);
        self.slots[slot].site = None;
        self.slots[slot].claimed = None;
        if let (Some(entry), Some(pattern)) = (stored, &pattern)
            && call.undefined.iter().any(|one| one.claims(entry.host(), entry.path()))
        {
            outcome.undefined.push(pattern.clone());
        }
        outcome.removed.extend(pattern);
    }
}
