//! A store's keys and values, gathered page by page.

use std::collections::BTreeMap;

use super::{Failure, FailureKind, Page, limits};

/// Bytes of a listing, at most: twice what a store holds, since pages may be of several states.
const LISTING_BYTES: u64 = 2 * limits::STORE_BYTES;

/// Bytes that the shortest pair is taken for: pairs of next to nothing take memory, too.
const PAIR_BYTES: u64 = 16;

/// A listing on its way.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// What the pages so far showed.
    pub(crate) found: BTreeMap<String, String>,
    token: Option<String>,
    bytes: u64,
}

impl Listing {
    /// What the next page is asked for with; `None` for the first.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Takes a page. `false` after the last.
    ///
    /// # Errors
    /// More than a store can hold.
    pub(crate) fn take(&mut self, page: Page) -> Result<bool, Failure> {
        let sizes = page.items.iter().map(|(key, value)| ((key.len() + value.len()) as u64).max(PAIR_BYTES));
        self.bytes += sizes.sum::<u64>();
        if self.bytes > LISTING_BYTES {
            return Err(Failure {
                kind: FailureKind::Rejected,
                message: format!(
                    "the listing goes on after {} bytes, and a store holds at most {}: what answers is no KeyValueStore",
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
