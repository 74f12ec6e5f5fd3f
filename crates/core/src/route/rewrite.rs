//! Rewrites of a request's path for the target.

use std::fmt::Display;

use serde::Serialize;

use super::shown;
use crate::error::{Code, Result, RouteSyncError};
use crate::kvs::limits::VALUE_BYTES;

/// Replaces the first match of `regex` in the request's path by `to`.
///
/// `regex` has been compiled as an ECMAScript expression without flags, as the edge function does it. An expression that
/// does not compile would make the edge function throw on every request to the route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Rewrite {
    regex: String,
    to: String,
}

impl Rewrite {
    /// Checks `regex`, a JavaScript regular expression without slashes and flags. `to` may refer to its groups (`$1`). `at`
    /// is the rewrite's place in the options, for errors.
    ///
    /// # Errors
    /// [`Code::InvalidTarget`] when `regex` does not compile, or when `regex` or `to` is longer than a metadata record.
    pub fn parse(regex: &str, to: &str, at: impl Display) -> Result<Self> {
        for (name, text) in [("regex", regex), ("to", to)] {
            // The limit also keeps a hostile expression from exhausting the parser's stack.
            if text.len() > VALUE_BYTES {
                return Err(RouteSyncError::at(
                    Code::InvalidTarget,
                    format!("{at}.{name}"),
                    format!(
                        "is {} bytes; it is part of the route's metadata, which has at most {VALUE_BYTES} bytes: shorten it",
                        text.len()
                    ),
                )
                .with(|details| {
                    details.limit = Some(VALUE_BYTES as u64);
                    details.actual = Some(text.len() as u64);
                }));
            }
        }
        if let Err(error) = regress::Regex::new(regex) {
            return Err(RouteSyncError::at(
                Code::InvalidTarget,
                format!("{at}.regex"),
                format!(
                    "{} is not a JavaScript regular expression ({}); correct it, and write no slashes around it",
                    shown(regex),
                    error.text
                ),
            ));
        }
        Ok(Self { regex: regex.to_owned(), to: to.to_owned() })
    }

    #[must_use]
    pub fn regex(&self) -> &str {
        &self.regex
    }

    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// `uri` with the first match replaced, as by JavaScript's `replace`.
    #[must_use]
    pub fn apply(&self, uri: &str) -> String {
        let Ok(expression) = regress::Regex::new(&self.regex) else { return uri.to_owned() };
        let Some(found) = expression.find(uri) else { return uri.to_owned() };
        let mut replaced = uri[..found.start()].to_owned();
        expand(&self.to, &found, uri, &mut replaced);
        replaced + &uri[found.end()..]
    }

    /// Searches for a request with the path prefix `path` whose rewritten URI `CloudFront` rejects. It tries the path itself,
    /// the path with a final slash, and a path below it. Returns the URI, the rewritten URI and the reason.
    #[must_use]
    pub fn breaks(&self, path: &str) -> Option<(String, String, &'static str)> {
        let folder = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
        [path.to_owned(), format!("{folder}x"), format!("{folder}x/"), folder].into_iter().find_map(|uri| {
            let rewritten = self.apply(&uri);
            let why = rejected(&rewritten)?;
            Some((uri, rewritten, why))
        })
    }

    /// Whether the replacement has characters that a URI must encode.
    #[must_use]
    pub fn needs_encoding(&self) -> bool {
        self.to.bytes().any(|byte| byte <= b' ' || byte >= 0x7f)
    }
}

/// Why `CloudFront` rejects a `uri` that a function returns; `None` if it accepts it.
#[must_use]
pub fn rejected(uri: &str) -> Option<&'static str> {
    if !uri.starts_with('/') {
        return Some("does not begin with a slash");
    }
    uri.contains(['?', '#']).then_some("has a query or a fragment")
}

/// Appends `to` to `out`, with `$$`, `$&`, `` $` ``, `$'`, `$1` to `$99` and `$<name>` replaced as in ECMAScript.
fn expand(to: &str, found: &regress::Match, uri: &str, out: &mut String) {
    let group = |index: usize| found.group(index).map_or("", |range| &uri[range]);
    let groups = found.captures.len();
    let named = found.named_groups().next().is_some();
    let mut rest = to;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = &rest[1..];
        let digits = after.bytes().take(2).take_while(u8::is_ascii_digit).count();
        // Two digits are one number if the expression has that group. Otherwise only the first digit is the number.
        let number =
            |digits: usize| after[..digits].parse::<usize>().ok().filter(|n| (1..=groups).contains(n));
        let numbered = (1..=digits).rev().find_map(|digits| Some((digits, number(digits)?)));
        let used = match (after.bytes().next(), numbered) {
            (_, Some((digits, index))) => {
                out.push_str(group(index));
                1 + digits
            }
            (Some(b'$'), _) => {
                out.push('$');
                2
            }
            (Some(b'&'), _) => {
                out.push_str(&uri[found.range()]);
                2
            }
            (Some(b'`'), _) => {
                out.push_str(&uri[..found.start()]);
                2
            }
            (Some(b'\''), _) => {
                out.push_str(&uri[found.end()..]);
                2
            }
            (Some(b'<'), _) if named && after.contains('>') => {
                let end = after.find('>').unwrap_or_default();
                out.push_str(found.named_group(&after[1..end]).map_or("", |range| &uri[range]));
                end + 2
            }
            _ => {
                out.push('$');
                1
            }
        };
        rest = &rest[used..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javascript_expressions_are_accepted() {
        for regex in [
            "^/api/(.*)$",
            r"^\/api\/(.*)$",
            "^/(?!static)(?<rest>.*)$",
            r"(a)\1",
            "(?<=/x)y",
            "{",
            "]",
            "a{,5}",
            r"\_\-\@",
            r"[\w-.]",
            "[^]",
            "",
        ] {
            let rewrite = Rewrite::parse(regex, "/$1", "here");
            assert!(rewrite.is_ok(), "{regex}: {rewrite:?}");
        }
    }

    #[test]
    fn an_expression_that_does_not_compile_is_refused() {
        for regex in ["^/api/(.*$", "[a", "*", "a**", "(?<n>a", "[b-a]", "a{2,1}", "\\"] {
            let error = Rewrite::parse(regex, "/$1", r#"routes["/api"].rewrite"#).unwrap_err();
            assert_eq!(error.code, Code::InvalidTarget, "{regex}");
            assert_eq!(error.details.path.as_deref(), Some(r#"routes["/api"].rewrite.regex"#));
            assert!(error.message.contains("not a JavaScript regular expression"), "{}", error.message);
        }
    }

    #[test]
    fn hostile_expressions_neither_overflow_the_stack_nor_take_long() {
        let open = "(".repeat(512);
        let deep = format!("{open}{}", ")".repeat(512));
        let lazy = format!("{}a{}", "(?:".repeat(150), ")*".repeat(150));
        let huge = "(?:(?:(?:a{1,60000}){1,60000}){1,60000}){1,60000}";
        for regex in [open.as_str(), &deep, &lazy, huge, &"[".repeat(1_024), &"a|".repeat(512)] {
            let _ = Rewrite::parse(regex, "", "here");
        }
    }

    #[test]
    fn an_expression_larger_than_a_record_is_refused_with_its_size() {
        let error = Rewrite::parse(&"a".repeat(1_025), "", "rewrite").unwrap_err();
        assert_eq!((error.details.limit, error.details.actual), (Some(1_024), Some(1_025)));
        assert!(error.message.contains("metadata"));
    }

    #[test]
    fn a_rewrite_is_tried_on_the_path_below_it_and_with_a_slash() {
        let breaks = |regex: &str, to: &str, path: &str| {
            let found = Rewrite::parse(regex, to, "r").unwrap().breaks(path);
            found.map(|(uri, rewritten, _)| (uri, rewritten))
        };
        let at = |uri: &str, rewritten: &str| Some((uri.to_owned(), rewritten.to_owned()));
        assert_eq!(breaks("^/api", "", "/api"), at("/api", ""));
        assert_eq!(breaks("^/v2/?", "", "/v2/"), at("/v2/", ""));
        assert_eq!(breaks("^/v2/", "", "/v2"), at("/v2/x", "x"));
        assert_eq!(breaks("^/v2/$", "", "/v2"), at("/v2/", ""));
        assert_eq!(breaks("^", "https://b.example", "/"), at("/", "https://b.example/"));
        assert_eq!(breaks("^/a$", "/a?x=1", "/a"), at("/a", "/a?x=1"));
        assert_eq!(breaks("^/api/?", "/", "/api"), None);
        assert_eq!(breaks("^/api/(.*)$", "/$1", "/api"), None);
        assert_eq!(breaks("/api", "", "/"), None);
    }

    #[test]
    fn a_replacement_that_no_uri_carries_is_noticed() {
        assert!(Rewrite::parse("a", "/ä", "r").unwrap().needs_encoding());
        assert!(!Rewrite::parse("a", "/%C3%A4/$1", "r").unwrap().needs_encoding());
    }
}
