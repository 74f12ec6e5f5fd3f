//! The changes of each applied write, in order, for checks of the state after every single write outside the server.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::LocalStore;

/// One applied write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The store's ARN.
    pub store: String,
    /// Added and changed keys, with their values.
    pub puts: BTreeMap<String, String>,
    /// Deleted keys.
    pub deletes: Vec<String>,
}

/// A journal of a server's writes since its start. It is not bounded, so take it often.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Written>>>);

impl Journal {
    /// Starts to record the writes to `store` over HTTP. This replaces an earlier observer.
    #[must_use]
    pub fn begin(store: &LocalStore) -> Self {
        let journal = Self::default();
        let writing = journal.clone();
        let mut known: HashMap<String, BTreeMap<String, String>> = HashMap::new();
        store.observe(move |arn, entries| {
            let before = known.entry(arn.to_owned()).or_default();
            let puts = entries.iter().filter(|(key, value)| before.get(*key) != Some(value));
            let puts = puts.map(|(key, value)| (key.clone(), value.clone())).collect();
            let deletes = before.keys().filter(|key| !entries.contains_key(*key)).cloned().collect();
            before.clone_from(entries);
            writing.with(|written| written.push(Written { store: arn.to_owned(), puts, deletes }));
        });
        journal
    }

    /// The writes since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Written> {
        self.with(std::mem::take)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Written>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
