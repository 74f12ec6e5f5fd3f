//! What is odd about a table as it will be: rules that need all of it, asked of the routes that a commit adds or
//! changes. Runs before anything is written; a rule that is an error rejects its caller alone.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::compose::{Composed, Fate, Outcome};
use crate::error::{Result, RouteSyncError};
use crate::route::lint::{Level, Levels, Rule, refuse};
use crate::route::matcher::{HostExpression, path_matches, units};
use crate::route::{EntryPattern, Warning, host};
use crate::store::limits;
use crate::table::SST_HOLDER;
use crate::table::decode::Table;
use crate::table::entry::Entry;

/// Warnings of one rule in one report: the rest says nothing new.
const MOST: usize = 20;
/// Pairs of hosts that are compared at most: beyond, a set is no longer written by hand.
const COMPARISONS: usize = 200_000;
/// Routes from which the edge function's scan is worth a word: about 200 drive SST's to 90–100 % of its budget
/// (sst#6633).
const SCAN_ROUTES: usize = 150;
/// Chunks from which the reads of each request are worth a word.
const CHUNKS: usize = 10;
/// Percent of a store from which its room is worth a word.
const FULL_PERCENT: u64 = 80;

/// What is known of a router's table as it will be.
pub(super) struct Subject<'a> {
    /// The table as it stands.
    pub table: &'a Table,
    /// What becomes of it.
    pub composed: &'a Composed<'a>,
    /// The router.
    pub router: &'a str,
    /// Chunks in the end.
    pub parts: usize,
    /// Bytes of the store in the end, at most.
    pub store_bytes: u64,
}

/// Adds to `outcomes` what the rules have to say of the calls in `levels`.
///
/// # Errors
/// The call that a rule rejects, and why.
pub(super) fn lint(
    subject: &Subject<'_>,
    levels: &BTreeMap<usize, &Levels>,
    outcomes: &mut BTreeMap<usize, Result<Outcome>>,
) -> Result<(), (usize, RouteSyncError)> {
    let entries: Vec<&Entry> =
        subject.composed.slots.iter().filter_map(|slot| standing(subject.table, slot)).collect();
    let wild = wildcards(&entries);
    let mut comparisons = 0;
    let mut found: BTreeMap<usize, Vec<Warning>> = BTreeMap::new();
    for slot in &subject.composed.slots {
        let (Fate::Becomes { entry, .. }, Some((call, at))) = (&slot.fate, slot.claimed) else { continue };
        let Some(Ok(outcome)) = outcomes.get(&call) else { continue };
        let Some((pattern, _)) = outcome.ids.get(at) else { continue };
        let warnings = found.entry(call).or_default();
        if comparisons < COMPARISONS {
            comparisons += wild.len();
            against_wildcards(pattern, entry, &wild, warnings);
        }
        unanchored(pattern, entry, warnings);
    }
    for (call, outcome) in outcomes.iter() {
        let Ok(outcome) = outcome else { continue };
        if levels.contains_key(call) && !(outcome.added.is_empty() && outcome.changed.is_empty()) {
            let warnings = found.entry(*call).or_default();
            held_twice(&entries, warnings);
            namespaces(subject.router, &entries, warnings);
            sizes(subject, entries.len(), warnings);
        }
    }
    for (call, warnings) in found {
        let Some(levels) = levels.get(&call) else { continue };
        let Some(Ok(outcome)) = outcomes.get_mut(&call) else { continue };
        let mut told: HashMap<&str, usize> = HashMap::new();
        for warning in warnings {
            let count = told.entry(warning.code).or_default();
            *count += 1;
            match levels.of(warning.code) {
                Level::Error => return Err((call, refuse(&warning))),
                Level::Warn if *count <= MOST => outcome.warnings.push(warning),
                Level::Warn | Level::Off => {}
            }
        }
    }
    Ok(())
}

/// The entry that a slot has in the end.
fn standing<'a>(table: &'a Table, slot: &'a super::compose::Slot<'_>) -> Option<&'a Entry> {
    match (&slot.fate, slot.stored) {
        (Fate::Becomes { entry, .. }, _) => Some(entry),
        (Fate::Stays, Some(stored)) => Some(&table.entries[stored].entry),
        _ => None,
    }
}

/// A host with a `*`, with the paths that it has.
struct Wildcard<'a> {
    expression: HostExpression,
    units: usize,
    entries: Vec<&'a Entry>,
}

fn wildcards<'a>(entries: &[&'a Entry]) -> Vec<Wildcard<'a>> {
    let mut by_host: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.host().contains('*')) {
        by_host.entry(entry.host()).or_default().push(entry);
    }
    let ready =
        |(host, entries)| Wildcard { expression: HostExpression::new(host), units: units(host), entries };
    by_host.into_iter().map(ready).collect()
}

fn shown(entry: &Entry) -> String {
    EntryPattern::from_stored(entry.host(), entry.path()).display()
}

/// A route whose requests a wildcard host takes.
fn against_wildcards(pattern: &str, entry: &Entry, wild: &[Wildcard<'_>], warnings: &mut Vec<Warning>) {
    let host = entry.host();
    if host.contains('*') {
        return;
    }
    let name = host::unescape(host);
    let anchored = format!("^{name}$");
    for wildcard in wild {
        // Without a host of its own it loses wherever a wildcard matches; to one that matches everything, always.
        let matches = if host.is_empty() {
            wildcard.expression.text() == ".*"
        } else {
            wildcard.expression.matches(&anchored)
        };
        if !matches || wildcard.units < units(host) {
            continue;
        }
        for other in &wildcard.entries {
            let covers = path_matches(other.path(), entry.path());
            let other_shown = shown(other);
            if wildcard.units > units(host) && covers {
                let message = format!(
                    "{pattern} can never win: the host of {other_shown} matches, too, and its text is longer, which decides before the path; give {pattern} a longer host, or remove {other_shown}"
                );
                warnings.push(Warning::about(Rule::RouteShadowed.code(), pattern, message));
            } else if wildcard.units > units(host) && path_matches(entry.path(), other.path()) {
                let message = format!(
                    "{other_shown} wins against {pattern} below {}: the text of its host is longer, though {name:?} is the exact one; declare that path for {name:?} under a longer host, or remove the wildcard's",
                    other.path()
                );
                warnings.push(Warning::about(Rule::HostLosesToWildcard.code(), pattern, message));
            } else if wildcard.units == units(host) && covers {
                let message = format!(
                    "the hosts of {pattern} and {other_shown} are equally long, so that the longer path decides between them, and of equal paths the later entry; give them different paths"
                );
                warnings.push(Warning::about(Rule::HostTiesWithWildcard.code(), pattern, message));
            }
        }
    }
}

/// A wildcard host that matches in the middle of another.
fn unanchored(pattern: &str, entry: &Entry, warnings: &mut Vec<Warning>) {
    let host = entry.host();
    if host.contains('*') && !host.starts_with(".*") {
        let name = host::unescape(host);
        let example = format!("x.{}", name.replace('*', "1"));
        let message = format!(
            "{pattern} also matches {example}: the edge looks for the host's expression anywhere in the request's host; begin it with * to say so, or name the hosts one by one"
        );
        warnings.push(Warning::about(Rule::WildcardUnanchored.code(), pattern, message));
    }
}

/// Entries of two holders with one pattern: the last wins.
fn held_twice(entries: &[&Entry], warnings: &mut Vec<Warning>) {
    let mut holders: HashMap<(&str, &str), &str> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let path = if entry.path().is_empty() { "/" } else { entry.path() };
        let holder = entry.owner().unwrap_or(SST_HOLDER);
        if holders.insert((entry.host(), path), holder).is_some_and(|other| other != holder) {
            let pattern = shown(entry);
            let message = format!(
                "{pattern} is held by two owners in this table, and only the last entry is ever reached; remove one of them"
            );
            warnings.push(Warning::about(Rule::PatternHeldTwice.code(), &pattern, message));
        }
    }
}

/// Foreign namespaces are four hex digits: at 200 names the chance that two are one is a quarter.
fn namespaces(router: &str, entries: &[&Entry], warnings: &mut Vec<Warning>) {
    let mut kinds: HashMap<&str, &str> = HashMap::new();
    let mut told = HashSet::new();
    for entry in entries.iter().filter(|entry| entry.made().is_none()) {
        let id = entry.id();
        let other = kinds.insert(id, entry.kind());
        let twice = other.is_some_and(|other| other != entry.kind());
        if (twice || id == router) && told.insert(id) {
            let pattern = shown(entry);
            let what = if twice {
                format!(
                    "the namespace {id} of {pattern} is used by routes of two kinds, which cannot share metadata"
                )
            } else {
                format!("the namespace {id} of {pattern} is that of the router itself")
            };
            let message = format!("{what}: two names hash to it; rename one of the constructs");
            warnings.push(Warning::about(Rule::NamespaceCollision.code(), &pattern, message));
        }
    }
}

fn sizes(subject: &Subject<'_>, routes: usize, warnings: &mut Vec<Warning>) {
    let mut about = |rule: Rule, message: String| {
        warnings.push(Warning { code: rule.code(), message, pattern: None });
    };
    if subject.parts >= CHUNKS {
        about(
            Rule::EdgeReads,
            format!(
                "the table takes {} chunks, each a billed read of every request at the edge, besides the marker and the metadata; shorten patterns, or give some routes a router of their own",
                subject.parts
            ),
        );
    }
    if routes >= SCAN_ROUTES {
        about(
            Rule::EdgeScan,
            format!(
                "the edge function looks at all {routes} routes for every request, and about 200 already take 90 to 100 % of the time it is given (sst#6633); beyond, requests fail: give some routes a router of their own"
            ),
        );
    }
    let percent = subject.store_bytes.saturating_mul(100) / limits::STORE_BYTES;
    if percent >= FULL_PERCENT {
        about(
            Rule::StoreNearlyFull,
            format!(
                "the store will hold {} bytes, {percent} % of the {} that it can; remove routes or files, or use another store",
                subject.store_bytes,
                limits::STORE_BYTES
            ),
        );
    }
}
