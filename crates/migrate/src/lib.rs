//! From SST's legacy `routes` object to what `syncRoutes` takes.
//!
//! In the legacy form each route was a cache behaviour: the first path pattern that matched won, and
//! each route had its own cache policy and edge code. In a route table the longest prefix wins, and
//! there is one policy and one function for all. [`Legacy::read`] takes the object, [`Legacy::migrate`]
//! gives the routes and a [`Note`] for all that does not map. Where a note says that a URL is answered
//! otherwise, both sides were asked for it ([`compare`]).
//!
//! | module | is for |
//! |---|---|
//! | [`legacy`] | path patterns, and which behaviour wins |
//! | [`read`] | one target: where it is |
//! | `extras` | what else it says, and what of that goes along |
//! | [`literal`] | what a rewrite meant in the legacy edge function |
//! | [`place`] | which entry each pattern gets |
//! | [`compare`] | both sides asked for every kind of URL |
//! | [`judge`] | what the comparison means, in notes |
//!
//! Pure: no clock, no randomness, no I/O. This module knows nothing of stores and tables; errors are
//! [`Code::InvalidOption`].

// A panic would be the user's deploy that fails without a word; tests may.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod compare;
mod extras;
pub mod judge;
pub mod legacy;
pub mod literal;
pub mod note;
pub mod place;
pub mod read;

pub use note::{Example, Note, NoteCode, Severity};

use legacy::PathPattern;
use place::{Candidate, Placement};
use serde::Serialize;
use serde_json::{Map, Value};

use routesync_core::error::{Code, Result};
use routesync_core::options::Cursor;
use routesync_core::route::{EntryPattern, shown};

/// The most routes that are read: CloudFront's own quota is 75 behaviours, unless it was raised.
pub const ROUTES: usize = 250;

/// A legacy router, or what of it is to be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Legacy {
    patterns: Vec<PathPattern>,
    targets: Vec<Option<Value>>,
    taken: Vec<bool>,
    staged: bool,
    notes: Vec<Note>,
}

/// What `migrateRoutes` answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Migration {
    /// Pattern and target, as `syncRoutes` takes them.
    pub routes: Map<String, Value>,
    /// What does not map, in the order of the legacy object.
    pub notes: Vec<Note>,
}

impl Legacy {
    /// Reads the options `legacy` and `options`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] with the place, for what the legacy router could not have been deployed
    /// with, and for a pattern in `options.only` that is not in the object.
    pub fn read(options: &Cursor<'_>) -> Result<Self> {
        const WHAT: &str = "the Router's `routes`, a record from path pattern to target";
        options.fields(&["legacy", "options"])?;
        let at = options.require("legacy", WHAT)?;
        let routes = at.record(WHAT)?;
        if routes.len() > ROUTES {
            let why = format!("has {} routes; at most {ROUTES} are read", routes.len());
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

    /// Reads which patterns are to be taken.
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
                    "{} is no pattern of the legacy object; write it as it stands there",
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

    /// That a table can hold every path.
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

    /// The routes, and what there is to say about them.
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
