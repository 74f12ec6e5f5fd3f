//! Which owners a call prunes.

use std::time::Duration;

use wildmatch::WildMatch;

use super::cursor::Cursor;
use super::defaults;
use crate::error::{Code, Result};

/// Selects the owners whose routes, metadata and records are removed from a router.
#[derive(Debug, Clone, PartialEq)]
pub struct Prune {
    /// Owner names, in which `*` matches any text and `?` one character.
    globs: Vec<WildMatch>,
    /// Keeps the owners that match and removes all others.
    keeps: bool,
    /// Removes only owners whose last write is at least this old.
    older_than: Option<Duration>,
}

const GLOBS: &str = "an array of names such as \"app/pr-*\", at least one";

impl Prune {
    /// Reads `match` or `keep`, of which exactly one is required, and `olderThan`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`].
    pub fn read(options: &Cursor<'_>) -> Result<Self> {
        let (at, keeps) = match (options.get("match"), options.get("keep")) {
            (Some(at), None) => (at, false),
            (None, Some(at)) => (at, true),
            (None, None) => {
                let why = "one of `match` (these owners go) and `keep` (all others go) must be given";
                return Err(options.reject(Code::InvalidOption, why));
            }
            (Some(_), Some(at)) => {
                return Err(
                    at.reject(Code::InvalidOption, "is given together with `match`; give one of them")
                );
            }
        };
        let globs = at.texts(GLOBS)?;
        if globs.is_empty() || globs.iter().any(|glob| glob.is_empty()) {
            return Err(at.expected(GLOBS));
        }
        let bounds = &defaults::OLDER_THAN_BOUNDS;
        let older_than = options.get("olderThan").map(|at| at.duration(bounds)).transpose()?;
        Ok(Self { globs: globs.into_iter().map(WildMatch::new).collect(), keeps, older_than })
    }

    /// Whether the owner `name`, whose last write was at `at`, is removed at `now`. Times are seconds since the epoch.
    #[must_use]
    pub fn takes(&self, name: &str, at: u64, now: u64) -> bool {
        let matches = self.globs.iter().any(|glob| glob.matches(name));
        let old = |than: Duration| at.saturating_add(than.as_secs()) <= now;
        matches != self.keeps && self.older_than.is_none_or(old)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(options: &Value) -> Result<Prune> {
        Prune::read(&Cursor::root(options))
    }

    #[test]
    fn owners_go_by_name_and_age() {
        let pr = read(&json!({"match": ["app/pr-*", "x/?"]})).unwrap();
        for (name, goes) in [("app/pr-7", true), ("app/pr-7/web", true), ("app/prod", false), ("x/1", true)] {
            assert_eq!(pr.takes(name, 0, 100), goes, "{name}");
        }
        let keep = read(&json!({"keep": ["app/prod"], "olderThan": "1 minute"})).unwrap();
        assert!(keep.takes("app/pr-7", 40, 100));
        assert!(!keep.takes("app/pr-7", 41, 100));
        assert!(!keep.takes("app/prod", 0, 100));
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_path() {
        for (options, path) in [
            (json!({}), "options"),
            (json!({"match": ["a"], "keep": ["b"]}), "keep"),
            (json!({"match": []}), "match"),
            (json!({"match": [""]}), "match"),
            (json!({"keep": "a"}), "keep"),
            (json!({"keep": ["a"], "olderThan": "soon"}), "olderThan"),
        ] {
            let error = read(&options).unwrap_err();
            assert_eq!(
                (error.code, error.details.path.as_deref()),
                (Code::InvalidOption, Some(path)),
                "{error}"
            );
        }
    }
}
