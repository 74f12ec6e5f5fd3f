//! Makes the notes about each legacy route from the comparison of both sides.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::{self, Outcome};
use super::legacy::{self, DEFAULT, PathPattern};
use super::note::{Example, Note, NoteCode, Severity};
use super::place::{Lack, Placement};
use routesync_core::route::matcher::{Line, Matcher, Reader, path_matches};
use routesync_core::route::{EntryPattern, shown};

/// The remedy for a path that no prefix can express.
const BY_CODE: &str = "or let the Router's `edge.viewerRequest.injection`, which runs before the choice of the route, add a special prefix to such paths, and declare a route for this prefix with a `rewrite` that removes it";

/// Both sides, by legacy route.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The legacy patterns, in their order.
    pub patterns: &'a [PathPattern],
    /// The target of each pattern.
    pub targets: &'a [Option<Value>],
    /// Whether each pattern is migrated.
    pub taken: &'a [bool],
    /// The new table.
    pub placement: &'a Placement,
}

/// The routes that win for a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Winners {
    /// The legacy route that won.
    before: Option<usize>,
    /// The entry of the new table that wins.
    entry: Option<usize>,
    /// The legacy route that wins among those that stay. It serves the URL if no entry does.
    rest: Option<usize>,
}

/// The subject of a note: its code, its route, and the other route in it.
type Subject = (NoteCode, usize, Option<usize>);

/// Adds notes about all requests whose answer differs, and about routes that stay. `notes` are those about the targets.
#[must_use]
pub fn judge(sides: &Sides<'_>, staged: bool, mut notes: Vec<Note>) -> Vec<Note> {
    let outcome = sides.compare();
    let mut subjects: BTreeMap<Subject, Example> = BTreeMap::new();
    for (winners, url) in &outcome.pairs {
        let Some(subject) = sides.subject(*winners, url) else { continue };
        let example = sides.example(*winners, url);
        let known = subjects.entry(subject).or_insert_with(|| example.clone());
        if example.url.len() < known.url.len() {
            *known = example;
        }
    }
    for (route, lack) in sides.placement.placed.iter().enumerate() {
        let example = |code: NoteCode| {
            subjects.iter().find(|((other, at, _), _)| (*other, *at) == (code, route)).map(|(_, e)| e.clone())
        };
        match lack {
            Err(Lack::Wild) => {
                notes.push(sides.wildcard(route, example(NoteCode::Wildcard), outcome.complete));
            }
            Err(Lack::Taken(holder)) => {
                notes.push(sides.taken_by(route, *holder, example(NoteCode::PatternTaken), outcome.complete));
            }
            Err(Lack::NoTarget) => {
                let pattern = sides.patterns[route].as_str();
                let mut missing = notes.iter_mut().filter(|note| note.pattern == pattern);
                if let Some(note) = missing.find(|note| is_missing(note.code)) {
                    note.example = example(NoteCode::NeedsUrl);
                }
            }
            Err(Lack::Stays) | Ok(_) => {}
        }
    }
    for ((code, route, other), example) in subjects {
        notes.extend(sides.changed(code, route, other, &outcome).map(|note| note.showing(example)));
    }
    for (gone, kept) in &sides.placement.merged {
        let (gone, kept) = (sides.patterns[*gone].as_str(), sides.patterns[*kept].as_str());
        let message = format!(
            "leads to the same target as {}: one route serves both, and nothing changes",
            shown(kept)
        );
        notes.push(Note::new(NoteCode::Merged, Severity::Info, gone, message));
    }
    if staged {
        notes.extend(sides.stage(&outcome));
    }
    if !outcome.complete {
        let message = "the patterns distinguish too many kinds of URLs to compare all of them, so there may be differences without a note. Migrate in stages (`only`), or simplify patterns with several wildcards";
        notes.push(Note::new(NoteCode::CheckCut, Severity::Warning, DEFAULT, message));
    }
    notes
}

const fn is_missing(code: NoteCode) -> bool {
    matches!(code, NoteCode::NeedsUrl | NoteCode::NeedsDomain | NoteCode::Unservable)
}

impl Sides<'_> {
    fn compare(&self) -> Outcome<Winners> {
        let globs: Vec<&str> = self.patterns.iter().map(PathPattern::glob).collect();
        let stored: Vec<String> =
            self.placement.entries.iter().map(|entry| stored_path(&entry.path)).collect();
        let paths: Vec<&str> = stored.iter().map(String::as_str).collect();
        let lines = paths.iter().map(|path| Line { host: "", path }).collect();
        let matcher = Matcher::new(lines, Reader::default());
        compare::compare(&globs, &paths, |url| Winners {
            before: legacy::winner(self.patterns, url, |_| true),
            // The reader throws only because of a host.
            entry: matcher.winner("", url).ok().flatten(),
            rest: legacy::winner(self.patterns, url, |route| !self.taken[route]),
        })
    }

    /// The legacy route whose target serves the URL now.
    fn after(&self, winners: Winners) -> Option<usize> {
        winners.entry.map(|entry| self.placement.entries[entry].route).or(winners.rest)
    }

    fn same_target(&self, before: Option<usize>, after: Option<usize>) -> bool {
        match (before, after) {
            (Some(before), Some(after)) => {
                before == after
                    || self.targets[before].is_some() && self.targets[before] == self.targets[after]
            }
            (before, after) => before == after,
        }
    }

    /// The subject of the note about a URL, if its answer differs.
    fn subject(&self, winners: Winners, url: &str) -> Option<Subject> {
        let after = self.after(winners);
        if self.same_target(winners.before, after) {
            return None;
        }
        let exact = |entry: usize| (NoteCode::ExactPath, self.placement.entries[entry].route, None);
        let Some(before) = winners.before else { return winners.entry.map(exact) };
        let placed = match self.placement.placed[before] {
            Err(Lack::Wild) => return Some((NoteCode::Wildcard, before, None)),
            Err(Lack::Taken(_)) => return Some((NoteCode::PatternTaken, before, None)),
            Err(Lack::NoTarget) => return Some((NoteCode::NeedsUrl, before, None)),
            Err(Lack::Stays) => NoteCode::StageOrder,
            Ok(_) => NoteCode::Order,
        };
        let Some(entry) = winners.entry else { return Some((NoteCode::PartialSegment, before, None)) };
        let outside = placed == NoteCode::Order && !self.serves(before, url);
        Some(match self.declared(entry, url) {
            // A URL outside the route's prefix is served by a shorter prefix, or by none.
            true if outside && !self.longer(entry, before) => (NoteCode::PartialSegment, before, None),
            true => (placed, self.placement.entries[entry].route, Some(before)),
            false if outside => (NoteCode::PartialSegment, before, None),
            false => exact(entry),
        })
    }

    /// Whether an entry's path is longer than that of a legacy route.
    fn longer(&self, entry: usize, route: usize) -> bool {
        let entries = &self.placement.entries;
        self.placement.placed[route].is_ok_and(|own| entries[entry].path.len() > entries[own].path.len())
    }

    /// Whether the entry of a legacy route matches.
    fn serves(&self, route: usize, url: &str) -> bool {
        let entry = self.placement.placed[route].ok().map(|entry| &self.placement.entries[entry]);
        entry.is_some_and(|entry| path_matches(&stored_path(&entry.path), url))
    }

    /// Whether a legacy pattern that has this entry matched.
    fn declared(&self, entry: usize, url: &str) -> bool {
        let placed = self.placement.placed.iter().zip(self.patterns);
        placed.filter(|(at, _)| **at == Ok(entry)).any(|(_, pattern)| pattern.matches(url))
    }

    fn example(&self, winners: Winners, url: &str) -> Example {
        let legacy = |route: Option<usize>| route.map(|route| self.patterns[route].as_str().to_owned());
        let entry = winners.entry.map(|entry| self.placement.entries[entry].path.clone());
        Example {
            url: url.to_owned(),
            before: legacy(winners.before),
            after: entry.or_else(|| legacy(winners.rest)),
        }
    }

    fn wildcard(&self, route: usize, example: Option<Example>, complete: bool) -> Note {
        let pattern = self.patterns[route].as_str();
        let what = "cannot be expressed as a prefix: the edge compares the beginning of a path, and supports no wildcard besides a trailing /*";
        match example {
            None if complete => {
                let message = format!("{what}. The route is left out, which changes no answer");
                Note::new(NoteCode::Wildcard, Severity::Info, pattern, message)
            }
            example => {
                let message = format!(
                    "{what}. The route is left out, and its requests go to the other routes that match their path. Declare the prefixes of such paths, {BY_CODE}"
                );
                Note { example, ..Note::new(NoteCode::Wildcard, Severity::Error, pattern, message) }
            }
        }
    }

    fn taken_by(&self, route: usize, holder: usize, example: Option<Example>, complete: bool) -> Note {
        let (pattern, holder) = (self.patterns[route].as_str(), shown(self.patterns[holder].as_str()));
        let what = format!("needs the same prefix as {holder}, and only {holder} gets it");
        match example {
            None if complete => {
                let message = format!("{what}. The route is left out, which changes no answer");
                Note::new(NoteCode::PatternTaken, Severity::Info, pattern, message)
            }
            example => {
                let message = format!(
                    "{what}. The route is left out, and its requests go to {holder}. Let the target of {holder} answer them, {BY_CODE}"
                );
                Note { example, ..Note::new(NoteCode::PatternTaken, Severity::Error, pattern, message) }
            }
        }
    }

    fn changed(
        &self,
        code: NoteCode,
        route: usize,
        other: Option<usize>,
        outcome: &Outcome<Winners>,
    ) -> Option<Note> {
        let name = |route: usize| shown(self.patterns[route].as_str());
        let path = |route: usize| {
            let entry = self.placement.placed[route].ok()?;
            Some(shown(&self.placement.entries[entry].path))
        };
        let message = match (code, other) {
            (NoteCode::ExactPath, _) => format!(
                "matched only this path, but the prefix also matches paths below it. If such paths are in use, declare them with their former target, {BY_CODE}"
            ),
            (NoteCode::PartialSegment, _) => format!(
                "matched the beginning of a segment, but the prefix {} matches only whole segments. Declare each path whose segment continues after this beginning, {BY_CODE}",
                path(route)?
            ),
            (NoteCode::Order, Some(other)) => {
                let entry = self.placement.placed[route].ok();
                // Routes without an entry have a separate note.
                let placed = |before: Option<usize>| {
                    before.is_some_and(|before| self.placement.placed[before].is_ok())
                };
                let mut here =
                    outcome.pairs.keys().filter(|winners| winners.entry == entry && placed(winners.before));
                let always = here.all(|winners| self.same_target(winners.before, Some(other)));
                let remedy = if always && outcome.complete {
                    format!(
                        "give `routes[{}]` the target of {}, since this route never won",
                        path(route)?,
                        name(other)
                    )
                } else {
                    format!("declare the paths for which {} must win, with its target", name(other))
                };
                format!(
                    "came after {}, and lost to it. Now the longer prefix wins, and the order has no effect. To keep the former behavior, {remedy}",
                    name(other)
                )
            }
            (NoteCode::StageOrder, Some(other)) => {
                let message = format!(
                    "stays in the legacy router, where it won, but the route {} of this stage takes requests from it. Migrate both in one stage, or {} first",
                    path(route)?,
                    name(other)
                );
                return Some(Note::new(code, Severity::Warning, self.patterns[other].as_str(), message));
            }
            _ => return None,
        };
        Some(Note::new(code, Severity::Warning, self.patterns[route].as_str(), message))
    }

    /// Notes about the routes that stay, and about the legacy routes that serve the requests of migrated ones.
    fn stage(&self, outcome: &Outcome<Winners>) -> Vec<Note> {
        let mut notes = Vec::new();
        for (route, pattern) in self.patterns.iter().enumerate() {
            let pattern = pattern.as_str();
            if !self.taken[route] {
                let message = "stays in the legacy router: keep it there, and send requests that the new table does not match to that router (a route \"/\" to its URL)";
                notes.push(Note::new(NoteCode::Stays, Severity::Info, pattern, message));
                continue;
            }
            let won = outcome.pairs.iter().filter(|(winners, _)| winners.before == Some(route));
            // A URL that a legacy route still serves is the better example.
            let shown_by = won.max_by_key(|(winners, url)| (winners.rest.is_some(), usize::MAX - url.len()));
            let Some((winners, url)) = shown_by else { continue };
            let rest = winners.rest.map(|rest| self.patterns[rest].as_str());
            let message = match rest {
                Some(rest) => format!(
                    "after its removal from the legacy object, {} serves its requests in the legacy router: remove it when all traffic goes through the new table",
                    shown(rest)
                ),
                None => "after its removal from the legacy object, no route serves its requests in the legacy router: remove it when all traffic goes through the new table".to_owned(),
            };
            let example = Example {
                url: url.clone(),
                before: Some(pattern.to_owned()),
                after: rest.map(str::to_owned),
            };
            notes.push(Note::new(NoteCode::StillCaught, Severity::Info, pattern, message).showing(example));
        }
        notes
    }
}

/// The path as the table holds it.
fn stored_path(path: &str) -> String {
    EntryPattern::parse(path, "").map_or_else(|_| path.to_owned(), |(entry, _)| entry.path().to_owned())
}
