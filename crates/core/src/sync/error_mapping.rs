//! Maps failed requests to the errors of the calls that wait for them.

use std::sync::Arc;

use crate::error::{Code, RouteSyncError};
use crate::kvs::{Failure, FailureKind};

/// The number of answers in a row "the store is in no usable state" after which the store counts as deleted.
pub(super) const STATE_TRIES: u32 = 6;

/// The code of the error for `failure`. `None` if waiting may help. `lost` is the number of failures before this one, and `unusable`
/// the number of answers in a row that the store is in no usable state, including this one.
pub(super) fn code(failure: &Failure, lost: u32, unusable: u32) -> Option<Code> {
    match failure.kind {
        // The first failure to connect is a write's. The read after it finds out more.
        FailureKind::Stale | FailureKind::Throttled | FailureKind::Unknown | FailureKind::Creating => None,
        FailureKind::Unreachable => (lost > 0).then_some(Code::Unreachable),
        FailureKind::Intercepted => Some(Code::Unreachable),
        FailureKind::NotReady | FailureKind::Gone => is_gone(failure, unusable).then_some(Code::StoreGone),
        // The plan keeps all other quotas, so this one is the size of the store.
        FailureKind::Quota => Some(Code::StoreFull),
        FailureKind::Denied => Some(Code::AccessDenied),
        FailureKind::NoCredentials => Some(Code::NoCredentials),
        FailureKind::Misconfigured => Some(Code::InvalidOption),
        FailureKind::Rejected => Some(Code::ServiceError),
    }
}

/// Whether `failure` means that the store is deleted. `unusable` is the number of answers in a row that the store is in no usable
/// state.
pub(super) fn is_gone(failure: &Failure, unusable: u32) -> bool {
    match failure.kind {
        FailureKind::Gone => true,
        FailureKind::NotReady => unusable >= STATE_TRIES,
        _ => false,
    }
}

/// The error with `code`: the service's answer and a remedy.
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
        Code::InvalidOption => "nothing was sent; correct the option",
        Code::NoCredentials => "then run the same call again",
        _ => "please report this",
    }
}
