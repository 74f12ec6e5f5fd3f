//! The error type of routesync: a [`Code`], whether another attempt may help (`retryable`), and facts ([`Details`]).
//!
//! A message says what was found, what is allowed and what to do. An error must not contain a secret. Credentials never reach this
//! module.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::kvs::Failure;

/// The kinds of errors. A test checks that the TypeScript type `RouteSyncErrorCode` and `docs/errors.md` list the same codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Code {
    /// An option is missing, unknown, of the wrong type or outside its range.
    InvalidOption,
    /// `store` is not the ARN of a `KeyValueStore` that can be reached.
    InvalidArn,
    /// A route's pattern cannot be served as written.
    InvalidPattern,
    /// A route's target cannot be served as written.
    InvalidTarget,
    /// A lint rule with the level `error` has a finding in the routes, or in the table after the call.
    Lint,
    /// The declared set is larger than a store or a call can be.
    TooLarge,
    /// Two declarations have the same pattern, or another owner's live entry has it.
    RouteConflict,
    /// The call would remove more routes than its guards allow.
    UnsafePlan,
    /// The store has changed since the plan was made that the call applies.
    PlanStale,
    /// A later generation of this owner has deployed.
    Superseded,
    /// The owner's history does not have the change to undo.
    NoHistory,
    /// A route of the owner cannot be released.
    NotReleasable,
    /// Live entries with this owner's id belong to another owner name, or to none.
    OwnerIdTaken,
    /// A newer routesync wrote a record in the store.
    FormatNewer,
    /// The live table does not decode, in two reads under the same `ETag`.
    TableCorrupt,
    /// SST's writers could no longer write the table.
    SstTableLimit,
    /// The index of the table would be too large.
    IndexTooLarge,
    /// The store has no room for the change.
    StoreFull,
    /// The store was deleted, or never existed.
    StoreGone,
    /// The store is still being provisioned.
    StoreNotReady,
    /// The service refused the credentials or their permissions.
    AccessDenied,
    /// No usable credentials were found.
    NoCredentials,
    /// The service's host could not be reached.
    Unreachable,
    /// The service kept throttling until the deadline.
    Throttled,
    /// The service gave an unexpected answer.
    ServiceError,
    /// The routes are stored, but the edge did not serve them before its deadline.
    EdgeNotConfirmed,
    /// The deadline passed.
    DeadlineExceeded,
    /// The caller's signal aborted the call.
    Aborted,
    /// The native addon could not be loaded.
    NativeMissing,
    /// A defect in routesync.
    Internal,
}

impl Code {
    /// Whether the same call may succeed later if nobody changes anything.
    pub(crate) const fn retryable(self) -> bool {
        matches!(
            self,
            Self::StoreNotReady
                | Self::Unreachable
                | Self::Throttled
                | Self::ServiceError
                | Self::EdgeNotConfirmed
                | Self::DeadlineExceeded
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The spelling is serde's, which TypeScript receives.
        self.serialize(f)
    }
}

/// Facts about an error. Only those that apply are set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The path to the invalid value in the options, such as `routes["/api"].readTimeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The lint rule that rejected the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// The key in the store that the error is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The limit that was exceeded. Its unit is in the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The value that exceeds the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// The holder of the pattern or id: an owner's name, or `SST` for an entry without an owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Requests sent for the commit so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    /// Milliseconds since the call was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) elapsed_ms: Option<u64>,
    /// AWS's request id of the answer that caused the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// What was written to the store, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// A write was sent and not answered, and may still be applied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_still_land: bool,
}

/// The error that rejects a call.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct RouteSyncError {
    pub code: Code,
    /// What was found, what is allowed, what to do.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Boxed to keep results of this type small.
    pub details: Box<Details>,
    /// The failed request that caused it.
    #[serde(skip)]
    pub(crate) source: Option<Arc<Failure>>,
}

pub type Result<T, E = RouteSyncError> = std::result::Result<T, E>;

impl RouteSyncError {
    /// An error with this code, which determines `retryable`.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retryable: code.retryable(),
            details: Box::default(),
            source: None,
        }
    }

    /// An error about the option at `path`. The message begins with the path.
    #[must_use]
    pub fn at(code: Code, path: impl Into<String>, message: impl fmt::Display) -> Self {
        let path = path.into();
        let mut error = Self::new(code, format!("{path}: {message}"));
        error.details.path = Some(path);
        error
    }

    #[must_use]
    pub fn with(mut self, set: impl FnOnce(&mut Details)) -> Self {
        set(&mut self.details);
        self
    }
}
