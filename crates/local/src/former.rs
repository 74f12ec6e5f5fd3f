//! The former values of a store's keys, for readers to which changes come late. Those of the last minute are kept.

use std::collections::{HashMap, VecDeque};

/// How long a former value is kept, in milliseconds.
pub const KEPT_MS: u64 = 60_000;

/// The former values by key. `None` is for a key that did not exist.
#[derive(Debug, Default)]
pub struct Former {
    /// Each value with the time until which it was current, in milliseconds since 1970. The oldest is first.
    values: HashMap<String, VecDeque<(u64, Option<String>)>>,
    /// The keys of all values, the oldest first.
    order: VecDeque<(u64, String)>,
}

impl Former {
    /// Keeps the value that `key` had until `at_ms`.
    pub fn keep(&mut self, key: &str, value: Option<String>, at_ms: u64) {
        while let Some((_, old)) = self.order.pop_front_if(|(until, _)| *until + KEPT_MS < at_ms) {
            if let Some(values) = self.values.get_mut(&old) {
                values.pop_front();
                if values.is_empty() {
                    self.values.remove(&old);
                }
            }
        }
        self.values.entry(key.to_owned()).or_default().push_back((at_ms, value));
        self.order.push_back((at_ms, key.to_owned()));
    }

    /// The value of `key` at the time `at_ms`, if it has changed since.
    pub fn at(&self, key: &str, at_ms: u64) -> Option<&Option<String>> {
        self.values.get(key)?.iter().find(|(until, _)| *until > at_ms).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_former_value_counts_until_its_end() {
        let mut former = Former::default();
        former.keep("k", None, 1_000);
        former.keep("k", Some("a".to_owned()), 2_000);
        assert_eq!(former.at("k", 999), Some(&None));
        assert_eq!(former.at("k", 1_000), Some(&Some("a".to_owned())));
        assert_eq!(former.at("k", 2_000), None);
        former.keep("j", None, 1_001 + KEPT_MS);
        assert_eq!(former.at("k", 0), Some(&Some("a".to_owned())));
    }
}
