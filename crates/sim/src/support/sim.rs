//! A store that applies batches as the service does, and refuses what it refuses.

use std::collections::HashSet;

use super::reader::Keys;
use routesync_core::kvs::{Batch, Counts, ETag};
use routesync_core::options::Call;
use routesync_core::plan::{Snapshot, missing};
use routesync_core::table::id::OwnerId;

/// A simulated store.
#[derive(Debug, Clone, Default)]
pub struct Sim {
    pub keys: Keys,
    writes: u64,
}

impl Sim {
    /// What the service would count.
    pub fn counts(&self) -> Counts {
        let bytes: usize = self.keys.iter().map(|(key, value)| key.len() + value.len()).sum();
        Counts { items: self.keys.len() as u64, bytes: bytes as u64 }
    }

    /// The `ETag` of the state.
    pub fn etag(&self) -> ETag {
        ETag::new(format!("E{}", self.writes))
    }

    /// One `UpdateKeys`.
    pub fn apply(&mut self, batch: &Batch) -> Result<(), String> {
        let keys = batch.puts.len() + batch.deletes.len();
        if keys == 0 || keys > 50 {
            return Err(format!("{keys} keys in one batch"));
        }
        let mut seen = HashSet::new();
        if let Some(twice) =
            batch.puts.iter().map(|(key, _)| key).chain(&batch.deletes).find(|key| !seen.insert(*key))
        {
            return Err(format!("{twice} is in the batch twice"));
        }
        for (key, value) in &batch.puts {
            let chunk = key.rsplit_once(":routes:").is_some() || key.ends_with(":routes");
            // A chunk that SST made of halves of characters may be over; it must not grow.
            let before = self.keys.get(key).map_or(0, String::len);
            let most = if chunk { before.clamp(1_000, 1_024) } else { 1_024 };
            if key.len() > 512 || value.len() > most {
                return Err(format!("{key} has {} bytes, allowed are {most}", value.len()));
            }
        }
        self.keys.extend(batch.puts.iter().cloned());
        for key in &batch.deletes {
            self.keys.remove(key);
        }
        self.writes += 1;
        Ok(())
    }

    /// A snapshot that is complete for `calls` at `now`; `warm` is what is known already.
    pub fn snapshot(&self, warm: Option<Snapshot>, calls: &[&Call], now: u64) -> Snapshot {
        let owners: Vec<OwnerId> = calls.iter().map(|call| OwnerId::of(call.owner.as_str())).collect();
        let mut snapshot = warm.unwrap_or_else(|| Snapshot::new(self.etag(), self.counts()));
        loop {
            let missing = missing(&snapshot, calls.iter().copied().zip(&owners), now);
            if missing.is_empty() {
                return snapshot;
            }
            for key in missing {
                let value = self.keys.get(&key).cloned();
                snapshot.set(key, value);
            }
        }
    }

    /// Writes `text`, the JSON of a whole table, as SST does: cut at every 1,000th byte, also inside
    /// entries and characters, whose halves become U+FFFD.
    pub fn write_as_sst(&mut self, router: &str, text: &str, marker: &str) {
        for index in super::reader::chunks(&self.keys, router) {
            self.keys.remove(&format!("{router}:routes:{index}"));
        }
        let root = format!("{router}:routes");
        if text.len() <= 1_000 {
            self.keys.insert(root, text.to_owned());
        } else {
            let slices = text.as_bytes().chunks(1_000);
            self.keys.insert(root, marker.replace('N', &slices.len().to_string()));
            for (index, slice) in slices.enumerate() {
                let slice = String::from_utf8_lossy(slice).into_owned();
                self.keys.insert(format!("{router}:routes:{index}"), slice);
            }
        }
        self.writes += 1;
    }
}

/// `text` as a JSON string as Go writes it.
pub fn go_string(text: &str) -> String {
    let plain = serde_json::to_string(text).unwrap();
    plain.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}
