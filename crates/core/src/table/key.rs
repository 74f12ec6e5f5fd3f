//! Names of the keys that routesync reads and writes.

use std::fmt::Display;

use super::id::OwnerId;

/// The key of the table of `router`, or of the marker that counts its chunks.
pub(crate) fn routes(router: &str) -> String {
    format!("{router}:routes")
}

/// The key of chunk `index`, from 0.
pub(crate) fn chunk(router: &str, index: usize) -> String {
    format!("{router}:routes:{index}")
}

pub(crate) fn metadata(id: impl Display) -> String {
    format!("{id}:metadata")
}

/// The key of the record of the site `id`.
#[must_use]
pub fn site(id: impl Display) -> String {
    format!("{id}:site")
}

/// Whether `key` is the key of a site's record.
pub(crate) fn is_site(key: &str) -> bool {
    key.split_once(':').is_some_and(|(_, rest)| rest == "site")
}

/// The key of the node `digest` in the tree of the site's file names.
#[must_use]
pub fn node(id: impl Display, digest: &str) -> String {
    format!("{id}:files:{digest}")
}

/// The key of the file `name` of the site `id`. `name` begins with `/`.
pub(crate) fn file(id: impl Display, name: &str) -> String {
    format!("{id}:{name}")
}

/// Whether `key` is the key of a site's file.
pub(crate) fn is_file(key: &str) -> bool {
    key.split_once(':').is_some_and(|(_, name)| name.starts_with('/'))
}

/// The key of the record of `owner` in `router`.
pub(crate) fn owner(router: &str, owner: &OwnerId) -> String {
    format!("{router}:owner:{owner}")
}

/// The key of spill `index` of that record, which holds retired ids that the record has no room for.
pub(crate) fn spill(router: &str, owner: &OwnerId, index: u64) -> String {
    format!("{router}:owner:{owner}:{index}")
}

/// The key of part `part` of the change `number` in the history of `owner`.
pub(crate) fn history(router: &str, owner: &OwnerId, number: u64, part: u64) -> String {
    format!("{router}:history:{owner}:{number}:{part}")
}

/// The key of the ledger of the index of `router`.
pub(crate) fn ledger(router: &str) -> String {
    format!("{router}:index")
}

/// The key of the copy of the last root of `epoch`, for requests that see the new root before its pages.
pub(crate) fn root_copy(router: &str, epoch: &str) -> String {
    format!("{router}:index:{epoch}")
}

/// The key of page `index` of `epoch`.
pub(crate) fn page(router: &str, epoch: &str, index: usize) -> String {
    format!("{router}:index:{epoch}.{index}")
}

/// Whether `key` is the key of a page or of the copy of a root.
pub(crate) fn is_page(key: &str) -> bool {
    key.split_once(":index:").is_some()
}
