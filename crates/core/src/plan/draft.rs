//! One router's table while the calls of a commit change it. All other modules of the plan build on it.
//!
//! A `Draft` has a [`Slot`] for each live entry and each new one. Actions change slots. Chunks and batches are made later.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use typed_index_collections::TiVec;

use super::index::{CallIndex, SlotIndex};
use super::outcome::{Outcome, Undone};
use super::site::Wanted;
use super::snapshot::Snapshot;
use crate::options::{Call, Policy, Progress};
use crate::route::EntryPattern;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};
use crate::table::owner_record::Record;
use crate::table::{SST_HOLDER, key};

/// A call of the commit. It derefs to its declaration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DraftCall<'a> {
    pub(crate) index: CallIndex,
    pub(crate) declared: &'a Call,
    pub(crate) owner_id: &'a OwnerId,
    /// Check the call's guards.
    pub(crate) guarded: bool,
    /// How far the call's raw keys are written.
    pub(crate) progress: Progress,
}

impl Deref for DraftCall<'_> {
    type Target = Call;

    fn deref(&self) -> &Call {
        self.declared
    }
}

/// The slots at one pattern. Only damaged tables have more than one.
pub(super) type Slots = SmallVec<[SlotIndex; 1]>;

/// A declared route that has no conflict.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) id: RouteId,
    /// The slots at its pattern. No other route of the call has this pattern.
    pub(super) slots: Slots,
}

/// What the calls do to one entry.
#[derive(Debug, Clone)]
pub(crate) enum SlotChange<'a> {
    Keep,
    Remove,
    /// The slot gets this entry.
    Replace {
        entry: Entry,
        id: RouteId,
        /// The metadata to write. Empty if it is live already, or if somebody else fills the namespace.
        metadata: &'a str,
        /// The call adopts the entry of SST that it replaces, with its metadata, which is deleted after the grace period.
        adopts: bool,
    },
}

/// A live or new entry, and what the calls do to it.
#[derive(Debug)]
pub(crate) struct Slot<'a> {
    /// The index of the entry in the live table. `None` for a new entry.
    pub(crate) stored: Option<usize>,
    pub(crate) change: SlotChange<'a>,
    /// The site that is declared here. Its metadata and files may change while the entry stays the same.
    pub(crate) site: Option<Wanted<'a>>,
    /// The last call that declares this slot, changed or not, and the index of the route in that call.
    pub(super) claimed: Option<(CallIndex, usize)>,
    /// The call that prunes the entry's owner. Then no owner lists its metadata for sweeping.
    pub(crate) pruned: Option<CallIndex>,
    /// The call that drops the entry. The call's owner lists the metadata for sweeping, even if it took the entry over in this
    /// commit.
    pub(crate) dropped: Option<CallIndex>,
}

/// What the plan knows about owners' records: those of the calls, and any other that was read.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    pub(crate) router: &'a str,
    pub(crate) snapshot: &'a Snapshot,
    /// Seconds since the epoch.
    pub(crate) now: u64,
    /// The records of the calls' owners.
    pub(crate) of_calls: HashMap<&'a OwnerId, Option<&'a Record>>,
    /// For each call that rolls back, the changes to undo.
    pub(crate) undone: &'a BTreeMap<CallIndex, Undone>,
    /// The ids that calls of the commit declare, restore or add in other routers, and the namespaces whose raw keys they change. Empty
    /// unless a call repairs.
    pub(crate) elsewhere: HashSet<String>,
}

/// The holder of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    /// See [`Snapshot::holder`].
    pub(crate) name: String,
    /// The key of the holder's record, whether or not it was read. `None` for SST.
    pub(crate) key: Option<String>,
}

impl Holder {
    pub(super) fn is_sst(&self) -> bool {
        self.name == SST_HOLDER
    }
}

impl Records<'_> {
    /// The holder of the entry `live`. The record of another owner is read only when a plan needs it.
    pub(super) fn holder(&self, live: &Entry) -> Holder {
        Holder {
            name: self.snapshot.holder(self.router, live),
            key: live.owner_id().map(|owner| key::owner(self.router, &owner)),
        }
    }
}

/// Keys that a repair puts and deletes in addition to the declared routes.
#[derive(Debug, Default)]
pub(crate) struct Repair<'a> {
    /// Declared metadata and files that are missing or altered: key to route id and value.
    pub(crate) puts: BTreeMap<String, (RouteId, &'a str)>,
    /// The owner's record is missing or cannot be read.
    pub(crate) record: bool,
    /// The indexes of chunks that no marker counts.
    pub(crate) chunks: Vec<usize>,
    /// Keys that nothing refers to.
    pub(crate) deletes: Vec<String>,
}

pub(super) struct Draft<'a> {
    pub(super) table: &'a Table,
    pub(super) calls: HashMap<CallIndex, DraftCall<'a>>,
    pub(super) slots: TiVec<SlotIndex, Slot<'a>>,
    pub(super) pruned: BTreeSet<OwnerId>,
    by_pattern: HashMap<(&'a str, &'a str), Slots>,
    pub(super) by_owner: HashMap<&'a OwnerId, Vec<SlotIndex>>,
    /// The entries that rollbacks have restored: call, slot, id.
    pub(super) restored: Vec<(CallIndex, SlotIndex, RouteId)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(table: &'a Table, calls: &[DraftCall<'a>]) -> Self {
        let mut by_pattern: HashMap<_, Slots> = HashMap::with_capacity(table.entries.len());
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

    /// Adds an empty slot for the call's owner.
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

    /// Those of `slots` that hold an entry, and those that an earlier call of this commit drops: a later call reuses them, so
    /// the entry keeps its place.
    pub(super) fn taken_up(&self, call: &DraftCall<'a>, mut slots: Slots) -> Slots {
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

    pub(super) fn id(&self, slot: SlotIndex) -> Option<&str> {
        self.entry(slot).map(Entry::id)
    }

    /// The slots with an entry that has the same text as `entry`.
    pub(super) fn equal(&self, entry: &Entry) -> Slots {
        let mut slots = self.all(entry);
        slots.retain(|slot| self.entry(*slot).is_some_and(|live| live.text() == entry.text()));
        slots
    }

    /// A slot of an entry like `entry` that an earlier call of this commit removes.
    pub(super) fn removed(&self, entry: &Entry) -> Option<SlotIndex> {
        let slots = self.by_pattern.get(&(entry.host(), entry.path()))?;
        let was = |stored: usize| self.table.entries[stored].entry.text() == entry.text();
        slots
            .iter()
            .copied()
            .find(|slot| self.entry(*slot).is_none() && self.slots[*slot].stored.is_some_and(was))
    }

    /// All slots at the pattern of `entry`, also those without an entry.
    pub(super) fn all(&self, entry: &Entry) -> Slots {
        self.by_pattern.get(&(entry.host(), entry.path())).cloned().unwrap_or_default()
    }

    /// Notes that the entry of `slot` gets another pattern.
    pub(super) fn move_to(&mut self, slot: SlotIndex, host: &'a str, path: &'a str) {
        for slots in self.by_pattern.values_mut() {
            slots.retain(|other| *other != slot);
        }
        self.by_pattern.entry((host, path)).or_default().push(slot);
    }

    /// The slots at the pattern `entry`. SST writes an empty path for sites without one. It matches the same requests as `/`.
    pub(super) fn at(&self, entry: &EntryPattern) -> Slots {
        let of = |path| self.by_pattern.get(&(entry.host(), path)).cloned().unwrap_or_default();
        let mut slots: Slots = of(entry.path());
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
