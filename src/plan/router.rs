//! A router whose table some calls of the commit change: the composed table and the owners' ledgers.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use typed_index_collections::TiVec;

use super::compose::Composed;
use super::draft::DraftCall;
use super::index::{CallIndex, LedgerIndex};
use super::ledger::Ledger;
use super::outcome::Undone;
use crate::options::Call;
use crate::table::decode::Table;
use crate::table::id::OwnerId;

/// A router that some call changes or may change.
pub(super) struct Router<'a> {
    pub(super) name: &'a str,
    pub(super) table: &'a Table,
    pub(super) composed: Composed<'a>,
    /// By owner id, the ledgers of the calls.
    pub(super) books: HashMap<&'a str, LedgerIndex>,
    /// By call, its owner's.
    pub(super) ledger_of: HashMap<CallIndex, LedgerIndex>,
    /// By ledger, the oldest change that a call undoes: it must stay until that call is done.
    pub(super) needed: HashMap<LedgerIndex, u64>,
    /// The calls that are not refused.
    pub(super) calls: Vec<DraftCall<'a>>,
    /// The first of them.
    pub(super) witness: LedgerIndex,
    /// Some call wants records of changed targets put ahead of the table.
    pub(super) metadata_first: bool,
    /// Some call lets the table grow beyond what SST's writers can handle.
    pub(super) beyond_sst: bool,
}

impl<'a> Router<'a> {
    /// `calls` are those that are not refused, and `witness` is the ledger that their first will have.
    pub(super) fn new(
        name: &'a str,
        table: &'a Table,
        composed: Composed<'a>,
        calls: Vec<DraftCall<'a>>,
        witness: LedgerIndex,
    ) -> Self {
        let wants = |flag: fn(&Call) -> bool| calls.iter().any(|call| flag(call));
        Self {
            name,
            table,
            composed,
            books: HashMap::new(),
            ledger_of: HashMap::new(),
            needed: HashMap::new(),
            metadata_first: wants(|call| call.metadata_first),
            beyond_sst: wants(|call| call.allow_beyond_sst),
            calls,
            witness,
        }
    }

    /// Opens the ledgers of the owners whose `calls` can be met. `load` reads one.
    pub(super) fn open_ledgers(
        &mut self,
        calls: &[DraftCall<'a>],
        undone: &BTreeMap<CallIndex, Undone>,
        ledgers: &mut TiVec<LedgerIndex, Ledger>,
        load: impl Fn(&OwnerId, &str) -> Ledger,
    ) {
        for call in calls {
            let open = || ledgers.push_and_get_key(load(call.owner_id, call.owner.as_str()));
            let at = *self.books.entry(call.owner_id.as_str()).or_insert_with(open);
            self.ledger_of.insert(call.index, at);
            ledgers[at].wait(call.grace.as_secs());
            ledgers[at].remember(call.history);
            ledgers[at].raise(call.safety.generation);
            if let Some(undone) = undone.get(&call.index) {
                let oldest = self.needed.entry(at).or_insert(undone.oldest);
                *oldest = undone.oldest.min(*oldest);
            }
        }
    }

    /// The ledger that witnesses what is pruned.
    pub(super) fn pruner(&self) -> LedgerIndex {
        let by = self.composed.slots.iter().find_map(|slot| slot.pruned);
        by.and_then(|call| self.ledger_of.get(&call)).copied().unwrap_or(self.witness)
    }
}
