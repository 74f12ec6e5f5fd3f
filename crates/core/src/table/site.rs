//! The record of a site, `<id>:site`: what of its metadata and files stands.
//!
//! Without it a plan would have to list the store to know which file keys are there. It is written in
//! every batch that touches the site, so it is exact: every file of `files` stands, and of what `other`
//! has beyond it the first `stand` parts, in the order of [`super::tree::beyond`].

use serde::{Deserialize, Serialize};

use super::id::hash;
use super::record::RecordError;
use super::tree::Root;

/// The form that this version writes, and the newest that it reads.
pub(crate) const VERSION: u64 = 1;

/// A site's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// The form's version, [`VERSION`].
    pub(crate) v: u64,
    /// The metadata that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Metadata>,
    /// The files that go with it: all stand.
    pub(crate) files: Root,
    /// A tree whose files are on their way in or out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) other: Option<Other>,
}

/// A record of metadata, told without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Metadata {
    /// The digest of its bytes.
    pub(crate) digest: String,
    /// How many they are.
    pub(crate) bytes: usize,
}

/// A tree of which a part stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Other {
    /// The tree.
    pub(crate) files: Root,
    /// How many of the parts that it has beyond the site's files stand.
    pub(crate) stand: usize,
}

impl Metadata {
    /// What a record says of this metadata.
    pub(crate) fn of(text: &str) -> Self {
        Self { digest: hash(super::tree::DIGEST, &["metadata", text]), bytes: text.len() }
    }
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Default for SiteRecord {
    /// The record of a site of which nothing stands.
    fn default() -> Self {
        Self { v: VERSION, metadata: None, files: Root::default(), other: None }
    }
}

impl SiteRecord {
    /// A record from its stored value.
    ///
    /// # Errors
    /// A newer version, or something that is no record.
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
