//! The ledger `<router>:index`: whether the router wants an index, and which epochs have pages in the store.
//!
//! It is written no later than the first page of an epoch, so no crash leaves a page that nobody knows. SST's writers drop the
//! root, but not the ledger.

use serde::{Deserialize, Serialize};

use super::root::is_epoch;

/// The version of the form that this routesync writes, and the newest that it reads.
const VERSION: u64 = 1;

/// More pages than a store of 5 MB can hold.
const MOST_PAGES: usize = 100_000;

/// The most old epochs that wait for their deletion. A table whose index is lost more often gets a new one only after that.
pub const MOST_OLD: usize = 14;

/// An epoch whose pages may be in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    pub epoch: String,
    /// The number of its pages, from 0. Those from here on are deleted.
    pub pages: usize,
    /// When the root stopped leading to it, in seconds since 1970. 0 for a live epoch.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub at: u64,
    /// There is a copy of its root.
    #[serde(default, skip_serializing_if = "is_false")]
    pub copied: bool,
}

impl Epoch {
    /// An epoch that the root leads to, or will lead to.
    #[must_use]
    pub const fn new(epoch: String, pages: usize) -> Self {
        Self { epoch, pages, at: 0, copied: false }
    }
}

/// The ledger of a router's index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    v: u64,
    /// The router wants no index any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub off: bool,
    /// The epoch that the root leads to, unless another writer has dropped the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Epoch>,
    /// An epoch whose pages are being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Epoch>,
    /// Epochs that wait for their deletion, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old: Vec<Epoch>,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

/// Why a ledger cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    Newer,
    Garbled,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { v: VERSION, off: false, live: None, next: None, old: Vec::new() }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Ledger {
    /// Decodes a ledger.
    ///
    /// # Errors
    /// A newer version wrote it, or it is no ledger.
    pub fn decode(value: &str) -> Result<Self, Unreadable> {
        match serde_json::from_str::<Version>(value) {
            Ok(Version { v }) if v > VERSION => Err(Unreadable::Newer),
            Ok(_) => {
                let ledger: Self = serde_json::from_str(value).map_err(|_| Unreadable::Garbled)?;
                let possible = |it: &Epoch| is_epoch(&it.epoch) && it.pages <= MOST_PAGES;
                if ledger.epochs().all(possible) { Ok(ledger) } else { Err(Unreadable::Garbled) }
            }
            Err(_) => Err(Unreadable::Garbled),
        }
    }

    /// The value to store.
    #[must_use]
    pub fn encode(&self) -> String {
        // A struct of numbers and strings always serializes.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// All epochs with pages in the store.
    pub fn epochs(&self) -> impl Iterator<Item = &Epoch> {
        self.live.iter().chain(&self.next).chain(&self.old)
    }

    /// Moves the live and the next epoch to the old ones, at the time `now`.
    pub fn retire(&mut self, now: u64) {
        let gone = self.live.take().into_iter().chain(self.next.take());
        self.old.extend(gone.map(|epoch| Epoch { at: now, ..epoch }));
    }

    /// Whether nothing is left to know: no index is wanted, and no pages are in the store.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.off && self.epochs().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_is_its_text() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.encode(), r#"{"v":1}"#);
        ledger.live = Some(Epoch::new("Xk3f9a".to_owned(), 18));
        ledger.retire(1_700_000_000);
        assert_eq!(ledger.encode(), r#"{"v":1,"old":[{"epoch":"Xk3f9a","pages":18,"at":1700000000}]}"#);
        assert_eq!(Ledger::decode(&ledger.encode()), Ok(ledger));
        assert_eq!(Ledger::decode(r#"{"v":2}"#), Err(Unreadable::Newer));
        let old =
            |n: usize| Epoch { at: 1_700_000_000, copied: true, ..Epoch::new(format!("Xk3f{n:02}"), 2_000) };
        let full = Ledger { old: (0..=MOST_OLD).map(old).collect(), ..Ledger::default() };
        assert!(full.encode().len() < 1_000, "{}", full.encode().len());
        for text in ["", "{}", r#"{"v":1,"live":{"epoch":"x","pages":1}}"#] {
            assert_eq!(Ledger::decode(text), Err(Unreadable::Garbled), "{text}");
        }
    }
}
