//! The pages of `ListKeys` and their opaque tokens.
//!
//! A token contains the last key of the previous page, so that writes between two pages neither repeat nor skip an existing
//! key. This module must not know requests.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Bound;

use sha2::{Digest, Sha256};

use super::call::Refusal;

/// A page of keys and values, and the next page's token.
type Page = (Vec<(String, String)>, Option<String>);

/// At most `max` entries after the key of `token`.
pub fn page(
    arn: &str,
    entries: &BTreeMap<String, String>,
    max: usize,
    token: Option<&str>,
) -> Result<Page, Refusal> {
    let after = token.map(|token| read(arn, token)).transpose()?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rest = entries.range((from, Bound::Unbounded));
    let items: Vec<(String, String)> =
        rest.by_ref().take(max).map(|(key, value)| (key.clone(), value.clone())).collect();
    let next = match (items.last(), rest.next()) {
        (Some((key, _)), Some(_)) => Some(write(arn, key)),
        _ => None,
    };
    Ok((items, next))
}

/// A token is hexadecimal: eight bytes that bind it to its store, and the key.
fn write(arn: &str, key: &str) -> String {
    hex(&tie(arn, key)) + &hex(key.as_bytes())
}

fn read(arn: &str, token: &str) -> Result<String, Refusal> {
    let key = unhex(token)
        .filter(|bytes| bytes.len() >= 8)
        .and_then(|bytes| String::from_utf8(bytes[8..].to_vec()).ok())
        .filter(|key| write(arn, key) == token);
    key.ok_or_else(|| Refusal::validation("NextToken is not valid"))
}

fn tie(arn: &str, key: &str) -> Vec<u8> {
    Sha256::new().chain_update(arn).chain_update([0]).chain_update(key).finalize()[..8].to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // A write to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes().chunks(2).map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_key_once_in_order() {
        let entries: BTreeMap<String, String> =
            (0..25).map(|n| (format!("schlüssel-{n:02}"), n.to_string())).collect();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let (items, next) = page("arn", &entries, 10, token.as_deref()).unwrap();
            seen.extend(items);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, entries.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_page_that_ends_with_the_last_key_has_no_token() {
        let entries = BTreeMap::from([("a".to_owned(), String::new())]);
        assert_eq!(page("arn", &entries, 1, None).unwrap().1, None);
        assert_eq!(page("arn", &BTreeMap::new(), 1, None).unwrap(), (Vec::new(), None));
    }

    #[test]
    fn tokens_that_were_not_issued_here_are_refused() {
        let issued = write("arn", "key");
        assert!(page("arn", &BTreeMap::new(), 1, Some(&issued)).is_ok());
        for token in ["", "zz", "00", "é", &issued[2..], &write("other", "key"), &issued.to_uppercase()] {
            assert_eq!(page("arn", &BTreeMap::new(), 1, Some(token)).unwrap_err().status, 400, "{token}");
        }
    }
}
