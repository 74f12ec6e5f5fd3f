//! Decodes the table from its stored values: the root, and the chunks if the root is a marker.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::{Entry, EntryError};

/// The most chunks of a marker. A 5 MB store holds about 5,200 chunks of 1,000 bytes. A much larger marker is damage, and reading
/// each of its chunks would be a waste.
pub(crate) const MOST_PARTS: usize = 10_000;

/// The decoded value of `<router>:routes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// There is no table.
    Absent,
    /// The value is the table.
    Inline,
    /// The table is in this many chunks.
    Parts(usize),
}

/// Why a table cannot be read. SST's reader throws for each of these, so the distribution answers 503.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The root is neither an array nor a marker.
    #[error("{0} is neither a JSON array nor a {{\"parts\":N}} marker")]
    Root(String),
    /// A chunk that the marker counts is missing.
    #[error("{0} is missing, although the marker counts it")]
    MissingChunk(String),
    /// The chunks do not join into a JSON array.
    #[error("the joined table is not a JSON array of strings: {0}")]
    Syntax(String),
    /// SST's reader throws for an element.
    #[error("entry {index}: {error}")]
    Entry {
        /// The index in the table, from 0.
        index: usize,
        error: EntryError,
    },
}

/// An entry of a stored table and its place in the joined text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub entry: Entry,
    /// The byte index of the separator before it, a comma or the opening bracket.
    pub(crate) start: usize,
    /// The byte index of its opening quote.
    pub(crate) quote: usize,
    /// One past the last byte.
    pub(crate) end: usize,
}

/// A stored table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The stored chunks: none for an absent table, one for an inline one.
    pub(crate) chunks: Vec<String>,
    /// A marker counts the chunks. Otherwise the root holds the only one.
    pub(crate) marked: bool,
    /// The names of the marker's members besides `parts`. One may be the root of an index. Those of an unknown form describe the
    /// table as it was, so a change of the table must drop them.
    pub(crate) members: Vec<String>,
    /// The entries, in order.
    pub entries: Vec<Stored>,
    /// The entries were salvaged from a damaged table of this many chunks. They have no places.
    pub(crate) salvaged: Option<usize>,
}

impl Table {
    /// Bytes of the joined text.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.iter().map(String::len).sum()
    }
}

#[derive(Deserialize)]
struct Marker {
    parts: usize,
}

/// Decodes the root value at `key`. `None` is an absent key.
///
/// # Errors
/// [`Damage::Root`].
pub fn root(key: &str, value: Option<&str>) -> Result<Root, Damage> {
    let Some(value) = value else { return Ok(Root::Absent) };
    match value.trim_start().as_bytes().first() {
        // Its syntax is checked with its entries.
        Some(b'[') => Ok(Root::Inline),
        Some(b'{') => match serde_json::from_str::<Marker>(value) {
            Ok(Marker { parts }) if (1..=MOST_PARTS).contains(&parts) => Ok(Root::Parts(parts)),
            _ => Err(Damage::Root(key.to_owned())),
        },
        _ => Err(Damage::Root(key.to_owned())),
    }
}

/// The names of a marker's members besides `parts`. None if the root is not a marker.
pub(crate) fn members(root: &str) -> Vec<String> {
    let members =
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(root).unwrap_or_default();
    members.into_iter().map(|(name, _)| name).filter(|name| name != "parts").collect()
}

/// Decodes the table with these chunks. `marked` is set if a marker counts them.
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
        // White space before the separator belongs to no entry: chunks may be blank.
        let start = joined[end..quote].find([',', '[']).map_or(quote, |at| end + at);
        end = quote + raw.get().len();
        entries.push(Stored { entry, start, quote, end });
    }
    Ok(Table { chunks, marked, members: Vec::new(), entries, salvaged: None })
}

/// The entries that can still be read from a damaged table: every JSON string that is an entry, in order, without repetitions. A
/// missing chunk is `None`.
pub(crate) fn salvage(chunks: &[Option<&str>]) -> Table {
    let mut entries: Vec<Stored> = Vec::new();
    let mut seen = HashSet::new();
    // The text before and after a missing chunk must not join to a string that never existed.
    for run in chunks.split(Option::is_none) {
        let joined: String = run.iter().flatten().copied().collect();
        let mut from = 0;
        while let Some(opening) = joined[from..].find('"').map(|at| from + at) {
            let Some(closing) = closing_quote(&joined, opening) else { break };
            let raw = joined[opening..=closing].to_owned();
            match RawValue::from_string(raw).ok().and_then(|raw| Entry::from_raw(&raw).ok()) {
                Some(entry) => {
                    if seen.insert(entry.text().to_owned()) {
                        entries.push(Stored { entry, start: 0, quote: 0, end: 0 });
                    }
                    from = closing + 1;
                }
                // The run may begin inside a string: then this closing quote opens the next string.
                None => from = closing,
            }
        }
    }
    Table { chunks: Vec::new(), marked: false, members: Vec::new(), entries, salvaged: Some(chunks.len()) }
}

/// The byte index of the quote that closes the string which begins at `opening`.
fn closing_quote(text: &str, opening: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(opening + 1) {
        match byte {
            b'"' if !escaped => return Some(at),
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
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

    #[test]
    fn whole_entries_are_salvaged_from_any_damage() {
        let paths = |chunks: &[Option<&str>]| -> Vec<String> {
            salvage(chunks).entries.iter().map(|stored| stored.entry.path().to_owned()).collect()
        };
        let (a, b) = (r#"["url,1,,/a","url,2,,/b","url,3"#, r#",,/c","url,4,,/d"]"#);
        assert_eq!(paths(&[Some(a), Some(b)]), ["/a", "/b", "/c", "/d"]);
        assert_eq!(paths(&[Some(a), None, Some(b)]), ["/a", "/b", "/d"]);
        assert_eq!(paths(&[None, Some(b)]), ["/d"]);
        assert_eq!(
            paths(&[Some(r#"["url,1,,/a","broken","url,1,,/a", 7, {"url,1,a\"b,/e":0"#)]),
            ["/a", "/e"]
        );
        assert!(paths(&[Some("null"), None]).is_empty());
    }
}
