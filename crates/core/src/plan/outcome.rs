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
    pub undefined: Vec<String>,
    /// Patterns that stood as declared.
    pub unchanged: Vec<String>,
    /// Patterns that the call's policy left as they stood: not removed, or not changed.
    pub kept: Vec<String>,
    /// Patterns that somebody else held, and who.
    pub taken: Vec<Taken>,
    /// What a repair mends besides.
    pub mended: Vec<Mended>,
    /// Owners that went with all that they had.
    pub pruned: Vec<Pruned>,
    /// Declared pattern to route id.
    pub ids: Vec<(String, RouteId)>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// The later call of this commit that took some of its routes away.
    pub superseded_by: Option<CallIndex>,
}

impl Outcome {
    /// Whether all that is declared stands, and what is dropped does not.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// What a removal comes to where there is no store any more.
    #[must_use]
    pub fn store_gone() -> Self {
        let message = "the store was deleted or never existed, and the routes with it".to_owned();
        Self { warnings: vec![Warning::of_call(CallWarning::StoreGone, message)], ..Self::default() }
    }
}

/// A route that was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The pattern as declared.
    pub pattern: String,
    /// Who held it: an owner's name, or `SST`.
    pub from: String,
}

/// An owner that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Its name.
    pub owner: String,
    /// The patterns that it had.
    pub routes: Vec<String>,
}

/// Something that is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mended {
    /// What is done.
    pub action: RepairAction,
    /// The key that is put or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The route whose entry goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Why.
    pub why: &'static str,
}

impl Mended {
    /// A key that a full check put again.
    #[must_use]
    pub const fn put_again(key: String) -> Self {
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
pub enum RepairAction {
    /// A key is put again.
    Put,
    /// A key goes.
    Delete,
    /// An entry goes.
    Drop,
}

/// What a call undoes.
#[derive(Debug)]
pub struct Undone {
    /// The number of the first change that is undone.
    pub oldest: u64,
    /// What stood before, at each pattern.
    pub entries: Vec<Entry>,
}
