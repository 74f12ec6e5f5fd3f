//! The one table from the service's answers to [`FailureKind`]. Pure.

use std::error::Error;

use hyper_util::client::legacy;

use crate::kvs::{Failure, FailureKind};

/// An answer that is an error.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The error's code, modelled or not.
    pub code: Option<&'a str>,
    /// The service's words.
    pub message: Option<&'a str>,
}

/// Codes that ask to slow down; none is in the service's model.
const THROTTLES: [&str; 8] = [
    "ThrottlingException",
    "Throttling",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
];

impl Service<'_> {
    /// What the answer means.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let code = self.code.unwrap_or_default();
        let message = self.message.unwrap_or_default();
        let kind = match (self.status, code) {
            (429, _) => FailureKind::Throttled,
            _ if THROTTLES.contains(&code) => FailureKind::Throttled,
            (500.., _) => FailureKind::Unknown,
            (_, "ValidationException") if message.contains("Pre-Condition failed") => FailureKind::Stale,
            (_, "ConflictException") if message.contains("expected state") => FailureKind::NotReady,
            (_, "ConflictException") | (412, _) => FailureKind::Stale,
            (_, "ResourceNotFoundException") => FailureKind::Gone,
            // Whatever else answers there knows nothing of the store: that it is gone nobody has said.
            (402, _) | (_, "ServiceQuotaExceededException") => FailureKind::Quota,
            (401 | 403, _) => FailureKind::Denied,
            (408, _) => FailureKind::Unknown,
            (300..500, _) => FailureKind::Rejected,
            _ => FailureKind::Unknown,
        };
        let code = if code.is_empty() { "no error code".to_owned() } else { printable(code) };
        let said = if message.is_empty() { String::new() } else { format!(": {}", printable(message)) };
        Failure {
            kind,
            message: format!("HTTP {}, {code}{said}{}", self.status, self.remedy()),
            request_id: None,
        }
    }

    /// An answer whose body could not be read. A 2xx may have been applied, so nothing is known.
    #[must_use]
    pub fn unreadable(&self, why: &(dyn Error + 'static)) -> Failure {
        let kind = match self.status {
            429 => FailureKind::Throttled,
            401 | 403 => FailureKind::Denied,
            _ => FailureKind::Unknown,
        };
        Failure {
            kind,
            message: format!("HTTP {} with an unreadable body ({})", self.status, chain(why)),
            request_id: None,
        }
    }

    /// The likely reason of a refusal.
    fn remedy(&self) -> &'static str {
        let message = self.message.unwrap_or_default();
        match (self.status, self.code.unwrap_or_default()) {
            (403, "AccessDeniedException" | "AccessDenied") if message.contains("Authentication failed") => {
                " (SigV4A needs a version 2 session token: get it from a regional STS endpoint)"
            }
            (403, "AccessDeniedException" | "AccessDenied") => {
                " (allow cloudfront-keyvaluestore:DescribeKeyValueStore, GetKey, ListKeys and UpdateKeys on the store)"
            }
            (403, "InvalidSignatureException" | "SignatureDoesNotMatch") => {
                " (the secret key is wrong, or this machine's clock is off)"
            }
            (403, "ExpiredTokenException" | "ExpiredToken") => " (the session has expired: sign in again)",
            (403, _) if message.contains("Authentication failed") => {
                " (SigV4A needs a version 2 session token: get it from a regional STS endpoint)"
            }
            (404, _) => " (no KeyValueStore answers there: look at `client.endpoint` and the proxy)",
            (300..400, _) => " (redirects are not followed: look at `client.endpoint` and the proxy)",
            _ => "",
        }
    }
}

/// Why a request got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// No connection came about in time.
    ConnectTimeout,
    /// A connection was refused, or broke.
    Network,
    /// Something before it.
    Before,
}

/// A request that got no answer.
#[must_use]
pub fn dispatch(host: &str, error: &(dyn Error + 'static), cut: Cut) -> Failure {
    let text = chain(error);
    let failure = |kind, message| Failure { kind, message, request_id: None };
    match cut {
        Cut::Before if ["credential", "identity"].iter().any(|word| text.to_lowercase().contains(word)) => failure(
            FailureKind::NoCredentials,
            "no usable AWS credentials were found; sign in, name a profile (client.profile), or set client.credentials".to_owned(),
        ),
        Cut::Before => failure(FailureKind::Rejected, format!("the request to {host} could not be sent ({text})")),
        Cut::Network if !never_connected(error) => {
            failure(FailureKind::Unknown, format!("the connection to {host} broke ({text})"))
        }
        Cut::Network | Cut::ConnectTimeout => {
            failure(FailureKind::Unreachable, format!("{host} could not be reached ({text})"))
        }
    }
}

/// Whether it failed while connecting, so that nothing was sent.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(|error| error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect))
}

/// Whether a connection was at fault: one that the other side closes without an answer is no I/O error to
/// the SDK.
#[must_use]
pub fn of_connection(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(|error| {
        error.is::<hyper::Error>() || error.is::<legacy::Error>() || error.is::<std::io::Error>()
    })
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (**error).source())
}

/// The innermost words of an error, which name the cause and never the request.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = vec![error.to_string()];
    let mut next = error.source();
    while let Some(inner) = next {
        words.push(inner.to_string());
        next = inner.source();
    }
    words.dedup();
    printable(&words.join(": "))
}

/// Characters of somebody else's words that a message repeats.
const WORDS_CHARS: usize = 300;

/// Somebody else's words as they may stand in a message: not too many, and nothing that a terminal would obey.
fn printable(words: &str) -> String {
    words.chars().take(WORDS_CHARS).map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvs::Batch;

    #[test]
    fn every_known_answer_has_its_kind() {
        use FailureKind as K;
        for (status, code, message, kind) in [
            (400, "ValidationException", "Pre-Condition failed", K::Stale),
            (409, "ConflictException", "ETag mismatch", K::Stale),
            (409, "ConflictException", "Key-Value-Store was not in expected state", K::NotReady),
            (404, "ResourceNotFoundException", "", K::Gone),
            (404, "", "", K::Rejected),
            (404, "UnknownOperationException", "", K::Rejected),
            (402, "ServiceQuotaExceededException", "Limit exceeded", K::Quota),
            (400, "ThrottlingException", "Rate exceeded", K::Throttled),
            (429, "", "", K::Throttled),
            (503, "SlowDown", "", K::Throttled),
            (403, "AccessDeniedException", "no", K::Denied),
            (403, "InvalidSignatureException", "", K::Denied),
            (400, "ValidationException", "bad key", K::Rejected),
            (500, "InternalServerException", "", K::Unknown),
            (503, "", "", K::Unknown),
        ] {
            let service = Service { status, code: Some(code), message: Some(message) };
            assert_eq!(service.failure().kind, kind, "{service:?}");
        }
    }

    #[test]
    fn a_quota_names_the_key_and_the_number() {
        let service = Service {
            status: 402,
            code: Some("ServiceQuotaExceededException"),
            message: Some("Limit exceeded"),
        };
        let batch = Batch {
            puts: vec![("a".into(), "x".repeat(1_025)), ("b".into(), "y".into())],
            deletes: vec!["c".into()],
        };
        let said = service.failure().explained_by(&batch).message;
        assert!(
            said.contains("3 keys (at most 50)") && said.contains("of a with 1025 bytes (at most 1024)"),
            "{said}"
        );
        let other = Service { status: 400, ..service }.failure();
        assert!(
            Failure { kind: FailureKind::Rejected, ..other }
                .explained_by(&batch)
                .message
                .ends_with("exceeded")
        );
    }
}
