//! The outcome of one call: what it adds, changes and removes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::PlanError;
use super::index::CallIndex;
use crate::options::Progress;
use crate::route::{CallWarning, Warning};
use crate::table::entry::Entry;
use crate::table::id::RouteId;

/// The outcomes of a commit's calls, by their index.
pub(super) type Outcomes = BTreeMap<CallIndex, Result<Outcome, PlanError>>;

/// A call that must be left out, and the reason.
pub(super) type Refusal = (CallIndex, PlanError);

/// The outcome of one call. Patterns are written as declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Patterns that were not live.
    pub added: Vec<String>,
    /// Patterns that were live with another target.
    pub changed: Vec<String>,
    /// Patterns that were live and are removed.
    pub removed: Vec<String>,
    /// Those of `removed` that the call declares with an undefined target.
    pub(crate) undefined: Vec<String>,
    /// Patterns that were live as declared.
    pub unchanged: Vec<String>,
    /// Patterns that the call's policy kept as they were: not removed, or not changed.
    pub(crate) kept: Vec<String>,
    /// Patterns that were taken over from another holder.
    pub(crate) taken: Vec<Taken>,
    /// What a repair changes in addition to the declared routes.
    pub(crate) repaired: Vec<Repaired>,
    /// Owners that were removed with all their routes.
    pub(crate) pruned: Vec<Pruned>,
    /// Each declared pattern and its route id.
    pub ids: Vec<(String, RouteId)>,
    pub warnings: Vec<Warning>,
    /// The number of pages of the router's index after the plan. `None` without an index.
    pub(crate) index_pages: Option<usize>,
    /// How far the call's raw keys are written after this plan. `None` for a call without raw keys.
    pub(crate) progress: Option<Progress>,
    /// The call needs a further commit for the rest of its raw keys.
    pub(crate) unfinished: bool,
    /// The later call of this commit that changed or took over some of its routes.
    pub superseded_by: Option<CallIndex>,
}

impl Outcome {
    /// Whether the live table already has all declared routes and no other route of the call.
    pub(crate) fn stands(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty() && !self.unfinished
    }

    /// The outcome of a removal if the store does not exist.
    pub(crate) fn store_gone() -> Self {
        let message = "the store was deleted or never existed, and the routes with it".to_owned();
        Self { warnings: vec![Warning::of_call(CallWarning::StoreGone, message)], ..Self::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Taken {
    pub(crate) pattern: String,
    /// The former holder: an owner's name, or `SST`.
    pub(crate) from: String,
}

/// An owner that was removed by a prune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pruned {
    /// The owner's name.
    pub(crate) owner: String,
    /// The owner's patterns.
    pub(crate) routes: Vec<String>,
}

/// One change of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Repaired {
    pub(crate) action: RepairAction,
    /// The key that is put or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The pattern of the removed entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<String>,
    /// The reason.
    pub(crate) why: &'static str,
}

impl Repaired {
    /// A key that a repair puts.
    pub(crate) const fn put(key: String, why: &'static str) -> Self {
        Self { action: RepairAction::Put, key: Some(key), pattern: None, why }
    }

    /// A key that `verify: "full"` put again.
    pub(crate) const fn put_again(key: String) -> Self {
        Self {
            action: RepairAction::Put,
            key: Some(key),
            pattern: None,
            why: "it was missing or altered when all was read back",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RepairAction {
    /// Puts a key again.
    Put,
    /// Deletes a key.
    Delete,
    /// Removes an entry from the table.
    Drop,
}

/// What a rollback undoes.
#[derive(Debug)]
pub(crate) struct Undone {
    /// The number of the oldest change to undo.
    pub(crate) oldest: u64,
    /// For each pattern, the entry before those changes.
    pub(crate) entries: Vec<Entry>,
}
