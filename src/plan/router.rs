//! A router whose table some calls of the commit change: the composed table and the owners' ledgers.

use hashbrown::HashMap;

use super::compose::Composed;
use super::draft::DraftCall;
use super::index::{CallIndex, LedgerIndex};
use crate::table::decode::Table;

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

impl Router<'_> {
    /// The ledger that witnesses what is pruned.
    pub(super) fn pruner(&self) -> LedgerIndex {
        let by = self.composed.slots.iter().find_map(|slot| slot.pruned);
        by.and_then(|call| self.ledger_of.get(&call)).copied().unwrap_or(self.witness)
    }
}
