//! Limits of a call: what it may change, take over and remove, and its generation.

use std::collections::HashSet;

use super::cursor::Cursor;
use super::defaults;
use crate::error::{Code, Result};
use crate::route::{EntryPattern, Route, shown};

/// Limits of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Safety {
    pub policy: Policy,
    /// Which declared patterns the call may take from other owners and from SST.
    pub takeover: Takeover,
    /// Takes over entries of SST that already have the declared target.
    pub adopt: bool,
    /// Lets an empty set remove all routes of the owner.
    pub allow_empty: bool,
    pub max_removed: Option<MaxRemoved>,
    /// The fence: the call fails if the owner has already written with a higher generation. 0 means no fence.
    pub generation: u64,
}

/// What a call may do to the owner's live routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Adds, changes and removes routes.
    #[default]
    Sync,
    /// Adds and changes routes. Routes that are no longer declared stay live.
    UpsertOnly,
    /// Adds routes. Live routes stay as they are.
    CreateOnly,
}

/// Which patterns a call may take from their holders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Takeover {
    /// None.
    #[default]
    No,
    /// All patterns that the call declares.
    All,
    /// These.
    Some(HashSet<EntryPattern>),
}

/// The most routes that a call may remove.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxRemoved {
    /// A number of routes.
    Count(u64),
    /// A percentage of the owner's live routes.
    Percent(f64),
}

impl MaxRemoved {
    /// The limit in routes, for an owner with `live` routes. A percentage above zero allows at least one route, or an owner
    /// with few routes could never remove one.
    #[must_use]
    pub fn of(self, live: usize) -> u64 {
        match self {
            Self::Count(count) => count,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of at most 50,000 routes, rounded down"
            )]
            Self::Percent(percent) => {
                let share = (live as f64 * percent / 100.0).floor() as u64;
                share.max(u64::from(percent > 0.0))
            }
        }
    }
}

impl Takeover {
    /// Whether the route of `pattern` may be taken.
    #[must_use]
    pub fn takes(&self, pattern: &EntryPattern) -> bool {
        match self {
            Self::No => false,
            Self::All => true,
            Self::Some(patterns) => patterns.contains(pattern),
        }
    }
}

const TAKEOVER: &str = "true, false or an array of declared patterns";
const MAX_REMOVED: &str = "a number of routes, or a share such as \"20%\"";

impl Safety {
    /// Reads the options `policy`, `takeover`, `adopt`, `allowEmpty`, `maxRemoved` and `generation` of a call that
    /// declares `routes`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], also for a pattern in `takeover` that is not declared.
    pub fn read(options: &Cursor<'_>, routes: &[Route]) -> Result<Self> {
        let policies = [
            ("sync", Policy::Sync),
            ("upsert-only", Policy::UpsertOnly),
            ("create-only", Policy::CreateOnly),
        ];
        let flag = |name: &str| options.get(name).map_or(Ok(false), |at| at.flag());
        Ok(Self {
            policy: options.get("policy").map_or(Ok(Policy::Sync), |at| at.choice(&policies))?,
            takeover: options.get("takeover").map_or(Ok(Takeover::No), |at| read_takeover(&at, routes))?,
            adopt: flag("adopt")?,
            allow_empty: flag("allowEmpty")?,
            max_removed: options.get("maxRemoved").map(|at| read_max_removed(&at)).transpose()?,
            generation: options.get("generation").map_or(Ok(0), |at| at.whole(1..=defaults::GENERATION))?,
        })
    }
}

fn read_takeover(at: &Cursor<'_>, routes: &[Route]) -> Result<Takeover> {
    if let Ok(all) = at.flag() {
        return Ok(if all { Takeover::All } else { Takeover::No });
    }
    let mut patterns = HashSet::new();
    for (index, text) in at.texts(TAKEOVER)?.into_iter().enumerate() {
        let (pattern, _) = EntryPattern::parse(text, format_args!("takeover[{index}]"))?;
        if !routes.iter().any(|route| route.entry == pattern) {
            return Err(at.reject(
                Code::InvalidOption,
                format!("{} is not among the declared routes; only these can be taken over", shown(text)),
            ));
        }
        patterns.insert(pattern);
    }
    Ok(Takeover::Some(patterns))
}

fn read_max_removed(at: &Cursor<'_>) -> Result<MaxRemoved> {
    if !at.is_text() {
        return at
            .whole(0..=defaults::ROUTES as u64)
            .map(MaxRemoved::Count)
            .map_err(|_| at.expected(MAX_REMOVED));
    }
    let percent = at.text(MAX_REMOVED)?.strip_suffix('%').and_then(|text| text.trim().parse::<f64>().ok());
    percent
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(MaxRemoved::Percent)
        .ok_or_else(|| at.expected(MAX_REMOVED))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::route::{OriginUrl, Target, UrlTarget};

    fn read(options: &Value) -> Result<Safety> {
        let target = Target::url(&UrlTarget::new(OriginUrl::parse("https://h", "url")?), "url")?;
        let routes = [Route::new("/api", target, "routes")?.0];
        Safety::read(&Cursor::root(options), &routes)
    }

    #[test]
    fn nothing_said_is_the_careful_default() {
        assert_eq!(read(&json!({})).unwrap(), Safety::default());
        assert_eq!(read(&json!({"takeover": false, "adopt": false})).unwrap(), Safety::default());
    }

    #[test]
    fn every_option_is_read() {
        let safety = read(&json!({
            "policy": "upsert-only", "takeover": ["/api"], "adopt": true, "allowEmpty": true, "maxRemoved": "12.5%",
            "generation": 7
        }))
        .unwrap();
        assert_eq!((safety.policy, safety.adopt, safety.allow_empty), (Policy::UpsertOnly, true, true));
        assert_eq!((safety.max_removed, safety.generation), (Some(MaxRemoved::Percent(12.5)), 7));
        assert!(safety.takeover.takes(&EntryPattern::parse("/api", "").unwrap().0));
        assert!(!safety.takeover.takes(&EntryPattern::parse("/other", "").unwrap().0));
        assert_eq!(read(&json!({"takeover": true})).unwrap().takeover, Takeover::All);
    }

    #[test]
    fn a_share_is_rounded_down_and_allows_one() {
        assert_eq!(MaxRemoved::Percent(20.0).of(9), 1);
        for live in 1..5 {
            assert_eq!(MaxRemoved::Percent(20.0).of(live), 1);
        }
        assert_eq!(MaxRemoved::Percent(20.0).of(10), 2);
        assert_eq!(MaxRemoved::Percent(0.0).of(9), 0);
        assert_eq!(MaxRemoved::Count(0).of(9), 0);
        assert_eq!(MaxRemoved::Percent(100.0).of(9), 9);
        assert_eq!(MaxRemoved::Count(3).of(9), 3);
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_path() {
        for (options, path, words) in [
            (json!({"policy": "upsert"}), "policy", "\"upsert-only\""),
            (json!({"takeover": "all"}), "takeover", "true, false or an array"),
            (json!({"takeover": ["/nope"]}), "takeover", "not among the declared"),
            (json!({"takeover": [7]}), "takeover", "an array of declared patterns"),
            (json!({"adopt": 1}), "adopt", "true or false"),
            (json!({"maxRemoved": -1}), "maxRemoved", "a share such as"),
            (json!({"maxRemoved": "101%"}), "maxRemoved", "a share such as"),
            (json!({"maxRemoved": "half"}), "maxRemoved", "a share such as"),
            (json!({"generation": 0}), "generation", "a whole number from 1"),
            (json!({"generation": "7"}), "generation", "a whole number from 1"),
        ] {
            let error = read(&options).unwrap_err();
            assert_eq!(
                (error.code, error.details.path.as_deref()),
                (Code::InvalidOption, Some(path)),
                "{error}"
            );
            assert!(error.message.contains(words), "{error}");
        }
    }
}
