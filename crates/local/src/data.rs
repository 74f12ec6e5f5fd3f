//! The data of one store: keys and values, the `ETag`, the counts, and the quotas of writes.
//!
//! A write is applied completely or not at all. Writes that the service does not define (a key twice in one batch, an empty
//! batch) are rejected, so that no caller relies on them. The module is pure: no clock, no randomness, no I/O. It must not
//! know HTTP, other stores, or faults, but it can keep a bounded number of past states for stale reads.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use super::call::{Change, Refusal};
use super::former::Former;

// The numbers are copied from the service's documentation ("Quotas on key value stores"), and not taken from
// `routesync_core::kvs::limits`, since this store tests that module.

/// Maximum puts and deletes in one `UpdateKeys`.
const BATCH_KEYS: usize = 50;
/// Maximum bytes of a key.
const KEY_BYTES: usize = 512;
/// Maximum bytes of a value: 1 KB.
const VALUE_BYTES: usize = 1_024;
/// Maximum bytes of all keys and values of a store: 5 MB.
const STORE_BYTES: u64 = 5 * 1_024 * 1_024;

/// One state of a store.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Keys and values. They are shared, so that a past state needs no memory until the next write.
    pub entries: Arc<BTreeMap<String, String>>,
    /// `TotalSizeInBytes`.
    pub bytes: u64,
    /// The number of the write that made the state.
    pub version: u64,
    /// The time of that write, in milliseconds since 1970.
    pub modified_ms: u64,
}

/// The result of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// Keys put.
    pub put: usize,
    /// Existing keys deleted.
    pub deleted: usize,
}

impl Applied {
    /// Whether the write changed the store.
    pub const fn changed(self) -> bool {
        self.put + self.deleted > 0
    }
}

/// One store.
#[derive(Debug)]
pub struct StoreData {
    pub name: String,
    /// The time of its creation, in milliseconds since 1970.
    pub created_ms: u64,
    /// A deleted store is kept, since its answers differ from those of a store that never existed.
    pub deleted: bool,
    salt: u64,
    now: Snapshot,
    past: VecDeque<(Snapshot, u64)>,
    keep: usize,
    former: Former,
}

impl StoreData {
    /// An empty store. `salt` makes its `ETags` differ from those of other stores.
    pub fn new(name: String, salt: u64, at_ms: u64) -> Self {
        let now = Snapshot { entries: Arc::default(), bytes: 0, version: 1, modified_ms: at_ms };
        Self::restore(name, salt, at_ms, false, now)
    }

    /// A store with the given state. The size is computed.
    pub fn restore(name: String, salt: u64, created_ms: u64, deleted: bool, mut now: Snapshot) -> Self {
        now.bytes = size(&now.entries);
        Self {
            name,
            created_ms,
            deleted,
            salt,
            now,
            past: VecDeque::new(),
            keep: 0,
            former: Former::default(),
        }
    }

    /// The present state.
    pub const fn now(&self) -> &Snapshot {
        &self.now
    }

    /// The `ETag` of a state.
    pub fn etag(&self, state: &Snapshot) -> String {
        etag(self.salt, state.version)
    }

    /// Keeps the last `states` past states from now on. By default, none are kept.
    pub fn keep(&mut self, states: usize) {
        self.keep = states;
        while self.past.len() > states {
            self.past.pop_front();
        }
    }

    /// The value of `key` at the time `at_ms`, which is at most a minute ago.
    pub fn value_at(&self, key: &str, at_ms: u64) -> Option<&str> {
        let former = self.former.at(key, at_ms).map(Option::as_ref);
        former.unwrap_or_else(|| self.now.entries.get(key)).map(String::as_str)
    }

    /// The state before the last `versions` writes, or the oldest kept one, but only a state that was still current less than
    /// `for_ms` before `at_ms`.
    pub fn lagging(&self, versions: usize, for_ms: Option<u64>, at_ms: u64) -> &Snapshot {
        self.past
            .iter()
            .rev()
            .take(versions)
            .take_while(|(_, until)| for_ms.is_none_or(|window| at_ms.saturating_sub(*until) < window))
            .last()
            .map_or(&self.now, |(state, _)| state)
    }

    /// Applies `change` if `if_match` is the present `ETag`.
    pub fn update(&mut self, if_match: &str, change: Change, at_ms: u64) -> Result<Applied, Refusal> {
        check(&change)?;
        self.check_if_match(if_match)?;
        let mut bytes = self.now.bytes;
        let mut deleted = 0;
        for key in &change.deletes {
            if let Some(old) = self.now.entries.get(key) {
                bytes -= entry_size(key, old);
                deleted += 1;
            }
        }
        for (key, value) in &change.puts {
            bytes += entry_size(key, value);
            bytes -= self.now.entries.get(key).map_or(0, |old| entry_size(key, old));
        }
        if bytes > STORE_BYTES && bytes > self.now.bytes {
            return Err(Refusal::quota("Maximum size of the key value store"));
        }
        let applied = Applied { put: change.puts.len(), deleted };
        if applied.changed() {
            self.advance(at_ms);
            self.now.bytes = bytes;
            let entries = Arc::make_mut(&mut self.now.entries);
            for key in &change.deletes {
                let old = entries.remove(key);
                self.former.keep(key, old, at_ms);
            }
            for (key, value) in change.puts {
                let old = entries.insert(key.clone(), value);
                self.former.keep(&key, old, at_ms);
            }
        }
        Ok(applied)
    }

    /// Deletes an existing key.
    pub fn delete(&mut self, if_match: &str, key: String, at_ms: u64) -> Result<Applied, Refusal> {
        self.check_if_match(if_match)?;
        if !self.now.entries.contains_key(&key) {
            return Err(Refusal::no_key(&key));
        }
        self.update(if_match, Change { puts: Vec::new(), deletes: vec![key] }, at_ms)
    }

    /// Changes the entries without any checks, to simulate damage or another writer. This makes a new state.
    pub fn damage(&mut self, at_ms: u64, edit: impl FnOnce(&mut BTreeMap<String, String>)) {
        self.advance(at_ms);
        let before = Arc::clone(&self.now.entries);
        edit(Arc::make_mut(&mut self.now.entries));
        for key in before.keys().chain(self.now.entries.keys().filter(|key| !before.contains_key(*key))) {
            let old = before.get(key);
            if old != self.now.entries.get(key) {
                self.former.keep(key, old.cloned(), at_ms);
            }
        }
        self.now.bytes = size(&self.now.entries);
    }

    fn check_if_match(&self, if_match: &str) -> Result<(), Refusal> {
        if if_match == self.etag(&self.now) { Ok(()) } else { Err(Refusal::stale(false)) }
    }

    fn advance(&mut self, at_ms: u64) {
        if self.keep > 0 {
            if self.past.len() >= self.keep {
                self.past.pop_front();
            }
            self.past.push_back((self.now.clone(), at_ms));
        }
        self.now.version += 1;
        self.now.modified_ms = at_ms;
    }
}

/// The checks of a change that do not depend on the store.
fn check(change: &Change) -> Result<(), Refusal> {
    let keys = change.puts.len() + change.deletes.len();
    if keys == 0 {
        return Err(Refusal::validation("UpdateKeys must put or delete at least one key"));
    }
    if keys > BATCH_KEYS {
        return Err(Refusal::quota("Maximum key values pairs that you can update in a single API request"));
    }
    let mut seen = HashSet::with_capacity(keys);
    for key in change.puts.iter().map(|(key, _)| key).chain(&change.deletes) {
        if key.is_empty() {
            return Err(Refusal::validation("A key must have at least one character"));
        }
        if key.len() > KEY_BYTES {
            return Err(Refusal::quota("Maximum size of the key in a key value pair"));
        }
        if !seen.insert(key.as_str()) {
            return Err(Refusal::validation("A key appears more than once in the request"));
        }
    }
    if change.puts.iter().any(|(_, value)| value.len() > VALUE_BYTES) {
        return Err(Refusal::quota("Maximum size of the value in a key value pair"));
    }
    Ok(())
}

const fn entry_size(key: &str, value: &str) -> u64 {
    (key.len() + value.len()) as u64
}

fn size(entries: &BTreeMap<String, String>) -> u64 {
    entries.iter().map(|(key, value)| entry_size(key, value)).sum()
}

/// An opaque `ETag` in the service's form. The mixing is a bijection (splitmix64), so two states of a store never have the
/// same `ETag`, also across restarts and with a fixed seed.
fn etag(salt: u64, version: u64) -> String {
    let mut mixed = salt.wrapping_add(version.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let mut text = String::with_capacity(15);
    text.push_str("KV");
    for _ in 0..13 {
        text.push(char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(mixed % 36) as usize]));
        mixed /= 36;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> StoreData {
        StoreData::new("s".into(), 7, 1)
    }

    fn current(store: &StoreData) -> String {
        store.etag(store.now())
    }

    fn puts(pairs: &[(&str, &str)]) -> Change {
        Change { puts: pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(), deletes: Vec::new() }
    }

    #[test]
    fn every_applied_write_makes_a_new_etag_and_exact_counts() {
        let mut store = store();
        let mut seen = HashSet::from([current(&store)]);
        for n in 0..100 {
            let etag = current(&store);
            store.update(&etag, puts(&[("key", &"é".repeat(n))]), 2).unwrap();
            assert!(seen.insert(current(&store)));
            assert_eq!(store.now().bytes, 3 + 2 * n as u64);
        }
        assert_eq!(store.now().entries.len(), 1);
    }

    #[test]
    fn deleting_only_missing_keys_changes_nothing() {
        let mut store = store();
        let etag = current(&store);
        let change = Change { puts: Vec::new(), deletes: vec!["gone".into()] };
        assert!(!store.update(&etag, change, 2).unwrap().changed());
        assert_eq!(current(&store), etag);
    }

    #[test]
    fn a_refused_write_leaves_the_state_as_it_was() {
        let mut store = store();
        let etag = current(&store);
        let long = "v".repeat(1_025);
        let many: Vec<(String, String)> = (0..51).map(|n| (format!("k{n}"), String::new())).collect();
        let cases = [
            (puts(&[("a", "1"), ("b", &long)]), "Maximum size of the value in a key value pair"),
            (Change { puts: many, deletes: Vec::new() }, "Maximum key values pairs that you can update"),
            (puts(&[("a", "1"), (&"k".repeat(513), "")]), "Maximum size of the key"),
            (puts(&[("a", "1"), ("a", "2")]), "more than once"),
            (Change { puts: vec![("a".into(), "1".into())], deletes: vec!["a".into()] }, "more than once"),
            (Change::default(), "at least one key"),
            (puts(&[("", "1")]), "at least one character"),
        ];
        for (change, message) in cases {
            let refusal = store.update(&etag, change, 2).unwrap_err();
            assert!(refusal.message.contains(message), "{refusal:?}");
            assert_eq!(current(&store), etag);
            assert!(store.now().entries.is_empty());
        }
        let refusal = store.update("old", puts(&[("a", "1")]), 2).unwrap_err();
        assert!(refusal.stale && refusal.message.contains("Pre-Condition failed"));
    }

    #[test]
    fn exactly_the_limits_are_accepted_and_a_full_store_refuses_growth_only() {
        let mut store = store();
        let etag = current(&store);
        store.update(&etag, puts(&[(&"k".repeat(512), &"v".repeat(1_024))]), 2).unwrap();
        store.damage(3, |entries| {
            *entries = (0..5_242).map(|n| (format!("{n:08}"), "x".repeat(992))).collect();
        });
        assert_eq!(store.now().bytes, 5_242_000);
        let etag = current(&store);
        let refusal = store.update(&etag, puts(&[("new", &"x".repeat(1_000))]), 4).unwrap_err();
        assert_eq!(refusal.status, 402);
        store.update(&etag, puts(&[("00000000", "short")]), 4).unwrap();
    }

    #[test]
    fn lagging_reads_see_exactly_the_state_so_many_writes_ago() {
        let mut store = store();
        store.keep(2);
        for n in 1..=4_u64 {
            let etag = current(&store);
            store.update(&etag, puts(&[("k", &n.to_string())]), n * 10).unwrap();
        }
        let seen = |versions, window| store.lagging(versions, window, 45).entries["k"].clone();
        assert_eq!([seen(0, None), seen(1, None), seen(2, None), seen(9, None)], ["4", "3", "2", "2"]);
        // The write at 40 is 5 ms old, the one at 30 is 15 ms old.
        assert_eq!([seen(2, Some(5)), seen(2, Some(10)), seen(2, Some(20))], ["4", "3", "2"]);
    }

    #[test]
    fn delete_of_a_missing_key_is_not_found() {
        let mut store = store();
        let etag = current(&store);
        assert_eq!(store.delete(&etag, "k".into(), 2).unwrap_err().status, 404);
    }
}
