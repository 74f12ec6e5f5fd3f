//! Rules about hosts with a `*`: routes whose requests they take, and other hosts that they match.

use std::collections::BTreeMap;
use std::ops::Bound;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::{Findings, Line, shown};
use crate::plan::index::CallIndex;
use crate::route::host;
use crate::route::lint_rule::Rule;
use crate::route::matcher::grams::Grams;
use crate::route::matcher::{HostExpression, path_matches, units};
use crate::table::entry::Entry;

/// Compares the entries that calls add or change with each other and with all other entries.
pub(super) fn lint(lines: &[Line<'_>], findings: &mut Findings<'_>) {
    let wildcards = Wildcards::new(lines);
    for line in lines {
        if let Some(declared) = line.new {
            unanchored(declared, line.entry, findings);
        }
    }
    if wildcards.hosts.is_empty() {
        return;
    }
    let any_new = wildcards.hosts.iter().any(|wildcard| !wildcard.new.is_empty());
    // Many routes have one host.
    let mut over: HashMap<&str, SmallVec<[usize; 2]>> = HashMap::new();
    for line in lines.iter().filter(|line| any_new || line.new.is_some()) {
        let host = line.entry.host();
        if host.contains('*') {
            continue;
        }
        for wildcard in over.entry(host).or_insert_with(|| wildcards.over(host)).iter() {
            let wildcard = &wildcards.hosts[*wildcard];
            // Pairs of unchanged routes were checked when they were declared.
            let paths = if line.new.is_some() { &wildcard.paths } else { &wildcard.new };
            judge(line, wildcard.units > units(host), paths, findings);
        }
    }
}

/// Compares a route with an exact host, or without one, with the routes of a wildcard that matches it. `longer` is set if the
/// wildcard's text is longer than the host's. Otherwise they are equally long.
fn judge(line: &Line<'_>, longer: bool, paths: &Paths<'_>, findings: &mut Findings<'_>) {
    let path = line.entry.path();
    let above = paths.over(path);
    let (rule, other) = match (above, longer) {
        (Some(other), true) => (Rule::RouteShadowed, Some(other)),
        // If the route's path is longer than the other's, the route wins.
        (Some(other), false) if other.entry.path().len() == path.len() => {
            (Rule::HostTiesWithWildcard, Some(other))
        }
        (_, true) => (Rule::HostLosesToWildcard, paths.below(path)),
        (_, false) => (Rule::HostTiesWithWildcard, paths.below(path)),
    };
    let Some(other) = other else { return };
    // The warning is about the route that changes. If both do, it is about the one that loses.
    let Some(about) = line.new.or(other.new) else { return };
    findings.about(about, rule, || {
        let (loser, winner) = (shown(line.entry), shown(other.entry));
        match rule {
            Rule::RouteShadowed => format!(
                "{loser} can never win: the host of {winner} matches, too, and its text is longer, which decides before the path; give {loser} a longer host, or remove {winner}"
            ),
            Rule::HostLosesToWildcard => format!(
                "{winner} takes the requests of {loser} below {}: the text of its host is longer, though the other is the exact one; declare that path under a longer host, too, or remove {winner}",
                other.entry.path()
            ),
            _ if other.entry.path().len() == path.len() => format!(
                "{loser} and {winner} match the same requests with hosts and paths of equal length, so that the later entry wins; give them different paths"
            ),
            _ => format!(
                "{winner} takes the requests of {loser} below {}: their hosts are equally long, so that the longer path decides; declare that path for the exact host, too",
                other.entry.path()
            ),
        }
    });
}

/// Warns about a wildcard host that also matches in the middle of another host.
fn unanchored(declared: (CallIndex, &str), entry: &Entry, findings: &mut Findings<'_>) {
    let host = entry.host();
    if host.contains('*') && !host.starts_with(".*") {
        findings.about(declared, Rule::WildcardUnanchored, || {
            let example = format!("x.{}", host::unescape(host).replace('*', "1"));
            format!(
                "{} also matches {example}: the edge looks for the host's expression anywhere in the request's host; begin it with * to say so, or name the hosts one by one",
                declared.1
            )
        });
    }
}

struct Wildcards<'a> {
    hosts: Vec<Wildcard<'a>>,
    grams: Grams,
}

/// A host with a `*` and its routes.
struct Wildcard<'a> {
    expression: HostExpression,
    units: usize,
    paths: Paths<'a>,
    /// The routes that a call adds or changes.
    new: Paths<'a>,
}

/// Routes by path. Of several with the same path, the last.
#[derive(Default)]
struct Paths<'a>(BTreeMap<&'a str, &'a Line<'a>>);

impl<'a> Wildcards<'a> {
    fn new(lines: &'a [Line<'a>]) -> Self {
        let mut by_host: BTreeMap<&str, Wildcard<'_>> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.entry.host().contains('*')) {
            let host = line.entry.host();
            let wildcard = by_host.entry(host).or_insert_with(|| Wildcard {
                expression: HostExpression::new(host),
                units: units(host),
                paths: Paths::default(),
                new: Paths::default(),
            });
            wildcard.paths.0.insert(line.entry.path(), line);
            if line.new.is_some() {
                wildcard.new.0.insert(line.entry.path(), line);
            }
        }
        let hosts: Vec<_> = by_host.into_values().collect();
        let grams = Grams::new(hosts.iter().map(|wildcard| &wildcard.expression));
        Self { hosts, grams }
    }

    /// The wildcards that match all requests of the plain host expression `host` and whose text is not shorter.
    fn over(&self, host: &str) -> SmallVec<[usize; 2]> {
        let long = |at: &usize| self.hosts[*at].units >= units(host);
        if host.is_empty() {
            let any = (0..self.hosts.len()).filter(|at| self.hosts[*at].expression.matches_all());
            return any.collect();
        }
        let anchored = format!("^{}$", host::unescape(host));
        let mut found = SmallVec::new();
        self.grams.each(anchored.as_bytes(), |at| {
            let at = at as usize;
            if long(&at) && !found.contains(&at) && self.hosts[at].expression.matches_plainly(&anchored) {
                found.push(at);
            }
        });
        found.sort_unstable();
        found
    }
}

impl<'a> Paths<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The route with the longest path that matches all requests of `path`.
    fn over(&self, path: &str) -> Option<&'a Line<'a>> {
        let at = |end: usize| self.0.get(path.get(..end)?).copied();
        let slashes = path.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at);
        at(path.len()).or_else(|| slashes.into_iter().find_map(|slash| at(slash + 1).or_else(|| at(slash))))
    }

    /// A route whose path matches some of the requests of `path`.
    fn below(&self, path: &str) -> Option<&'a Line<'a>> {
        let folder =
            if path.is_empty() || path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
        let (found, line) =
            self.0.range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded)).next()?;
        path_matches(path, found).then_some(*line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(lines: &[(&str, &str)]) -> Vec<Entry> {
        lines.iter().map(|(host, path)| Entry::new("url", "aaaa", host, path)).collect()
    }

    #[test]
    fn paths_are_found_above_and_below() {
        let entries = entries(&[("", "/a"), ("", "/a/b/"), ("", "/a/b/c/d"), ("", "/ab")]);
        let lines: Vec<Line<'_>> = entries.iter().map(|entry| Line { entry, new: None }).collect();
        let paths = Paths(lines.iter().map(|line| (line.entry.path(), line)).collect());
        let over = |path: &str| paths.over(path).map(|line| line.entry.path());
        let below = |path: &str| paths.below(path).map(|line| line.entry.path());
        for (path, above, under) in [
            ("/", None, Some("/a")),
            ("/a", Some("/a"), Some("/a/b/")),
            ("/a/b", Some("/a"), Some("/a/b/")),
            ("/a/b/c", Some("/a/b/"), Some("/a/b/c/d")),
            ("/abc", None, None),
            ("/ab", Some("/ab"), None),
            ("", None, Some("/a")),
        ] {
            assert_eq!((over(path), below(path)), (above, under), "{path}");
            for other in &lines {
                let covers = path_matches(other.entry.path(), path);
                assert!(!covers || over(path).is_some(), "{path} {}", other.entry.path());
            }
        }
    }

    #[test]
    fn wildcards_are_found_by_the_hosts_that_they_match() {
        let entries = entries(&[
            (r".*\.example\.com", "/"),
            (r".*", "/"),
            (r".*\.com", "/"),
            (r"[a-z]*\.example\.com", "/"),
            (r".*\.example\.org", "/"),
        ]);
        let lines: Vec<Line<'_>> = entries.iter().map(|entry| Line { entry, new: None }).collect();
        let wildcards = Wildcards::new(&lines);
        let over = |host: &str| -> Vec<&str> {
            wildcards.over(host).iter().map(|at| wildcards.hosts[*at].expression.text()).collect()
        };
        assert_eq!(over(r"a\.example\.com"), [r".*\.example\.com"]);
        assert_eq!(over(r"long\.example\.com"), Vec::<&str>::new());
        assert_eq!(over(""), [".*"]);
    }
}
