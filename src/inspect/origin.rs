//! Where a matched request goes: the edge function's last step, from a route's metadata.

use serde::Serialize;
use serde_json::{Value, json};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// To an HTTP origin.
    Url {
        /// Its host.
        host: String,
        /// `https` unless the metadata says otherwise.
        protocol: String,
        /// Attempts, time-outs and signing as stored.
        #[serde(skip_serializing_if = "Value::is_null")]
        settings: Value,
        /// What of a site it is: its image optimizer or its servers.
        #[serde(skip_serializing_if = "Option::is_none")]
        part: Option<&'static str>,
        /// Of a site with several servers all of them: the edge takes the one nearest to the viewer.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        servers: Vec<String>,
    },
    /// To an S3 bucket.
    Bucket {
        /// Its regional domain.
        domain: String,
        /// Attempts and time-outs as stored.
        #[serde(skip_serializing_if = "Value::is_null")]
        settings: Value,
        /// What of a site it is: a file, a route of files, or the page for what is not found.
        #[serde(skip_serializing_if = "Option::is_none")]
        part: Option<&'static str>,
    },
}

/// The origin of a request for `uri` to a route of `kind`; `uri` becomes what the origin gets. `value` says what a
/// key says. `None` where the metadata names none.
pub(super) fn origin(
    kind: &str,
    id: &str,
    metadata: &Value,
    uri: &mut String,
    value: impl Fn(&str) -> Option<String>,
) -> Option<Origin> {
    match kind {
        "url" => Some(url(metadata.get("host")?.as_str()?, &metadata["origin"], None)),
        "bucket" => Some(Origin::Bucket {
            domain: metadata.get("domain")?.as_str()?.to_owned(),
            settings: settings(&metadata["origin"]),
            part: None,
        }),
        "site" => site(id, metadata, uri, value),
        _ => None,
    }
}

fn url(host: &str, origin: &Value, part: Option<&'static str>) -> Origin {
    let protocol = origin.get("protocol").and_then(Value::as_str).unwrap_or("https").to_owned();
    Origin::Url { host: host.to_owned(), protocol, settings: settings(origin), part, servers: Vec::new() }
}

/// What an origin says besides its protocol.
fn settings(origin: &Value) -> Value {
    let mut said = origin.as_object().cloned().unwrap_or_default();
    said.shift_remove("protocol");
    if said.is_empty() { Value::Null } else { json!(said) }
}

fn site(
    id: &str,
    metadata: &Value,
    uri: &mut String,
    value: impl Fn(&str) -> Option<String>,
) -> Option<Origin> {
    let text = |name: &str| metadata.get(name).and_then(Value::as_str);
    let s3 = metadata.get("s3");
    let of_s3 = |name: &str| s3.and_then(|s3| s3.get(name)).and_then(Value::as_str);
    let bucket = |part| {
        let domain = of_s3("domain")?.to_owned();
        Some(Origin::Bucket { domain, settings: Value::Null, part: Some(part) })
    };
    let dir = of_s3("dir").unwrap_or_default();
    // The base is taken away once, wherever it stands.
    let baseless = text("base").map_or_else(|| uri.clone(), |base| uri.replacen(base, "", 1));
    if let Some(postfix) = file(id, &baseless, &value) {
        *uri = format!("{dir}{uri}{postfix}");
        return bucket("file");
    }
    let routes = s3.and_then(|s3| s3.get("routes")).and_then(Value::as_array);
    if routes.into_iter().flatten().filter_map(Value::as_str).any(|route| baseless.starts_with(route)) {
        *uri = format!("{dir}{uri}");
        if uri.ends_with('/') {
            uri.push_str("index.html");
        } else if !uri.rsplit('/').next().unwrap_or_default().contains('.') {
            uri.push_str("/index.html");
        }
        return bucket("route");
    }
    if let Some(page) = text("custom404") {
        *uri = format!("{dir}{}{page}", text("base").unwrap_or_default());
        return bucket("custom404");
    }
    if let Some(image) = metadata.get("image")
        && let (Some(host), Some(route)) = (image["host"].as_str(), image["route"].as_str())
        && baseless.starts_with(route)
    {
        let access = &image["originAccessControlConfig"];
        let origin =
            if access.is_null() { json!({}) } else { json!({ "originAccessControlConfig": access }) };
        return Some(url(host, &origin, Some("image")));
    }
    let servers = metadata.get("servers").and_then(Value::as_array)?;
    let hosts: Vec<String> =
        servers.iter().filter_map(|server| Some(server[0].as_str()?.to_owned())).collect();
    let mut origin = url(hosts.first()?, &metadata["origin"], Some("server"));
    if let Origin::Url { servers, .. } = &mut origin
        && hosts.len() > 1
    {
        *servers = hosts;
    }
    Some(origin)
}

/// What must be appended to a path so that it is one of the site's files.
fn file(id: &str, path: &str, value: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    let postfixes: &[&str] =
        if decoded.ends_with('/') { &["index.html"] } else { &["", ".html", "/index.html"] };
    // All are asked at the same time, and the first that is there counts.
    let found: Vec<_> =
        postfixes.iter().filter(|postfix| value(&format!("{id}:{decoded}{postfix}")).is_some()).collect();
    found.first().map(|postfix| **postfix)
}
