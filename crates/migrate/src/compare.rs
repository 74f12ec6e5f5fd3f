//! Compares both sides for every URL: which legacy route won, and which route wins now.
//!
//! The patterns divide the URLs into finitely many kinds, within which no pattern distinguishes URLs. One URL of each kind is
//! visited, the shortest first, so that every pair of winners is found, with a URL that shows it. Two winners may have the
//! same target. The caller checks that.

use std::collections::{BTreeMap, VecDeque};

use hashbrown::HashSet;

/// Maximum kinds of URLs that are visited. A table of 75 behaviors of the usual forms has some hundreds.
const KINDS: usize = 8_000;
/// Maximum words of state that are advanced: about half a second.
const WORK: usize = 60_000_000;
/// Maximum patterns that are combined with each other for readable examples.
const PAIRED: usize = 48;
/// Candidates for the character that represents all others: a URI needs no escape for them, and patterns seldom have them.
const OTHERS: &[u8] = b"xyzwvqkjXYZWVQKJ0123456789abcdefghilmnoprstu-_~";
/// The characters of a request's path (RFC 3986) other than letters and digits.
const RAW: &[u8] = b"-._~!$&'()*+;=:@/%";

/// The pairs of winners, each with a URL, and whether all pairs were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<W: Ord> {
    /// A URL for each pair.
    pub pairs: BTreeMap<W, String>,
    /// Whether all kinds of URLs were visited.
    pub complete: bool,
}

/// Calls `winners` for at least one URL of every kind. `globs` are those of all legacy patterns, and `paths` those of the
/// new table's entries.
pub fn compare<W: Ord>(globs: &[&str], paths: &[&str], winners: impl Fn(&str) -> W) -> Outcome<W> {
    let alphabet = Alphabet::of(globs, paths);
    let mut pairs = BTreeMap::new();
    for url in readable(globs, paths, alphabet.other) {
        if Alphabet::carries(&url) {
            pairs.entry(winners(&url)).or_insert(url);
        }
    }
    let automaton = Automaton::of(globs, paths);
    let complete = walk(&automaton, &alphabet, |url| {
        pairs.entry(winners(url)).or_insert_with(|| url.to_owned());
    });
    Outcome { pairs, complete }
}

/// Readable URLs: patterns with filled-in wildcards, one pattern inside another, and paths around an exact path.
fn readable(globs: &[&str], paths: &[&str], other: char) -> Vec<String> {
    let fill = |glob: &str, with: &str| glob.replace('*', with).replace('?', &other.to_string());
    let x = other.to_string();
    let mut urls = Vec::new();
    for glob in globs.iter().chain(paths) {
        let plain = fill(glob, &x);
        let below = format!("{}/{x}", plain.trim_end_matches('/'));
        let around = [below, format!("{plain}/{x}"), format!("{plain}{x}"), fill(glob, &format!("{x}/{x}"))];
        urls.push(plain);
        urls.extend(around);
        urls.push(fill(glob, ""));
    }
    for outer in globs.iter().take(PAIRED).filter(|glob| glob.contains('*')) {
        for inner in globs.iter().chain(paths).take(PAIRED) {
            let inside = fill(inner, &x);
            let inside = inside.trim_matches('/');
            for (at, _) in outer.match_indices('*') {
                let placed = format!("{}{inside}{}", &outer[..at], &outer[at + 1..]);
                urls.push(fill(&placed, &x));
                let below = format!("{}{inside}/{x}{}", &outer[..at], &outer[at + 1..]);
                urls.push(fill(&below, &x));
            }
        }
    }
    urls
}

/// The characters that the patterns distinguish, and one that represents all others.
struct Alphabet {
    chars: Vec<u8>,
    other: char,
}

impl Alphabet {
    fn of(globs: &[&str], paths: &[&str]) -> Self {
        let texts = || globs.iter().chain(paths).flat_map(|text| text.bytes());
        let used: HashSet<u8> = texts().filter(|byte| *byte != b'*' && *byte != b'?').collect();
        let other = OTHERS.iter().copied().find(|byte| !used.contains(byte)).unwrap_or(b'x');
        // An escape needs digits, even if no pattern has one.
        let digit = used.contains(&b'%').then(|| (b'0'..=b'9').find(|byte| !used.contains(byte))).flatten();
        let mut chars: Vec<u8> = [other, b'/']
            .into_iter()
            .chain(digit)
            .chain(used.into_iter().filter(|byte| *byte != b'/' && carried(*byte)))
            .collect();
        // The unused letter is first, so that the shortest URL is simple.
        chars[2..].sort_unstable();
        Self { chars, other: char::from(other) }
    }

    /// Whether a request can have this URL's path.
    fn carries(url: &str) -> bool {
        url.starts_with('/') && url.bytes().all(carried) && is_request(url)
    }
}

fn carried(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || RAW.contains(&byte)
}

/// All patterns as one bit set of positions. The positions of a pattern are adjacent, with one more after its last
/// character.
struct Automaton {
    /// For each byte, the positions that advance on it.
    steps: Vec<Vec<u64>>,
    /// The positions of `*`, at which the automaton may stay or advance without a byte.
    stars: Vec<u64>,
    start: Vec<u64>,
}

impl Automaton {
    fn of(globs: &[&str], paths: &[&str]) -> Self {
        // An entry's path matches itself, and paths that continue after a segment's end.
        let below = paths.iter().map(|path| format!("{}/*", path.strip_suffix('/').unwrap_or(path)));
        let texts: Vec<String> =
            globs.iter().chain(paths).map(|text| (*text).to_owned()).chain(below).collect();
        let words = texts.iter().map(|text| text.len() + 1).sum::<usize>().div_ceil(64);
        let mut steps = vec![vec![0_u64; words]; 128];
        let (mut stars, mut start) = (vec![0; words], vec![0; words]);
        let mut at = 0;
        for text in &texts {
            set(&mut start, at);
            for (offset, byte) in text.bytes().enumerate() {
                match byte {
                    b'*' => set(&mut stars, at + offset),
                    b'?' => steps.iter_mut().for_each(|step| set(step, at + offset)),
                    _ => set(&mut steps[usize::from(byte & 127)], at + offset),
                }
            }
            at += text.len() + 1;
        }
        Self { steps, stars, start }
    }

    fn step(&self, from: &[u64], byte: u8) -> Vec<u64> {
        let step = &self.steps[usize::from(byte & 127)];
        let moved = shifted(from.iter().zip(step).map(|(from, step)| from & step));
        let stayed = from.iter().zip(&self.stars).map(|(from, star)| from & star);
        let mut to: Vec<u64> = moved.into_iter().zip(stayed).map(|(moved, stayed)| moved | stayed).collect();
        let passed = shifted(to.iter().zip(&self.stars).map(|(to, star)| to & star));
        to.iter_mut().zip(passed).for_each(|(to, passed)| *to |= passed);
        to
    }
}

fn set(bits: &mut [u64], at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

/// Moves every bit by one position.
fn shifted(words: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut carry = 0;
    words
        .map(|word| {
            let moved = (word << 1) | carry;
            carry = word >> 63;
            moved
        })
        .collect()
}

/// Visits the shortest possible URL of each kind, and returns whether all kinds were visited. URLs of one kind have the same
/// state of the automaton, and the same possible continuations.
fn walk(automaton: &Automaton, alphabet: &Alphabet, mut visit: impl FnMut(&str)) -> bool {
    let most = KINDS.min(WORK / (alphabet.chars.len() * automaton.start.len()).max(1));
    let mut seen: HashSet<(Vec<u64>, Option<String>)> = HashSet::new();
    let mut waiting = VecDeque::from([(automaton.step(&automaton.start, b'/'), String::from("/"))]);
    while let Some((state, url)) = waiting.pop_front() {
        if is_request(&url) {
            visit(&url);
        }
        for &byte in &alphabet.chars {
            let mut longer = String::with_capacity(url.len() + 1);
            longer.push_str(&url);
            longer.push(char::from(byte));
            if !can_become_request(&longer) {
                continue;
            }
            let next = automaton.step(&state, byte);
            if seen.insert((next.clone(), open_end(&longer).map(str::to_owned))) {
                if seen.len() > most {
                    return false;
                }
                waiting.push_back((next, longer));
            }
        }
    }
    true
}

/// Whether both sides get the path unchanged. Clients and `CloudFront`'s choice of a behavior resolve `.`, `..` and double
/// slashes, and an escape must be complete.
fn is_request(url: &str) -> bool {
    can_become_request(url) && !is_dots(last_segment(url)) && open_escape(url).is_none()
}

/// Whether this path can be the beginning of a request's path.
fn can_become_request(url: &str) -> bool {
    let closed = &url[..url.len() - last_segment(url).len()];
    let hex = |(at, _): (usize, &str)| url.bytes().skip(at + 1).take(2).all(|byte| byte.is_ascii_hexdigit());
    !url.contains("//") && !closed.split('/').any(is_dots) && url.match_indices('%').all(hex)
}

/// The end of a path that restricts its continuation: an empty segment, dots, or a part of an escape.
fn open_end(url: &str) -> Option<&str> {
    let segment = last_segment(url);
    let escape = open_escape(url);
    let before = &segment[..segment.len() - escape.map_or(0, str::len)];
    if before.is_empty() || is_dots(before) { Some(segment) } else { escape }
}

fn open_escape(url: &str) -> Option<&str> {
    let at = url.rfind('%').filter(|at| at + 3 > url.len())?;
    Some(&url[at..])
}

fn last_segment(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::legacy::{PathPattern, winner};
    use routesync_core::options::Cursor;

    fn patterns(texts: &[String]) -> Vec<PathPattern> {
        texts.iter().map(|text| PathPattern::parse(text, &Cursor::root(&json!({}))).unwrap()).collect()
    }

    fn matching(patterns: &[PathPattern], paths: &[&str], url: &str) -> (Vec<bool>, Vec<bool>) {
        let below = |path: &&str| {
            url.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || path.ends_with('/') || rest.starts_with('/'))
        };
        (patterns.iter().map(|one| one.matches(url)).collect(), paths.iter().map(below).collect())
    }

    #[test]
    fn every_pair_comes_with_a_url_that_reads_well() {
        let texts = ["/*", "/api/*", "/*.jpg"].map(str::to_owned);
        let patterns = patterns(&texts);
        let globs: Vec<&str> = patterns.iter().map(PathPattern::glob).collect();
        let outcome = compare(&globs, &["/", "/api/"], |url| winner(&patterns, url, |_| true));
        assert!(outcome.complete);
        assert_eq!(outcome.pairs[&Some(1)], "/api/x");
        assert_eq!(outcome.pairs[&Some(2)], "/x.jpg");
    }

    #[test]
    fn urls_of_one_state_go_on_differently() {
        let texts = ["/a?*/", "/?%*"].map(str::to_owned);
        let patterns = patterns(&texts);
        let globs: Vec<&str> = patterns.iter().map(PathPattern::glob).collect();
        let outcome = compare(&globs, &["/a"], |url| matching(&patterns, &["/a"], url));
        // `/a/` and `/a/x` have the same state, but only the second can continue with a slash.
        assert_eq!(outcome.pairs[&(vec![true, false], vec![true])], "/a/x/");
        assert_eq!(outcome.pairs[&(vec![false, true], vec![false])], "/x%00");
    }

    #[test]
    fn an_endless_number_of_kinds_is_cut_and_said() {
        let globs: Vec<String> = (0..40).map(|n| format!("/*{n}?*{n}??a*b")).collect();
        let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
        assert!(!compare(&globs, &[], |_| ()).complete);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn no_url_matches_what_no_example_matched(
            texts in prop::collection::vec("/[ab/.%2e*?]{0,6}", 1..5),
            paths in prop::collection::vec("/[ab/]{0,4}", 0..3),
            urls in prop::collection::vec("/[abc/.%2e]{0,12}", 40),
        ) {
            let patterns = patterns(&texts);
            let globs: Vec<&str> = patterns.iter().map(PathPattern::glob).collect();
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let outcome = compare(&globs, &paths, |url| matching(&patterns, &paths, url));
            prop_assert!(outcome.complete);
            for (matched, url) in &outcome.pairs {
                prop_assert_eq!(matched, &matching(&patterns, &paths, url));
            }
            for url in urls.into_iter().filter(|url| is_request(url)) {
                prop_assert!(outcome.pairs.contains_key(&matching(&patterns, &paths, &url)), "{}", url);
            }
        }
    }
}
