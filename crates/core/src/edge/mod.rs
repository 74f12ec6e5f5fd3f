//! The edge index: a table arranged so that the edge finds a request's route with a few reads.
//!
//! SST's edge function reads all chunks and looks at every entry. With an index, routesync's function reads the marker, one page
//! and the metadata. The table stays the source of truth. The index is a pure function of the table's entries and of a layout
//! that is chosen once for an epoch, so a plan knows every page without reading it.
//!
//! * `group`: which hosts an entry matches
//! * `routes`: the entries as keys and values of pages
//! * [`layout`]: which page holds a key
//! * [`root`]: the root, which is a member of the table's marker
//! * [`ledger`]: which epochs have pages in the store
//! * [`index`]: the index of a table: its root and pages
//! * [`reader`]: finds the route of a request

pub mod group;
pub mod index;
pub mod layout;
pub mod ledger;
pub mod reader;
pub mod root;
pub mod routes;
#[cfg(test)]
mod tests;

pub use index::{Index, Trouble};
pub use ledger::Ledger;
pub use root::Root;
pub use routes::Routes;

use sha2::{Digest, Sha256};

use crate::table::entry::Entry;

/// The most bytes of a page's content. Its padding adds fewer than 64, so the value is smaller than 1,024 bytes.
pub const PAGE_BYTES: usize = 960;

/// The most bytes of the marker, which holds the root.
pub const MARKER_BYTES: usize = 1_000;

/// The length of key and value of a page is a multiple of this, so that writing or deleting a page keeps the fingerprint.
pub const PADDING: usize = 64;

/// How long the pages of an old epoch stay, in seconds: requests may still see the root that leads to them.
pub const PAGE_GRACE: u64 = 300;

/// The SHA-256 of the texts, one after the other.
fn hash(texts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
    }
    hash.finalize().into()
}

/// The digest of a table in the root: the first 8 hexadecimal digits of the SHA-256 of its entries' JSON strings, each with a
/// comma after it.
pub(crate) fn digest<'e>(entries: impl Iterator<Item = &'e Entry>) -> String {
    let mut hash = Sha256::new();
    for entry in entries {
        hash.update(entry.raw().as_bytes());
        hash.update(b",");
    }
    let hash = hash.finalize();
    format!("{:08x}", u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]))
}

/// `value` with spaces after it, so that the length of key and value is a multiple of [`PADDING`].
pub(crate) fn padded(key: &str, mut value: String) -> String {
    let spaces = (key.len() + value.len()).next_multiple_of(PADDING) - key.len() - value.len();
    value.push_str(&" ".repeat(spaces));
    value
}
