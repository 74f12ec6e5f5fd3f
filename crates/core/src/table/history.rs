//! The stored form of a change in the history: for each pattern, the entry that undoes the change.
//!
//! Each key `<router>:history:<owner id>:<change>:<part>` holds a JSON array of entries. An entry without type and id means that the
//! pattern was not live. Each part is padded so that key and value together are a multiple of 64 bytes. So deleting it unread does not
//! affect the fingerprint ([`super::owner_record::PADDING`]).

use super::decode;
use super::entry::Entry;
use super::owner_record::PADDING;
use crate::kvs::limits;

/// The most bytes of a part's entries. With its padding, the part still fits a value.
const PART_BYTES: usize = limits::VALUE_BYTES - PADDING;

/// The entry which says that the pattern of `entry` was not live.
pub(crate) fn nothing(entry: &Entry) -> Entry {
    Entry::new("", "", entry.host(), entry.path())
}

/// Whether an entry of a change says that its pattern was not live.
pub(crate) fn is_nothing(entry: &Entry) -> bool {
    entry.kind().is_empty() && entry.id().is_empty()
}

/// The values of the parts for `entries`, without padding.
pub(crate) fn encode<'e>(entries: impl Iterator<Item = &'e Entry>) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for entry in entries {
        let raw = entry.raw();
        match parts.last_mut() {
            Some(part) if part.len() + raw.len() + 2 <= PART_BYTES => part.push(','),
            _ => parts.push("[".to_owned()),
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(&raw);
        }
    }
    for part in &mut parts {
        part.push(']');
    }
    parts
}

/// Pads the part with this key, unless one entry almost fills the value.
pub(crate) fn pad(key: &str, value: &mut String) {
    let spaces = (key.len() + value.len()).next_multiple_of(PADDING) - key.len() - value.len();
    if value.len() + spaces <= limits::VALUE_BYTES {
        value.push_str(&" ".repeat(spaces));
    }
}

/// The entries of a part. `None` if it is damaged.
pub(crate) fn decode(value: &str) -> Option<Vec<Entry>> {
    let table = decode::table(vec![value.to_owned()], false).ok()?;
    Some(table.entries.into_iter().map(|stored| stored.entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fit_a_value_with_their_padding_and_hold_all_entries_in_order() {
        let entry = |n: usize| match n % 3 {
            0 => nothing(&Entry::new("url", "abcdef.1234567", "", &format!("/{n}"))),
            _ => Entry::new(
                "bucket",
                &format!("abcdef.{n:07}"),
                "docs\\.example\\.com",
                &format!("/{n}/{}", "x".repeat(n)),
            ),
        };
        let entries: Vec<Entry> = (0..300).map(entry).collect();
        let mut found = Vec::new();
        for mut part in encode(entries.iter()) {
            let key = "r:history:abcdef:1:0";
            pad(key, &mut part);
            assert!(part.len() <= limits::VALUE_BYTES);
            assert_eq!((key.len() + part.len()) % PADDING, 0);
            found.extend(decode(&part).unwrap());
        }
        assert!(found.iter().map(Entry::text).eq(entries.iter().map(Entry::text)));
        assert_eq!(found.iter().filter(|entry| is_nothing(entry)).count(), 100);
        assert!(decode("[1]").is_none() && decode("x").is_none());
    }
}
