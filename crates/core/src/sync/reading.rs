//! What a reader has read so far, and which answers it believes.

use std::collections::{HashMap, HashSet};

use crate::kvs::{Described, Got};
use crate::plan::Snapshot;
use crate::plan::reads::confirmations;
use crate::plan::snapshot::Read;

/// What has been read under one `ETag` so far.
#[derive(Debug)]
pub(super) struct Reading {
    /// Only what agreed with Describe.
    pub(super) snapshot: Snapshot,
    /// How often keys were found absent, as long as that is not believed.
    looks: HashMap<String, u32>,
    /// Some read agreed: the counts are exact.
    pub(super) agreed: bool,
    /// The store was listed, and did not look as Describe counted it: not again.
    pub(super) listed: bool,
}

impl Reading {
    pub(super) fn new(Described { etag, counts }: Described) -> Self {
        Self { listed: counts.items == 0, ..Self::of(Snapshot::new(etag, counts)) }
    }

    /// What was read for an earlier commit, to be completed.
    pub(super) fn of(snapshot: Snapshot) -> Self {
        Self { snapshot, looks: HashMap::new(), agreed: false, listed: false }
    }

    pub(super) fn is_of(&self, described: &Described) -> bool {
        self.snapshot.etag == described.etag && self.snapshot.counts == described.counts
    }

    /// `keys`, each as often as it must be looked at: once, and where it was `absent` when it was last looked
    /// at, all looks at once that it takes to believe it. Who needs a round trip more than all others never
    /// gets in between them: a first deploy beside 15 busy processes took up to 30 times the median.
    pub(super) fn looks_for(&self, keys: Vec<String>, absent: &HashSet<String>) -> Vec<String> {
        let times = |key: &String| match self.looks.get(key) {
            Some(seen) => confirmations(key).saturating_sub(*seen).max(1),
            None if absent.contains(key) => confirmations(key),
            None => 1,
        };
        keys.into_iter().flat_map(|key| std::iter::repeat_n(key.clone(), times(&key) as usize)).collect()
    }

    /// Notes an answer; `false` when it differs from Describe.
    pub(super) fn note(&mut self, key: String, got: Option<Got>, trusted: bool) -> bool {
        match got {
            Some(got) if trusted && got.counts != self.snapshot.counts => {
                self.looks.remove(&key);
                return false;
            }
            Some(got) => {
                self.agreed = true;
                self.looks.remove(&key);
                self.snapshot.set(key, Some(got.value));
            }
            // Of several looks at once, one has found it.
            None if self.snapshot.get(&key) != Read::Unread => {}
            None => {
                // A 404 tells no counts: it is looked at again before it is believed. Where Describe says that
                // the store is empty, both agree.
                let seen = self.looks.entry(key.clone()).or_default();
                *seen += 1;
                if self.snapshot.counts.items == 0 || *seen >= confirmations(&key) {
                    self.looks.remove(&key);
                    self.snapshot.set(key, None);
                }
            }
        }
        true
    }
}

/// The answers without each 404 of a key that another look of the same round found: the key exists, and the 404 lags.
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
    fn a_key_that_one_look_found_is_absent_for_none() {
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
