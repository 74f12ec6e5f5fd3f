//! Reads one target.

use super::cursor::Cursor;
use super::defaults::ROUTE_ID_BYTES;
use super::origin::read_access_control;
use super::site;
use crate::error::{Code, Result};
use crate::route::duration::{CONNECTION, READ};
use crate::route::lint_rule::Rule;
use crate::route::target::ATTEMPTS;
use crate::route::{
    BucketDomain, BucketTarget, EntryPattern, OriginUrl, Rewrite, Target, TargetKind, UrlTarget, Warning,
    shown,
};
use crate::table::id::target_of;

const WHAT: &str = "a target: \"https://host\", { url: … }, { bucket: … }, { site: … } or { namespace: … }";
/// The fields of which one defines a target's kind.
const KINDS: [&str; 4] = ["url", "bucket", "site", "namespace"];
const URL_FIELDS: [&str; 8] = [
    "url",
    "rewrite",
    "connectionAttempts",
    "connectionTimeout",
    "readTimeout",
    "keepAliveTimeout",
    "originAccessControl",
    "protocol",
];
const BUCKET_FIELDS: [&str; 4] = ["bucket", "rewrite", "connectionAttempts", "connectionTimeout"];

/// Reads the target of the route of `pattern`, and returns it with its warnings. The forms are:
///
/// - `"https://host"`, short for `{ url: "https://host" }`;
/// - `{ url, rewrite?, connectionAttempts?, connectionTimeout?, readTimeout?, keepAliveTimeout?,
///   originAccessControl?, protocol? }`, where `protocol` must equal the scheme of the URL;
/// - `{ bucket, rewrite?, connectionAttempts?, connectionTimeout? }`;
/// - `{ site, files? }`, see `site`;
/// - `{ namespace, type }`.
///
/// # Errors
/// [`Code::InvalidOption`] for a field that is missing, unknown, of the wrong type or out of range,
/// [`Code::InvalidTarget`] for a target that cannot be served.
pub fn read(at: &Cursor<'_>, pattern: &str) -> Result<(Target, Vec<Warning>)> {
    if at.is_text() {
        let url = OriginUrl::parse(at.text(WHAT)?, at.place())?;
        let warnings = url.warnings(pattern);
        return Ok((Target::url(&UrlTarget::new(url), at.place())?, warnings));
    }
    let mut found = KINDS.iter().filter_map(|kind| at.get(kind).map(|value| (*kind, value)));
    match (found.next(), found.next()) {
        (Some((one, _)), Some((other, _))) => Err(at.reject(
            Code::InvalidOption,
            format!("has both `{one}` and `{other}`; a route leads to one of them"),
        )),
        (Some(("url", url)), None) => read_url(at, &url, pattern),
        (Some(("bucket", bucket)), None) => read_bucket(at, &bucket, pattern),
        (Some(("site", site)), None) => site::read(at, &site, pattern),
        (Some((_, namespace)), None) => Ok((read_namespace(at, &namespace)?, Vec::new())),
        (None, _) if at.is_object() => {
            // A misspelt `url` is the likelier cause, and its message helps more.
            at.fields(&[&KINDS[..], &URL_FIELDS[1..]].concat())?;
            Err(at.reject(
                Code::InvalidOption,
                format!("has neither `url` nor `bucket`, `site` or `namespace`; expected {WHAT}"),
            ))
        }
        (None, _) => Err(at.expected(WHAT)),
    }
}

/// Reads a reference to a namespace whose keys another construct writes.
fn read_namespace(at: &Cursor<'_>, namespace: &Cursor<'_>) -> Result<Target> {
    const NAME: &str = "a namespace's name: letters, digits, `-`, `_` and dots";
    at.fields(&["namespace", "type"])?;
    let name = namespace.line(NAME, ROUTE_ID_BYTES)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if !name.bytes().all(plain) {
        return Err(namespace.expected(NAME));
    }
    if target_of(name).is_some() {
        return Err(namespace.reject(
            Code::InvalidTarget,
            format!("{} is a route's own id, whose metadata lives and dies with its route; declare the target itself", shown(name)),
        ));
    }
    let kinds = [("site", TargetKind::Site), ("url", TargetKind::Url), ("bucket", TargetKind::Bucket)];
    let kind = at
        .require("type", "how the edge reads the namespace: \"site\", \"url\" or \"bucket\"")?
        .choice(&kinds)?;
    Ok(Target::namespace(kind, name.to_owned()))
}

fn read_url(at: &Cursor<'_>, url: &Cursor<'_>, pattern: &str) -> Result<(Target, Vec<Warning>)> {
    at.fields(&URL_FIELDS)?;
    let origin = OriginUrl::parse(url.text("a URL, \"https://host\"")?, url.place())?;
    if let Some(place) = at.get("protocol") {
        let https = place.choice(&[("https", true), ("http", false)])?;
        if https != origin.is_https() {
            return Err(place.reject(
                Code::InvalidTarget,
                "is not the scheme of `url`; leave `protocol` out, the URL says it",
            ));
        }
    }
    let mut warnings = origin.warnings(pattern);
    let target = UrlTarget {
        url: origin,
        rewrite: read_rewrite(at, pattern, &mut warnings)?,
        connection_attempts: at.get("connectionAttempts").map(|at| at.whole(ATTEMPTS)).transpose()?,
        connection_timeout: at.get("connectionTimeout").map(|at| at.duration(&CONNECTION)).transpose()?,
        read_timeout: at.get("readTimeout").map(|at| at.duration(&READ)).transpose()?,
        keep_alive_timeout: at.get("keepAliveTimeout").map(|at| at.duration(&READ)).transpose()?,
        origin_access_control: at
            .get("originAccessControl")
            .map(|at| read_access_control(&at))
            .transpose()?,
    };
    Ok((Target::url(&target, at.place())?, warnings))
}

fn read_bucket(at: &Cursor<'_>, bucket: &Cursor<'_>, pattern: &str) -> Result<(Target, Vec<Warning>)> {
    at.fields(&BUCKET_FIELDS)?;
    let domain = bucket.text("the bucket's domain name, \"<bucket>.s3.<region>.amazonaws.com\"")?;
    let domain = BucketDomain::parse(domain, bucket.place())?;
    let mut warnings = domain.warnings(pattern);
    let target = BucketTarget {
        domain,
        rewrite: read_rewrite(at, pattern, &mut warnings)?,
        connection_attempts: at.get("connectionAttempts").map(|at| at.whole(ATTEMPTS)).transpose()?,
        connection_timeout: at.get("connectionTimeout").map(|at| at.duration(&CONNECTION)).transpose()?,
    };
    Ok((Target::bucket(&target, at.place())?, warnings))
}

fn read_rewrite(at: &Cursor<'_>, pattern: &str, warnings: &mut Vec<Warning>) -> Result<Option<Rewrite>> {
    let Some(at) = at.get("rewrite") else { return Ok(None) };
    at.fields(&["regex", "to"])?;
    let regex = at.require("regex", "a regular expression")?.text("a regular expression, as a string")?;
    let to = at.require("to", "a replacement")?.text("a replacement such as \"/$1\"")?;
    let rewrite = Rewrite::parse(regex, to, at.place())?;
    if rewrite.needs_encoding() {
        let message = format!(
            "the rewrite to {} puts characters into the path that a URI never carries raw; percent-encode them",
            shown(to)
        );
        warnings.push(Warning::about(Rule::RewriteNotEncoded, pattern, message));
    }
    // An invalid pattern is rejected later.
    let entry = EntryPattern::parse(pattern, at.place()).ok();
    if let Some((uri, rewritten, why)) = entry.and_then(|(entry, _)| rewrite.breaks(entry.path())) {
        let message = format!(
            "the rewrite makes {} of {}, which {why}: CloudFront answers such a request with an error (sst#5619); write a `rewrite.to` that begins with a slash, a `rewrite.regex` that matches the slash in the path, and no query",
            shown(&rewritten),
            shown(&uri)
        );
        warnings.push(Warning::about(Rule::RewriteBreaksPath, pattern, message));
    }
    Ok(Some(rewrite))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn target(value: &Value) -> Result<(Target, Vec<Warning>)> {
        let options = json!({ "routes": { "/api": value } });
        read(&Cursor::root(&options).get("routes").unwrap().get("/api").unwrap(), "/api")
    }

    fn metadata(value: &Value) -> String {
        target(value).unwrap().0.metadata().to_owned()
    }

    #[test]
    fn every_field_of_the_format_can_be_said() {
        assert_eq!(metadata(&json!("https://h")), r#"{"host":"h","origin":{}}"#);
        assert_eq!(
            metadata(&json!({"url": "https://h", "protocol": "https"})),
            r#"{"host":"h","origin":{}}"#
        );
        assert_eq!(
            metadata(&json!({
                "url": "http://h", "protocol": "http",
                "originAccessControl": {}, "keepAliveTimeout": 10.0, "readTimeout": "1 minute",
                "connectionTimeout": "3 seconds", "connectionAttempts": 2,
                "rewrite": {"to": "/$1", "regex": "^/api/(.*)$"},
            })),
            r#"{"host":"h","rewrite":{"regex":"^/api/(.*)$","to":"/$1"},"origin":{"protocol":"http","connectionAttempts":2,"timeouts":{"connectionTimeout":3,"readTimeout":60,"keepAliveTimeout":10},"originAccessControlConfig":{"enabled":true,"signingBehavior":"always","signingProtocol":"sigv4","originType":"lambda"}}}"#
        );
        assert_eq!(
            metadata(&json!({"url": "https://h", "originAccessControl": {"enabled": false}})),
            r#"{"host":"h","origin":{"originAccessControlConfig":{"enabled":false}}}"#
        );
        assert_eq!(
            metadata(
                &json!({"bucket": "b.s3.us-east-1.amazonaws.com", "connectionAttempts": 1, "connectionTimeout": 3})
            ),
            r#"{"domain":"b.s3.us-east-1.amazonaws.com","origin":{"connectionAttempts":1,"timeouts":{"connectionTimeout":3}}}"#
        );
    }

    #[test]
    fn warnings_name_the_route() {
        let (_, warnings) =
            target(&json!({"url": "http://h.example", "rewrite": {"regex": "^", "to": "/ä"}})).unwrap();
        let found: Vec<_> = warnings.iter().map(|w| (w.code, w.pattern.as_deref())).collect();
        assert_eq!(
            found,
            [(Rule::HttpOrigin.into(), Some("/api")), (Rule::RewriteNotEncoded.into(), Some("/api"))]
        );
    }

    #[test]
    fn what_is_wrong_is_refused_with_code_path_and_reason() {
        use Code::{InvalidOption, InvalidTarget};
        let url = |field: &str, value: Value| json!({"url": "https://h", field: value});
        for (value, code, path, words) in [
            (json!(null), InvalidOption, "", "arrive as null"),
            (json!(7), InvalidOption, "", "expected a target"),
            (json!([]), InvalidOption, "", "an array"),
            (json!({}), InvalidOption, "", "neither `url` nor `bucket`"),
            (json!({"ulr": "https://h"}), InvalidOption, ".ulr", "did you mean `url`?"),
            (json!({"url": "https://h", "bucket": "b.c"}), InvalidOption, "", "both"),
            (json!("ftp://h"), InvalidTarget, "", "not an http"),
            (json!({"url": "https://h/p"}), InvalidTarget, ".url", "path"),
            (json!({"url": null}), InvalidOption, ".url", "arrive as null"),
            (json!({"bucket": "b"}), InvalidTarget, ".bucket", "regional domain"),
            (json!({"bucket": "b.c", "readTimeout": 1}), InvalidOption, ".readTimeout", "unknown option"),
            (url("readTimeot", json!(1)), InvalidOption, ".readTimeot", "readTimeout"),
            (url("readTimeout", json!(0)), InvalidOption, ".readTimeout", "1 to 60"),
            (url("readTimeout", json!(61)), InvalidOption, ".readTimeout", "1 to 60"),
            (url("readTimeout", json!(-1)), InvalidOption, ".readTimeout", "found -1"),
            (url("readTimeout", json!(1.5)), InvalidOption, ".readTimeout", "whole seconds"),
            (url("readTimeout", json!(1e300)), InvalidOption, ".readTimeout", "1 to 60"),
            (url("readTimeout", json!("2 minutes")), InvalidOption, ".readTimeout", "1 to 60"),
            (url("keepAliveTimeout", json!("soon")), InvalidOption, ".keepAliveTimeout", "\"soon\""),
            (url("connectionTimeout", json!(11)), InvalidOption, ".connectionTimeout", "1 to 10"),
            (url("connectionAttempts", json!(0)), InvalidOption, ".connectionAttempts", "1 to 3"),
            (url("connectionAttempts", json!(4)), InvalidOption, ".connectionAttempts", "1 to 3"),
            (url("protocol", json!("http")), InvalidTarget, ".protocol", "scheme"),
            (url("protocol", json!("ftp")), InvalidOption, ".protocol", "\"https\" or \"http\""),
            (url("rewrite", json!({"regex": "a"})), InvalidOption, ".rewrite.to", "missing"),
            (url("rewrite", json!({"regex": "(", "to": ""})), InvalidTarget, ".rewrite.regex", "JavaScript"),
            (
                url("rewrite", json!({"regex": "a", "to": "x".repeat(1_000)})),
                InvalidTarget,
                "",
                "rewrite.to (1000 bytes)",
            ),
            (
                url("originAccessControl", json!({"signingBehavior": "sometimes"})),
                InvalidOption,
                ".originAccessControl.signingBehavior",
                "no-override",
            ),
        ] {
            let error = target(&value).unwrap_err();
            assert_eq!(error.code, code, "{value}: {error}");
            assert_eq!(error.details.path, Some(format!(r#"routes["/api"]{path}"#)), "{error}");
            assert!(error.message.contains(words), "{value}: {error}");
        }
    }
}
