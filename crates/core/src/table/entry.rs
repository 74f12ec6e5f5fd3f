//! An entry of the table: `type,ns,host,path`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::id::{OwnerId, is_owner, target_of};

/// An entry. Foreign entries keep their exact bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The decoded text.
    text: String,
    /// The stored JSON string, if it is not the plain encoding of `text`.
    raw: Option<String>,
    /// The byte indexes of the first three commas in `text`.
    commas: [usize; 3],
    /// The byte range of the owner id in `text`.
    owner: Option<(usize, usize)>,
}

/// Precedes the owner id in the fifth field.
const OWNER: &str = "@";

/// Why an element cannot be an entry. SST's reader throws for it, at every request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("an element is not a string")]
    NotAString,
    #[error("an entry has fewer than four fields")]
    TooFewFields,
}

impl Entry {
    /// A plainly encoded entry.
    ///
    /// The fields must not contain commas. [`crate::route::pattern`] and the ids ensure that.
    pub(crate) fn new(kind: &str, id: &str, host: &str, path: &str) -> Self {
        let commas = [kind.len(), kind.len() + id.len() + 1, kind.len() + id.len() + host.len() + 2];
        Self::of(format!("{kind},{id},{host},{path}"), None, commas)
    }

    /// An entry that refers to a namespace which somebody else fills. Its id does not show the owner, so a fifth field does, which
    /// SST's reader ignores.
    pub(crate) fn reference(kind: &str, namespace: &str, host: &str, path: &str, owner: &OwnerId) -> Self {
        let Self { text, commas, .. } = Self::new(kind, namespace, host, path);
        Self::of(format!("{text},{OWNER}{owner}"), None, commas)
    }

    /// Decodes an entry from its JSON string. Fails if SST's reader would throw.
    pub(crate) fn from_raw(raw: &RawValue) -> Result<Self, EntryError> {
        let raw = raw.get();
        let text = match serde_json::from_str::<Cow<'_, str>>(raw) {
            Ok(text) => text.into_owned(),
            // A lone surrogate is legal in JavaScript but not in Rust. The raw form keeps its bytes.
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
        Ok(Self::of(text, (!plain).then(|| raw.to_owned()), [a, b, c]))
    }

    /// Decodes an entry from its text. Fails if SST's reader would throw.
    pub(crate) fn from_text(text: &str) -> Result<Self, EntryError> {
        let mut found = text.bytes().enumerate().filter(|(_, byte)| *byte == b',').map(|(at, _)| at);
        match (found.next(), found.next(), found.next()) {
            (Some(a), Some(b), Some(c)) => Ok(Self::of(text.to_owned(), None, [a, b, c])),
            _ => Err(EntryError::TooFewFields),
        }
    }

    /// Finds the owner once, because it is needed many times.
    fn of(text: String, raw: Option<String>, commas: [usize; 3]) -> Self {
        let mut entry = Self { text, raw, commas, owner: None };
        let letters = target_of(entry.id()).map(|(owner, _)| owner).or_else(|| {
            let fifth = entry.text[commas[2] + 1..].split_once(',')?.1;
            fifth.strip_prefix(OWNER).filter(|owner| is_owner(owner))
        });
        let start = letters.map(|letters| letters.as_ptr() as usize - entry.text.as_ptr() as usize);
        entry.owner = start.zip(letters).map(|(start, letters)| (start, start + letters.len()));
        entry
    }

    /// `url`, `bucket`, `site`, or what a foreign writer has written.
    pub(crate) fn kind(&self) -> &str {
        &self.text[..self.commas[0]]
    }

    /// The namespace of its metadata.
    pub(crate) fn id(&self) -> &str {
        &self.text[self.commas[0] + 1..self.commas[1]]
    }

    /// The escaped host expression. Empty for any host.
    pub(crate) fn host(&self) -> &str {
        &self.text[self.commas[1] + 1..self.commas[2]]
    }

    /// The path prefix, up to a fourth comma.
    #[must_use]
    pub fn path(&self) -> &str {
        let rest = &self.text[self.commas[2] + 1..];
        rest.split_once(',').map_or(rest, |(path, _)| path)
    }

    /// The text of the owner id: the first half of a route id, or else the fifth field. `None` for an entry without an owner.
    pub(crate) fn owner(&self) -> Option<&str> {
        self.owner.map(|(start, end)| &self.text[start..end])
    }

    /// [`Self::owner`] as an id.
    pub(crate) fn owner_id(&self) -> Option<OwnerId> {
        self.owner().and_then(OwnerId::from_key)
    }

    /// Whether the entry belongs to `owner`.
    pub(crate) fn is_of(&self, owner: &OwnerId) -> bool {
        self.owner() == Some(owner.as_str())
    }

    /// The id of its metadata, if routesync wrote that.
    pub(crate) fn made(&self) -> Option<&str> {
        self.owner.filter(|(start, _)| *start < self.commas[1]).map(|_| self.id())
    }

    /// The decoded text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The JSON string to store.
    pub(crate) fn raw(&self) -> Cow<'_, str> {
        match &self.raw {
            Some(raw) => Cow::Borrowed(raw),
            // Serializing a string cannot fail.
            None => Cow::Owned(serde_json::to_string(&self.text).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner_of(text: &str) -> Option<String> {
        let raw = serde_json::value::to_raw_value(text).unwrap();
        Entry::from_raw(&raw).unwrap().owner().map(str::to_owned)
    }

    #[test]
    fn whose_an_entry_is_stands_in_its_id_or_in_a_fifth_field() {
        let owner = OwnerId::from_key("cMqCe9").unwrap();
        let reference = Entry::reference("site", "f2de", "", "/docs", &owner);
        assert_eq!(reference.text(), "site,f2de,,/docs,@cMqCe9");
        assert_eq!((reference.path(), reference.id(), reference.made()), ("/docs", "f2de", None));
        assert!(reference.is_of(&owner));
        for (text, owner) in [
            ("url,cMqCe9.vWDRmqW,,/api", Some("cMqCe9")),
            ("url,cMqCe9.vWDRmqW,,/api,@AAAAAA", Some("cMqCe9")),
            ("site,f2de,,/docs,@cMqCe9", Some("cMqCe9")),
            ("site,f2de,,/docs", None),
            ("site,f2de,,/docs,cMqCe9", None),
            ("site,f2de,,/docs,@cMqCe9,more", None),
            ("site,f2de,,/docs,@cMqCe", None),
            ("site,f2de,,/docs@cMqCe9", None),
        ] {
            assert_eq!(owner_of(text).as_deref(), owner, "{text}");
        }
    }
}
