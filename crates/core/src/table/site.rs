//! The record of a site, `<id>:site`, which describes its stored metadata and files.
//!
//! Without it, a plan would have to list the store to find the site's file keys. Every batch that changes the site writes the record,
//! so it is exact: every file of `files` is stored, and of the parts that only `other` has, the first `stand` are stored, in the order
//! of `tree::beyond`.

use serde::{Deserialize, Serialize};

use super::id::hash;
use super::owner_record::RecordError;
use super::tree::Root;

/// The version of the form that this routesync writes, and the newest that it reads.
pub(crate) const VERSION: u64 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// The form's version, [`VERSION`].
    pub(crate) v: u64,
    /// The stored metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Metadata>,
    /// The files that belong to the metadata. All are stored.
    pub(crate) files: Root,
    /// A tree whose files are being put or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<Other>,
}

/// The digest and size of metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) digest: String,
    /// The size in bytes.
    pub(crate) bytes: usize,
}

/// A tree that is partly stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Other {
    pub(crate) files: Root,
    /// The number of stored parts, of those that this tree has in addition to the site's files.
    pub(crate) stand: usize,
}

impl Metadata {
    pub(crate) fn of(text: &str) -> Self {
        Self { digest: hash(super::tree::DIGEST, &["metadata", text]), bytes: text.len() }
    }
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Default for SiteRecord {
    /// The record of a site that has nothing stored.
    fn default() -> Self {
        Self { v: VERSION, metadata: None, files: Root::default(), other: None }
    }
}

impl SiteRecord {
    /// Decodes a record from its stored value.
    ///
    /// # Errors
    /// Fails if a newer version wrote the value, or if it is no record.
    pub fn decode(value: &str) -> Result<Self, RecordError> {
        match serde_json::from_str::<Version>(value) {
            Ok(Version { v }) if v > VERSION => Err(RecordError::Newer(v)),
            _ => serde_json::from_str(value).map_err(|_| RecordError::Garbled),
        }
    }

    /// The value to store.
    #[must_use]
    pub fn encode(&self) -> String {
        // A struct of numbers and strings, and roots that were decoded, always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvs::limits::VALUE_BYTES;
    use crate::table::tree::Tree;

    fn root(names: usize) -> Root {
        let names: Vec<String> = (0..names).map(|n| format!("/assets/{n:06}.{}.js", n * 7_919)).collect();
        Tree::of(&names).root().clone()
    }

    #[test]
    fn a_record_says_what_stands() {
        let mut record = SiteRecord::default();
        assert_eq!(record.encode(), r#"{"v":1,"files":{"n":0,"root":[]}}"#);
        record.metadata = Some(Metadata::of("{}"));
        record.files = Tree::of(&["/a".to_owned(), "/a\"b".to_owned()]).root().clone();
        record.other = Some(Other { files: root(2_000), stand: 17 });
        let text = record.encode();
        assert_eq!(SiteRecord::decode(&text), Ok(record), "{text}");
        assert!(
            text.contains(r#""files":{"n":2,"root":[0,"/a",2,"\"b"]},"other":{"files":{"n":2000,"depth":"#),
            "{text}"
        );
    }

    #[test]
    fn two_trees_of_any_size_fit_one_record() {
        for names in [1, 12, 30, 500, 3_000, 50_000] {
            let record = SiteRecord {
                metadata: Some(Metadata { digest: "x".repeat(8), bytes: 1_024 }),
                files: root(names),
                other: Some(Other { files: root(names + 1), stand: 999_999 }),
                ..SiteRecord::default()
            };
            assert!(record.encode().len() <= VALUE_BYTES, "{names}: {}", record.encode().len());
        }
    }

    #[test]
    fn a_newer_form_is_told_from_garbage() {
        assert_eq!(SiteRecord::decode(r#"{"v":2}"#), Err(RecordError::Newer(2)));
        for garbled in [
            "x",
            "{}",
            r#"{"v":1}"#,
            r#"{"v":1,"files":{"n":1,"root":["/a"]}}"#,
            r#"{"v":1,"files":{"n":1,"root":[0,"metadata"]}}"#,
            r#"{"v":1,"files":{"n":1,"depth":1,"root":"short"}}"#,
            r#"{"v":1,"files":{"n":1,"depth":200,"root":"12345678"}}"#,
        ] {
            assert_eq!(SiteRecord::decode(garbled), Err(RecordError::Garbled), "{garbled}");
        }
    }
}
