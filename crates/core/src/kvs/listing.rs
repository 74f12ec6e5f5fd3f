//! Collects the keys and values of a store, page by page.

use std::collections::BTreeMap;

use super::{Failure, FailureKind, Page, limits};

/// The most bytes of a listing: twice the size of a store, since the pages may show several states.
const LISTING_BYTES: u64 = 2 * limits::STORE_BYTES;

/// A shorter pair of key and value counts as this many bytes, since it takes memory, too.
const PAIR_BYTES: u64 = 16;

/// The pages of a listing so far.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) found: BTreeMap<String, String>,
    token: Option<String>,
    bytes: u64,
}

impl Listing {
    /// The token to request the next page. `None` for the first page.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Adds a page. Returns `false` if it is the last. Fails if the listing is larger than a store can be.
    pub(crate) fn take(&mut self, page: Page) -> Result<bool, Failure> {
        let sizes = page.items.iter().map(|(key, value)| ((key.len() + value.len()) as u64).max(PAIR_BYTES));
        self.bytes += sizes.sum::<u64>();
        if self.bytes > LISTING_BYTES {
            return Err(Failure {
                kind: FailureKind::Rejected,
                message: format!(
                    "the listing continues after {} bytes, but a store has at most {}: the server is not a KeyValueStore; check `client.endpoint`",
                    self.bytes,
                    limits::STORE_BYTES
                ),
                request_id: None,
            });
        }
        self.found.extend(page.items);
        self.token = page.next;
        Ok(self.token.is_some())
    }
}
