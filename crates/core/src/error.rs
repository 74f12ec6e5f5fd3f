//! The one error type of routesync: what went wrong ([`Code`]), whether trying again helps
//! (`retryable`), where in the options it sits (`path`), and the facts ([`Details`]).
//!
//! A message states what was found and what is allowed and ends in what to do. Nothing in an error
//! may hold a secret: credentials never reach this module.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::kvs::Failure;

/// What went wrong. A closed union: the TypeScript type `RouteSyncErrorCode` and `docs/errors.md`
/// list the same names, and a test holds the three equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Code {
    /// An option is missing, unknown, of the wrong type or outside its range.
    InvalidOption,
    /// `store` is not the ARN of a CloudFront KeyValueStore that can be reached.
    InvalidArn,
    /// A route's pattern cannot be served as written.
    InvalidPattern,
    /// A route's target cannot be served as written.
    InvalidTarget,
    /// A rule that is an error found something in the routes, or in the table as it would be.
    Lint,
    /// The declared set is larger than a store can hold or than one call may declare.
    TooLarge,
    /// Two declarations, or a declaration and another owner's live entry, claim one pattern.
    RouteConflict,
    /// The call would remove more than it may.
    UnsafePlan,
    /// The store has moved since the plan that is to be applied was made.
    PlanStale,
    /// A later generation of this owner has been here.
    Superseded,
    /// What is to be brought back is not in the owner's history.
    NoHistory,
    /// A route of the owner cannot be handed back.
    NotReleasable,
    /// Live entries under this owner's id belong to another name, or to none.
    OwnerIdTaken,
    /// The store holds a record written by a newer routesync.
    FormatNewer,
    /// The live table does not decode, and stayed so under an unchanged ETag.
    TableCorrupt,
    /// SST's own writers could not write the table any more.
    SstTableLimit,
    /// The store has no room left for the change.
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
    /// The service answered in a way that it is not known to.
    ServiceError,
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
    /// Whether the same call may succeed later without anyone changing anything.
    pub(crate) const fn retryable(self) -> bool {
        matches!(
            self,
            Self::StoreNotReady
                | Self::Unreachable
                | Self::Throttled
                | Self::ServiceError
                | Self::DeadlineExceeded
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One spelling, the one serde writes for the other side.
        self.serialize(f)
    }
}

/// The facts behind an error. Only those that apply are set.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The path to the offending value in the options, such as `routes["/api"].readTimeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The lint rule that rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule: Option<String>,
    /// The store's key that the error is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The limit that was exceeded; its unit is in the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What was found where `limit` holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Who holds what was claimed: an owner's name, or `SST` for an entry that no owner of ours has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Requests sent for the commit so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    /// Milliseconds since the call was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) elapsed_ms: Option<u64>,
    /// AWS's request id of the answer that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// What stands in the store now, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// A write was sent and not answered: it may still be applied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub may_still_land: bool,
}

/// A rejected call.
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct RouteSyncError {
    /// What went wrong.
    pub code: Code,
    /// What was found, what is allowed, what to do.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The facts. Boxed: results of this type are passed up through every layer.
    pub details: Box<Details>,
    /// The failed request behind it.
    #[serde(skip)]
    pub(crate) source: Option<Arc<Failure>>,
}

/// Shorthand for results of this crate.
pub type Result<T, E = RouteSyncError> = std::result::Result<T, E>;

impl RouteSyncError {
    /// An error of `code`; `retryable` follows from the code.
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

    /// An error about the option at `path`; the path leads the message.
    #[must_use]
    pub fn at(code: Code, path: impl Into<String>, message: impl fmt::Display) -> Self {
        let path = path.into();
        let mut error = Self::new(code, format!("{path}: {message}"));
        error.details.path = Some(path);
        error
    }

    /// Sets facts.
    #[must_use]
    pub fn with(mut self, set: impl FnOnce(&mut Details)) -> Self {
        set(&mut self.details);
        self
    }
}
