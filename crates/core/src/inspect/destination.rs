//! The edge function's last step: it chooses the origin of a matched request by the route's metadata.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use crate::kvs::limits::KEY_BYTES;
use crate::route::Rewrite;
use crate::route::script::{text, truthy};

/// The origin of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// An HTTP origin.
    Url {
        host: String,
        /// The protocol of the metadata, `https` by default.
        protocol: String,
        /// Attempts, timeouts and signing as stored.
        #[serde(skip_serializing_if = "Value::is_null")]
        settings: Value,
        /// The part of a site: `image` or `server`.
        #[serde(skip_serializing_if = "Option::is_none")]
        part: Option<&'static str>,
        /// All servers of a site with several servers. The edge function chooses the one nearest to the viewer.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        servers: Vec<String>,
    },
    /// An S3 bucket.
    Bucket {
        /// The bucket's regional domain.
        domain: String,
        /// Attempts and timeouts as stored.
        #[serde(skip_serializing_if = "Value::is_null")]
        settings: Value,
        /// The part of a site: `file`, `route`, `custom404` or `bucket`.
        #[serde(skip_serializing_if = "Option::is_none")]
        part: Option<&'static str>,
    },
}

/// The origin of a request for `uri` to a route of `kind`, or `None` if the metadata names none. `uri` becomes the URI that
/// the origin gets. `value` returns the value of a key.
///
/// # Errors
/// Why the edge function throws on the metadata.
pub(super) fn origin(
    kind: &str,
    id: &str,
    metadata: &Value,
    uri: &mut String,
    value: impl Fn(&str) -> Option<String>,
) -> Result<Option<Origin>, String> {
    if metadata.is_null() {
        return Err("the metadata is null".to_owned());
    }
    if let Some(rewrite) = rewrite(metadata)? {
        *uri = rewrite.apply(uri);
    }
    let named = |name: &str| metadata.get(name).and_then(Value::as_str);
    Ok(match kind {
        "url" => named("host").map(|host| url(host, &metadata["origin"], None)),
        "bucket" => named("domain").map(|domain| Origin::Bucket {
            domain: domain.to_owned(),
            settings: settings(&metadata["origin"]),
            part: None,
        }),
        "site" => return Site { id, metadata }.origin(uri, value),
        _ => None,
    })
}

/// The rewrite in a route's metadata.
///
/// # Errors
/// Why the edge function throws on it.
pub(super) fn rewrite(metadata: &Value) -> Result<Option<Rewrite>, String> {
    let Some(rewrite) = truthy(metadata.get("rewrite")) else { return Ok(None) };
    // Without a `regex`, JavaScript's `new RegExp(undefined)` makes an empty expression.
    let regex = rewrite.get("regex").map_or_else(String::new, |regex| text(Some(regex)));
    Rewrite::parse(&regex, &text(rewrite.get("to")), "rewrite").map(Some).map_err(|error| error.message)
}

fn url(host: &str, origin: &Value, part: Option<&'static str>) -> Origin {
    let protocol = origin.get("protocol").and_then(Value::as_str).unwrap_or("https").to_owned();
    Origin::Url { host: host.to_owned(), protocol, settings: settings(origin), part, servers: Vec::new() }
}

/// The fields of an origin, except its protocol.
fn settings(origin: &Value) -> Value {
    let mut said = origin.as_object().cloned().unwrap_or_default();
    said.shift_remove("protocol");
    if said.is_empty() { Value::Null } else { json!(said) }
}

struct Site<'a> {
    id: &'a str,
    metadata: &'a Value,
}

impl Site<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        truthy(self.metadata.get(name))
    }

    /// Tries the site's parts in the order of the edge function.
    fn origin(
        &self,
        uri: &mut String,
        value: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Origin>, String> {
        let s3 = self.get("s3");
        let bucket = |part| {
            let domain = s3.and_then(|s3| s3.get("domain")).and_then(Value::as_str);
            Ok(domain.map(|domain| Origin::Bucket {
                domain: domain.to_owned(),
                settings: Value::Null,
                part: Some(part),
            }))
        };
        let dir = || text(s3.and_then(|s3| s3.get("dir")));
        // The edge function removes the first occurrence of the base, anywhere in the path.
        let base = self.get("base").map(|base| text(Some(base)));
        let baseless = base.as_deref().map_or_else(|| uri.clone(), |base| uri.replacen(base, "", 1));
        // Without a bucket, the edge function throws on a file, catches that and continues.
        if let Some(postfix) = file(self.id, &baseless, &value).filter(|_| s3.is_some()) {
            *uri = format!("{}{uri}{postfix}", dir());
            return bucket("file");
        }
        let routes = s3.and_then(|s3| s3.get("routes")).and_then(Value::as_array);
        if routes.into_iter().flatten().any(|route| baseless.starts_with(&text(Some(route)))) {
            *uri = dir() + uri;
            if uri.ends_with('/') {
                uri.push_str("index.html");
            } else if !uri.rsplit('/').next().unwrap_or_default().contains('.') {
                uri.push_str("/index.html");
            }
            return bucket("route");
        }
        // With an error code, the distribution itself serves the page.
        if let (Some(page), None) = (self.get("custom404"), self.get("errorResponseCode")) {
            if s3.is_none() {
                return Err("the metadata has `custom404`, but no `s3`".to_owned());
            }
            *uri = format!("{}{}{}", dir(), base.unwrap_or_default(), text(Some(page)));
            return bucket("custom404");
        }
        let servers = self.get("servers");
        if s3.is_some() && servers.is_none() {
            *uri = dir() + uri;
            return bucket("bucket");
        }
        if let Some(image) = self.get("image")
            && baseless.starts_with(&text(image.get("route")))
        {
            let access = &image["originAccessControlConfig"];
            let origin =
                if access.is_null() { json!({}) } else { json!({ "originAccessControlConfig": access }) };
            return Ok(image["host"].as_str().map(|host| url(host, &origin, Some("image"))));
        }
        let Some(servers) = servers else { return Ok(None) };
        let hosts: Vec<String> = servers
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|server| Some(server[0].as_str()?.to_owned()))
            .collect();
        let Some(first) = hosts.first() else {
            return Err("the metadata has an empty list of servers".to_owned());
        };
        let mut origin = url(first, &self.metadata["origin"], Some("server"));
        if let Origin::Url { servers, .. } = &mut origin
            && hosts.len() > 1
        {
            *servers = hosts;
        }
        Ok(Some(origin))
    }
}

/// The suffix that makes `path` the name of one of the site's files.
fn file(id: &str, path: &str, value: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let path = decode(path)?;
    let postfixes: &[&str] =
        if path.ends_with('/') { &["index.html"] } else { &["", ".html", "/index.html"] };
    // The edge function reads all keys concurrently, and uses the first one that exists.
    let found: Vec<_> = postfixes
        .iter()
        .map(|postfix| (postfix, format!("{id}:{path}{postfix}")))
        // A longer key cannot exist, and a read of it is an error.
        .filter(|(_, key)| key.len() <= KEY_BYTES && value(key).is_some())
        .collect();
    found.first().map(|(postfix, _)| **postfix)
}

/// JavaScript's `decodeURIComponent`; `None` where it throws, which the edge function catches.
fn decode(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        bytes.get(at + 1..at + 3).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit))?;
    }
    percent_encoding::percent_decode(bytes).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of a site, the host or domain, and the path for a request for `uri`.
    fn site(
        metadata: &Value,
        uri: &str,
        files: &[&str],
    ) -> Result<Option<(&'static str, String, String)>, String> {
        let mut uri = uri.to_owned();
        let value = |key: &str| files.contains(&key).then(|| "s3".to_owned());
        let found = origin("site", "5173", metadata, &mut uri, value)?;
        Ok(found.map(|origin| match origin {
            Origin::Url { host, part, .. } => (part.unwrap_or_default(), host, uri),
            Origin::Bucket { domain, part, .. } => (part.unwrap_or_default(), domain, uri),
        }))
    }

    #[expect(clippy::unnecessary_wraps, reason = "what `site` returns")]
    fn goes(
        part: &'static str,
        to: &str,
        uri: &str,
    ) -> Result<Option<(&'static str, String, String)>, String> {
        Ok(Some((part, to.to_owned(), uri.to_owned())))
    }

    #[test]
    fn a_site_is_gone_through_from_its_files_to_its_servers() {
        let metadata = json!({
            "base": "/docs",
            "s3": { "domain": "b", "dir": "/v1", "routes": ["/assets"] },
            "image": { "host": "image.example", "route": "/_image" },
            "servers": [["eu.example", 50.1, 8.6], ["us.example", 39.0, -77.4]],
        });
        for ending in ["", ".html", "/index.html"] {
            let key = format!("5173:/guide{ending}");
            let uri = format!("/v1/docs/guide{ending}");
            assert_eq!(site(&metadata, "/docs/guide", &[&key]), goes("file", "b", &uri));
        }
        assert_eq!(
            site(&metadata, "/docs/k%C3%A4se/", &["5173:/käse/index.html"]),
            goes("file", "b", "/v1/docs/k%C3%A4se/index.html")
        );
        for (uri, asked) in [
            ("/docs/assets/a.css", "/v1/docs/assets/a.css"),
            ("/docs/assets/", "/v1/docs/assets/index.html"),
            ("/docs/assets", "/v1/docs/assets/index.html"),
        ] {
            assert_eq!(site(&metadata, uri, &[]), goes("route", "b", asked));
        }
        assert_eq!(site(&metadata, "/docs/_image/x", &[]), goes("image", "image.example", "/docs/_image/x"));
        assert_eq!(site(&metadata, "/docs/api", &[]), goes("server", "eu.example", "/docs/api"));
        // A path that cannot be decoded names no file.
        assert_eq!(site(&metadata, "/docs/%zz", &["5173:/%zz"]), goes("server", "eu.example", "/docs/%zz"));
    }

    #[test]
    fn a_site_without_servers_falls_back_to_its_page_or_its_bucket() {
        let s3 = json!({ "domain": "b", "dir": "" });
        let page = json!({ "base": "/docs", "custom404": "/404.html", "s3": s3 });
        assert_eq!(site(&page, "/docs/x", &[]), goes("custom404", "b", "/docs/404.html"));
        let answered = json!({ "custom404": "/404.html", "errorResponseCode": 404, "s3": s3 });
        assert_eq!(site(&answered, "/x", &[]), goes("bucket", "b", "/x"));
        assert_eq!(site(&json!({ "s3": s3 }), "/x", &[]), goes("bucket", "b", "/x"));
        assert_eq!(site(&json!({}), "/x", &["5173:/x"]), Ok(None));
    }

    #[test]
    fn metadata_that_the_function_throws_on_says_why() {
        for metadata in [
            json!(null),
            json!({ "servers": [] }),
            json!({ "custom404": "/404.html" }),
            json!({ "rewrite": { "regex": "(", "to": "" } }),
        ] {
            assert!(site(&metadata, "/x", &[]).is_err(), "{metadata}");
        }
        let mut uri = "/a".to_owned();
        let half = json!({ "host": "h", "rewrite": {} });
        assert!(origin("url", "1", &half, &mut uri, |_| None).is_ok_and(|origin| origin.is_some()));
        assert_eq!(uri, "undefined/a", "the empty expression matches at the start");
    }
}
