//! Why a call is left out of a plan: a reason for the engine to decide by, and the error that its caller gets.

use std::fmt;

use crate::error::RouteSyncError;

/// Why a call was refused.
#[derive(Debug, Clone)]
pub struct PlanError {
    /// What the engine decides by.
    pub(crate) reason: Reason,
    /// What the caller gets.
    pub error: RouteSyncError,
}

/// The kind of a refusal, as far as the engine treats it differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The table or an owner's record seems damaged. Reads that are torn look the same: damage counts once it is found twice
    /// under one `ETag`.
    Damage,
    /// Another entry or another call stands at a pattern.
    Conflict {
        /// It is an entry of SST.
        by_sst: bool,
        /// The key that says more about it, whether or not it was read.
        key: Option<String>,
    },
    /// A guard refuses the removals.
    Unsafe,
    /// The plan lacks a key, and says nothing until it is read.
    Unread(String),
    /// Nothing that the engine treats differently.
    Other,
}

impl PlanError {
    /// The error, with the reason for it.
    pub(crate) const fn new(reason: Reason, error: RouteSyncError) -> Self {
        Self { reason, error }
    }

    /// The key that would tell more.
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
