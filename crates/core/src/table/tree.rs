//! The names of a site's files, as a tree of small values. The set of names alone determines the tree.
//!
//! The sorted names are cut into leaves, the digests of the leaves into pages, and the digests of the pages into pages again, until
//! one node is left that fits the site's record. The hash of an item decides whether a node ends after it. So adding or removing a
//! name changes its own leaf and rarely a neighbour. A node is stored under its digest. So two trees share their common nodes, and a
//! plan that has one tree only reads the nodes of the other that differ.

use std::fmt::Write as _;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::id::{hash, number};
use crate::kvs::limits;

/// The most bytes of a stored node.
pub(crate) const NODE_BYTES: usize = 1_000;

/// The most bytes of a root. Two of them fit a site's record of 1,024 bytes.
pub(crate) const ROOT_BYTES: usize = 440;

/// A node ends after an item with a chance of the item's bytes divided by this. For 10,000 names of built assets, 500 gives 473 nodes,
/// 700 gives 382, 1,000 gives 322 and 1,400 gives 285. Replacing one name changes 4.3, 4.3, 4.7 and 5.1 of them: two leaves and their
/// pages. (A node that is cut because of its size also changes with its neighbours.)
const FILL_BYTES: u64 = 700;

/// The most bytes of a name. Its key is `<id>:<name>`, and an id has 14 bytes.
const NAME_BYTES: usize = limits::KEY_BYTES - "123456.1234567:".len();

/// Letters of a digest: 62^8 = 2.2 × 10^14 digests. The chance that any two of 2,000 nodes share one is 1 in 10^8.
pub(crate) const DIGEST: usize = 8;

/// More levels than any store's names need: every page has at least two digests.
const MOST_DEPTH: u8 = 16;

/// The root of a tree, which a site's record holds. Equal roots mean equal sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    /// The number of names in the tree.
    pub(crate) names: u64,
    /// The number of levels below the root.
    depth: u8,
    /// The node's text. It is a leaf if `depth` is 0.
    text: String,
}

#[derive(Serialize, Deserialize)]
struct StoredRoot {
    n: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    depth: u8,
    root: Box<RawValue>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(depth: &u8) -> bool {
    *depth == 0
}

impl Default for Root {
    /// The root of no names.
    fn default() -> Self {
        Self { names: 0, depth: 0, text: "[]".to_owned() }
    }
}

impl Serialize for Root {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let root = RawValue::from_string(self.text.clone()).map_err(serde::ser::Error::custom)?;
        StoredRoot { n: self.names, depth: self.depth, root }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StoredRoot { n, depth, root } = StoredRoot::deserialize(deserializer)?;
        let text = root.get().to_owned();
        if depth > MOST_DEPTH || decode(&text, depth).is_none() {
            return Err(serde::de::Error::custom("a root that is not a node"));
        }
        Ok(Self { names: n, depth, text })
    }
}

/// The whole tree of a set of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    root: Root,
    /// The nodes below the root: digest to text.
    nodes: HashMap<String, String>,
}

impl Tree {
    /// The tree of `names`, which must be sorted and distinct.
    #[must_use]
    pub fn of(names: &[String]) -> Self {
        let count = names.len() as u64;
        let whole = leaf(names);
        if whole.len() <= ROOT_BYTES {
            return Self { root: Root { names: count, depth: 0, text: whole }, nodes: HashMap::new() };
        }
        let mut nodes = HashMap::new();
        let mut level: Vec<String> = Vec::new();
        for names in leaves(names) {
            level.push(keep(&mut nodes, leaf(names)));
        }
        let mut depth = 1;
        while page(&level).len() > ROOT_BYTES {
            let pages = pages(&level).map(|digests| keep(&mut nodes, page(digests))).collect();
            level = pages;
            depth += 1;
        }
        Self { root: Root { names: count, depth, text: page(&level) }, nodes }
    }

    pub(crate) const fn root(&self) -> &Root {
        &self.root
    }

    /// The text of the node `digest`, if the tree has it.
    pub(crate) fn node(&self, digest: &str) -> Option<&str> {
        self.nodes.get(digest).map(String::as_str)
    }

    /// The nodes below the root: digests and texts.
    pub(crate) fn nodes(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.nodes.iter().map(|(digest, text)| (digest.as_str(), text.as_str()))
    }
}

/// The digest of a node with this text.
pub(crate) fn digest(text: &str) -> String {
    hash(DIGEST, &["node", text])
}

fn keep(nodes: &mut HashMap<String, String>, text: String) -> String {
    let digest = digest(&text);
    nodes.insert(digest.clone(), text);
    digest
}

/// The result of looking up a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup<'a> {
    /// The node's text.
    Found(&'a str),
    /// The node is missing, so nothing below it is known.
    Absent,
    /// The node was not read.
    Unread,
}

/// Everything in a tree.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The digests of the nodes.
    pub(crate) nodes: HashSet<String>,
    pub(crate) names: HashSet<String>,
}

/// A node or a name that one tree has and another lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// The digest and text.
    Node(String, String),
    Name(String),
}

/// Everything in the tree of `root`. `Err` has the digests of the unread nodes.
pub(crate) fn contents<'a>(root: &Root, look: impl Fn(&str) -> Lookup<'a>) -> Result<Contents, Vec<String>> {
    let mut contents = Contents::default();
    let mut unread = Vec::new();
    walk(root, &mut |visit| {
        match visit {
            Visit::Name(name) => {
                contents.names.insert(name);
            }
            Visit::Node(digest) => {
                contents.nodes.insert(digest.to_owned());
                match look(digest) {
                    Lookup::Found(text) => return Next::Into(text.to_owned()),
                    Lookup::Absent => {}
                    Lookup::Unread => unread.push(digest.to_owned()),
                }
            }
        }
        Next::Over
    });
    if unread.is_empty() { Ok(contents) } else { Err(unread) }
}

/// The first `most` parts that the tree of `root` has in addition to `base`, in the order in which they are put: each node before
/// everything below it. `Err` has the digests of the unread nodes that are, or may be, among them.
pub(crate) fn beyond<'a>(
    base: &Contents,
    root: &Root,
    most: usize,
    look: impl Fn(&str) -> Lookup<'a>,
) -> Result<Vec<Part>, Vec<String>> {
    let mut parts = Vec::new();
    let mut seen = HashSet::new();
    let mut unread = Vec::new();
    walk(root, &mut |visit| {
        // The number of parts below an unread node is unknown, so nodes after it may not be among the first.
        if parts.len() + unread.len() >= most {
            return Next::Stop;
        }
        match visit {
            // A tree has each name once. A damaged tree must not put or delete a name twice in a batch.
            Visit::Name(name) if !base.names.contains(&name) && seen.insert(name.clone()) => {
                parts.push(Part::Name(name));
            }
            Visit::Node(digest) if !base.nodes.contains(digest) => match look(digest) {
                Lookup::Found(text) => {
                    parts.push(Part::Node(digest.to_owned(), text.to_owned()));
                    return Next::Into(text.to_owned());
                }
                Lookup::Absent => {}
                Lookup::Unread => unread.push(digest.to_owned()),
            },
            Visit::Name(_) | Visit::Node(_) => {}
        }
        Next::Over
    });
    if unread.is_empty() { Ok(parts) } else { Err(unread) }
}

enum Visit<'a> {
    Node(&'a str),
    Name(String),
}

enum Next {
    Into(String),
    Over,
    Stop,
}

/// Visits a tree from left to right, each node before everything below it. Visits each node only once, since a stored tree may have
/// been manipulated to contain cycles.
fn walk(root: &Root, visit: &mut impl FnMut(Visit<'_>) -> Next) {
    fn node(
        text: &str,
        depth: u8,
        seen: &mut HashSet<String>,
        visit: &mut impl FnMut(Visit<'_>) -> Next,
    ) -> bool {
        match decode(text, depth) {
            None => true,
            Some(Node::Leaf(names)) => {
                names.into_iter().all(|name| !matches!(visit(Visit::Name(name)), Next::Stop))
            }
            Some(Node::Page(digests)) => digests.into_iter().all(|digest| {
                if !seen.insert(digest.to_owned()) {
                    return true;
                }
                match visit(Visit::Node(digest)) {
                    Next::Into(text) => node(&text, depth - 1, seen, visit),
                    Next::Over => true,
                    Next::Stop => false,
                }
            }),
        }
    }
    node(&root.text, root.depth, &mut HashSet::new(), visit);
}

enum Node<'a> {
    Leaf(Vec<String>),
    Page(Vec<&'a str>),
}

/// Decodes a node. `None` if the text is no node.
fn decode(text: &str, depth: u8) -> Option<Node<'_>> {
    if depth == 0 {
        return decode_leaf(text).map(Node::Leaf);
    }
    let digests = text.strip_prefix('"')?.strip_suffix('"')?;
    let letters = digests.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !letters || digests.len() % DIGEST != 0 {
        return None;
    }
    let digest = |at: usize| &digests[at * DIGEST..(at + 1) * DIGEST];
    Some(Node::Page((0..digests.len() / DIGEST).map(digest).collect()))
}

/// Decodes the names of a leaf. Each begins with the number of bytes that it shares with the name before.
fn decode_leaf(text: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Item {
        Shared(usize),
        Rest(String),
    }
    let items: Vec<Item> = serde_json::from_str(text).ok()?;
    let mut names: Vec<String> = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter();
    while let Some(item) = items.next() {
        let (Item::Shared(shared), Some(Item::Rest(rest))) = (item, items.next()) else { return None };
        let before = names.last().map_or("", String::as_str);
        let name = before.get(..shared)?.to_owned() + &rest;
        // A manipulated leaf must not name keys that are no files, or that are too long.
        if !name.starts_with('/') || name.len() > NAME_BYTES {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

/// The text `shared,"rest",` of a name in a leaf, after the name `before`.
fn item(before: &str, name: &str) -> String {
    let equal = before.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let shared = name.floor_char_boundary(equal);
    // A string always serializes.
    format!("{shared},{},", serde_json::to_string(&name[shared..]).unwrap_or_default())
}

fn leaf(names: &[String]) -> String {
    let mut text = String::from("[");
    let mut before = "";
    for name in names {
        text += &item(before, name);
        before = name;
    }
    if text.ends_with(',') {
        text.pop();
    }
    text + "]"
}

fn page(digests: &[String]) -> String {
    let mut text = String::with_capacity(digests.len() * DIGEST + 2);
    // Writing to a string cannot fail.
    let _ = write!(text, "\"{}\"", digests.concat());
    text
}

/// Whether a node ends after the item `key`, which takes `bytes` bytes of it.
fn ends(key: &str, bytes: usize) -> bool {
    number(&["cut", key]) / bytes.max(1) as u64 <= u64::MAX / FILL_BYTES
}

fn leaves(names: &[String]) -> impl Iterator<Item = &[String]> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let mut bytes = 1;
        let mut end = start;
        while let Some(name) = names.get(end) {
            let after = |before: Option<usize>| item(before.map_or("", |at| names[at].as_str()), name).len();
            // A leaf's first name is written in full. But the end of a node must not depend on where it begins.
            let own = after(end.checked_sub(1));
            let more = if end == start { after(None) } else { own };
            if end > start && bytes + more > NODE_BYTES {
                break;
            }
            (bytes, end) = (bytes + more, end + 1);
            if ends(name, own) {
                break;
            }
        }
        let leaf = &names[start..end];
        start = end;
        (!leaf.is_empty()).then_some(leaf)
    })
}

fn pages(digests: &[String]) -> impl Iterator<Item = &[String]> {
    const MOST: usize = (NODE_BYTES - 2) / DIGEST;
    let mut rest = digests;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        // Pages have at least two digests, so each level is at most half as long as the one below.
        let ending = rest.iter().enumerate().skip(1).take(MOST - 1);
        let end = ending.clone().find(|(_, digest)| ends(digest, DIGEST)).map_or(MOST, |(at, _)| at + 1);
        let (page, others) = rest.split_at(end.min(rest.len()));
        rest = others;
        Some(page)
    })
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
