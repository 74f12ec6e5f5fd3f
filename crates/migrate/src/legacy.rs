//! The legacy side: the path patterns of `CloudFront` cache behaviors, and which of them wins.
//!
//! `*` matches any text, including slashes, `?` matches one character, and other characters match themselves,
//! case-sensitively. The first matching behavior in the order of the declaration wins, except that `/*` is the default at
//! any position.

use routesync_core::error::{Code, Result};
use routesync_core::options::Cursor;

/// Maximum characters of a path pattern in `CloudFront`.
pub const PATTERN_CHARS: usize = 255;

/// The pattern of the default behaviour.
pub const DEFAULT: &str = "/*";

/// The form of a path pattern, as far as a table of prefixes can express it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// `/api/*`: all paths that begin with the text, which ends in `/`.
    Below(&'a str),
    /// `/api*`: all paths that begin with the text, which does not end in `/`.
    Beginning(&'a str),
    /// `/robots.txt`: exactly the text.
    Exact(&'a str),
    /// A `*` elsewhere, or a `?`.
    Wild,
}

/// A path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    /// The text with one `*` for several in a row, which has the same meaning.
    glob: String,
}

impl PathPattern {
    /// Reads a key of the legacy object; `at` is its place.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a pattern that the legacy router would not have accepted.
    pub fn parse(text: &str, at: &Cursor<'_>) -> Result<Self> {
        let reject = |why: &str| Err(at.reject(Code::InvalidOption, why));
        if text == "routes" {
            return reject(
                "is not a path; pass only the value of the Router's `routes`, not all of its arguments",
            );
        }
        if !text.starts_with('/') {
            return reject("is not a path; write a pattern of the legacy form, which begins with \"/\"");
        }
        if text.len() > PATTERN_CHARS {
            return reject(
                "is longer than 255 characters, the limit of CloudFront for a path pattern; shorten it",
            );
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',' && byte != b'#') {
            return reject(
                "contains a character that CloudFront does not allow in a path pattern; percent-encode it",
            );
        }
        let mut glob = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '*' || !glob.ends_with('*') {
                glob.push(c);
            }
        }
        Ok(Self { text: text.to_owned(), glob })
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern with one `*` for several in a row.
    #[must_use]
    pub fn glob(&self) -> &str {
        &self.glob
    }

    /// Whether this is the default, which is tried last.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.text == DEFAULT
    }

    #[must_use]
    pub fn shape(&self) -> Shape<'_> {
        let head = self.glob.strip_suffix('*');
        match head.unwrap_or(&self.glob) {
            text if text.contains(['*', '?']) => Shape::Wild,
            text if head.is_none() => Shape::Exact(text),
            text if text.ends_with('/') => Shape::Below(text),
            text => Shape::Beginning(text),
        }
    }

    /// Whether the pattern matches the path `uri`.
    #[must_use]
    pub fn matches(&self, uri: &str) -> bool {
        glob_matches(self.glob.as_bytes(), uri.as_bytes())
    }
}

/// Linear, except for backtracking to the last `*`. An earlier `*` never has to be tried again.
fn glob_matches(glob: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while read < text.len() {
        match glob.get(at) {
            Some(b'*') => {
                back = Some((at, read));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((star, taken)) = back else { return false };
                back = Some((star, taken + 1));
                at = star + 1;
                read = taken + 1;
            }
        }
    }
    glob[at..].iter().all(|byte| *byte == b'*')
}

/// The index of the pattern that wins for `uri`, among those for which `stands` is true.
#[must_use]
pub fn winner(patterns: &[PathPattern], uri: &str, stands: impl Fn(usize) -> bool) -> Option<usize> {
    let mut default = None;
    for (index, pattern) in patterns.iter().enumerate() {
        if !stands(index) || !pattern.matches(uri) {
            continue;
        }
        if !pattern.is_default() {
            return Some(index);
        }
        default = Some(index);
    }
    default
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn pattern(text: &str) -> PathPattern {
        PathPattern::parse(text, &Cursor::root(&json!({}))).unwrap()
    }

    #[test]
    fn wildcards_stand_for_what_cloudfront_says() {
        for (glob, yes, no) in [
            ("/api/*", &["/api/", "/api/x", "/api/x/y"][..], &["/api", "/apix", "/API/x", "/x/api/"][..]),
            ("/api*", &["/api", "/apix", "/api/x"], &["/ap", "/x/api"]),
            ("/*.jpg", &["/.jpg", "/a.jpg", "/a/b.jpg", "/a.jpg.jpg"], &["/a.jpeg", "/a.jpg/", "/a.JPG"]),
            ("/a/*/b", &["/a//b", "/a/x/b", "/a/x/y/b"], &["/a/b", "/a/x/b/", "/a/x/c"]),
            ("/a?c", &["/abc", "/a/c", "/a?c"], &["/ac", "/abbc"]),
            ("/robots.txt", &["/robots.txt"], &["/robots.txt/", "/robotsxtxt", "/"]),
            ("/**", &["/", "/x"], &[""]),
            ("/*a*b", &["/ab", "/xaxab", "/aab"], &["/ba", "/a"]),
        ] {
            let pattern = pattern(glob);
            assert!(yes.iter().all(|uri| pattern.matches(uri)), "{glob} matches all of {yes:?}");
            assert!(!no.iter().any(|uri| pattern.matches(uri)), "{glob} matches none of {no:?}");
        }
    }

    #[test]
    fn a_shape_is_what_a_prefix_can_say() {
        for (text, shape) in [
            ("/*", Shape::Below("/")),
            ("/**", Shape::Below("/")),
            ("/api/*", Shape::Below("/api/")),
            ("/api*", Shape::Beginning("/api")),
            ("/api", Shape::Exact("/api")),
            ("/docs/", Shape::Exact("/docs/")),
            ("/*.jpg", Shape::Wild),
            ("/a/*/b", Shape::Wild),
            ("/a/*/*", Shape::Wild),
            ("/a?", Shape::Wild),
            ("/a?/*", Shape::Wild),
        ] {
            assert_eq!(pattern(text).shape(), shape, "{text}");
        }
    }

    #[test]
    fn the_first_declared_wins_and_the_default_is_last() {
        let patterns = ["/*", "/api/*.json", "/api/*", "/*.xml", "/api/v1/*"].map(pattern);
        for (uri, wins) in [
            ("/api/a.json", Some(1)),
            ("/api/sample.xml", Some(2)),
            ("/api/v1/x", Some(2)),
            ("/b.xml", Some(3)),
            ("/other", Some(0)),
        ] {
            assert_eq!(winner(&patterns, uri, |_| true), wins, "{uri}");
        }
        assert_eq!(winner(&patterns, "/api/v1/x", |index| index != 2), Some(4));
        assert_eq!(winner(&patterns[1..], "/other", |_| true), None);
    }

    #[test]
    fn what_could_not_have_been_deployed_is_refused() {
        for (text, why) in [
            ("api/*", "begins with"),
            ("", "begins with"),
            ("routes", "value of the Router's"),
            ("/a b", "percent-encode"),
            ("/a,b", "percent-encode"),
            ("/ä", "percent-encode"),
        ] {
            let error = PathPattern::parse(text, &Cursor::root(&json!({}))).unwrap_err();
            assert_eq!(error.code, Code::InvalidOption);
            assert!(error.message.contains(why), "{text}: {error}");
        }
        assert!(PathPattern::parse(&"/".repeat(255), &Cursor::root(&json!({}))).is_ok());
        assert!(PathPattern::parse(&"/".repeat(256), &Cursor::root(&json!({}))).is_err());
    }

    /// A literal implementation of the definition.
    fn naive(glob: &[u8], text: &[u8]) -> bool {
        match glob.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            Some((b'?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((byte, rest)) => text.first() == Some(byte) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(glob in "/[ab/*?]{0,8}", text in "/[ab/]{0,10}") {
            prop_assert_eq!(pattern(&glob).matches(&text), naive(glob.as_bytes(), text.as_bytes()));
        }
    }
}
