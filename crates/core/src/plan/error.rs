//! Why a call is left out of a plan: a reason that the engine acts on, and the error for its caller.

use std::fmt;

use crate::error::RouteSyncError;

/// The refusal of a call.
#[derive(Debug, Clone)]
pub struct PlanError {
    /// The engine acts on this, never on `error`.
    pub(crate) reason: Reason,
    /// The error for the caller.
    pub error: RouteSyncError,
}

/// The kinds of refusals that the engine handles differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The table or an owner's record seems damaged. An inconsistent read looks the same, so the engine reports damage only
    /// when it finds it twice under one `ETag`.
    Damage,
    /// Another entry or another call holds a pattern.
    Conflict {
        /// The holder is an entry of SST.
        by_sst: bool,
        /// The key that holds more about the holder, whether or not it was read.
        key: Option<String>,
    },
    /// A guard refuses the removals.
    Unsafe,
    /// The plan needs this key, which was not read.
    Unread(String),
    /// Any other refusal.
    Other,
}

impl PlanError {
    pub(crate) const fn new(reason: Reason, error: RouteSyncError) -> Self {
        Self { reason, error }
    }

    /// The key to read before the refusal is final.
    pub(crate) fn needs(&self) -> Option<&str> {
        match &self.reason {
            Reason::Conflict { key, .. } => key.as_deref(),
            Reason::Unread(key) => Some(key),
            Reason::Damage | Reason::Unsafe | Reason::Other => None,
        }
    }
}

impl From<RouteSyncError> for PlanError {
    fn from(error: RouteSyncError) -> Self {
        Self { reason: Reason::Other, error }
    }
}

impl From<PlanError> for RouteSyncError {
    fn from(refused: PlanError) -> Self {
        refused.error
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}
