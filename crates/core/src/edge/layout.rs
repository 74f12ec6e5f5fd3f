//! Which page holds a route. A layout is chosen for an epoch and does not change within it.
//!
//! A key is cut after its group and after each segment of its path. The first prefix that is not *split* names a section, and the
//! hash of that prefix names the page. A group is split to a depth that the layout sets, and further at *anchors*: prefixes
//! whose section would be too large for a page. A route that ends at a split prefix is that prefix's *own*.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;

use super::routes::Routes;
use super::{PAGE_BYTES, group, hash};

/// Pages are filled to this many bytes on average, so that few keys hash to a page that is full.
const FILL_BYTES: usize = 420;

/// Sections with more bytes are split. If the root has no room for the anchors, larger sections are tried.
const SECTION_BYTES: [usize; 3] = [240, 480, 900];

/// The depths to which exact hosts and other groups are split, in the order in which they are tried. A greater depth takes no room in
/// the root, but a request for a short route takes one more read.
const DEPTHS: [(usize, usize); 5] = [(0, 1), (1, 1), (1, 2), (2, 2), (2, 3)];

/// Depths that are tried if those before keep no page and root small enough: long prefixes that many routes share would take too many
/// anchors. A request for a short route then takes up to one read for each segment.
const DEEP: [usize; 5] = [4, 5, 6, 8, 10];

/// The most bytes of anchors in the root.
const ANCHOR_BYTES: usize = 640;

/// Bytes of one anchor in the root.
const ANCHOR: usize = 5;

/// The most overflow pages. Each costs every request one read.
const MOST_OVERFLOW: usize = 10;

/// Where a layout puts a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The root, or an overflow page: the route is as short as its group.
    Short,
    /// This page.
    Page(usize),
}

/// The first 16 bits of an anchor's hash after the bucket. Two prefixes may share a token: then both are split.
type Token = u16;

/// The layout of an epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// 6 random letters and digits. They are never used again.
    pub epoch: String,
    /// The number of pages, without overflow pages.
    pub pages: usize,
    /// The number of pages that hold the patterns with `*`, after the other pages. 0 if the root holds them.
    pub overflow: usize,
    /// To how many segments the groups of exact hosts are split.
    pub host_depth: usize,
    /// To how many segments the other groups are split, at least 1.
    pub path_depth: usize,
    /// The tokens of the anchors, and whether a route ends at one of them.
    pub anchors: BTreeMap<Token, bool>,
}

/// The prefix at which the search for a key's page ends.
struct End {
    /// Bytes of the prefix.
    len: usize,
    /// The number of segments.
    depth: usize,
    /// The prefix is split, and the key ends there.
    own: bool,
}

impl Layout {
    /// The depth to which a group is split without anchors.
    fn depth(&self, group: &str) -> usize {
        if group::is_exact(group) { self.host_depth } else { self.path_depth }
    }

    fn hash(&self, prefix: &str) -> (u32, Token) {
        let hash = hash(&[&self.epoch, prefix]);
        (u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]), Token::from_be_bytes([hash[4], hash[5]]))
    }

    /// The page of the section or of the own routes of `prefix`.
    #[must_use]
    pub fn page(&self, prefix: &str) -> usize {
        bucket(self.hash(prefix).0, self.pages)
    }

    /// The overflow page of a pattern, as a number of a page.
    #[must_use]
    pub fn overflow_page(&self, pattern: &str) -> usize {
        self.pages + bucket(self.hash(pattern).0, self.overflow)
    }

    /// Whether `prefix`, of `depth` segments, is split, and whether its own routes must be looked for.
    #[must_use]
    pub fn split(&self, group: &str, prefix: &str, depth: usize) -> Option<bool> {
        if depth < self.depth(group) {
            return Some(true);
        }
        (!self.anchors.is_empty()).then(|| self.anchors.get(&self.hash(prefix).1).copied()).flatten()
    }

    fn end(&self, group: &str, key: &str) -> End {
        let mut end = End { len: group.len(), depth: 0, own: false };
        while self.split(group, &key[..end.len], end.depth).is_some() {
            match next(key, end.len) {
                Some(len) => (end.len, end.depth) = (len, end.depth + 1),
                None => return End { own: true, ..end },
            }
        }
        end
    }

    /// Where the route with this key is.
    #[must_use]
    pub fn place(&self, group: &str, key: &str) -> Place {
        let end = self.end(group, key);
        if end.own && end.depth == 0 && !group::is_exact(group) {
            return Place::Short;
        }
        Place::Page(self.page(&key[..end.len]))
    }

    /// The token of the anchor at which the route with this key ends, if it is an anchor's own.
    pub(crate) fn owner_of(&self, group: &str, key: &str) -> Option<Token> {
        let end = self.end(group, key);
        (end.own && end.depth >= self.depth(group)).then(|| self.hash(&key[..end.len]).1)
    }

    /// Chooses the layout of a new epoch for these routes. `None` if no layout keeps every page and the root small enough.
    #[must_use]
    pub fn choose(routes: &Routes, epoch: &str) -> Option<Self> {
        let keys: Vec<Key<'_>> = routes.list.iter().map(Key::of).collect();
        let patterns = patterns(&keys);
        let short: usize = patterns.values().sum();
        let root_holds = short <= ANCHOR_BYTES;
        if short > MOST_OVERFLOW * PAGE_BYTES {
            return None;
        }
        let of = |depths: (usize, usize)| SECTION_BYTES.map(|bytes| (bytes, depths));
        let sections = SECTION_BYTES.into_iter();
        let shallow = sections.flat_map(|bytes| DEPTHS.map(move |depths| (bytes, depths)));
        let mut attempts = shallow.chain(DEEP.into_iter().flat_map(|depth| of((depth, depth))));
        attempts.find_map(|(bytes, (host_depth, path_depth))| {
            let (epoch, anchors) = (epoch.to_owned(), BTreeMap::new());
            let mut layout = Self { epoch, pages: 1, overflow: 0, host_depth, path_depth, anchors };
            layout.anchor(&keys, bytes);
            let room = ANCHOR_BYTES.saturating_sub(if root_holds { short } else { 0 });
            if layout.anchors.len() * ANCHOR > room {
                return None;
            }
            if !root_holds {
                layout.spread(&patterns)?;
            }
            layout.size(&keys)?;
            Some(layout)
        })
    }

    /// Makes anchors of the prefixes whose section has more than `most` bytes.
    fn anchor(&mut self, keys: &[Key<'_>], most: usize) {
        let mut sections: HashMap<&str, (usize, Vec<&Key<'_>>)> = HashMap::new();
        for key in keys {
            let end = self.end(key.group, key.text);
            if !end.own {
                sections.entry(&key.text[..end.len]).or_insert((end.depth, Vec::new())).1.push(key);
            }
        }
        let mut open: Vec<(&str, usize, Vec<&Key<'_>>)> =
            sections.into_iter().map(|(prefix, (depth, keys))| (prefix, depth, keys)).collect();
        let mut tokens = BTreeSet::new();
        while let Some((prefix, depth, keys)) = open.pop() {
            let bytes: usize = keys.iter().map(|key| key.bytes).sum();
            if bytes <= most || keys.iter().all(|key| next(key.text, prefix.len()).is_none()) {
                continue;
            }
            tokens.insert(self.hash(prefix).1);
            let mut below: HashMap<&str, Vec<&Key<'_>>> = HashMap::new();
            for key in keys {
                if let Some(len) = next(key.text, prefix.len()) {
                    below.entry(&key.text[..len]).or_default().push(key);
                }
            }
            open.extend(below.into_iter().map(|(prefix, keys)| (prefix, depth + 1, keys)));
        }
        self.anchors = tokens.into_iter().map(|token| (token, false)).collect();
        self.own(keys.iter().map(|key| (key.group, key.text)));
    }

    /// Notes at which anchors routes end.
    pub(crate) fn own<'k>(&mut self, keys: impl Iterator<Item = (&'k str, &'k str)>) {
        let tokens: BTreeSet<Token> = if self.anchors.is_empty() {
            BTreeSet::new()
        } else {
            keys.filter_map(|(group, key)| self.owner_of(group, key)).collect()
        };
        for (token, own) in &mut self.anchors {
            *own = tokens.contains(token);
        }
    }

    /// Sets the smallest number of overflow pages that keeps all of them small enough.
    fn spread(&mut self, patterns: &BTreeMap<&str, usize>) -> Option<()> {
        let least = patterns.values().sum::<usize>().div_ceil(PAGE_BYTES);
        (least..=MOST_OVERFLOW).find_map(|overflow| {
            self.overflow = overflow;
            let mut filled = vec![2; overflow];
            for (pattern, bytes) in patterns.iter().filter(|(pattern, _)| group::is_wild(pattern)) {
                filled[self.overflow_page(pattern) - self.pages] += bytes;
            }
            filled.iter().all(|bytes| *bytes <= PAGE_BYTES).then_some(())
        })
    }

    /// Sets the smallest number of pages that keeps all of them small enough.
    fn size(&mut self, keys: &[Key<'_>]) -> Option<()> {
        let mut ends: HashMap<u32, usize> = HashMap::new();
        for key in keys {
            let end = self.end(key.group, key.text);
            if !(end.own && end.depth == 0 && !group::is_exact(key.group)) {
                *ends.entry(self.hash(&key.text[..end.len]).0).or_default() += key.bytes;
            }
        }
        let least = ends.values().sum::<usize>().div_ceil(FILL_BYTES).max(1);
        // The last attempt has about four times as many pages.
        (0..80).map(|attempt| least + least * attempt / 25).find_map(|pages| {
            let mut filled = vec![2; pages];
            ends.iter().for_each(|(hash, bytes)| filled[bucket(*hash, pages)] += bytes);
            filled.iter().all(|bytes| *bytes <= PAGE_BYTES).then(|| self.pages = pages)
        })
    }
}

/// A key with its group and its bytes in a page.
struct Key<'r> {
    text: &'r str,
    group: &'r str,
    bytes: usize,
}

impl<'r> Key<'r> {
    fn of(route: &'r super::routes::Route) -> Self {
        Self { text: &route.key, group: super::routes::Route::group(&route.key), bytes: route.bytes() }
    }

    /// Whether the root holds the route.
    fn is_short(&self) -> bool {
        !group::is_exact(self.group) && next(self.text, self.group.len()).is_none()
    }
}

/// The patterns, each with its bytes in the root or an overflow page, and the group of any host with those of its short routes.
fn patterns<'r>(keys: &[Key<'r>]) -> BTreeMap<&'r str, usize> {
    let mut patterns = BTreeMap::new();
    for key in keys.iter().filter(|key| !group::is_exact(key.group)) {
        // Two strings in quotes, a colon, and commas.
        let bytes = patterns.entry(key.group).or_insert(key.group.len() + 7);
        if key.is_short() {
            *bytes += key.bytes - key.text.len();
        }
    }
    patterns
}

fn bucket(hash: u32, pages: usize) -> usize {
    usize::try_from(hash).unwrap_or_default() % pages.max(1)
}

/// The end of the segment of `key` after the prefix of `len` bytes. `None` if no segment begins there.
#[must_use]
pub fn next(key: &str, len: usize) -> Option<usize> {
    if key.len() < len + 2 {
        return None;
    }
    // The segment may be empty, and the slash is one byte.
    Some(key[len + 1..].find('/').map_or(key.len(), |at| len + 1 + at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::entry::Entry;

    fn layout(entries: impl Iterator<Item = String>) -> (Layout, Routes) {
        let entries: Vec<Entry> = entries.map(|text| Entry::from_text(&text).unwrap()).collect();
        let routes = Routes::of(entries.iter()).unwrap();
        (Layout::choose(&routes, "Xk3f9a").unwrap(), routes)
    }

    #[test]
    fn heavy_prefixes_become_anchors() {
        let (layout, routes) = layout((0..5_000).map(|i| format!("url,cMqCe9.m4Seaqy,,/api/v1/tenants/{i}")));
        assert_eq!(layout.anchors.len(), 3, "{layout:?}");
        assert!(layout.anchors.values().all(|own| !own));
        assert!((400..600).contains(&layout.pages), "{}", layout.pages);
        assert!(routes.list.iter().all(|it| matches!(layout.place("", &it.key), Place::Page(_))));
    }

    #[test]
    fn a_route_at_an_anchor_is_marked() {
        let entries = (0..500).map(|i| format!("url,cMqCe9.m4Seaqy,,/api/{i}"));
        let (layout, _) = layout(entries.chain(["url,cMqCe9.m4Seaqy,,/api/".to_owned()]));
        assert_eq!(layout.anchors.values().collect::<Vec<_>>(), [&true]);
        assert_eq!(layout.place("", "/api/"), Place::Page(layout.page("/api")));
        assert_eq!(layout.place("", "/api/7"), Place::Page(layout.page("/api/7")));
        assert_eq!(layout.place("", "/"), Place::Short);
        assert_eq!(layout.place("*.x", "*.x"), Place::Short);
        assert_eq!(layout.place("a.x", "a.x/"), Place::Page(layout.page("a.x")));
    }

    #[test]
    fn many_heavy_hosts_are_split_without_anchors() {
        let path = |i: usize| if i.is_multiple_of(100) { "/".to_owned() } else { format!("/s{}", i % 100) };
        let entries =
            (0..20_000).map(|i| format!(r"url,cMqCe9.m4Seaqy,app-{}\.example\.com,{}", i / 100, path(i)));
        let (layout, _) = layout(entries);
        assert_eq!((layout.host_depth, layout.anchors.len()), (1, 0));
    }
}
