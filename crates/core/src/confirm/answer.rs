//! The answer of the probe: which route a request gets, and whether the route's metadata exists.

use serde::Deserialize;

/// The path of the probe at a distribution. The query has the parameters `host` and `uri`.
pub const PROBE_PATH: &str = "/.well-known/routesync";

/// What an edge location does with a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The id of the route. `None` if no route matches.
    #[serde(deserialize_with = "Option::deserialize")]
    pub id: Option<String>,
    /// Whether the route's metadata exists.
    #[serde(default)]
    pub metadata: bool,
}

/// Why there is no answer of a probe. The text names what was found instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

impl Answer {
    /// Reads the answer to a question.
    ///
    /// # Errors
    /// The answer is not from a probe.
    pub fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Result<Self, Unusable> {
        let kind = content_type.and_then(|kind| kind.split(';').next()).unwrap_or("no content type");
        let kind = printable(kind.trim()).to_ascii_lowercase();
        match status {
            200 if kind == "application/json" => serde_json::from_slice(body)
                .ok()
                .filter(|answer: &Self| answer.id.as_deref().is_none_or(is_id))
                .ok_or_else(|| not_a_probe("HTTP 200 with other JSON")),
            300..400 => Err(Unusable(format!(
                "HTTP {status}: a redirect, which is not followed; use the URL that it leads to"
            ))),
            503 => Err(Unusable(
                "HTTP 503: the edge function failed, for example because it sees only a part of the change, or another server failed in its place"
                    .to_owned(),
            )),
            _ => Err(not_a_probe(&format!("HTTP {status} with {kind}"))),
        }
    }
}

/// Whether a text may be the id of a route. Ids are shown, and an edge may answer anything.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(100).collect()
}

fn not_a_probe(found: &str) -> Unusable {
    Unusable(format!(
        "{found}, which is not the answer of a probe: the distribution needs routesync's edge function, built with the probe"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/json");

    #[test]
    fn the_answers_of_a_probe_are_read() {
        let read = |body: &str| Answer::read(200, JSON, body.as_bytes());
        assert_eq!(read(r#"{"id":null}"#), Ok(Answer { id: None, metadata: false }));
        let found = Answer { id: Some("0aa1".to_owned()), metadata: true };
        assert_eq!(read(r#"{"id":"0aa1","metadata":true}"#), Ok(found));
    }

    #[test]
    fn other_answers_are_refused() {
        for body in
            ["", "{}", "[]", "null", r#"{"id":1}"#, r#"{"id":"a","metadata":1}"#, r#"{"id":"a","x":1}"#]
        {
            assert!(Answer::read(200, JSON, body.as_bytes()).is_err(), "{body}");
        }
        let message = |status, kind| Answer::read(status, kind, b"{\"id\":null}").unwrap_err().0;
        assert!(message(200, Some("text/html; charset=utf-8")).starts_with("HTTP 200 with text/html,"));
        assert!(message(404, None).starts_with("HTTP 404 with no content type,"));
        assert!(message(503, JSON).starts_with("HTTP 503: the edge function failed"));
    }
}
