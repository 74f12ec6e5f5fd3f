//! Routes: their syntax, the checks of what the edge can serve, and their stored form.
//!
//! A [`Route`] is a pattern and a target. [`EntryPattern`] is the pattern as the table stores it, [`Target`] the metadata
//! that its entry refers to. Values of both are always valid. Errors name the place in the caller's options. A likely
//! mistake in a valid route is a [`Warning`].
//!
//! The module is pure: no clock, no randomness, no I/O. It does not know options, ids, owners or stores. Errors are
//! [`Code::InvalidPattern`](crate::error::Code::InvalidPattern),
//! [`Code::InvalidTarget`](crate::error::Code::InvalidTarget) and, for numbers outside their range,
//! [`Code::InvalidOption`](crate::error::Code::InvalidOption).

pub mod duration;
pub mod effect;
pub mod host;
pub mod lint_rule;
pub mod matcher;
pub mod mistake;
pub mod origin;
pub mod pattern;
pub mod rewrite;
pub mod script;
pub mod site;
pub mod target;
pub mod url;
pub mod warning;

pub use origin::OriginAccessControl;
pub use pattern::EntryPattern;
pub use rewrite::Rewrite;
pub use site::{Files, SiteTarget};
pub use target::{BucketTarget, Target, TargetKind, UrlTarget};
pub use url::{BucketDomain, OriginUrl};
pub use warning::{CallWarning, Warning, WarningCode};

use std::borrow::Cow;
use std::fmt::Display;

use crate::error::Result;

/// One declared route.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Route {
    /// The pattern as the user wrote it. Reports and errors use this spelling.
    pub pattern: String,
    /// The pattern as stored. It differs between the routes of one call.
    pub entry: EntryPattern,
    pub target: Target,
}

impl Route {
    /// Makes the route of `pattern` to `target`, and returns it with the warnings about the pattern. `at` is the route's
    /// place in the options, for errors.
    ///
    /// # Errors
    /// As for [`EntryPattern::parse`].
    pub fn new(pattern: &str, target: Target, at: impl Display) -> Result<(Self, Vec<Warning>)> {
        let (entry, warnings) = EntryPattern::parse(pattern, at)?;
        Ok((Self { pattern: pattern.to_owned(), entry, target }, warnings))
    }
}

/// `1 route`, `2 routes`.
#[must_use]
pub fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `text` for a message: quoted, with control characters escaped, at most [`SHOWN_CHARS`] characters, without a URL's user
/// and password. Never call it on a secret.
#[must_use]
pub fn shown(text: &str) -> String {
    let text = &*without_credentials(text);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{:?}", format!("{}…", &text[..cut])),
        None => format!("{text:?}"),
    }
}

/// `text` with `…` in place of the user and password of a URL, which may have no scheme.
fn without_credentials(text: &str) -> Cow<'_, str> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let Some(end) = text.rfind('@').filter(|at| *at > start) else { return Cow::Borrowed(text) };
    let first = text[start..end].split('/').next().unwrap_or_default();
    if first.contains(':') {
        Cow::Owned(format!("{}…{}", &text[..start], &text[end..]))
    } else {
        Cow::Borrowed(text)
    }
}

/// Maximum characters of a value in a message: enough to recognize the value, and short enough to read.
pub const SHOWN_CHARS: usize = 60;
