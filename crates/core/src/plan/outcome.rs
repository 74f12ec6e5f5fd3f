//! What one call comes to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::PlanError;
use super::index::CallIndex;
use crate::route::{CallWarning, Warning};
use crate::table::entry::Entry;
use crate::table::id::RouteId;

/// What the calls of a commit come to, by their index.
pub(super) type Outcomes = BTreeMap<CallIndex, Result<Outcome, PlanError>>;

/// The index of a call that must be left out, and why.
pub(super) type Refusal = (CallIndex, PlanError);

/// What one call comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Patterns that did not stand.
    pub added: Vec<String>,
    /// Patterns that stood with another target.
    pub changed: Vec<String>,
    /// Patterns that stood and are gone.
    pub removed: Vec<String>,
    /// Of these, the patterns that were declared with a target that is undefined.
    pub(crate) undefined: Vec<String>,
    /// Patterns that stood as declared.
    pub unchanged: Vec<String>,
    /// Patterns that the call's policy left as they stood: not removed, or not changed.
    pub(crate) kept: Vec<String>,
    /// Patterns that somebody else held, and who.
    pub(crate) taken: Vec<Taken>,
    /// What a repair mends besides.
    pub(crate) mended: Vec<Mended>,
    /// Owners that went with all that they had.
    pub(crate) pruned: Vec<Pruned>,
    /// Declared pattern to route id.
    pub ids: Vec<(String, RouteId)>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// The later call of this commit that took some of its routes away.
    pub superseded_by: Option<CallIndex>,
}

impl Outcome {
    /// Whether all that is declared stands, and what is dropped does not.
    pub(crate) fn stands(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// What a removal comes to where there is no store any more.
    pub(crate) fn store_gone() -> Self {
        let message = "the store was deleted or never existed, and the routes with it".to_owned();
        Self { warnings: vec![Warning::of_call(CallWarning::StoreGone, message)], ..Self::default() }
    }
}

/// A route that was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Taken {
    /// The pattern as declared.
    pub(crate) pattern: String,
    /// Who held it: an owner's name, or `SST`.
    pub(crate) from: String,
}

/// An owner that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Pruned {
    /// Its name.
    pub(crate) owner: String,
    /// The patterns that it had.
    pub(crate) routes: Vec<String>,
}

/// Something that is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mended {
    /// What is done.
    pub(crate) action: RepairAction,
    /// The key that is put or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// The route whose entry goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pattern: Option<String>,
    /// Why.
    pub(crate) why: &'static str,
}

impl Mended {
    /// A key that a full check put again.
    pub(crate) const fn put_again(key: String) -> Self {
        Self {
            action: RepairAction::Put,
            key: Some(key),
            pattern: None,
            why: "it was missing or altered when all was read back",
        }
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RepairAction {
    /// A key is put again.
    Put,
    /// A key goes.
    Delete,
    /// An entry goes.
    Drop,
}

/// What a call undoes.
#[derive(Debug)]
pub(crate) struct Undone {
    /// The number of the first change that is undone.
    pub(crate) oldest: u64,
    /// What stood before, at each pattern.
    pub(crate) entries: Vec<Entry>,
}
