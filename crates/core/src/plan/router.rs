//! A router whose table some calls of the commit change: the composed table and the owners' journals.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use typed_index_collections::TiVec;

use super::compose::Composed;
use super::draft::{DraftCall, SlotChange};
use super::index::{CallIndex, JournalIndex};
use super::journal::OwnerJournal;
use super::outcome::Undone;
use crate::options::Call;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::OwnerId;

/// A router that a call changes or may change.
pub(super) struct Router<'a> {
    pub(super) name: &'a str,
    pub(super) table: &'a Table,
    pub(super) composed: Composed<'a>,
    /// Owner id to journal.
    pub(super) journal_by_owner: HashMap<&'a str, JournalIndex>,
    /// Call to its owner's journal.
    pub(super) journal_of: HashMap<CallIndex, JournalIndex>,
    /// The oldest change that a call undoes, by journal. The history keeps it until that call is done.
    pub(super) needed: HashMap<JournalIndex, u64>,
    /// The calls that are not refused.
    pub(super) calls: Vec<DraftCall<'a>>,
    /// The journal of the first of them that has an owner. Its record witnesses batches that change no owner's entries. `None` if all
    /// calls are raw.
    pub(super) witness: Option<JournalIndex>,
    /// A call allows the table to exceed the limit of SST's writers.
    pub(super) beyond_sst: bool,
    /// Whether the table gets an index, if a call says so. If calls disagree, it gets one.
    pub(super) index: Option<bool>,
}

impl<'a> Router<'a> {
    /// `calls` are those that are not refused. `witness` is the index that the journal of the first with an owner will
    /// get.
    pub(super) fn new(
        name: &'a str,
        table: &'a Table,
        composed: Composed<'a>,
        calls: Vec<DraftCall<'a>>,
        witness: Option<JournalIndex>,
    ) -> Self {
        let wants = |flag: fn(&Call) -> bool| calls.iter().any(|call| flag(call));
        Self {
            name,
            table,
            composed,
            journal_by_owner: HashMap::new(),
            journal_of: HashMap::new(),
            needed: HashMap::new(),
            beyond_sst: wants(|call| call.allow_beyond_sst),
            index: calls.iter().filter_map(|call| call.declared.index).max(),
            calls,
            witness,
        }
    }

    /// Opens the journals of the owners of `calls`, which are accepted. `load` reads one.
    pub(super) fn open_journals(
        &mut self,
        calls: &[DraftCall<'a>],
        undone: &BTreeMap<CallIndex, Undone>,
        journals: &mut TiVec<JournalIndex, OwnerJournal>,
        load: impl Fn(&OwnerId, &str) -> OwnerJournal,
    ) {
        for call in calls {
            let open = || journals.push_and_get_key(load(call.owner_id, call.owner.as_str()));
            let at = *self.journal_by_owner.entry(call.owner_id.as_str()).or_insert_with(open);
            self.journal_of.insert(call.index, at);
            journals[at].wait(call.grace.as_secs());
            journals[at].remember(call.history);
            journals[at].raise(call.safety.generation);
            if let Some(undone) = undone.get(&call.index) {
                let oldest = self.needed.entry(at).or_insert(undone.oldest);
                *oldest = undone.oldest.min(*oldest);
            }
        }
    }

    /// The journal of the call that prunes.
    pub(super) fn pruner(&self) -> Option<JournalIndex> {
        let by = self.composed.slots.iter().find_map(|slot| slot.pruned);
        by.and_then(|call| self.journal_of.get(&call)).copied().or(self.witness)
    }

    /// The entries after the commit, in the order of the table.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.composed.slots.iter().filter_map(|slot| match &slot.change {
            SlotChange::Keep => slot.stored.map(|at| &self.table.entries[at].entry),
            SlotChange::Replace { entry, .. } => Some(entry),
            SlotChange::Remove => None,
        })
    }

    /// The ids of the entries after the commit.
    pub(super) fn finally(&self) -> impl Iterator<Item = &str> {
        self.entries().map(Entry::id)
    }

    /// Whether the commit changes an entry of the table.
    pub(super) fn changes(&self) -> bool {
        self.composed.slots.iter().any(|slot| match &slot.change {
            SlotChange::Keep => slot.stored.is_none(),
            SlotChange::Remove => slot.stored.is_some(),
            SlotChange::Replace { .. } => true,
        })
    }
}
