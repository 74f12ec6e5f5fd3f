//! Owner ids and route ids.
//!
//! A route id is `<owner id>.<target id>`. Both halves are hashes. So the table alone shows the owner of each entry, and the same
//! target of the same part always has the same metadata key, whose value never changes.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// Letters of an owner id: 62^6 = 5.7 × 10^10 owners.
const OWNER_LETTERS: usize = 6;
/// Letters of a target id: 62^7 = 3.5 × 10^12 targets. The chance of any collision among 20,000 targets of one owner is 1 in 17,000.
const TARGET_LETTERS: usize = 7;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The first 8 bytes of a SHA-256 over length-prefixed fields, so that different lists of fields have different input.
pub(super) fn number(fields: &[&str]) -> u64 {
    let mut sha = Sha256::new();
    for field in fields {
        sha.update((field.len() as u64).to_be_bytes());
        sha.update(field.as_bytes());
    }
    let digest = sha.finalize();
    digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
}

/// [`number`] as `letters` of base62.
pub(super) fn hash(letters: usize, fields: &[&str]) -> String {
    let mut number = number(fields);
    (0..letters)
        .map(|_| {
            // The remainder is below 62.
            let letter = BASE62[usize::try_from(number % 62).unwrap_or_default()];
            number /= 62;
            char::from(letter)
        })
        .collect()
}

/// The hash of an owner's name: the first half of its route ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnerId(String);

impl OwnerId {
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(hash(OWNER_LETTERS, &["owner", name]))
    }

    /// An owner id from a key or an entry's fifth field. `None` if the text is none.
    pub(crate) fn from_key(text: &str) -> Option<Self> {
        is_owner(text).then(|| Self(text.to_owned()))
    }

    /// Whether this owner made the route id.
    #[must_use]
    pub fn made(&self, route_id: &str) -> bool {
        target_of(route_id).is_some_and(|(owner, _)| owner == self.0)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The namespace field of an owner's entry: `<owner id>.<target id>`, or the foreign namespace that it refers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(Arc<str>);

impl RouteId {
    /// The id of a target: the hash of router, owner, part and the metadata's bytes.
    #[must_use]
    pub fn of(router: &str, owner: &str, part: Option<&str>, metadata: &str) -> Self {
        Self::under(&OwnerId::of(owner), router, owner, part, metadata)
    }

    /// Like [`RouteId::of`], with the owner's id, which is already known.
    #[must_use]
    pub fn under(id: &OwnerId, router: &str, owner: &str, part: Option<&str>, metadata: &str) -> Self {
        let target = hash(TARGET_LETTERS, &["target", router, owner, part.unwrap_or_default(), metadata]);
        Self::join(id, &target)
    }

    /// The id of the site that `part` has at `pattern`, the stored form of host and path. It does not depend on the metadata, since the
    /// keys of the site's files contain it.
    pub(crate) fn site(
        id: &OwnerId,
        router: &str,
        owner: &str,
        part: Option<&str>,
        pattern: (&str, &str),
    ) -> Self {
        let fields = ["site", router, owner, part.unwrap_or_default(), pattern.0, pattern.1];
        Self::join(id, &hash(TARGET_LETTERS, &fields))
    }

    /// A route id from an entry. `None` for a foreign namespace.
    pub(crate) fn from_entry(route_id: &str) -> Option<Self> {
        target_of(route_id).map(|_| Self(route_id.into()))
    }

    /// The namespace field of an entry, unchecked.
    pub(crate) fn named(namespace: &str) -> Self {
        Self(namespace.into())
    }

    pub(crate) fn join(owner: &OwnerId, target: &str) -> Self {
        Self(format!("{owner}.{target}").into())
    }

    /// The second half of the id.
    pub(crate) fn target(&self) -> &str {
        target_of(&self.0).map_or("", |(_, target)| target)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RouteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of the epoch of an index that `commit` makes for `router`. No two commits have the same id.
pub(crate) fn epoch(router: &str, commit: &str) -> String {
    hash(OWNER_LETTERS, &["epoch", router, commit])
}

/// An id without an owner for a released route `id`: 16 hexadecimal digits, so it has neither the form of a route id nor that of SST's
/// ids, which have 4 digits. Each `attempt` gives another id, in case one is taken.
pub(crate) fn plain(id: &str, attempt: u32) -> String {
    digest(&["plain", id, &attempt.to_string()])
}

/// A digest of `fields` in 16 hexadecimal digits. Two different lists have the same digest with a chance of 1 in 2^64.
pub(crate) fn digest(fields: &[&str]) -> String {
    format!("{:016x}", number(fields))
}

/// Whether `text` has the form of an owner id.
pub(crate) fn is_owner(text: &str) -> bool {
    is_letters(text, OWNER_LETTERS)
}

/// The halves of a route id: owner id and target id. `None` for SST's four hex digits and everything else.
pub(crate) fn target_of(route_id: &str) -> Option<(&str, &str)> {
    let (owner, target) = route_id.split_once('.')?;
    (is_owner(owner) && is_target(target)).then_some((owner, target))
}

/// Whether `text` has the form of the second half of a route id.
pub(crate) fn is_target(text: &str) -> bool {
    is_letters(text, TARGET_LETTERS)
}

fn is_letters(text: &str, letters: usize) -> bool {
    text.len() == letters && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_across_releases() {
        // A change here orphans every live route: these are facts of the stored form.
        assert_eq!(OwnerId::of("app/stage").as_str(), OwnerId::of("app/stage").as_str());
        let id = RouteId::of("f2de", "app/stage", None, r#"{"host":"a","origin":{}}"#);
        assert_eq!(id.as_str(), "ymPLUm.X8CY1OW");
    }

    #[test]
    fn every_input_of_an_id_counts() {
        let base = RouteId::of("r", "o", None, "m");
        for other in [
            RouteId::of("s", "o", None, "m"),
            RouteId::of("r", "p", None, "m"),
            RouteId::of("r", "o", Some("x"), "m"),
            RouteId::of("r", "o", None, "n"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn only_our_form_has_an_owner() {
        assert!(OwnerId::of("o").made(RouteId::of("r", "o", None, "m").as_str()));
        assert!(!OwnerId::of("p").made(RouteId::of("r", "o", None, "m").as_str()));
        for foreign in ["678a", "", ".", "abcdef.", "abcdef.abcdef", "abcdef.abcde-g"] {
            assert_eq!(target_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_site_keeps_its_id_whatever_it_serves_and_every_place_has_its_own() {
        let id = OwnerId::of("o");
        let site = |router, part, pattern| RouteId::site(&id, router, "o", part, pattern);
        let base = site("r", None, ("", "/docs"));
        // A change here orphans every live site: this is a fact of the stored form.
        assert_eq!(base.as_str(), "w4JRKI.WHkQIm7");
        for other in [
            site("s", None, ("", "/docs")),
            site("r", Some("x"), ("", "/docs")),
            site("r", None, ("", "/doc")),
            site("r", None, ("/docs", "")),
        ] {
            assert_ne!(base, other);
        }
    }
}
