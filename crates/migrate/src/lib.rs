//! Converts SST's legacy `routes` object to routes for `syncRoutes`.
//!
//! In the legacy form, each route was a cache behavior: the first matching path pattern won, and each route had its own
//! cache policy and edge code. In a route table, the longest prefix wins, and all routes share one policy and one function.
//! [`Legacy::read`] reads the object, and [`Legacy::migrate`] returns the routes, with a [`Note`] about each difference. The
//! example of a note was evaluated on both sides (`compare`).
//!
//! | module | content |
//! |---|---|
//! | `legacy` | path patterns, and which behavior wins |
//! | `read` | the address of one target |
//! | `extras` | the other fields of a target |
//! | `literal` | the meaning of a rewrite in the legacy edge function |
//! | `place` | the entry of each pattern |
//! | `compare` | the comparison of both sides for every kind of URL |
//! | `judge` | the notes from the comparison |
//!
//! The crate is pure: no clock, no randomness, no I/O. It does not know stores and tables. Errors are
//! [`Code::InvalidOption`].

// A panic would fail the user's deploy without an explanation. Tests may panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compare;
mod extras;
mod judge;
mod legacy;
mod literal;
mod note;
mod place;
mod read;

pub use note::{Example, Note, NoteCode, Severity};

use legacy::PathPattern;
use place::{Candidate, Placement};
use serde::Serialize;
use serde_json::{Map, Value};

use routesync_core::error::{Code, Result};
use routesync_core::options::Cursor;
use routesync_core::route::{EntryPattern, shown};

/// Maximum routes. CloudFront's quota is 75 behaviors, unless it was raised.
const ROUTES: usize = 250;

/// A legacy router, and which of its routes to migrate.
#[derive(Debug, Clone, PartialEq)]
pub struct Legacy {
    patterns: Vec<PathPattern>,
    targets: Vec<Option<Value>>,
    taken: Vec<bool>,
    staged: bool,
    notes: Vec<Note>,
}

/// The result of `migrateRoutes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Migration {
    /// Pattern and target, as for `syncRoutes`.
    pub routes: Map<String, Value>,
    /// The notes, in the order of the legacy object.
    pub notes: Vec<Note>,
}

impl Legacy {
    /// Reads the options `legacy` and `options`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] with the place, for values that the legacy router would not have accepted, and for a pattern in
    /// `options.only` that is not in the object.
    pub fn read(options: &Cursor<'_>) -> Result<Self> {
        const WHAT: &str = "the Router's `routes`, a record from path pattern to target";
        options.fields(&["legacy", "options"])?;
        let at = options.require("legacy", WHAT)?;
        let routes = at.record(WHAT)?;
        if routes.len() > ROUTES {
            let why = format!("has {} routes; at most {ROUTES} are allowed", routes.len());
            return Err(at.reject(Code::InvalidOption, why));
        }
        let mut read = Self {
            patterns: Vec::new(),
            targets: Vec::new(),
            taken: Vec::new(),
            staged: false,
            notes: Vec::new(),
        };
        for (pattern, at) in routes {
            read.patterns.push(PathPattern::parse(pattern, &at)?);
            let reading = read::read(&at, pattern)?;
            read.targets.push(reading.target);
            read.notes.extend(reading.notes);
        }
        read.choose(options)?;
        read.check_paths(&at)?;
        Ok(read)
    }

    /// Reads the option `only`.
    fn choose(&mut self, options: &Cursor<'_>) -> Result<()> {
        const WHAT: &str = "an array of patterns of the legacy object";
        self.taken = vec![true; self.patterns.len()];
        let Some(options) = options.get("options") else { return Ok(()) };
        options.fields(&["only"])?;
        let Some(only) = options.get("only") else { return Ok(()) };
        self.taken.fill(false);
        self.staged = true;
        for text in only.texts(WHAT)? {
            let Some(index) = self.patterns.iter().position(|pattern| pattern.as_str() == text) else {
                let why = format!(
                    "{} is not a pattern of the legacy object; write it exactly as in the object",
                    shown(text)
                );
                return Err(only.reject(Code::InvalidOption, why));
            };
            self.taken[index] = true;
        }
        let Self { patterns, taken, .. } = self;
        self.notes.retain(|note| {
            let at = patterns.iter().position(|pattern| pattern.as_str() == note.pattern);
            at.is_none_or(|index| taken[index])
        });
        Ok(())
    }

    /// Checks that a table can store every path.
    fn check_paths(&self, at: &Cursor<'_>) -> Result<()> {
        for entry in self.place().entries {
            let place = at.require(self.patterns[entry.route].as_str(), "a target")?;
            EntryPattern::parse(&entry.path, place.place()).map_err(|mut error| {
                error.code = Code::InvalidOption;
                error
            })?;
        }
        Ok(())
    }

    fn place(&self) -> Placement {
        let candidates: Vec<Candidate<'_>> = self
            .patterns
            .iter()
            .zip(&self.targets)
            .zip(&self.taken)
            .map(|((pattern, target), taken)| Candidate { pattern, target: target.as_ref(), taken: *taken })
            .collect();
        place::place(&candidates)
    }

    /// The routes, and the notes about them.
    #[must_use]
    pub fn migrate(self) -> Migration {
        let placement = self.place();
        let mut routes = Map::new();
        for entry in &placement.entries {
            routes.insert(entry.path.clone(), self.targets[entry.route].clone().unwrap_or_default());
        }
        let Self { patterns, targets, taken, staged, notes } = self;
        let sides =
            judge::Sides { patterns: &patterns, targets: &targets, taken: &taken, placement: &placement };
        let mut notes = judge::judge(&sides, staged, notes);
        let rank = |note: &Note| patterns.iter().position(|pattern| pattern.as_str() == note.pattern);
        notes.sort_by_key(|note| (rank(note), note.code));
        Migration { routes, notes }
    }
}

#[cfg(test)]
mod tests;
