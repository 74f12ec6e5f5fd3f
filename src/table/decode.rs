//! The table from its stored values: the root first, then, where it is a marker, the chunks.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::{Entry, EntryError};

/// More chunks than a 5 MB store can hold in any useful size: a marker beyond is damage.
const MOST_PARTS: usize = 100_000;

/// What the value of `<router>:routes` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// There is no table.
    Absent,
    /// The value is the table.
    Inline,
    /// The table is in this many chunks.
    Parts(usize),
}

/// Why a table cannot be read. SST's reader throws on each of these, so the distribution answers 503.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The root is neither an array nor a marker.
    #[error("{0} is neither a JSON array nor a {{\"parts\":N}} marker")]
    Root(String),
    /// A chunk that the marker counts is not there.
    #[error("{0} is missing, and the marker counts it")]
    MissingChunk(String),
    /// The chunks do not join into a JSON array.
    #[error("the joined table is not a JSON array of strings: {0}")]
    Syntax(String),
    /// An element that the reader throws on.
    #[error("entry {index}: {error}")]
    Entry {
        /// Its place in the table, from 0.
        index: usize,
        /// What is wrong with it.
        error: EntryError,
    },
}

/// An entry and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The entry.
    pub entry: Entry,
    /// First byte in the joined text of its separator, which is a comma or the opening bracket.
    pub start: usize,
    /// Its first byte without the separator and white space.
    pub quote: usize,
    /// One past its last byte.
    pub end: usize,
}

/// A table as it stands in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The stored slices: none for an absent table, one for an inline one.
    pub chunks: Vec<String>,
    /// The slices are in keys of their own, counted by a marker; else the root holds the only one.
    pub marked: bool,
    /// The entries, in order.
    pub entries: Vec<Stored>,
}

impl Table {
    /// Bytes of the joined text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(String::len).sum()
    }
}

#[derive(Deserialize)]
struct Marker {
    parts: usize,
}

/// What the value at `key` says; `None` is an absent key.
///
/// # Errors
/// [`Damage::Root`].
pub fn root(key: &str, value: Option<&str>) -> Result<Root, Damage> {
    let Some(value) = value else { return Ok(Root::Absent) };
    match value.trim_start().as_bytes().first() {
        // Whether the array is one is found out with its entries.
        Some(b'[') => Ok(Root::Inline),
        Some(b'{') => match serde_json::from_str::<Marker>(value) {
            Ok(Marker { parts }) if (1..=MOST_PARTS).contains(&parts) => Ok(Root::Parts(parts)),
            _ => Err(Damage::Root(key.to_owned())),
        },
        _ => Err(Damage::Root(key.to_owned())),
    }
}

/// The table whose slices are `chunks`; `marked` where a marker counts them.
///
/// # Errors
/// [`Damage::Syntax`] and [`Damage::Entry`].
pub fn table(chunks: Vec<String>, marked: bool) -> Result<Table, Damage> {
    if chunks.is_empty() {
        return Ok(Table::default());
    }
    let joined = chunks.concat();
    let elements: Vec<&RawValue> =
        serde_json::from_str(&joined).map_err(|error| Damage::Syntax(error.to_string()))?;
    let base = joined.as_ptr() as usize;
    let mut entries = Vec::with_capacity(elements.len());
    let mut end = 0;
    for (index, raw) in elements.into_iter().enumerate() {
        let entry = Entry::from_raw(raw).map_err(|error| Damage::Entry { index, error })?;
        let quote = raw.get().as_ptr() as usize - base;
        // White space before the separator belongs to nobody: chunks may be blank.
        let start = joined[end..quote].find([',', '[']).map_or(quote, |at| end + at);
        end = quote + raw.get().len();
        entries.push(Stored { entry, start, quote, end });
    }
    Ok(Table { chunks, marked, entries })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&str]) -> Result<Table, Damage> {
        table(chunks.iter().map(|chunk| (*chunk).to_owned()).collect(), chunks.len() > 1)
    }

    #[test]
    fn a_root_is_absent_inline_or_a_marker() {
        assert_eq!(root("r:routes", None), Ok(Root::Absent));
        assert_eq!(root("r:routes", Some(" [")), Ok(Root::Inline));
        assert_eq!(root("r:routes", Some(r#"{"parts":3}"#)), Ok(Root::Parts(3)));
        for damaged in ["null", "", "7", "{}", r#"{"parts":0}"#, r#"{"parts":2.5}"#, r#"{"parts":"2"}"#] {
            assert_eq!(root("r:routes", Some(damaged)), Err(Damage::Root("r:routes".into())), "{damaged}");
        }
    }

    #[test]
    fn a_cut_inside_an_entry_joins() {
        let table = decode(&[r#"["url,678a,,/a","url,67"#, r#"8b,,/b\u0026c"]"#]).unwrap();
        let paths: Vec<_> = table.entries.iter().map(|stored| stored.entry.path()).collect();
        assert_eq!(paths, ["/a", "/b&c"]);
        assert_eq!(table.entries[1].entry.raw(), r#""url,678b,,/b\u0026c""#, "foreign bytes are kept");
        let joined = table.chunks.concat();
        assert_eq!(&joined[table.entries[1].start..table.entries[1].end], r#","url,678b,,/b\u0026c""#);
    }

    #[test]
    fn what_the_reader_throws_on_is_damage() {
        for (chunks, wanted) in [
            (&["[1]"][..], "entry 0: an element is not a string"),
            (&[r#"["url,1,/a"]"#], "entry 0: an entry has fewer than four fields"),
            (&[r#"["url,1,,/a""#], "not a JSON array"),
            (&[r#"{"a":1}"#], "not a JSON array"),
        ] {
            let damage = decode(chunks).unwrap_err().to_string();
            assert!(damage.contains(wanted), "{damage}");
        }
    }

    #[test]
    fn blank_chunks_are_legal() {
        assert_eq!(decode(&["[", " ", r#""url,1,,/a""#, "]"]).unwrap().entries.len(), 1);
    }
}
