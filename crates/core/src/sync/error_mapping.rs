//! What a failed request means for the calls that wait for it.

use std::sync::Arc;

use crate::error::{Code, RouteSyncError};
use crate::kvs::{Failure, FailureKind};

/// Answers in a row that the store is in no usable state before it counts as deleted.
pub(super) const STATE_TRIES: u32 = 6;

/// The code that `failure` rejects with; `None` where waiting may help. `lost` connections came before it, and
/// `unusable` answers that the store is in no usable state, this one included.
pub(super) fn code(failure: &Failure, lost: u32, unusable: u32) -> Option<Code> {
    match failure.kind {
        // A write that could not connect comes here; the read that follows it finds out more.
        FailureKind::Stale | FailureKind::Throttled | FailureKind::Unknown | FailureKind::Creating => None,
        FailureKind::Unreachable => (lost > 0).then_some(Code::Unreachable),
        FailureKind::Intercepted => Some(Code::Unreachable),
        FailureKind::NotReady | FailureKind::Gone => is_gone(failure, unusable).then_some(Code::StoreGone),
        // The plan keeps within the quotas that it knows of: what is left is the size of the store.
        FailureKind::Quota => Some(Code::StoreFull),
        FailureKind::Denied => Some(Code::AccessDenied),
        FailureKind::NoCredentials => Some(Code::NoCredentials),
        FailureKind::Misconfigured => Some(Code::InvalidOption),
        FailureKind::Rejected => Some(Code::ServiceError),
    }
}

/// Whether `failure` means that the store is deleted. `unusable` answers in a row said that it is in no usable state.
pub(super) fn is_gone(failure: &Failure, unusable: u32) -> bool {
    match failure.kind {
        FailureKind::Gone => true,
        FailureKind::NotReady => unusable >= STATE_TRIES,
        _ => false,
    }
}

/// The error of `code`: what was answered, and what to do.
pub(super) fn error(code: Code, failure: Failure) -> RouteSyncError {
    let mut error = RouteSyncError::new(code, format!("{}; {}", failure.message, remedy(code)))
        .with(|details| details.request_id.clone_from(&failure.request_id));
    error.source = Some(Arc::new(failure));
    error
}

const fn remedy(code: Code) -> &'static str {
    match code {
        Code::Unreachable => "allow this host in the proxy or firewall, or check client.endpoint",
        Code::StoreGone => "the store was deleted or never existed: check the ARN, or create the store again",
        Code::StoreFull => "remove routes or keys, or use another store",
        Code::AccessDenied => "check the credentials and their permissions",
        Code::InvalidOption => "nothing was sent; mend the option",
        Code::NoCredentials => "then run the same call again",
        _ => "please report this",
    }
}
