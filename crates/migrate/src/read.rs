//! Converts one legacy target to a target for `syncRoutes`, with notes about the differences.

use serde_json::{Map, Value, json};
use url::Url;

use super::note::{Note, NoteCode, Severity};
use routesync_core::error::{Code, Result};
use routesync_core::options::{Cursor, target};
use routesync_core::route::shown;

const WHAT: &str = "a URL, { url: … } or { bucket: … }";

/// The field that the facade sends for an SST component, whose values are promises.
const COMPONENT: &str = "__pulumiType";

/// The fields of the legacy form, fields of the newer form that some users wrote, and fields of SST's own objects.
pub(super) const FIELDS: [&str; 9] = [
    "url",
    "bucket",
    "rewrite",
    "edge",
    "cachePolicy",
    "readTimeout",
    "keepAliveTimeout",
    "connectionTimeout",
    "connectionAttempts",
];
pub(super) const OBJECT_FIELDS: [&str; 8] =
    ["arn", "name", "nodes", "urn", "domain", "bucketRegionalDomainName", "handler", COMPONENT];
/// The fields that a bucket does not have are first.
pub(super) const ORIGIN_FIELDS: [&str; 4] =
    ["readTimeout", "keepAliveTimeout", "connectionTimeout", "connectionAttempts"];

/// The result for one legacy route.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The target for `syncRoutes`. If it is `None`, a note names the missing value.
    pub target: Option<Value>,
    pub notes: Vec<Note>,
}

/// Reads the legacy target at `at`, of the route `pattern`.
///
/// # Errors
/// [`Code::InvalidOption`] for a target that the legacy router would not have accepted.
pub fn read(at: &Cursor<'_>, pattern: &str) -> Result<Reading> {
    let mut reader = Reader { pattern, notes: Vec::new() };
    let mut target = reader.target(at)?;
    if let Some(value) = target.take() {
        check(&value, pattern)?;
        target = Some(value);
    }
    Ok(Reading { target, notes: reader.notes })
}

/// Checks that `syncRoutes` accepts the target. An error has the path in the legacy object.
fn check(value: &Value, pattern: &str) -> Result<()> {
    let options = json!({ "legacy": { pattern: value } });
    let root = Cursor::root(&options);
    let legacy = root.require("legacy", WHAT)?;
    target::read(&legacy.require(pattern, WHAT)?, pattern).map(drop).map_err(|mut error| {
        error.code = Code::InvalidOption;
        error
    })
}

/// Reads one route.
pub(super) struct Reader<'a> {
    pub(super) pattern: &'a str,
    pub(super) notes: Vec<Note>,
}

impl Reader<'_> {
    pub(super) fn note(&mut self, code: NoteCode, severity: Severity, message: impl Into<String>) {
        self.notes.push(Note::new(code, severity, self.pattern, message));
    }

    fn target(&mut self, at: &Cursor<'_>) -> Result<Option<Value>> {
        if at.is_text() {
            return Ok(self.url(at)?.map(Value::String));
        }
        if !at.is_object() {
            return Err(at.expected(WHAT));
        }
        let mut fields = Map::new();
        match (at.get("url"), at.get("bucket")) {
            (Some(_), Some(_)) => {
                return Err(at.reject(Code::InvalidOption, "has both `url` and `bucket`; keep one of them"));
            }
            (Some(url), None) => {
                // A function's own options may have `url: true`.
                let url = if url.is_text() { self.url(&url)? } else { self.no_url(at, &url)? };
                fields.extend(url.map(|url| ("url".to_owned(), Value::String(url))));
            }
            (None, Some(bucket)) => {
                fields.extend(self.bucket(&bucket)?.map(|b| ("bucket".to_owned(), b.into())));
            }
            (None, None) if looks_like_a_bucket(at) => {
                fields.extend(self.bucket(at)?.map(|b| ("bucket".to_owned(), b.into())));
            }
            (None, None) => {
                self.no_url(at, at)?;
            }
        }
        let of_bucket = at.get("bucket").is_some() || fields.contains_key("bucket");
        self.rest(at, of_bucket, &mut fields)?;
        // Without an address, the other fields make no target.
        if !fields.contains_key("url") && !fields.contains_key("bucket") {
            return Ok(None);
        }
        Ok(Some(match fields.len() {
            1 if !of_bucket => fields.remove("url").unwrap_or_default(),
            _ => Value::Object(fields),
        }))
    }

    /// The origin that the legacy router made from a URL: `https:` and the URL's host.
    fn url(&mut self, at: &Cursor<'_>) -> Result<Option<String>> {
        let text = at.text(WHAT)?;
        if is_function_text(text) {
            return Ok(self.needs_url(&format!("{} names a function", shown(text))));
        }
        let open = text.contains(['@', '?', '#']);
        // The URL may hold a secret, which notes and errors must not show.
        let found = if open { "the URL".to_owned() } else { shown(text) };
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host()?))) else {
            let why = format!("{found} is not a URL, so SST could not deploy it; write \"https://host\"");
            return Err(at.reject(Code::InvalidOption, why));
        };
        if !matches!(host, url::Host::Domain(_)) || url.port().is_some() {
            let message = format!(
                "{found} has an IP address or a port, which CloudFront does not accept as an origin: give the origin a host name and port 443, and declare the route with that name. The route is left out"
            );
            self.note(NoteCode::Unservable, Severity::Error, message);
            return Ok(None);
        }
        if url.scheme() == "http" {
            let message = format!(
                "{found} is an http: URL, but the legacy router used https: for every URL. The new route has https:, and nothing changes"
            );
            self.note(NoteCode::HttpsOnly, Severity::Info, message);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || text.contains('@') {
            let message = format!(
                "the legacy router used only the host of {found}. Its path, query and credentials never reached the origin, and are left out, so nothing changes. To send requests to a path, add a `rewrite`"
            );
            self.note(NoteCode::UrlReduced, Severity::Info, message);
        }
        Ok(Some(format!("https://{host}")))
    }

    /// A target whose URL is not text. For a function, this adds a note. Otherwise it is an error.
    fn no_url(&mut self, route: &Cursor<'_>, at: &Cursor<'_>) -> Result<Option<String>> {
        let function = ["handler", "arn", COMPONENT]
            .iter()
            .any(|name| [route, at].iter().any(|at| at.is_object() && at.get(name).is_some()));
        if function {
            return Ok(self.needs_url("the target is a function"));
        }
        if route.get("url").is_some() {
            return Err(at.expected("a URL, \"https://host\""));
        }
        // A misspelt `url` is the likelier cause, and its message helps more.
        route.fields(&[&FIELDS[..], &OBJECT_FIELDS].concat())?;
        Err(at.reject(Code::InvalidOption, format!("has neither `url` nor `bucket`; expected {WHAT}")))
    }

    fn needs_url(&mut self, found: &str) -> Option<String> {
        let message = format!(
            "{found}, but a route needs a URL: give the function `url: true`, and pass the value of its `.url`. The route is left out"
        );
        self.note(NoteCode::NeedsUrl, Severity::Error, message);
        None
    }

    fn bucket(&mut self, at: &Cursor<'_>) -> Result<Option<String>> {
        if at.is_text() {
            return at.text(WHAT).map(|domain| Some(domain.to_owned()));
        }
        if !at.is_object() {
            return Err(at.expected("a bucket's regional domain name"));
        }
        let regional = text_at(at, &["nodes", "bucket", "bucketRegionalDomainName"])
            .or_else(|| text_at(at, &["bucketRegionalDomainName"]));
        if regional.is_some() {
            return Ok(regional);
        }
        if let Some(domain) = text_at(at, &["domain"]) {
            let message = format!(
                "{} is the bucket's `domain`, but the legacy router used `nodes.bucket.bucketRegionalDomainName`. Pass that one, since S3 redirects requests for a bucket outside us-east-1",
                shown(&domain)
            );
            self.note(NoteCode::GlobalDomain, Severity::Warning, message);
            return Ok(Some(domain));
        }
        if ["name", "arn", "nodes", COMPONENT].iter().all(|name| at.get(name).is_none()) {
            return Err(at.expected("a bucket, or its regional domain name"));
        }
        self.note(
            NoteCode::NeedsDomain,
            Severity::Error,
            "the target is a bucket, but a route needs its domain name: pass the value of `bucket.nodes.bucket.bucketRegionalDomainName`. The route is left out",
        );
        Ok(None)
    }
}

/// Whether the target is a bucket itself, instead of `{ bucket }`.
fn looks_like_a_bucket(at: &Cursor<'_>) -> bool {
    text_at(at, &[COMPONENT]).is_some_and(|kind| kind.ends_with(":Bucket"))
        || text_at(at, &["arn"]).is_some_and(|arn| arn.contains(":s3:::"))
        || ["domain", "bucketRegionalDomainName"].iter().any(|name| text_at(at, &[name]).is_some())
        || text_at(at, &["nodes", "bucket", "bucketRegionalDomainName"]).is_some()
}

fn text_at(at: &Cursor<'_>, path: &[&str]) -> Option<String> {
    match path {
        [] => at.as_text().map(str::to_owned),
        [name, rest @ ..] => text_at(&at.get(name)?, rest),
    }
}

/// Whether `text` is the ARN of a function, or a handler such as `src/api.handler`.
fn is_function_text(text: &str) -> bool {
    let handler = text.contains('/')
        && !text.contains(':')
        && text.rsplit('/').next().is_some_and(|file| {
            file.split_once('.').is_some_and(|(name, export)| {
                !name.is_empty() && export.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            })
        });
    (text.starts_with("arn:") && text.contains(":lambda:")) || handler
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
