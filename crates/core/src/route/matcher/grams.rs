//! An index that finds the wildcard hosts that may match a text, without trying all of them. It finds each host by four
//! consecutive bytes that every matching text has and that few other hosts have.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::expression::HostExpression;

/// Bytes of a gram. Hosts with only shorter literals are always tried.
const GRAM: usize = 4;

/// Bits of the filter before the map. With a few hundred hosts, it rejects most grams of a request.
const FILTER_BITS: usize = 1 << 13;

/// An index of wildcard hosts.
#[derive(Debug)]
pub struct Grams {
    filter: Box<[u64]>,
    by_gram: HashMap<u32, SmallVec<[u32; 2]>>,
    always: Vec<u32>,
}

impl Grams {
    /// Indexes `hosts` by their position.
    #[must_use]
    pub fn new<'a>(hosts: impl Iterator<Item = &'a HostExpression>) -> Self {
        let wildcards: Vec<(u32, &HostExpression)> = (0..).zip(hosts).collect();
        let mut frequency: HashMap<u32, u32> = HashMap::new();
        for gram in wildcards.iter().flat_map(|(_, host)| grams_of(host)) {
            *frequency.entry(gram).or_default() += 1;
        }
        let mut index =
            Self { filter: vec![0; FILTER_BITS / 64].into(), by_gram: HashMap::new(), always: Vec::new() };
        for (at, host) in wildcards {
            match grams_of(host).min_by_key(|gram| frequency[gram]) {
                Some(gram) => {
                    let (word, bit) = place(gram);
                    index.filter[word] |= bit;
                    index.by_gram.entry(gram).or_default().push(at);
                }
                None => index.always.push(at),
            }
        }
        index
    }

    /// Calls `found` with the position of each host that `text` may match, possibly more than once for the same host.
    pub fn each(&self, text: &[u8], mut found: impl FnMut(u32)) {
        self.always.iter().copied().for_each(&mut found);
        if self.by_gram.is_empty() {
            return;
        }
        for gram in grams(text) {
            let (word, bit) = place(gram);
            if self.filter[word] & bit != 0
                && let Some(hosts) = self.by_gram.get(&gram)
            {
                hosts.iter().copied().for_each(&mut found);
            }
        }
    }
}

fn grams_of(host: &HostExpression) -> impl Iterator<Item = u32> {
    host.parts().iter().flat_map(|part| grams(part.as_bytes()))
}

fn grams(text: &[u8]) -> impl Iterator<Item = u32> {
    text.windows(GRAM).map(|gram| gram.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// A gram's word and bit in the filter.
const fn place(gram: u32) -> (usize, u64) {
    // Fibonacci hashing: the upper bits of the product depend on all bytes of the gram.
    let hash = (gram.wrapping_mul(0x9E37_79B1) >> 19) as usize;
    (hash / 64, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hosts: &[&str], text: &str) -> Vec<u32> {
        let hosts: Vec<HostExpression> = hosts.iter().map(|host| HostExpression::new(host)).collect();
        let mut found = Vec::new();
        Grams::new(hosts.iter()).each(text.as_bytes(), |at| found.push(at));
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn hosts_are_found_by_what_tells_them_apart() {
        let hosts: Vec<String> = (0..500).map(|i| format!(r".*\.tenant-{i}\.example\.com")).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let found = found(&hosts, "^a.tenant-314.example.com$");
        assert!(found.contains(&314));
        assert!(found.len() < 20, "{found:?}");
    }

    #[test]
    fn hosts_without_a_long_literal_are_always_told() {
        assert_eq!(found(&[".*", r".*\.de", "[ab].*", r"x.*\.org"], "^b$"), [0, 1, 2]);
        assert_eq!(found(&[r"x.*\.org"], "^xy.org$"), [0]);
    }
}
