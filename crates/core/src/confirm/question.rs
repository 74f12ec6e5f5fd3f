//! The requests to ask about: one for each pattern, with the route that it gets by the table.

use std::collections::HashSet;

use crate::error::Result;
use crate::kvs::Requests;
use crate::options::RouterId;
use crate::plan::{Snapshot, corrupt};
use crate::query::{Needs, Query};
use crate::route::matcher::{Line, Matcher, Reader};
use crate::route::{EntryPattern, host};
use crate::table::decode::Table;
use crate::table::entry::Entry;

/// Texts for each `*` of a host. The first one with which no other route takes the request is used.
const FILLINGS: [&str; 4] = ["routesync-probe", "a", "", "xn--routesync-9q4"];

/// Hosts for a pattern without a host.
const HOSTS: [&str; 2] = ["routesync-probe.invalid", "x"];

/// A request whose route shows whether the edge has a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The pattern that it is about.
    pub pattern: String,
    pub host: String,
    pub uri: String,
    pub expected: Expected,
}

/// The route that a request must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The route's id. `None` if no route matches.
    pub id: Option<String>,
    /// The route is the pattern's own, so its metadata must exist.
    pub own: bool,
}

/// Asks a store for the questions about patterns of a router.
#[derive(Debug, Clone)]
pub struct EdgeQuery {
    pub router: RouterId,
    /// The patterns as a declaration or a report spells them. `None` is for routes of the live table.
    pub patterns: Option<Vec<String>>,
    /// The most questions about the live table.
    pub most: usize,
}

impl Query for EdgeQuery {
    type Answer = Vec<Question>;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        Needs::Keys(snapshot.unread(snapshot.table_keys(self.router.as_str())))
    }

    fn answer(&self, snapshot: &Snapshot, _: u64, _: Requests) -> Result<Vec<Question>> {
        let router = self.router.as_str();
        let table = snapshot.table(router).map_err(|damage| corrupt(router, &damage))?;
        let patterns: Vec<EntryPattern> = if let Some(texts) = &self.patterns {
            // A text that is no pattern is of an entry by another writer.
            texts.iter().filter_map(|text| Some(EntryPattern::parse(text, "").ok()?.0)).collect()
        } else {
            let step = table.entries.len().div_ceil(self.most.max(1)).max(1);
            let entries = table.entries.iter().step_by(step).map(|stored| &stored.entry);
            let some: Vec<_> =
                entries.map(|entry| EntryPattern::from_stored(entry.host(), entry.path())).collect();
            // An edge that serves an empty table has no route for any request.
            if some.is_empty() { vec![EntryPattern::from_stored("", "/")] } else { some }
        };
        Ok(questions(&table, &patterns))
    }
}

/// The questions about `patterns` by `table`, without those that no request can answer.
#[must_use]
pub fn questions(table: &Table, patterns: &[EntryPattern]) -> Vec<Question> {
    let entries: Vec<&Entry> = table.entries.iter().map(|stored| &stored.entry).collect();
    let lines = entries.iter().map(|entry| Line { host: entry.host(), path: entry.path() }).collect();
    let matcher = Matcher::new(lines, Reader::default());
    let mut known = HashSet::new();
    let distinct = patterns.iter().filter(|pattern| known.insert(*pattern));
    distinct.filter_map(|pattern| question(pattern, &entries, &matcher)).collect()
}

/// The question about a pattern. `None` if longer routes take each request that the pattern could get.
fn question(pattern: &EntryPattern, entries: &[&Entry], matcher: &Matcher<'_>) -> Option<Question> {
    let uri = if pattern.path().is_empty() { "/" } else { pattern.path() };
    hosts(pattern).find_map(|host| {
        let winner = matcher.winner(&host, uri).ok()?.map(|index| entries[index]);
        let own = winner.is_some_and(|entry| pattern.claims(entry.host(), entry.path()));
        let rank = |host: &str, path: &str| (host.len(), path.len());
        let would_win = own
            || winner
                .is_none_or(|entry| rank(entry.host(), entry.path()) < rank(pattern.host(), pattern.path()));
        would_win.then(|| Question {
            pattern: pattern.display(),
            host,
            uri: uri.to_owned(),
            expected: Expected { id: winner.map(|entry| entry.id().to_owned()), own },
        })
    })
}

/// Hosts that a pattern matches.
fn hosts(pattern: &EntryPattern) -> Box<dyn Iterator<Item = String>> {
    let host = host::unescape(pattern.host());
    if host.is_empty() {
        Box::new(HOSTS.iter().map(|host| (*host).to_owned()))
    } else if host.contains('*') {
        Box::new(FILLINGS.iter().map(move |filling| host.replace('*', filling)))
    } else {
        Box::new(std::iter::once(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvs::{Counts, ETag};
    use crate::table::key;

    fn asked(entries: &[&str], patterns: &[&str]) -> Vec<(String, String, Option<String>, bool)> {
        let mut snapshot = Snapshot::new(ETag::new("E1"), Counts::default());
        snapshot.set(key::routes("678a"), Some(serde_json::to_string(entries).unwrap()));
        let query = EdgeQuery {
            router: RouterId::parse("678a").unwrap(),
            patterns: Some(patterns.iter().map(|&text| text.to_owned()).collect()),
            most: 0,
        };
        let questions = query.answer(&snapshot, 0, Requests::default()).unwrap();
        let asked = questions.into_iter().map(|it| (it.host, it.uri, it.expected.id, it.expected.own));
        asked.collect()
    }

    fn one(host: &str, uri: &str, id: Option<&str>, own: bool) -> (String, String, Option<String>, bool) {
        (host.to_owned(), uri.to_owned(), id.map(str::to_owned), own)
    }

    #[test]
    fn a_live_route_is_expected_at_its_own_path() {
        let entries = ["url,1,,/", "url,2,,/api", r"url,3,a\.com,/x"];
        assert_eq!(asked(&entries, &["/api"]), [one(HOSTS[0], "/api", Some("2"), true)]);
        assert_eq!(asked(&entries, &["a.com/x"]), [one("a.com", "/x", Some("3"), true)]);
    }

    #[test]
    fn after_a_removal_the_next_best_route_is_expected_or_none() {
        assert_eq!(asked(&["url,1,,/"], &["/api"]), [one(HOSTS[0], "/api", Some("1"), false)]);
        assert_eq!(asked(&[], &["*.a.com/"]), [one("routesync-probe.a.com", "/", None, false)]);
    }

    #[test]
    fn a_host_is_chosen_that_no_longer_host_takes() {
        let entries = [r"url,1,.*\.a\.com,/", r"url,2,routesync-.*\.a\.com,/"];
        assert_eq!(asked(&entries, &["*.a.com/"]), [one("a.a.com", "/", Some("1"), true)]);
    }

    #[test]
    fn a_pattern_that_gets_no_request_is_not_asked_about() {
        assert_eq!(asked(&["url,1,.*,/", "url,2,,/api"], &["/api"]), []);
    }
}
