//! Maps the service's answers and transport errors to [`FailureKind`]s and messages. Pure.

use std::error::Error;

use hyper_util::client::legacy;

use routesync_core::kvs::{Failure, FailureKind};

/// An error answer.
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    pub status: u16,
    /// The error's code, whether the service's model has it or not.
    pub code: Option<&'a str>,
    pub message: Option<&'a str>,
}

/// Codes of throttling. None of them is in the service's model.
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
    #[must_use]
    pub fn failure(&self) -> Failure {
        let code = self.code.unwrap_or_default();
        let message = self.message.unwrap_or_default();
        let kind = match (self.status, code) {
            (429, _) => FailureKind::Throttled,
            _ if THROTTLES.contains(&code) => FailureKind::Throttled,
            (500.., _) => FailureKind::Unknown,
            (_, "ValidationException") if message.contains("Pre-Condition failed") => FailureKind::Stale,
            (_, "ConflictException") if message.contains("expected state") => {
                if message.contains("PROVISIONING") { FailureKind::Creating } else { FailureKind::NotReady }
            }
            (_, "ConflictException") | (412, _) => FailureKind::Stale,
            (_, "ResourceNotFoundException") => FailureKind::Gone,
            // A 404 with another code is from another server, so the store may exist.
            (402, _) | (_, "ServiceQuotaExceededException") => FailureKind::Quota,
            (401 | 403, _) => FailureKind::Denied,
            (408, _) => FailureKind::Unknown,
            (300..500, _) => FailureKind::Rejected,
            _ => FailureKind::Unknown,
        };
        let code = if code.is_empty() { "no error code".to_owned() } else { printable(code, WORDS_CHARS) };
        let said =
            if message.is_empty() { String::new() } else { format!(": {}", printable(message, WORDS_CHARS)) };
        Failure {
            kind,
            message: format!("HTTP {}, {code}{said}{}", self.status, self.remedy()),
            request_id: None,
        }
    }

    /// The failure for an answer whose body could not be read. A write with a 2xx status may have been applied.
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

    /// The remedy for the likely reason of a refusal.
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
                " (the secret key or this machine's clock is wrong)"
            }
            (403, "ExpiredTokenException" | "ExpiredToken") => " (the session has expired: sign in again)",
            (403, _) if message.contains("Authentication failed") => {
                " (SigV4A needs a version 2 session token: get it from a regional STS endpoint)"
            }
            (404, _) => " (the server is not a KeyValueStore: check `client.endpoint` and the proxy)",
            (300..400, _) => " (redirects are not followed: check `client.endpoint` and the proxy)",
            _ => "",
        }
    }
}

/// The phase in which a request without answer failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The connection was not made in time.
    ConnectTimeout,
    /// The connection was not made, for another reason.
    Connect,
    /// The connection broke.
    Network,
    /// The failure was before the connection.
    Before,
}

/// The destination of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The host, or the URL.
    pub host: String,
    /// The proxy for this host by the environment, without its credentials.
    pub proxy: Option<String>,
}

impl Destination {
    /// The proxy for a message.
    fn proxy(&self) -> String {
        self.proxy.as_ref().map_or_else(|| "a proxy".to_owned(), |proxy| format!("the proxy {proxy}"))
    }
}

/// The failure for a request without answer.
#[must_use]
pub fn dispatch(to: &Destination, error: &(dyn Error + 'static), cut: Cut) -> Failure {
    // A request that failed while connecting was not sent.
    let never_connected = sources(error)
        .any(|error| error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect));
    let cut = if cut == Cut::Network && never_connected { Cut::Connect } else { cut };
    no_answer(to, &chain(error), cut)
}

/// The failure for a request without answer, for the reason `text`.
#[must_use]
pub fn no_answer(to: &Destination, text: &str, cut: Cut) -> Failure {
    let host = &to.host;
    let (kind, message) = match cut {
        Cut::Before => (FailureKind::Rejected, format!("the request to {host} could not be sent ({text})")),
        // The message of hyper's error for a refused proxy tunnel. The error's type is not public.
        _ if text.contains("tunnel error: proxy authorization required") => {
            (FailureKind::Intercepted, wants_login(to))
        }
        _ if text.contains("tunnel error: failed to create underlying connection") => (
            FailureKind::Unreachable,
            format!("{} on the way to {host} could not be reached ({text})", to.proxy()),
        ),
        _ if text.contains("tunnel error") => {
            (FailureKind::Unreachable, format!("{} did not connect to {host} ({text})", to.proxy()))
        }
        Cut::Network => (FailureKind::Unknown, format!("the connection to {host} broke ({text})")),
        Cut::Connect | Cut::ConnectTimeout => {
            let by = to.proxy.as_ref().map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
            (FailureKind::Unreachable, format!("{host} could not be reached{by} ({text})"))
        }
    };
    Failure { kind, message, request_id: None }
}

/// The properties of an answer by any server.
#[derive(Debug, Clone, Copy)]
pub struct Raw {
    pub status: u16,
    /// The answer is an HTML page, which no AWS service sends.
    pub html: bool,
    /// The answer has neither an error code nor a message. AWS services always send both.
    pub bare: bool,
}

impl Raw {
    /// The failure for an answer by another server in place of the service, with the remedy. Returns `None` if the answer may
    /// be from the service, if a retry may help, if a write may have been applied, and for a 404, which is more often caused
    /// by a wrong endpoint.
    #[must_use]
    pub fn intercepted(&self, to: &Destination) -> Option<Failure> {
        let Self { status, html, bare } = *self;
        let message = match status {
            407 => wants_login(to),
            511 => format!(
                "HTTP 511: the network requires a login before it allows access to {}: log in, for example in a browser",
                to.host
            ),
            401 | 403 | 451 if html || bare => {
                let what = if html { "an HTML page" } else { "an error that is not the service's" };
                format!(
                    "HTTP {status} with {what}: {} or a firewall between this machine and {} rejected the request, not the service",
                    to.proxy(),
                    to.host
                )
            }
            _ => return None,
        };
        Some(Failure { kind: FailureKind::Intercepted, message, request_id: None })
    }

    /// A note for the message about any other answer.
    #[must_use]
    pub const fn note(&self) -> &'static str {
        if self.html { " (an HTML page, which comes from a proxy or another server)" } else { "" }
    }
}

fn wants_login(to: &Destination) -> String {
    format!(
        "HTTP 407: {} between this machine and {} requires a login; add it to the proxy's URL, such as HTTPS_PROXY=http://user:password@proxy:3128",
        to.proxy(),
        to.host
    )
}

/// Whether an answer is an HTML page, by its content type or its body.
#[must_use]
pub fn is_html(content_type: Option<&str>, body: Option<&[u8]>) -> bool {
    /// Bytes of the body that are examined.
    const START: usize = 64;
    let by_type =
        content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
    let start = body.map(|body| &body[..body.len().min(START)]).unwrap_or_default();
    let start = String::from_utf8_lossy(start).trim_start().to_ascii_lowercase();
    by_type || start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// Whether an answer with `status` and the message `said` means throttling.
#[must_use]
pub fn is_throttle(status: u16, said: &str) -> bool {
    status == 429 || THROTTLES.iter().any(|code| said.contains(code))
}

/// Whether the connection failed. To the SDK, a connection that the server closes without an answer is not an I/O error.
#[must_use]
pub fn of_connection(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(|error| {
        error.is::<hyper::Error>() || error.is::<legacy::Error>() || error.is::<std::io::Error>()
    })
}

/// An error and the chain of its sources.
pub fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (**error).source())
}

/// The messages of an error and its sources. They describe the cause, and never contain the request.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    cause(sources(error).map(ToString::to_string).collect())
}

/// Joins the messages of an error, the outermost first, without repetitions.
#[must_use]
pub fn cause(mut words: Vec<String>) -> String {
    words.dedup();
    printable(&words.join(": "), CAUSE_CHARS)
}

/// Maximum characters of the service's message in our message.
const WORDS_CHARS: usize = 300;
/// Maximum characters of an error's text in our message. IAM's refusals with their ARNs have some hundreds.
const CAUSE_CHARS: usize = 1_000;
/// Characters at the end of a text that is too long, in which it is cut between two words.
const CUT_CHARS: usize = 60;

/// Foreign text for a message: at most `most` characters, and no control characters, which a terminal could execute. A
/// longer text is cut between two words.
fn printable(words: &str, most: usize) -> String {
    let mut rest = words.chars().map(|char| if char.is_control() { ' ' } else { char });
    let mut text: String = rest.by_ref().take(most).collect();
    let Some(next) = rest.next() else { return text };
    let within_word = next != ' ' && !text.ends_with(' ');
    if within_word
        && let Some(end) = text.rfind(' ')
        && text[end..].chars().count() <= CUT_CHARS
    {
        text.truncate(end);
    }
    text.truncate(text.trim_end().len());
    text.push('…');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use routesync_core::kvs::Batch;

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
    fn long_words_are_cut_between_two_and_show_it() {
        assert_eq!(printable("one two three", 100), "one two three");
        assert_eq!(printable("one two three", 9), "one two…");
        assert_eq!(printable("one two three", 8), "one two…");
        assert_eq!(printable("one two three", 7), "one two…");
        assert_eq!(printable(&"x".repeat(20), 10), format!("{}…", "x".repeat(10)));
        assert_eq!(printable("a\u{1b}b", 10), "a b");
    }

    #[test]
    fn who_answers_in_the_services_place_is_told_from_the_service() {
        let to = Destination { host: "kvs.example".into(), proxy: Some("http://proxy.example:3128".into()) };
        let told =
            |status, html, bare| Raw { status, html, bare }.intercepted(&to).map(|failure| failure.message);
        for (status, html, bare) in
            [(403, true, true), (403, false, true), (401, true, true), (407, false, true)]
        {
            let message = told(status, html, bare).unwrap();
            assert!(message.contains("the proxy http://proxy.example:3128"), "{message}");
            assert!(message.contains("kvs.example"), "{message}");
        }
        assert_eq!(told(403, false, false), None, "the service's own refusal");
        assert_eq!(told(404, true, true), None, "a wrong endpoint");
        assert_eq!(told(502, true, true), None, "trying again may help");
        assert_eq!(told(200, true, true), None, "a write may have been applied");
        let unknown = Destination { proxy: None, ..to.clone() };
        assert!(
            Raw { status: 403, html: true, bare: true }
                .intercepted(&unknown)
                .unwrap()
                .message
                .contains("a proxy or a firewall")
        );
    }

    #[test]
    fn html_is_known_by_its_type_and_by_its_body() {
        assert!(is_html(Some("Text/HTML; charset=utf-8"), None));
        assert!(is_html(None, Some(b"\r\n<!DOCTYPE html><html>")));
        assert!(is_html(Some("application/json"), Some(b"<HTML><body>")));
        assert!(!is_html(Some("application/json"), Some(b"{}")));
        assert!(!is_html(None, Some(b"<ErrorResponse>")));
    }

    #[test]
    fn a_proxy_that_gives_no_tunnel_is_named() {
        let to = Destination { host: "kvs.example".into(), proxy: Some("http://proxy.example:3128".into()) };
        for (text, kind, words) in [
            ("tunnel error: proxy authorization required", FailureKind::Intercepted, "requires a login"),
            ("tunnel error: unsuccessful", FailureKind::Unreachable, "did not connect to kvs.example"),
            (
                "tunnel error: failed to create underlying connection",
                FailureKind::Unreachable,
                "could not be reached",
            ),
        ] {
            let failure = no_answer(&to, text, Cut::Connect);
            assert_eq!(failure.kind, kind, "{failure:?}");
            assert!(failure.message.contains("the proxy http://proxy.example:3128"), "{failure:?}");
            assert!(failure.message.contains(words), "{failure:?}");
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
            said.contains("3 keys (at most 50)") && said.contains("at a, has 1025 bytes (at most 1024)"),
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
