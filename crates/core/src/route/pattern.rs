//! Patterns: parses a user's text into the two fields of a table entry, and formats the fields as such text.

use std::fmt::Display;

use super::host::{self, Stars};
use super::lint_rule::Rule;
use super::mistake::{self, Placeholder};
use super::shown;
use super::warning::Warning;
use crate::error::{Code, Result, RouteSyncError};

/// Maximum bytes of host and path inside the table's JSON. With its type, id, commas and quotes, an entry must fit one
/// chunk of 1,000 bytes, with room for the brackets.
pub const STORED_BYTES: usize = 900;

/// ASCII characters, apart from the space and control characters, that a URI must encode (RFC 3986). A stored path with
/// one of them would never match.
const NEVER_RAW: &[u8] = br#""<>\^`{|}"#;

/// A pattern as the table stores it. Equal values match the same requests.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryPattern {
    host: String,
    path: String,
}

impl EntryPattern {
    /// Reads `/path`, `host` (which means `host/`) or `host/path`.
    ///
    /// In a host, `*` matches any text. A path is a literal prefix, percent-encoded and case-sensitive. It matches at
    /// segment boundaries. A trailing `/*` changes nothing. A trailing `/` is kept: `/api/` matches only paths below
    /// `/api/`, while `/api` also matches `/api` itself. `at` is the pattern's place in the options, for errors.
    ///
    /// The warnings report a pattern that is stored in another spelling ([`Rule::PatternNormalized`]), or that looks like a
    /// mistake ([`Rule::PatternBareHost`], [`Rule::PatternPlaceholder`], [`Rule::ValueUnset`]).
    ///
    /// # Errors
    /// [`Code::InvalidPattern`] when no request can match the pattern, or when the edge does not support it: a scheme, port,
    /// query, fragment, comma, a `*` inside the path, a bad `%` escape, an impossible host, or more than [`STORED_BYTES`].
    pub fn parse(text: &str, at: impl Display) -> Result<(Self, Vec<Warning>)> {
        let fail = |why: &str| {
            RouteSyncError::at(
                Code::InvalidPattern,
                at.to_string(),
                format!("the pattern {} {why}", shown(text)),
            )
        };
        refuse(text).map_err(fail)?;
        let (written_host, written_path) = text.split_at(text.find('/').unwrap_or(text.len()));
        let host = if written_host.is_empty() {
            String::new()
        } else {
            host::normalize(written_host, Stars::Allowed)
                .map_err(|why| fail(&format!("cannot match: the host {why}")))?
        };
        let prefix = prefix(written_path);
        let path = encode(prefix).map_err(|why| fail(&why))?;

        let entry = Self { host: host::escape(&host), path };
        let actual = entry.stored_bytes();
        if actual > STORED_BYTES {
            let why = format!(
                "takes {actual} bytes in the table; at most {STORED_BYTES} are allowed, so that its entry fits one chunk. Shorten it"
            );
            return Err(fail(&why).with(|details| {
                details.limit = Some(STORED_BYTES as u64);
                details.actual = Some(actual as u64);
            }));
        }

        let spelling = host != written_host || entry.path != prefix;
        let warnings = warnings(text, &entry, &host, spelling);
        Ok((entry, warnings))
    }

    /// The pattern of a live entry by any writer. Nothing is checked, since such a pattern is only compared and shown.
    #[must_use]
    pub fn from_stored(host: impl Into<String>, path: impl Into<String>) -> Self {
        Self { host: host.into(), path: path.into() }
    }

    /// The entry's host field: regular-expression text, empty for any host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The entry's path field: a prefix. It is empty only for entries of other writers, and then matches any path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The pattern as a user writes it: `/api`, `api.myapp.com/`, `*.example.com/files`. If [`EntryPattern::parse`] made
    /// this pattern, it parses the text into an equal pattern.
    #[must_use]
    pub fn display(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        host::unescape(&self.host) + path
    }

    /// Whether a live entry with this host and path matches the same requests. The entry of an SST site without a path has an
    /// empty path, which equals `/`.
    #[must_use]
    pub fn claims(&self, host: &str, path: &str) -> bool {
        self.host == host && (self.path == path || self.path == "/" && path.is_empty())
    }

    /// Bytes of host and path inside the table's JSON, where a backslash is written twice.
    #[must_use]
    pub fn stored_bytes(&self) -> usize {
        let backslashes = self.host.bytes().filter(|byte| *byte == b'\\').count();
        self.host.len() + backslashes + self.path.len()
    }
}

/// Warnings about a valid pattern. `text` is its spelling by the user, `host` its normalized host, and `spelling` whether it
/// is stored in another spelling.
fn warnings(text: &str, entry: &EntryPattern, host: &str, spelling: bool) -> Vec<Warning> {
    let (written_host, written_path) = text.split_at(text.find('/').unwrap_or(text.len()));
    let mut warnings = Vec::new();
    let mut about = |code, message| warnings.push(Warning::about(code, text, message));
    let found = mistake::placeholder(written_path);
    if let Some(Placeholder { segment, before, alternatives }) = found {
        let (what, prefix) = (shown(segment), shown(&format!("{written_host}{before}")));
        let instead = if alternatives {
            "declare one route for each of them".to_owned()
        } else {
            format!("write {prefix}, which matches everything below it")
        };
        let message = format!(
            "{} contains {what}, but the edge compares paths literally, without parameters and expressions; {instead}",
            shown(text)
        );
        about(Rule::PatternPlaceholder, message);
    } else if spelling {
        let message = format!(
            "{} is stored as {}: in requests, hosts are in lower case and punycode, and paths are percent-encoded",
            shown(text),
            shown(&entry.display()),
        );
        about(Rule::PatternNormalized, message);
    }
    if let Some(word) = mistake::unset(text) {
        let message = format!(
            "{} contains {}, which is the text of a variable without a value; set the variable, or remove the route",
            shown(text),
            shown(word)
        );
        about(Rule::ValueUnset, message);
    } else if host == "localhost" {
        let message = format!(
            "{} is a host, but no request to CloudFront has this host; write the host that viewers request",
            shown(text)
        );
        about(Rule::PatternBareHost, message);
    } else if !host.is_empty() && mistake::is_path(host, written_path.is_empty()) {
        let message = format!(
            "{} is read as the host {}, which no request has; for the path, write {}",
            shown(text),
            shown(host),
            shown(&format!("/{text}"))
        );
        about(Rule::PatternBareHost, message);
    }
    warnings
}

/// Rejects a text that cannot be a pattern. The error continues "the pattern …".
fn refuse(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty; write a path such as \"/api\", a host such as \"api.example.com\", or both");
    }
    if text.split_once("://").is_some_and(|(scheme, _)| !scheme.contains('/')) {
        return Err("has a scheme; a pattern is a host and a path, without \"https://\"");
    }
    if text.contains(',') {
        return Err("contains a comma, which separates the fields of a table entry; use a shorter prefix");
    }
    if text.contains('?') {
        return Err("contains a \"?\"; the query of a URL is not matched: remove it");
    }
    if text.contains('#') {
        return Err("contains a \"#\"; fragments are not sent to servers: remove it");
    }
    Ok(())
}

/// The prefix of a written path: `/api/*` becomes `/api`; `/*` and an empty path become `/`.
fn prefix(path: &str) -> &str {
    match path.strip_suffix("/*").unwrap_or(path) {
        "" => "/",
        prefix => prefix,
    }
}

/// The path as requests contain it. The error continues "the pattern …".
fn encode(path: &str) -> Result<String, String> {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = path.as_bytes();
    let mut encoded = String::with_capacity(path.len());
    for (index, &byte) in bytes.iter().enumerate() {
        match byte {
            b'*' => {
                return Err("has a \"*\" inside its path, but the edge compares paths as literal prefixes; only a trailing \"/*\" is allowed. Write the prefix without \"*\"".to_owned());
            }
            b'%' if !bytes
                .get(index + 1..index + 3)
                .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) =>
            {
                return Err(
                    "has a \"%\" without two hexadecimal digits after it; write a percent sign as \"%25\""
                        .to_owned(),
                );
            }
            _ if byte <= b' ' || byte >= 0x7f || NEVER_RAW.contains(&byte) => {
                encoded.push('%');
                encoded.push(char::from(HEX[usize::from(byte >> 4)]));
                encoded.push(char::from(HEX[usize::from(byte & 15)]));
            }
            _ => encoded.push(char::from(byte)),
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::route::WarningCode;

    fn entry(text: &str) -> (String, String) {
        let (entry, _) = EntryPattern::parse(text, "routes").unwrap();
        (entry.host, entry.path)
    }

    fn stored(host: &str, path: &str) -> (String, String) {
        (host.to_owned(), path.to_owned())
    }

    #[test]
    fn patterns_become_the_fields_that_sst_writes() {
        assert_eq!(entry("/api"), stored("", "/api"));
        assert_eq!(entry("/"), stored("", "/"));
        assert_eq!(entry("api.myapp.com"), stored(r"api\.myapp\.com", "/"));
        assert_eq!(entry("api.myapp.com/"), stored(r"api\.myapp\.com", "/"));
        assert_eq!(entry("*.example.com/files"), stored(r".*\.example\.com", "/files"));
        assert_eq!(entry("*"), stored(".*", "/"));
    }

    #[test]
    fn trailing_star_is_the_prefix_and_slashes_are_kept() {
        assert_eq!(entry("/api/*"), stored("", "/api"));
        assert_eq!(entry("/*"), stored("", "/"));
        assert_eq!(entry("a.com/*"), stored(r"a\.com", "/"));
        assert_eq!(entry("/api/"), stored("", "/api/"));
        assert_eq!(entry("//api"), stored("", "//api"));
        assert_eq!(EntryPattern::parse("/api/*", "routes").unwrap().1, []);
    }

    #[test]
    fn another_spelling_is_stored_with_a_warning() {
        for (text, display) in [
            ("API.Example.com/Path", "api.example.com/Path"),
            ("münchen.de/", "xn--mnchen-3ya.de/"),
            ("/käse brot", "/k%C3%A4se%20brot"),
            ("/a\"<^`\n\u{7f}", "/a%22%3C%5E%60%0A%7F"),
        ] {
            let (entry, warnings) = EntryPattern::parse(text, "routes").unwrap();
            assert_eq!(entry.display(), display);
            assert_eq!(warnings.len(), 1, "{text}");
            assert_eq!(warnings[0].code, Rule::PatternNormalized.into());
            assert_eq!(warnings[0].pattern.as_deref(), Some(text));
            assert!(warnings[0].message.contains(display), "{}", warnings[0].message);
        }
        assert_eq!(EntryPattern::parse("/%C3%a4/~!$&'()+;=:@[x]", "routes").unwrap().1, []);
        assert_eq!(entry("/<>\\{|}"), stored("", "/%3C%3E%5C%7B%7C%7D"));
    }

    #[test]
    fn what_can_hardly_be_meant_is_told_with_what_to_write() {
        for (text, code, instead) in [
            ("api/v1", Rule::PatternBareHost, "\"/api/v1\""),
            ("docs/*", Rule::PatternBareHost, "\"/docs/*\""),
            ("robots.txt", Rule::PatternBareHost, "\"/robots.txt\""),
            ("localhost/x", Rule::PatternBareHost, "the host that viewers request"),
            ("/blog/:slug", Rule::PatternPlaceholder, "\"/blog\""),
            ("a.com/{proxy+}", Rule::PatternPlaceholder, "\"a.com/\""),
            ("/(en|de)/shop", Rule::PatternPlaceholder, "one route for each"),
            ("undefined/x", Rule::ValueUnset, "set the variable"),
            ("/api/undefined", Rule::ValueUnset, "set the variable"),
        ] {
            let (_, warnings) = EntryPattern::parse(text, "routes").unwrap();
            let told: Vec<WarningCode> = warnings.iter().map(|warning| warning.code).collect();
            assert_eq!(told, [code.into()], "{text}");
            assert!(warnings[0].message.contains(instead), "{}", warnings[0].message);
        }
        for text in ["/", "a.com", "*.a.com/x", "*", "pr-*/x", "/v1/a:get", "/$metadata", "_x.a.com/"] {
            assert_eq!(EntryPattern::parse(text, "routes").unwrap().1, [], "{text}");
        }
    }

    #[test]
    fn a_bare_word_is_a_host_with_a_warning() {
        let (entry, warnings) = EntryPattern::parse("api", "routes").unwrap();
        assert_eq!(entry.display(), "api/");
        assert_eq!(warnings[0].code, Rule::PatternBareHost.into());
        assert!(warnings[0].message.contains("\"/api\""));
    }

    #[test]
    fn what_the_edge_cannot_serve_is_refused_with_code_path_and_reason() {
        for (text, why) in [
            ("", "empty"),
            ("/a,b", "comma"),
            ("a,b.com/", "comma"),
            ("https://a.com/x", "scheme"),
            ("/search?q=1", "query"),
            ("/page#top", "fragment"),
            ("a b.com/x", "whitespace"),
            (" /api", "whitespace"),
            ("a.com:8080/x", "port"),
            ("user@a.com/x", "'@'"),
            ("/api*", "literal prefix"),
            ("/a/*/b", "literal prefix"),
            ("/a/*/*", "literal prefix"),
            ("/100%", "%25"),
            ("/a%zz", "%25"),
            ("/a%4", "%25"),
        ] {
            let error = EntryPattern::parse(text, r#"routes["x"]"#).unwrap_err();
            assert_eq!(error.code, Code::InvalidPattern, "{text}");
            assert_eq!(error.details.path.as_deref(), Some(r#"routes["x"]"#));
            assert!(error.message.contains(why), "{text}: {}", error.message);
        }
    }

    #[test]
    fn a_pattern_too_long_for_a_chunk_is_refused_with_its_size() {
        let (longest, _) = EntryPattern::parse(&format!("a.b/{}", "x".repeat(894)), "routes").unwrap();
        assert_eq!(longest.stored_bytes(), STORED_BYTES);
        let json = serde_json::to_string(&format!("bucket,aaaaaa.bbbbbbb,{},{}", longest.host, longest.path))
            .unwrap();
        assert!(json.len() + 2 <= 1_000, "fits a chunk alone, with brackets");

        let error = EntryPattern::parse(&format!("/{}", "x".repeat(900)), "routes").unwrap_err();
        assert_eq!((error.details.limit, error.details.actual), (Some(900), Some(901)));
        assert!(error.message.contains("one chunk"));
        assert!(error.message.len() < 300, "the pattern is cut: {}", error.message);
    }

    #[test]
    fn an_empty_stored_path_reads_as_the_root() {
        assert_eq!(EntryPattern::from_stored("", "").display(), "/");
        assert_eq!(EntryPattern::from_stored(r"a\.b", "").display(), "a.b/");
    }

    proptest! {
        #[test]
        fn accepted_patterns_hold_no_comma_and_read_back(
            text in prop_oneof![
                any::<String>(),
                "[a-zA-Z0-9*._-]{0,16}(/[ -~éü\u{1F600}]{0,20}){0,3}",
                "[a-z0-9*.éß-]{0,12}(/[a-z%4]{0,8}){0,3}(/\\*)?",
            ]
        ) {
            if let Ok((entry, _)) = EntryPattern::parse(&text, "routes") {
                prop_assert!(!entry.host().contains(','));
                prop_assert!(!entry.path().contains(','));
                prop_assert!(entry.path().starts_with('/') && entry.path().is_ascii());
                let again = EntryPattern::from_stored(entry.host(), entry.path());
                let (reparsed, warnings) = EntryPattern::parse(&again.display(), "routes").unwrap();
                prop_assert_eq!(reparsed, entry);
                prop_assert!(warnings.iter().all(|warning| warning.code != Rule::PatternNormalized.into()));
            }
        }
    }
}
