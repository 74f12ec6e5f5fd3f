//! The answers of a reader under one `ETag`, and which of them count.

use std::collections::{HashMap, HashSet};

use crate::kvs::{Described, Got};
use crate::plan::Snapshot;
use crate::plan::reads::confirmations;
use crate::plan::snapshot::Read;

/// The keys that were read under one `ETag` so far.
#[derive(Debug)]
pub(super) struct Reading {
    /// Contains only reads that agree with Describe.
    pub(super) snapshot: Snapshot,
    /// The number of 404s of keys that do not count as absent yet.
    absences: HashMap<String, u32>,
    /// A read agreed, so the counts are exact.
    pub(super) agreed: bool,
    /// The store was listed and is not listed again.
    pub(super) listed: bool,
}

impl Reading {
    pub(super) fn new(Described { etag, counts }: Described) -> Self {
        Self { listed: counts.items == 0, ..Self::of(Snapshot::new(etag, counts)) }
    }

    /// Continues a snapshot of an earlier commit.
    pub(super) fn of(snapshot: Snapshot) -> Self {
        Self { snapshot, absences: HashMap::new(), agreed: false, listed: false }
    }

    pub(super) fn is_of(&self, described: &Described) -> bool {
        self.snapshot.etag == described.etag && self.snapshot.counts == described.counts
    }

    /// `keys`, each repeated as often as it must be read at once. That is once, or, if the key was `absent` in the last read, as often
    /// as it takes until it counts as absent. A process that needs one round trip more than all others rarely gets its turn: a first
    /// deploy beside 15 busy processes took up to 30 times the median.
    pub(super) fn repeated(&self, keys: Vec<String>, absent: &HashSet<String>) -> Vec<String> {
        let times = |key: &String| match self.absences.get(key) {
            Some(seen) => confirmations(key).saturating_sub(*seen).max(1),
            None if absent.contains(key) => confirmations(key),
            None => 1,
        };
        keys.into_iter().flat_map(|key| std::iter::repeat_n(key.clone(), times(&key) as usize)).collect()
    }

    /// Adds an answer. Returns `false` if it differs from Describe.
    pub(super) fn note(&mut self, key: String, got: Option<Got>, trusted: bool) -> bool {
        match got {
            Some(got) if trusted && got.counts != self.snapshot.counts => {
                self.absences.remove(&key);
                return false;
            }
            Some(got) => {
                self.agreed = true;
                self.absences.remove(&key);
                self.snapshot.set(key, Some(got.value));
            }
            // Another read of the same round has found the key.
            None if self.snapshot.get(&key) != Read::Unread => {}
            None => {
                // A 404 carries no counts, so the key is read again before it counts as absent. If Describe has shown an empty
                // store, the 404 agrees with it.
                let seen = self.absences.entry(key.clone()).or_default();
                *seen += 1;
                if self.snapshot.counts.items == 0 || *seen >= confirmations(&key) {
                    self.absences.remove(&key);
                    self.snapshot.set(key, None);
                }
            }
        }
        true
    }
}

/// Removes each 404 of a key that another read of the same round found: the key exists, and the 404 lags.
pub(super) fn without_contradicted(answers: Vec<(String, Option<Got>)>) -> Vec<(String, Option<Got>)> {
    if answers.iter().all(|(_, got)| got.is_some()) {
        return answers;
    }
    let found = answers.iter().filter(|(_, got)| got.is_some());
    let found: HashSet<String> = found.map(|(key, _)| key.clone()).collect();
    answers.into_iter().filter(|(key, got)| got.is_some() || !found.contains(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvs::Counts;

    #[test]
    fn a_key_that_one_read_found_is_not_absent() {
        let got = || Some(Got { value: "v".into(), counts: Counts::default() });
        let key = |answer: &(String, Option<Got>)| (answer.0.clone(), answer.1.is_some());
        let answers = vec![
            ("a".into(), None),
            ("b".into(), None),
            ("a".into(), got()),
            ("a".into(), None),
            ("b".into(), None),
        ];
        let left: Vec<_> = without_contradicted(answers).iter().map(key).collect();
        assert_eq!(left, [("b".to_owned(), false), ("a".to_owned(), true), ("b".to_owned(), false)]);
    }
}
