//! Names of the keys that routesync reads and writes.

use std::fmt::Display;

use super::id::OwnerId;

/// The table of `router`, or the marker that counts its chunks.
pub(crate) fn routes(router: &str) -> String {
    format!("{router}:routes")
}

/// The `index`th slice of a chunked table.
pub(crate) fn chunk(router: &str, index: usize) -> String {
    format!("{router}:routes:{index}")
}

/// The metadata of the route `id`.
pub(crate) fn metadata(id: impl Display) -> String {
    format!("{id}:metadata")
}

/// The record of the site `id`: what of it stands.
#[must_use]
pub fn site(id: impl Display) -> String {
    format!("{id}:site")
}

/// Whether `key` is that of a site's record.
pub(crate) fn is_site(key: &str) -> bool {
    key.split_once(':').is_some_and(|(_, rest)| rest == "site")
}

/// The node `digest` of the tree of the site's file names.
#[must_use]
pub fn node(id: impl Display, digest: &str) -> String {
    format!("{id}:files:{digest}")
}

/// The file `name` of the site `id`; `name` begins with `/`.
pub(crate) fn file(id: impl Display, name: &str) -> String {
    format!("{id}:{name}")
}

/// Whether `key` is that of a site's file.
pub(crate) fn is_file(key: &str) -> bool {
    key.split_once(':').is_some_and(|(_, name)| name.starts_with('/'))
}

/// The record of `owner` in `router`.
pub(crate) fn owner(router: &str, owner: &OwnerId) -> String {
    format!("{router}:owner:{owner}")
}

/// The `index`th spill of that record: retired ids that it has no room for.
pub(crate) fn spill(router: &str, owner: &OwnerId, index: u64) -> String {
    format!("{router}:owner:{owner}:{index}")
}

/// The part `part` of the change `number` in the history of `owner`.
pub(crate) fn history(router: &str, owner: &OwnerId, number: u64, part: u64) -> String {
    format!("{router}:history:{owner}:{number}:{part}")
}
