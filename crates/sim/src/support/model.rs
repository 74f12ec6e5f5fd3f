//! What calls should come to, computed on plain lists.

use std::collections::BTreeMap;

use super::reader::Line;
use routesync_core::options::{Call, Scope};
use routesync_core::route::{EntryPattern, Route, Target};

/// Host and path, as stored.
pub type Pattern = (String, String);

/// A line in the model: who holds it, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    pub pattern: Pattern,
    pub kind: String,
    pub ns: String,
    /// The owner's id; empty for a foreign one.
    pub owner: String,
}

impl Held {
    pub fn of(line: &Line) -> Self {
        let Line { kind, ns, owner, .. } = line;
        let owner = owner.clone().unwrap_or_default();
        Self { pattern: line.pattern(), kind: kind.clone(), ns: ns.clone(), owner }
    }
}

/// What one call should report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub unchanged: Vec<String>,
    pub ids: Vec<(String, String)>,
    pub superseded: bool,
}

/// What all calls should come to.
#[derive(Debug, Default)]
pub struct Expected {
    /// By router, our lines in the end, sorted.
    pub lines: BTreeMap<String, Vec<Held>>,
    /// By call; `None` is a conflict.
    pub reports: Vec<Option<Report>>,
}

struct Standing {
    held: Held,
    /// It stands in the table, under this or another target.
    stored: bool,
    /// The call that declared it and its part and target.
    by: Option<(Option<String>, Target)>,
}

fn key(route: &Route) -> Pattern {
    (route.entry.host().to_owned(), route.entry.path().to_owned())
}

/// What of a site stands: its metadata, and the files of its record.
pub type Stored = Option<(String, std::collections::BTreeSet<String>)>;

fn id_of(call: &Call, route: &Route) -> String {
    call.id(&routesync_core::table::id::OwnerId::of(call.owner.as_str()), route).to_string()
}

/// Applies `calls` to the `tables` of their routers, by name; `stored` says what of a site stands.
pub fn expect(
    tables: &BTreeMap<String, Vec<Line>>,
    calls: &[&Call],
    stored_site: &dyn Fn(&str) -> Stored,
) -> Expected {
    let mut expected = Expected::default();
    expected.reports.resize(calls.len(), None);
    for (router, stored) in tables {
        let stored: Vec<Held> = stored.iter().map(Held::of).collect();
        let standing = |held: &Held| Standing { held: held.clone(), stored: true, by: None };
        let mut lines: Vec<Standing> = stored.iter().map(standing).collect();
        let calls: Vec<(usize, &&Call)> =
            calls.iter().enumerate().filter(|(_, call)| call.router.as_str() == router).collect();
        for (index, call) in &calls {
            expected.reports[*index] = apply(&stored, &mut lines, call, stored_site);
        }
        let ours: Vec<&Standing> = lines.iter().filter(|line| !line.held.owner.is_empty()).collect();
        for (at, (index, call)) in calls.iter().enumerate() {
            let later: Vec<&Call> = calls[at + 1..]
                .iter()
                .filter(|(later, other)| other.owner == call.owner && expected.reports[*later].is_some())
                .map(|(_, other)| **other)
                .collect();
            let Some(report) = &mut expected.reports[*index] else { continue };
            let gone = || {
                let mut declared = call.routes.iter().zip(&report.ids);
                declared.any(|(route, (_, id))| {
                    let pattern = key(route);
                    !ours.iter().any(|Standing { held, by, .. }| {
                        // A site may stand with what a later call declared.
                        let same = by.as_ref().is_none_or(|(_, target)| *target == route.target);
                        held.ns == *id && held.pattern == pattern && same
                    })
                })
            };
            let whole = |call: &Call| matches!(call.scope, Scope::Whole);
            report.superseded =
                !later.is_empty() && (whole(call) && later.iter().any(|later| whole(later)) || gone());
        }
        let mut ours: Vec<Held> = ours.into_iter().map(|line| line.held.clone()).collect();
        ours.sort();
        expected.lines.insert(router.clone(), ours);
    }
    expected
}

fn apply(
    stored: &[Held],
    lines: &mut Vec<Standing>,
    call: &Call,
    stored_site: &dyn Fn(&str) -> Stored,
) -> Option<Report> {
    let owner = call.owner.as_str();
    let part = call.part.as_deref();
    let ids: BTreeMap<Pattern, (String, &Route)> =
        call.routes.iter().map(|route| (key(route), (id_of(call, route), route))).collect();
    let me = routesync_core::table::id::OwnerId::of(owner).to_string();
    let whole = matches!(call.scope, Scope::Whole);
    for line in &*lines {
        let Some((_, route)) = ids.get(&line.held.pattern) else { continue };
        if line.held.owner != me {
            return None;
        }
        let same_part = |other: &Option<String>| part.is_some() && other.as_deref() == part;
        let rival = |(other, target): &(Option<String>, Target)| {
            !whole && !same_part(other) && *target != route.target
        };
        if line.by.as_ref().is_some_and(rival) {
            return None;
        }
    }
    let mut report = Report::default();
    for route in &call.routes {
        let (id, _) = &ids[&key(route)];
        report.ids.push((route.pattern.clone(), id.clone()));
        let before = stored.iter().rfind(|held| held.pattern == key(route) && held.owner == me);
        let as_declared = || {
            route.target.files().is_none_or(|files| {
                let wanted = (route.target.metadata().to_owned(), files.names().iter().cloned().collect());
                stored_site(id) == Some(wanted)
            })
        };
        let list = match before {
            None => &mut report.added,
            Some(held) if held.ns == *id && held.kind == route.target.kind().as_str() && as_declared() => {
                &mut report.unchanged
            }
            Some(_) => &mut report.changed,
        };
        list.push(route.pattern.clone());
    }
    if whole {
        for line in lines.iter().filter(|line| line.stored && line.held.owner == me) {
            if !ids.contains_key(&line.held.pattern) {
                let (host, path) = line.held.pattern.clone();
                report.removed.push(EntryPattern::from_stored(host, path).display());
            }
        }
        lines.retain(|line| line.held.owner != me);
    } else if let Scope::Previous(previous) = &call.scope {
        for gone in previous {
            let pattern = (gone.entry.host().to_owned(), gone.entry.path().to_owned());
            if ids.contains_key(&pattern) {
                continue;
            }
            lines.retain(|line| {
                let goes = line.held.pattern == pattern && line.held.ns == gone.id && line.held.owner == me;
                if goes && line.stored {
                    report.removed.push(gone.pattern.clone());
                }
                !goes
            });
        }
        lines.retain(|line| !ids.contains_key(&line.held.pattern));
    }
    for route in &call.routes {
        let (id, _) = &ids[&key(route)];
        let kind = route.target.kind().as_str().to_owned();
        let held = Held { pattern: key(route), kind, ns: id.clone(), owner: me.clone() };
        let stored = stored.iter().any(|other| other.pattern == held.pattern && other.owner == me);
        let by = Some((call.part.clone(), route.target.clone()));
        lines.push(Standing { held, stored, by });
    }
    Some(report)
}
