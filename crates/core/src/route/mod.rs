//! The route language: what a user writes, what of it the edge can serve, and in which stored words.
//!
//! A [`Route`] is a pattern and a target. [`EntryPattern`] is the pattern as the table holds it,
//! [`Target`] the metadata record that its entry leads to. Both can only be made valid, with an
//! error that names the place in the caller's options; what works but deserves a remark comes as a
//! [`Warning`].
//!
//! Pure: no clock, no randomness, no I/O. This module knows nothing of options, ids, owners or
//! stores; errors are [`Code::InvalidPattern`](crate::error::Code::InvalidPattern),
//! [`Code::InvalidTarget`](crate::error::Code::InvalidTarget) and, for numbers outside their range,
//! [`Code::InvalidOption`](crate::error::Code::InvalidOption).

pub mod duration;
pub mod effect;
pub mod host;
pub mod matcher;
pub mod mistake;
pub mod origin;
pub mod pattern;
pub mod rewrite;
pub mod rule;
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
    /// The pattern as the user wrote it: reports and errors speak of it in this spelling.
    pub pattern: String,
    /// The pattern as stored: two routes of one call never share it.
    pub entry: EntryPattern,
    /// What it leads to.
    pub target: Target,
}

impl Route {
    /// The route of `pattern` to `target`, with what the pattern's reading gave to say. `at` is the
    /// route's place in the options, for errors.
    ///
    /// # Errors
    /// Those of [`EntryPattern::parse`].
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

/// `text` as it may stand in a message: quoted, control characters escaped, at most
/// [`SHOWN_CHARS`] characters, without a URL's user and password. Never call it on a secret.
#[must_use]
pub fn shown(text: &str) -> String {
    let text = &*without_credentials(text);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((cut, _)) => format!("{:?}", format!("{}…", &text[..cut])),
        None => format!("{text:?}"),
    }
}

/// `text` with `…` for what stands before the `@` of a URL, with a scheme or without.
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

/// Characters of a value that a message shows: enough to recognise it, short enough to read.
pub const SHOWN_CHARS: usize = 60;
