//! Applies the lint rules to the routes that a commit adds, changes or removes: those about a declaration alone, whose
//! findings the call brings with it, and those about the whole table after the commit.
//!
//! Runs before anything is written. A rule with the level `error` refuses only the call that it is about. The run time is
//! linear in the table and the declarations.

mod wildcards;

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::compose::Composed;
use super::draft::{DraftCall, Slot, SlotChange};
use super::index::CallIndex;
use super::outcome::{Outcome, Outcomes, Refusal};
use crate::kvs::limits;
use crate::route::lint_rule::{Level, Levels, Rule};
use crate::route::warning::refuse;
use crate::route::{EntryPattern, Warning, WarningCode};
use crate::table::SST_HOLDER;
use crate::table::decode::Table;
use crate::table::entry::Entry;

/// The most warnings of one rule in one report. More would add nothing.
const MOST: usize = 20;
/// A table with this many routes gets a warning about the edge function's run time: about 200 drive SST's to 90–100 % of its
/// budget (sst#6633).
const SCAN_ROUTES: usize = 150;
/// A table with this many chunks gets a warning about the reads of each request.
const CHUNKS: usize = 10;
/// A store that is full to this percentage gets a warning.
const FULL_PERCENT: u64 = 80;

/// A router's table after the commit.
pub(super) struct Subject<'a> {
    /// The live table.
    pub(crate) table: &'a Table,
    /// The table after the calls.
    pub(crate) composed: &'a Composed<'a>,
    pub(crate) router: &'a str,
    /// The number of chunks after the commit.
    pub(crate) parts: usize,
    /// The table has an index after the commit, so that the edge does not scan it.
    pub(crate) indexed: bool,
    /// The most bytes of the store after the commit.
    pub(crate) store_bytes: u64,
}

/// Adds the warnings about `calls` to their `outcomes`, or returns the call that a rule refuses.
pub(super) fn lint(
    subject: &Subject<'_>,
    calls: &[DraftCall<'_>],
    outcomes: &mut Outcomes,
) -> Result<(), Refusal> {
    let levels: BTreeMap<CallIndex, &Levels> = calls.iter().map(|call| (call.index, &call.lint)).collect();
    let lines: Vec<Line<'_>> =
        subject.composed.slots.iter().filter_map(|slot| line(subject.table, slot, outcomes)).collect();
    let mut findings = Findings::new(&levels);
    for call in calls {
        if let Some(Ok(outcome)) = outcomes.get(&call.index) {
            declared(call, outcome, &mut findings);
        }
    }
    wildcards::lint(&lines, &mut findings);
    let moved = |outcome: &Outcome| !(outcome.added.is_empty() && outcome.changed.is_empty());
    let calls: Vec<CallIndex> = outcomes
        .iter()
        .filter(|(call, outcome)| levels.contains_key(call) && outcome.as_ref().is_ok_and(moved))
        .map(|(call, _)| *call)
        .collect();
    if !calls.is_empty() {
        let entries: Vec<&Entry> = lines.iter().map(|line| line.entry).collect();
        let about_all = held_twice(&entries)
            .into_iter()
            .chain(namespaces(subject.router, &entries))
            .chain(sizes(subject, entries.len()));
        for warning in about_all {
            for call in &calls {
                findings.add(*call, &warning);
            }
        }
    }
    findings.settle(outcomes)
}

/// Adds the findings about a call's declaration. Unchanged routes were checked when they were added.
fn declared(call: &DraftCall<'_>, outcome: &Outcome, findings: &mut Findings<'_>) {
    if !call.warnings.is_empty() {
        let judged: HashSet<&str> =
            outcome.added.iter().chain(&outcome.changed).map(String::as_str).collect();
        let about =
            |warning: &&Warning| warning.pattern.as_deref().is_none_or(|pattern| judged.contains(pattern));
        for warning in call.warnings.iter().filter(about) {
            findings.add(call.index, warning);
        }
    }
    for pattern in &outcome.undefined {
        findings.about((call.index, pattern), Rule::TargetUndefined, || {
            format!(
                "{pattern} is removed, since its target is undefined; give it a target, or leave it out of `routes` if the removal is meant"
            )
        });
    }
}

/// An entry of the table after the commit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(crate) entry: &'a Entry,
    /// The call that adds or changes the entry, and the pattern that it declares.
    pub(crate) new: Option<(CallIndex, &'a str)>,
}

fn line<'a>(table: &'a Table, slot: &'a Slot<'_>, outcomes: &'a Outcomes) -> Option<Line<'a>> {
    match (&slot.change, slot.stored) {
        (SlotChange::Replace { entry, .. }, _) => {
            let declared = slot.claimed.and_then(|(call, at)| {
                let outcome = outcomes.get(&call)?.as_ref().ok()?;
                Some((call, outcome.ids.get(at)?.0.as_str()))
            });
            Some(Line { entry, new: declared })
        }
        (SlotChange::Keep, Some(stored)) => Some(Line { entry: &table.entries[stored].entry, new: None }),
        _ => None,
    }
}

/// The findings of all rules, by call.
pub(super) struct Findings<'a> {
    levels: &'a BTreeMap<CallIndex, &'a Levels>,
    reported: HashMap<(CallIndex, Rule), usize>,
    warnings: Vec<(CallIndex, Warning)>,
    /// The first finding that refuses its call.
    refused: Option<Refusal>,
}

impl<'a> Findings<'a> {
    fn new(levels: &'a BTreeMap<CallIndex, &'a Levels>) -> Self {
        Self { levels, reported: HashMap::new(), warnings: Vec::new(), refused: None }
    }

    /// Whether another finding of `rule` would be reported to `call`.
    pub(crate) fn wants(&self, call: CallIndex, rule: Rule) -> bool {
        let level = self.levels.get(&call).map_or(Level::Off, |levels| levels.of(rule));
        let reported = self.reported.get(&(call, rule)).copied().unwrap_or_default();
        self.refused.is_none() && level != Level::Off && reported < MOST
    }

    /// Adds a finding about a route that `call` declares as `pattern`.
    pub(crate) fn about(
        &mut self,
        (call, pattern): (CallIndex, &str),
        rule: Rule,
        message: impl FnOnce() -> String,
    ) {
        if self.wants(call, rule) {
            self.add(call, &Warning::about(rule, pattern, message()));
        }
    }

    fn add(&mut self, call: CallIndex, warning: &Warning) {
        let (Some(levels), WarningCode::Lint(rule)) = (self.levels.get(&call), warning.code) else { return };
        let reported = self.reported.entry((call, rule)).or_default();
        *reported += 1;
        match levels.of(rule) {
            Level::Error if self.refused.is_none() => {
                self.refused = Some((call, refuse(rule, warning).into()));
            }
            Level::Warn if *reported <= MOST => self.warnings.push((call, warning.clone())),
            Level::Error | Level::Warn | Level::Off => {}
        }
    }

    fn settle(self, outcomes: &mut Outcomes) -> Result<(), Refusal> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        for (call, warning) in self.warnings {
            if let Some(Ok(outcome)) = outcomes.get_mut(&call) {
                outcome.warnings.push(warning);
            }
        }
        Ok(())
    }
}

/// The pattern of an entry as text for people.
fn shown(entry: &Entry) -> String {
    EntryPattern::from_stored(entry.host(), entry.path()).display()
}

/// Warns about entries of two holders with the same pattern: the last one wins.
fn held_twice(entries: &[&Entry]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut holders: HashMap<(&str, &str), &str> = HashMap::with_capacity(entries.len());
    for entry in entries {
        let path = if entry.path().is_empty() { "/" } else { entry.path() };
        let holder = entry.owner().unwrap_or(SST_HOLDER);
        if holders.insert((entry.host(), path), holder).is_some_and(|other| other != holder) {
            let pattern = shown(entry);
            let message = format!(
                "{pattern} is held by two owners in this table, and only the last entry is ever reached; remove one of them"
            );
            warnings.push(Warning::about(Rule::PatternHeldTwice, &pattern, message));
        }
        if warnings.len() == MOST {
            break;
        }
    }
    warnings
}

/// Warns about foreign namespaces that collide. They have four hex digits: with 200 names, the chance of a collision is a quarter.
fn namespaces(router: &str, entries: &[&Entry]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut kinds: HashMap<&str, &str> = HashMap::new();
    let mut reported = HashSet::new();
    for entry in entries.iter().filter(|entry| entry.made().is_none()) {
        let id = entry.id();
        let other = kinds.insert(id, entry.kind());
        let twice = other.is_some_and(|other| other != entry.kind());
        if (twice || id == router) && reported.insert(id) {
            let pattern = shown(entry);
            let what = if twice {
                format!(
                    "the namespace {id} of {pattern} is used by routes of two kinds, which cannot share metadata"
                )
            } else {
                format!("the namespace {id} of {pattern} is that of the router itself")
            };
            let message = format!("{what}: two names hash to it; rename one of the constructs");
            warnings.push(Warning::about(Rule::NamespaceCollision, &pattern, message));
        }
    }
    warnings.truncate(MOST);
    warnings
}

fn sizes(subject: &Subject<'_>, routes: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut about = |rule: Rule, message: String| {
        warnings.push(Warning::of_call(rule, message));
    };
    if subject.parts >= CHUNKS && !subject.indexed {
        about(
            Rule::EdgeReads,
            format!(
                "the table takes {} chunks, each a billed read of every request at the edge, besides the marker and the metadata; shorten patterns, or give some routes a router of their own",
                subject.parts
            ),
        );
    }
    if routes >= SCAN_ROUTES && !subject.indexed {
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
    warnings
}
