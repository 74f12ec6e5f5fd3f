//! A table's entries as the index stores them: keys of host and path, and values of type, id and rank.

use std::cmp::Ordering;

use hashbrown::HashMap;

use super::group;
use crate::table::decode::Table;
use crate::table::entry::Entry;

/// An entry as the index stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The group and the path. A group has no slash and a path begins with one, so each key is of one group and path.
    pub key: String,
    /// The rank unless it is 0, the first letter of the type (`u`, `b`, `s`; `o` for any other), and the id.
    pub value: String,
}

impl Route {
    /// The group of a key.
    #[must_use]
    pub fn group(key: &str) -> &str {
        key.find('/').map_or(key, |at| &key[..at])
    }

    /// Bytes in a page: two strings in quotes, a colon and a comma.
    #[must_use]
    pub fn bytes(&self) -> usize {
        text(&self.key).len() + text(&self.value).len() + 2
    }
}

/// The routes of a table, sorted by key. Of equal entries only the last one counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    pub list: Vec<Route>,
}

/// Why a table has no index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Odd {
    /// A host that is not of the form that SST's writer makes.
    Host(String),
    /// An id with characters that ids do not have.
    Id(String),
    /// A path with a quote, a backslash or a control character, which JSON escapes. The edge function looks for keys in the text of pages.
    Path(String),
}

/// The rank, the letter of the type and the id of a value.
#[must_use]
pub fn parse(value: &str) -> Option<(usize, char, &str)> {
    let at = value.find(|c: char| !c.is_ascii_digit())?;
    let rank = if at == 0 { 0 } else { value[..at].parse().ok()? };
    let letter = value[at..].chars().next().filter(char::is_ascii_lowercase)?;
    Some((rank, letter, &value[at + 1..]))
}

/// An entry before its rank is known.
struct Line {
    key: String,
    reference: String,
    /// The position in the table.
    order: usize,
}

impl Routes {
    /// The routes of `table`.
    ///
    /// # Errors
    /// An entry that the index has no form for.
    pub fn of_table(table: &Table) -> Result<Self, Odd> {
        Self::of(table.entries.iter().map(|stored| &stored.entry))
    }

    /// The routes of these entries, in the order of the table.
    ///
    /// # Errors
    /// An entry that the index has no form for.
    pub(crate) fn of<'e>(entries: impl Iterator<Item = &'e Entry>) -> Result<Self, Odd> {
        let mut lines = Vec::new();
        for (order, entry) in entries.enumerate() {
            let host = entry.host();
            let Some(mut key) = group::of_host(host).map_err(|_| Odd::Host(host.to_owned()))? else {
                continue;
            };
            // The path of a request begins with a slash.
            if !entry.path().is_empty() && !entry.path().starts_with('/') {
                continue;
            }
            if !entry.id().bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
                return Err(Odd::Id(entry.id().to_owned()));
            }
            if entry.path().bytes().any(|byte| matches!(byte, b'"' | b'\\') || byte.is_ascii_control()) {
                return Err(Odd::Path(entry.path().to_owned()));
            }
            key.push_str(entry.path());
            let letter = match entry.kind() {
                kind @ ("url" | "bucket" | "site") => &kind[..1],
                _ => "o",
            };
            lines.push(Line { key, reference: format!("{letter}{}", entry.id()), order });
        }
        lines.sort_unstable_by(|a, b| a.key.cmp(&b.key).then(b.order.cmp(&a.order)));
        lines.dedup_by(|later, first| later.key == first.key);
        let ranks = Ranks::of(&lines);
        let list = lines.iter().map(|line| {
            let Line { key, reference, .. } = line;
            let rank = ranks.rank(line);
            let value = if rank == 0 { reference.clone() } else { format!("{rank}{reference}") };
            Route { key: key.clone(), value }
        });
        Ok(Self { list: list.collect() })
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let at = self.list.binary_search_by(|route| route.key.as_str().cmp(key)).ok()?;
        Some(&self.list[at].value)
    }

    /// Whether any route is of one host.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        self.list.iter().any(|route| group::is_exact(Route::group(&route.key)))
    }

    /// Bytes of the longest path.
    #[must_use]
    pub fn longest_path(&self) -> usize {
        let paths = self.list.iter().map(|route| route.key.len() - Route::group(&route.key).len());
        paths.max().unwrap_or_default()
    }

    /// Calls `change` with the old and new route of every key that differs.
    pub(crate) fn each_change<'a>(
        &'a self,
        new: &'a Self,
        mut change: impl FnMut(Option<&'a Route>, Option<&'a Route>),
    ) {
        let (mut old, mut new) = (self.list.iter().peekable(), new.list.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.key.cmp(&new.key),
            };
            let before = order.is_le().then(|| old.next()).flatten();
            let after = order.is_ge().then(|| new.next()).flatten();
            if before != after {
                change(before, after);
            }
        }
    }
}

/// The ranks of routes that tie: groups of the same length, of which one is a pattern, with the same path. The reader takes
/// the last entry of the table.
struct Ranks<'l> {
    /// The routes of patterns by the group's length and the path: order and group, sorted.
    patterns: HashMap<(usize, &'l str), Vec<(usize, &'l str)>>,
}

impl<'l> Ranks<'l> {
    fn of(lines: &'l [Line]) -> Self {
        let mut patterns: HashMap<_, Vec<_>> = HashMap::new();
        for line in lines {
            let group = Route::group(&line.key);
            if group::is_wild(group) {
                let path = &line.key[group.len()..];
                patterns.entry((group::rank(group), path)).or_default().push((line.order, group));
            }
        }
        patterns.values_mut().for_each(|tied| tied.sort_unstable());
        Self { patterns }
    }

    /// The rank of pattern n of those that tie, from 1, is `2n - 1`. That of a host after it is `2n`.
    fn rank(&self, line: &Line) -> usize {
        let group = Route::group(&line.key);
        if self.patterns.is_empty() || group.is_empty() {
            return 0;
        }
        let Some(tied) = self.patterns.get(&(group::rank(group), &line.key[group.len()..])) else { return 0 };
        let before = tied.partition_point(|(order, _)| *order < line.order);
        if group::is_wild(group) {
            return 2 * before + 1;
        }
        if tied.iter().any(|(_, pattern)| group::matches(pattern, group)) { 2 * before } else { 0 }
    }
}

/// A JSON string.
pub(crate) fn text(text: &str) -> String {
    // Serializing a string cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(entries: &[&str]) -> Vec<(String, String)> {
        let entries: Vec<Entry> = entries.iter().map(|text| Entry::from_text(text).unwrap()).collect();
        let routes = Routes::of(entries.iter()).unwrap();
        routes.list.into_iter().map(|route| (route.key, route.value)).collect()
    }

    #[test]
    fn the_last_of_equal_entries_counts() {
        let routes = routes(&["url,1,,/a", "bucket,2,,/a", r"site,3,a\.b,", "zip,4,,/"]);
        let expected = [("/", "o4"), ("/a", "b2"), ("a.b", "s3")];
        assert_eq!(routes, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_path_that_json_escapes_has_no_form() {
        let entry = Entry::from_text(r#"url,1,,/a"b"#).unwrap();
        assert_eq!(Routes::of([&entry].into_iter()), Err(Odd::Path(r#"/a"b"#.to_owned())));
    }

    #[test]
    fn ties_with_a_pattern_get_ranks_in_the_order_of_the_table() {
        let (host, pattern) = (r"ab\.com", r".*\.com");
        let value = |entries: &[String], key: &str| {
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            routes(&entries).into_iter().find(|route| route.0 == key).unwrap().1
        };
        let (exact, wild) = (format!("url,1,{host},/"), format!("url,2,{pattern},/"));
        let before = [exact.clone(), wild.clone()];
        assert_eq!((value(&before, "ab.com/"), value(&before, "*.com/")), ("u1".into(), "1u2".into()));
        let after = [wild, exact];
        assert_eq!((value(&after, "ab.com/"), value(&after, "*.com/")), ("2u1".into(), "1u2".into()));
    }
}
