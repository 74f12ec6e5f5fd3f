//! One line of the table: `type,ns,host,path`.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// An entry. Foreign ones keep the very bytes that they were read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The decoded line.
    text: String,
    /// The JSON string as it stands in the store, where that is not the plain encoding of `text`.
    raw: Option<String>,
    /// Where the first three commas of `text` are.
    commas: [usize; 3],
}

/// Why a line cannot be an entry: SST's reader throws on it, for every request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// An element that is not a string.
    #[error("an element is not a string")]
    NotAString,
    /// Fewer than four fields.
    #[error("an entry has fewer than four fields")]
    TooFewFields,
}

impl Entry {
    /// Our own entry, encoded plainly.
    ///
    /// The fields hold no comma: [`crate::route::pattern`] and ids see to it.
    #[must_use]
    pub fn new(kind: &str, id: &str, host: &str, path: &str) -> Self {
        let commas = [kind.len(), kind.len() + id.len() + 1, kind.len() + id.len() + host.len() + 2];
        Self { text: format!("{kind},{id},{host},{path}"), raw: None, commas }
    }

    /// An entry from its JSON string.
    ///
    /// # Errors
    /// What SST's reader would throw on.
    pub fn from_raw(raw: &RawValue) -> Result<Self, EntryError> {
        let raw = raw.get();
        let text = match serde_json::from_str::<Cow<'_, str>>(raw) {
            Ok(text) => text.into_owned(),
            // A lone surrogate: legal for JavaScript, no text in Rust. The raw form keeps its bytes.
            Err(_) if raw.starts_with('"') => {
                String::from_utf8_lossy(raw.trim_matches('"').as_bytes()).into_owned()
            }
            Err(_) => return Err(EntryError::NotAString),
        };
        let mut found = text.bytes().enumerate().filter(|(_, byte)| *byte == b',').map(|(at, _)| at);
        let (Some(a), Some(b), Some(c)) = (found.next(), found.next(), found.next()) else {
            return Err(EntryError::TooFewFields);
        };
        let plain = raw.len() == text.len() + 2 && raw.as_bytes()[1..].starts_with(text.as_bytes());
        Ok(Self { raw: (!plain).then(|| raw.to_owned()), commas: [a, b, c], text })
    }

    /// An entry from its text.
    ///
    /// # Errors
    /// What SST's reader would throw on.
    pub fn from_text(text: &str) -> Result<Self, EntryError> {
        let mut found = text.bytes().enumerate().filter(|(_, byte)| *byte == b',').map(|(at, _)| at);
        match (found.next(), found.next(), found.next()) {
            (Some(a), Some(b), Some(c)) => Ok(Self { raw: None, commas: [a, b, c], text: text.to_owned() }),
            _ => Err(EntryError::TooFewFields),
        }
    }

    /// `url`, `bucket`, `site`, or what a foreign writer put there.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.text[..self.commas[0]]
    }

    /// The namespace of its metadata.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[self.commas[0] + 1..self.commas[1]]
    }

    /// The escaped host expression; empty for any host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.text[self.commas[1] + 1..self.commas[2]]
    }

    /// The path prefix; what follows a further comma is not read.
    #[must_use]
    pub fn path(&self) -> &str {
        let rest = &self.text[self.commas[2] + 1..];
        rest.split_once(',').map_or(rest, |(path, _)| path)
    }

    /// The decoded line.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The JSON string that stands, or will stand, in the store.
    #[must_use]
    pub fn raw(&self) -> Cow<'_, str> {
        match &self.raw {
            Some(raw) => Cow::Borrowed(raw),
            // Serializing a string cannot fail.
            None => Cow::Owned(serde_json::to_string(&self.text).unwrap_or_default()),
        }
    }
}
