//! The names of routers and owners, which are part of keys and records.

use std::fmt;

use super::defaults::{OWNER_BYTES, ROUTER_CHARS};
use crate::error::{Code, Result, RouteSyncError};
use crate::route::shown;

/// The namespace of one route table: 1 to 64 of `A-Z a-z 0-9 _ -`. It is the prefix of the router's keys, up to the
/// first `:`. SST's router ids have 4 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouterId(String);

impl RouterId {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] at `router`.
    pub fn parse(text: &str) -> Result<Self> {
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=ROUTER_CHARS).contains(&text.len()) && text.bytes().all(valid) {
            return Ok(Self(text.to_owned()));
        }
        Err(RouteSyncError::at(
            Code::InvalidOption,
            "router",
            format!(
                "expected 1 to {ROUTER_CHARS} letters, digits, \"-\" and \"_\" (a router of SST has 4 hexadecimal digits), found {}",
                describe(text)
            ),
        ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RouterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of the owner of a set of routes, such as `app/stage`: 1 to 128 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnerName(String);

impl OwnerName {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] at `owner`.
    pub fn parse(text: &str) -> Result<Self> {
        if (1..=OWNER_BYTES).contains(&text.len()) && !text.chars().any(char::is_control) {
            return Ok(Self(text.to_owned()));
        }
        Err(RouteSyncError::at(
            Code::InvalidOption,
            "owner",
            format!(
                "expected a name of 1 to {OWNER_BYTES} bytes without control characters, such as \"app/stage\", found {}",
                describe(text)
            ),
        ))
    }

    /// Checks the name of an owner that declares routes. It also rejects names that were built from a missing value, such
    /// as `shop/` or `shop/undefined`: all programs that lack the value would share such a name.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] at `owner`.
    pub fn declaring(text: &str) -> Result<Self> {
        let owner = Self::parse(text)?;
        let Some(fault) = missing_value(text) else { return Ok(owner) };
        Err(RouteSyncError::at(
            Code::InvalidOption,
            "owner",
            format!(
                "expected a name whose parts between \"/\" are all set, such as \"app/stage\", found {}: {fault}. Check the value that the name is made of",
                describe(text)
            ),
        ))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Texts that JavaScript and shells produce for a missing value.
const LEFTOVERS: [&str; 2] = ["[object ", "${"];

/// Words that JavaScript produces for a missing value. They also count within a part, as in `pr-undefined`.
const LEFTOVER_WORDS: [&str; 2] = ["undefined", "NaN"];

/// The sign in an owner's name that a value was missing, if there is one.
fn missing_value(text: &str) -> Option<String> {
    for part in text.split('/') {
        if part.trim().is_empty() {
            return Some("a part is empty".to_owned());
        }
        // A name may end in "-null" on purpose, but a part that is only "null" is a missing value.
        let word = |word: &str| part.split(|one: char| !one.is_alphanumeric()).any(|one| one == word);
        if part.trim() == "null"
            || LEFTOVER_WORDS.into_iter().any(word)
            || LEFTOVERS.iter().any(|left| part.contains(left))
        {
            return Some(format!("the part {} stands for a missing value", shown(part)));
        }
    }
    None
}

impl fmt::Display for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn describe(text: &str) -> String {
    format!("{} ({} bytes)", shown(text), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_router_is_a_short_plain_word() {
        for text in ["678a", "A-b_9", &"r".repeat(64)] {
            assert_eq!(RouterId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a:b", "a b", "é", "a/b", "a,b", &"r".repeat(65)] {
            let error = RouterId::parse(text).unwrap_err();
            assert_eq!((error.code, error.details.path.as_deref()), (Code::InvalidOption, Some("router")));
            assert!(error.message.contains("1 to 64"), "{}", error.message);
        }
    }

    #[test]
    fn an_owner_is_a_line_of_text() {
        for text in ["app/stage", "ä b", &"o".repeat(128)] {
            assert_eq!(OwnerName::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "a\nb", "\u{0}", "\u{85}", &"o".repeat(129), &"é".repeat(65)] {
            let error = OwnerName::parse(text).unwrap_err();
            assert_eq!((error.code, error.details.path.as_deref()), (Code::InvalidOption, Some("owner")));
            assert!(error.message.contains("1 to 128 bytes"), "{}", error.message);
        }
    }

    #[test]
    fn an_owner_that_declares_has_no_missing_part() {
        for text in [
            "app/stage",
            "production",
            "a/b/c",
            "shop/dev-null",
            "shop/nano",
            "shop/undefinedness",
            "acme/{x}",
        ] {
            assert_eq!(OwnerName::declaring(text).unwrap().as_str(), text);
        }
        for (text, found) in [
            ("shop/", "a part is empty"),
            ("/production", "a part is empty"),
            ("/", "a part is empty"),
            ("shop//web", "a part is empty"),
            ("shop/ ", "a part is empty"),
            (" ", "a part is empty"),
            ("shop/undefined", "\"undefined\" stands for"),
            ("undefined/production", "\"undefined\" stands for"),
            ("shop/pr-undefined", "\"pr-undefined\" stands for"),
            ("shop/pr-NaN", "\"pr-NaN\" stands for"),
            ("shop/null", "\"null\" stands for"),
            ("shop/[object Object]", "\"[object Object]\" stands for"),
            ("[object Promise]", "stands for"),
            ("shop/${stage}", "stands for"),
            ("shop/${{ github.event.number }}", "stands for"),
        ] {
            let error = OwnerName::declaring(text).unwrap_err();
            assert_eq!((error.code, error.details.path.as_deref()), (Code::InvalidOption, Some("owner")));
            assert!(error.message.contains(found), "{text}: {}", error.message);
            // The routes of such an owner can still be removed.
            assert!(OwnerName::parse(text).is_ok());
        }
    }
}
