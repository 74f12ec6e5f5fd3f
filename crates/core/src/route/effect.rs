//! Compares targets by their effect at the edge. Records with different bytes may have the same effect, since the edge
//! function ignores unknown fields and empty values.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::script::{text, truthy};
use super::target::TargetKind;

/// A field in which two targets differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// The path in the metadata, such as `origin.timeouts.readTimeout`, or `type`.
    pub path: String,
    /// Its value in the first target; `None` if that has no such field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value in the second target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

impl Field {
    /// `host is "a.example", declared is "b.example"`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let told = |value: Option<&Value>| match value {
            None => "absent".to_owned(),
            Some(Value::String(text)) => super::shown(text),
            Some(other) => other.to_string().chars().take(super::SHOWN_CHARS).collect(),
        };
        let path = if self.path.is_empty() { "the metadata" } else { &self.path };
        format!("{path} is {}, declared is {}", told(self.before.as_ref()), told(self.after.as_ref()))
    }
}

/// The fields in which two records of `kind` differ in effect. The list is empty if both have the same effect. A text that
/// is not JSON differs from every record in all fields.
#[must_use]
pub fn differences(kind: &str, live: &str, declared: &str) -> Vec<Field> {
    if live == declared {
        return Vec::new();
    }
    let effect = |text| serde_json::from_str(text).map_or(Value::Null, |metadata| effect(kind, &metadata));
    fields(&effect(live), &effect(declared))
}

/// Describes the first three fields in a sentence.
#[must_use]
pub fn sentence(fields: &[Field]) -> String {
    let mut told: Vec<String> = fields.iter().take(3).map(Field::sentence).collect();
    if fields.len() > told.len() {
        told.push(format!("{} more fields differ", fields.len() - told.len()));
    }
    told.join("; ")
}

/// The fields in which `before` and `after` differ, sorted by name. An object that only one of them has is compared field
/// by field.
#[must_use]
pub fn fields(before: &Value, after: &Value) -> Vec<Field> {
    let mut found = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut found);
    found
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Field>) {
    if before == after {
        return;
    }
    let empty = Map::new();
    let members = |side: Option<&'_ Value>| match side {
        Some(Value::Object(members)) => Some(members.clone()),
        None => Some(empty.clone()),
        Some(_) => None,
    };
    match (members(before), members(after)) {
        (Some(left), Some(right)) if before.is_some() || after.is_some() => {
            let mut names: Vec<&String> = left.keys().chain(right.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let count = found.len();
            for name in &names {
                let path = if path.is_empty() { (*name).clone() } else { format!("{path}.{name}") };
                compare(path, left.get(*name), right.get(*name), found);
            }
            // An empty object and a missing one differ in no field, so the object itself is reported.
            if found.len() == count && !path.is_empty() {
                found.push(Field { path, before: before.cloned(), after: after.cloned() });
            }
        }
        _ => found.push(Field { path, before: before.cloned(), after: after.cloned() }),
    }
}

/// The part of an entry's metadata that the edge function uses, for an entry of `kind`. Equal results mean the same effect:
/// numbers are normalized, and hosts are in lower case.
#[must_use]
pub fn effect(kind: &str, metadata: &Value) -> Value {
    let Value::Object(record) = metadata else { return metadata.clone() };
    let mut read = Read::default();
    read.keep("rewrite", truthy(record.get("rewrite")).map(rewrite));
    if kind == TargetKind::Url.as_str() {
        read.keep("host", record.get("host").map(host));
        read.keep("origin", origin(record.get("origin"), &Reads::Url));
    } else if kind == TargetKind::Bucket.as_str() {
        read.keep("domain", record.get("domain").map(host));
        read.keep("origin", origin(record.get("origin"), &Reads::Bucket));
    } else if kind == TargetKind::SITE {
        site(record, &mut read);
    } else {
        return metadata.clone();
    }
    Value::Object(read.0)
}

/// Which fields of an origin the edge function uses.
enum Reads {
    /// Attempts, timeouts, the protocol and the signing.
    Url,
    /// Attempts and timeouts. Requests to a bucket are always signed.
    Bucket,
}

#[derive(Default)]
struct Read(Map<String, Value>);

impl Read {
    fn keep(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// The kept fields, or `None` if there are none.
    fn some(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }
}

fn host(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |host| json!(host.to_ascii_lowercase()))
}

/// Without a `regex`, JavaScript's `new RegExp(undefined)` makes an empty expression.
fn rewrite(value: &Value) -> Value {
    let regex = value.get("regex").map_or_else(String::new, |regex| text(Some(regex)));
    json!({ "regex": regex, "to": text(value.get("to")) })
}

fn origin(value: Option<&Value>, reads: &Reads) -> Option<Value> {
    let origin = value?;
    let mut read = Read::default();
    read.keep("connectionAttempts", truthy(origin.get("connectionAttempts")).map(canonical));
    let timeouts = truthy(origin.get("timeouts")).map(canonical);
    read.keep("timeouts", timeouts.filter(|value| value.as_object().is_none_or(|value| !value.is_empty())));
    if matches!(reads, Reads::Url) {
        // Any value other than "http" means https.
        read.keep("protocol", origin.get("protocol").filter(|value| *value == "http").cloned());
        read.keep("originAccessControlConfig", signing(origin.get("originAccessControlConfig")));
    }
    read.some()
}

/// Requests are unsigned unless the metadata says otherwise.
fn signing(value: Option<&Value>) -> Option<Value> {
    let signing = truthy(value)?;
    (signing.get("enabled") != Some(&Value::Bool(false))).then(|| canonical(signing))
}

fn site(record: &Map<String, Value>, read: &mut Read) {
    read.keep("base", truthy(record.get("base")).map(|base| json!(text(Some(base)))));
    if let Some(page) = truthy(record.get("custom404")) {
        read.keep("custom404", Some(json!(text(Some(page)))));
        // The edge function only tests whether the code exists.
        read.keep("errorResponseCode", truthy(record.get("errorResponseCode")).map(|_| json!(true)));
    }
    if let Some(s3) = truthy(record.get("s3")) {
        let mut files = Read::default();
        files.keep("domain", s3.get("domain").map(host));
        files.keep("dir", Some(json!(text(s3.get("dir")))));
        let routes = s3.get("routes").filter(|routes| routes.as_array().is_none_or(|list| !list.is_empty()));
        files.keep("routes", truthy(routes).cloned());
        read.keep("s3", Some(Value::Object(files.0)));
    }
    if let Some(image) = truthy(record.get("image")) {
        let mut optimizer = Read::default();
        optimizer.keep("host", image.get("host").map(host));
        optimizer.keep("route", Some(json!(text(image.get("route")))));
        optimizer.keep("originAccessControlConfig", signing(image.get("originAccessControlConfig")));
        read.keep("image", Some(Value::Object(optimizer.0)));
    }
    if let Some(servers) = truthy(record.get("servers")) {
        let list = servers.as_array().map(Vec::as_slice).unwrap_or_default();
        let server = |server: &Value| match server.as_array().map(Vec::as_slice) {
            // With one server, its place does not matter.
            Some([name, ..]) if list.len() == 1 => host(name),
            Some([name, place @ ..]) => {
                let place = place.iter().map(canonical);
                Value::Array(std::iter::once(host(name)).chain(place).collect())
            }
            _ => server.clone(),
        };
        read.keep("servers", Some(Value::Array(list.iter().map(server).collect())));
        read.keep("origin", origin(record.get("origin"), &Reads::Url));
    }
}

/// A value with normalized numbers: `20.0` becomes `20`.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 15 digits")]
            Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => json!(number as i64),
            _ => value.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), canonical(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing(kind: &str, live: &Value, declared: &Value) -> Vec<String> {
        let found = differences(kind, &live.to_string(), &declared.to_string());
        found.into_iter().map(|field| field.path).collect()
    }

    #[test]
    fn what_the_function_passes_over_is_no_difference() {
        let url = json!({ "host": "h.example", "origin": {} });
        for same in [
            json!({ "host": "h.example" }),
            json!({ "origin": { "timeouts": {} }, "host": "h.example" }),
            json!({ "host": "H.Example", "origin": { "protocol": "https" } }),
            json!({ "host": "h.example", "rewrite": null, "origin": null }),
            json!({ "host": "h.example", "origin": { "connectionAttempts": 0, "timeouts": null } }),
            json!({ "host": "h.example", "origin": { "originAccessControlConfig": { "enabled": false } } }),
            json!({ "host": "h.example", "note": "by hand", "origin": { "unknown": 1 } }),
        ] {
            assert_eq!(differing("url", &same, &url), [""; 0], "{same}");
            assert_eq!(differing("url", &url, &same), [""; 0], "{same}");
        }
        let bucket = json!({ "domain": "b.s3", "origin": { "timeouts": {} } });
        for same in [
            json!({ "domain": "b.s3" }),
            json!({ "domain": "b.s3", "origin": {} }),
            json!({ "domain": "b.s3", "origin": { "protocol": "http", "originAccessControlConfig": {} } }),
        ] {
            assert_eq!(differing("bucket", &same, &bucket), [""; 0], "{same}");
        }
        let site =
            json!({ "s3": { "domain": "b.s3", "dir": "", "routes": [] }, "servers": [["s.example", 1, 2]] });
        for same in [
            json!({ "s3": { "domain": "B.s3", "dir": "" }, "servers": [["S.example", 50.0, 8]], "base": "" }),
            json!({ "s3": { "domain": "b.s3", "dir": "" }, "servers": [["s.example"]], "errorResponseCode": 404 }),
        ] {
            assert_eq!(differing("site", &same, &site), [""; 0], "{same}");
        }
    }

    #[test]
    fn what_the_function_acts_on_is_named() {
        let url = json!({ "host": "h.example", "origin": { "timeouts": { "readTimeout": 20 } } });
        for (other, fields) in [
            (json!({ "host": "h.example" }), &["origin.timeouts.readTimeout"][..]),
            (json!({ "host": "h.example", "origin": { "timeouts": { "readTimeout": 20.0 } } }), &[]),
            (json!({ "origin": { "timeouts": { "readTimeout": 20 } } }), &["host"]),
            (
                json!({ "host": "h.example", "rewrite": {}, "origin": { "protocol": "http", "timeouts": { "readTimeout": 20 } } }),
                &["origin.protocol", "rewrite.regex", "rewrite.to"],
            ),
            (json!(null), &[""]),
        ] {
            assert_eq!(differing("url", &other, &url), fields, "{other}");
        }
        let site =
            |dir: &str, servers: Value| json!({ "s3": { "domain": "b", "dir": dir }, "servers": servers });
        assert_eq!(
            differing(
                "site",
                &site("/v1", json!([["s", 1, 2]])),
                &site("/v2", json!([["s", 1, 2], ["t", 1, 2]]))
            ),
            ["s3.dir", "servers"]
        );
        assert_eq!(differing("url", &json!({ "host": "a" }), &json!({ "host": "b" })), ["host"]);
    }

    #[test]
    fn a_sentence_names_three_fields_and_counts_the_rest() {
        let live = r#"{"host":"a","origin":{"connectionAttempts":1,"protocol":"http","timeouts":{"readTimeout":9}}}"#;
        let said = sentence(&differences("url", live, r#"{"host":"b","origin":{}}"#));
        assert!(said.starts_with(
            r#"host is "a", declared is "b"; origin.connectionAttempts is 1, declared is absent; "#
        ));
        assert!(said.ends_with("1 more fields differ"), "{said}");
    }

    #[test]
    fn an_empty_object_and_an_array_are_told_whole() {
        let told = |before: Value, after: Value| -> Vec<String> {
            fields(&before, &after).into_iter().map(|field| field.path).collect()
        };
        assert_eq!(told(json!({}), json!({ "origin": {} })), ["origin"]);
        assert_eq!(told(json!({ "a": [1] }), json!({ "a": [2] })), ["a"]);
        assert_eq!(told(json!(null), json!({ "host": "a" })), [""]);
    }
}
