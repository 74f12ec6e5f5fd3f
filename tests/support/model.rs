//! What intents should come to, computed on plain lists.

use std::collections::BTreeMap;

use routesync::options::{Intent, Scope};
use routesync::route::{EntryPattern, Route};
use routesync::table::id::RouteId;

use super::reader::Line;

/// Host and path, as stored.
pub type Pattern = (String, String);

/// A line in the model: who holds it, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub pattern: Pattern,
    pub kind: String,
    pub ns: String,
}

/// What one intent should report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub unchanged: Vec<String>,
    pub ids: Vec<(String, String)>,
    pub superseded: bool,
}

/// What all intents should come to.
#[derive(Debug, Default)]
pub struct Expected {
    /// By router, our lines in the end, sorted.
    pub lines: BTreeMap<String, Vec<Held>>,
    /// By intent; `None` is a conflict.
    pub reports: Vec<Option<Report>>,
}

struct Standing {
    held: Held,
    /// It stands in the table, under this or another target.
    stored: bool,
    /// The call that declared it and its part and target.
    by: Option<(Option<String>, String)>,
}

fn key(route: &Route) -> Pattern {
    (route.entry.host().to_owned(), route.entry.path().to_owned())
}

pub fn is_ours(ns: &str) -> bool {
    ns.len() == 14 && ns.as_bytes()[6] == b'.'
}

fn owner_of(ns: &str) -> &str {
    if is_ours(ns) { &ns[..6] } else { "" }
}

/// Applies `intents` to the `tables` of their routers, by name.
pub fn expect(tables: &BTreeMap<String, Vec<Line>>, intents: &[&Intent]) -> Expected {
    let mut expected = Expected::default();
    expected.reports.resize(intents.len(), None);
    for (router, stored) in tables {
        let held =
            |line: &Line| Held { pattern: line.pattern(), kind: line.kind.clone(), ns: line.ns.clone() };
        let stored: Vec<Held> = stored.iter().map(held).collect();
        let standing = |held: &Held| Standing { held: held.clone(), stored: true, by: None };
        let mut lines: Vec<Standing> = stored.iter().map(standing).collect();
        let calls: Vec<(usize, &&Intent)> =
            intents.iter().enumerate().filter(|(_, intent)| intent.router.as_str() == router).collect();
        for (index, intent) in &calls {
            expected.reports[*index] = apply(&stored, &mut lines, intent);
        }
        let ours: Vec<&Held> = lines.iter().map(|line| &line.held).filter(|held| is_ours(&held.ns)).collect();
        for (at, (index, intent)) in calls.iter().enumerate() {
            let later: Vec<&Intent> = calls[at + 1..]
                .iter()
                .filter(|(later, other)| other.owner == intent.owner && expected.reports[*later].is_some())
                .map(|(_, other)| **other)
                .collect();
            let Some(report) = &mut expected.reports[*index] else { continue };
            let gone = || {
                let mut declared = intent.routes.iter().zip(&report.ids);
                declared.any(|(route, (_, id))| {
                    let pattern = key(route);
                    !ours.iter().any(|held| held.ns == *id && held.pattern == pattern)
                })
            };
            let whole = |intent: &Intent| matches!(intent.scope, Scope::Whole);
            report.superseded =
                !later.is_empty() && (whole(intent) && later.iter().any(|later| whole(later)) || gone());
        }
        let mut ours: Vec<Held> = ours.into_iter().cloned().collect();
        ours.sort();
        expected.lines.insert(router.clone(), ours);
    }
    expected
}

fn apply(stored: &[Held], lines: &mut Vec<Standing>, intent: &Intent) -> Option<Report> {
    let (router, owner) = (intent.router.as_str(), intent.owner.as_str());
    let part = intent.part.as_deref();
    let ids: BTreeMap<Pattern, (String, &Route)> = intent
        .routes
        .iter()
        .map(|route| {
            (key(route), (RouteId::of(router, owner, part, route.target.metadata()).to_string(), route))
        })
        .collect();
    let me = routesync::table::id::OwnerId::of(owner).to_string();
    let whole = matches!(intent.scope, Scope::Whole);
    for line in &*lines {
        let Some((id, route)) = ids.get(&line.held.pattern) else { continue };
        if owner_of(&line.held.ns) != me {
            return None;
        }
        let same_part = |other: &Option<String>| part.is_some() && other.as_deref() == part;
        let rival = |(other, target): &(Option<String>, String)| {
            !whole && !same_part(other) && target != route.target.metadata()
        };
        if line.held.ns != *id && line.by.as_ref().is_some_and(rival) {
            return None;
        }
    }
    let mut report = Report::default();
    for route in &intent.routes {
        let (id, _) = &ids[&key(route)];
        report.ids.push((route.pattern.clone(), id.clone()));
        let before = stored.iter().rfind(|held| held.pattern == key(route) && owner_of(&held.ns) == me);
        let list = match before {
            None => &mut report.added,
            Some(held) if held.ns == *id && held.kind == route.target.kind().as_str() => {
                &mut report.unchanged
            }
            Some(_) => &mut report.changed,
        };
        list.push(route.pattern.clone());
    }
    if whole {
        for line in lines.iter().filter(|line| line.stored && owner_of(&line.held.ns) == me) {
            if !ids.contains_key(&line.held.pattern) {
                let (host, path) = line.held.pattern.clone();
                report.removed.push(EntryPattern::from_stored(host, path).display());
            }
        }
        lines.retain(|line| owner_of(&line.held.ns) != me);
    } else if let Scope::Previous(previous) = &intent.scope {
        for gone in previous {
            let pattern = (gone.entry.host().to_owned(), gone.entry.path().to_owned());
            if ids.contains_key(&pattern) {
                continue;
            }
            lines.retain(|line| {
                let goes = line.held.pattern == pattern && line.held.ns == gone.id;
                if goes && line.stored {
                    report.removed.push(gone.pattern.clone());
                }
                !goes
            });
        }
        lines.retain(|line| !ids.contains_key(&line.held.pattern));
    }
    for route in &intent.routes {
        let (id, _) = &ids[&key(route)];
        let held =
            Held { pattern: key(route), kind: route.target.kind().as_str().to_owned(), ns: id.clone() };
        let stored = stored.iter().any(|other| other.pattern == held.pattern && owner_of(&other.ns) == me);
        let by = Some((intent.part.clone(), route.target.metadata().to_owned()));
        lines.push(Standing { held, stored, by });
    }
    Some(report)
}
