//! The matching of SST's edge function (the reader) as a pure function: which entry of a table a request is routed to, and
//! why.
//!
//! For every request, the reader scans all entries in order. Of the entries whose host and path match, the one with the
//! longest host text wins, then the one with the longest path, then the last one. The reader throws on a host expression
//! that is not a regular expression, and the distribution answers 503. [`reader`] has the differences of earlier versions.
//!
//! * [`Matcher`]: a table indexed for many requests
//! * [`expression`]: host expressions; [`grams`]: an index of them
//! * [`match_result`]: the result for every entry

pub mod expression;
pub mod grams;
pub mod match_result;
pub mod reader;

use hashbrown::HashMap;
use smallvec::SmallVec;

pub use expression::HostExpression;
pub use match_result::{MatchResult, Why};
pub use reader::Reader;

use grams::Grams;

/// An entry as the reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'t> {
    /// The escaped host expression; empty for any host.
    pub host: &'t str,
    /// The path prefix.
    pub path: &'t str,
}

/// The reader throws on the request, and the distribution answers 503.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throws {
    /// The entry on which the reader throws.
    pub index: usize,
    pub why: String,
}

/// The rank of a match: the lengths of host and path, compared in this order.
type Rank = (usize, usize);

/// A table indexed for many requests.
#[derive(Debug)]
pub struct Matcher<'t> {
    lines: Vec<Line<'t>>,
    reader: Reader,
    /// Entries with a plain or an empty host, by host.
    plain: HashMap<&'t str, Paths<'t>>,
    /// Entries whose host has a `*`.
    wild: Vec<(HostExpression, Paths<'t>)>,
    /// The index of `wild`.
    grams: Grams,
    /// Some host is not a regular expression. Whether the reader reaches it depends on the entries before it.
    throws: bool,
}

/// The paths of one host, each with its last entry, which wins against equal entries.
#[derive(Debug, Default)]
struct Paths<'t> {
    host_units: usize,
    by_path: HashMap<&'t str, usize>,
    /// Bytes of the longest path.
    longest: usize,
}

impl<'t> Matcher<'t> {
    /// Indexes a table of these lines, in this order.
    #[must_use]
    pub fn new(lines: Vec<Line<'t>>, reader: Reader) -> Self {
        let mut plain: HashMap<&str, Paths<'_>> = HashMap::new();
        let mut by_host: HashMap<&str, Paths<'_>> = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            let group = if line.host.contains('*') { &mut by_host } else { &mut plain };
            let paths = group.entry(line.host).or_default();
            paths.host_units = units(line.host);
            paths.longest = paths.longest.max(line.path.len());
            paths.by_path.insert(line.path, index);
        }
        let wild: Vec<(HostExpression, Paths<'_>)> =
            by_host.into_iter().map(|(host, paths)| (HostExpression::new(host), paths)).collect();
        let grams = Grams::new(wild.iter().map(|(host, _)| host));
        let throws = wild.iter().any(|(host, _)| host.error().is_some());
        Self { lines, reader, plain, wild, grams, throws }
    }

    #[must_use]
    pub fn lines(&self) -> &[Line<'t>] {
        &self.lines
    }

    /// The entry that a request for `uri` at `host` is routed to; `None` when no entry matches.
    ///
    /// # Errors
    /// The reader throws.
    pub fn winner(&self, host: &str, uri: &str) -> Result<Option<usize>, Throws> {
        // The index supports only the newest version.
        if self.throws || self.reader != Reader::default() {
            return match_result::scan(&self.lines, self.reader, host, uri);
        }
        let (escaped, anchored) = spellings(host);
        let mut best: Option<(Rank, usize)> = None;
        let mut offer = |paths: &Paths<'_>| {
            // A shorter host cannot win, so its paths need no lookup.
            if best.is_some_and(|((units, _), _)| units > paths.host_units) {
                return;
            }
            if let Some((path_units, index)) = paths.longest_match(uri) {
                let rank = (paths.host_units, path_units);
                if best.is_none_or(|other| (rank, index) > other) {
                    best = Some((rank, index));
                }
            }
        };
        if let Some(paths) = self.plain.get(escaped.as_str()).filter(|_| !escaped.is_empty()) {
            offer(paths);
        }
        let mut tried: SmallVec<[u32; 8]> = SmallVec::new();
        self.grams.each(anchored.as_bytes(), |at| {
            let (expression, paths) = &self.wild[at as usize];
            if !tried.contains(&at) && (expression.text() == escaped || expression.matches(&anchored)) {
                tried.push(at);
                offer(paths);
            }
        });
        if let Some(paths) = self.plain.get("") {
            offer(paths);
        }
        Ok(best.map(|(_, index)| index))
    }

    /// The result for every entry.
    #[must_use]
    pub fn explain(&self, host: &str, uri: &str) -> Vec<MatchResult> {
        match_result::explain(&self.lines, self.reader, host, uri)
    }
}

impl Paths<'_> {
    /// The length, in UTF-16 units, and the entry of the longest path that matches `uri`.
    fn longest_match(&self, uri: &str) -> Option<(usize, usize)> {
        let at = |end: usize| self.by_path.get(&uri[..end]).map(|index| (units(&uri[..end]), *index));
        if uri.len() <= self.longest
            && let Some(found) = at(uri.len())
        {
            return Some(found);
        }
        let bytes = uri.as_bytes();
        // A path matches if the next character is a slash, or if the path ends in one.
        let ends = (0..bytes.len().min(self.longest + 1)).rev();
        for end in ends.filter(|end| bytes[*end] == b'/' || *end > 0 && bytes[*end - 1] == b'/') {
            if let Some(found) = at(end) {
                return Some(found);
            }
        }
        None
    }
}

/// The two texts that hosts are compared with: the request's host with its dots escaped, and the host between `^` and `$`.
fn spellings(host: &str) -> (String, String) {
    let mut escaped = String::with_capacity(host.len() + 8);
    for c in host.chars() {
        if c == '.' {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    let mut anchored = String::with_capacity(host.len() + 2);
    anchored.push('^');
    anchored.push_str(host);
    anchored.push('$');
    (escaped, anchored)
}

/// Whether a path prefix matches a URI for the newest reader.
#[must_use]
pub fn path_matches(path: &str, uri: &str) -> bool {
    uri.strip_prefix(path).is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
}

/// Why the newest reader throws when it reaches an entry with this host; `None` when it does not throw.
#[must_use]
pub fn broken_host(host: &str) -> Option<String> {
    host.contains('*').then(|| HostExpression::new(host).error().map(str::to_owned)).flatten()
}

/// JavaScript's length of a string, in UTF-16 units.
#[must_use]
pub fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines<'t>(lines: &[(&'t str, &'t str)]) -> Vec<Line<'t>> {
        lines.iter().map(|(host, path)| Line { host, path }).collect()
    }

    fn wins(table: &[(&str, &str)], host: &str, uri: &str) -> Option<usize> {
        let by_index = Matcher::new(lines(table), Reader::default()).winner(host, uri).unwrap();
        let by_scan = match_result::scan(&lines(table), Reader::default(), host, uri).unwrap();
        assert_eq!(by_index, by_scan, "{table:?} {host} {uri}");
        by_index
    }

    #[test]
    fn paths_match_at_segment_boundaries() {
        for (path, uri, matches) in [
            ("/api", "/api", true),
            ("/api", "/api/x", true),
            ("/api", "/apix", false),
            ("/api/", "/api/x", true),
            ("/api/", "/api", false),
            ("/", "/anything", true),
            ("", "/anything", true),
            ("/*", "/anything", false),
            ("/API", "/api", false),
        ] {
            assert_eq!(path_matches(path, uri), matches, "{path} {uri}");
            assert_eq!(wins(&[("", path)], "h", uri).is_some(), matches, "{path} {uri}");
        }
    }

    #[test]
    fn host_decides_before_path_and_path_before_order() {
        let table = [("", "/api/v1"), (r"a\.com", "/"), (r".*\.com", "/api"), ("", "/api"), ("", "/api")];
        assert_eq!(wins(&table, "a.com", "/api/v1/x"), Some(2), "a one-letter label loses to a wildcard");
        assert_eq!(wins(&table, "b.com", "/api/v1"), Some(2));
        assert_eq!(wins(&table, "b.com", "/other"), None);
        assert_eq!(wins(&table, "b.org", "/api/v1/x"), Some(0));
        assert_eq!(wins(&table, "b.org", "/api/x"), Some(4), "the last of equal ones");
        let first = Matcher::new(lines(&table), Reader::Sst31428);
        assert_eq!(first.winner("b.org", "/api/x"), Ok(Some(3)));
    }

    #[test]
    fn a_two_letter_label_ties_with_the_wildcard() {
        assert_eq!(wins(&[(r"ab\.com", "/"), (r".*\.com", "/")], "ab.com", "/"), Some(1));
        assert_eq!(wins(&[(r".*\.com", "/"), (r"ab\.com", "/")], "ab.com", "/"), Some(1));
        assert_eq!(wins(&[(r"ab\.com", "/x"), (r".*\.com", "/")], "ab.com", "/x"), Some(0));
    }

    #[test]
    fn the_readers_before_3_17_2_look_at_the_best_entries_first() {
        let table = [("*", "/"), (r"long\.example", "/")];
        let sorting = Matcher::new(lines(&table), Reader::Sst31428);
        assert_eq!(sorting.winner("long.example", "/"), Ok(Some(1)), "the invalid host is not reached");
        assert!(sorting.winner("b", "/").is_err());
        assert!(Matcher::new(lines(&table), Reader::Sst3172).winner("long.example", "/").is_err());
    }

    #[test]
    fn the_oldest_reader_takes_every_host_for_an_expression() {
        let table = [(r"a\.com", "/"), ("(", "/x")];
        let winner = |reader, host| Matcher::new(lines(&table), reader).winner(host, "/");
        assert_eq!(winner(Reader::Sst3, "xa.com.evil"), Ok(Some(0)), "it is not anchored");
        assert_eq!(winner(Reader::Sst31428, "xa.com.evil"), Ok(None));
        assert!(winner(Reader::Sst3, "b.org").is_err(), "a host without * is compiled, too");
    }

    #[test]
    fn an_invalid_host_throws_where_the_reader_gets_to_it() {
        let table = [("", "/api"), ("*", "/x"), ("a", "/")];
        let matcher = Matcher::new(lines(&table), Reader::default());
        let thrown = matcher.winner("b", "/api").unwrap_err();
        assert_eq!(thrown.index, 1);
        // An entry with a longer host has matched before, so the reader skips the invalid one.
        let table = [(r"long\.example", "/"), ("*", "/x")];
        let matcher = Matcher::new(lines(&table), Reader::default());
        assert_eq!(matcher.winner("long.example", "/"), Ok(Some(0)));
        assert!(matcher.winner("b", "/").is_err());
    }
}
