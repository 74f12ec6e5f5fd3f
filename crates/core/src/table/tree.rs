//! The names of a site's files as a tree of small values that the set alone determines.
//!
//! The sorted names are cut into leaves, the leaves' digests into pages, those into pages again until
//! one node is left that the site's record has room for. Where a node ends, the hash of the item it ends
//! with decides: a name that comes or goes changes its own leaf, and hardly ever a neighbour. A node is
//! stored under its digest, so two trees share what they have in common, and who has one of them reads
//! of the other only what differs.

use std::fmt::Write as _;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::id::{hash, number};
use crate::kvs::limits;

/// Bytes of a stored node, at most.
pub(crate) const NODE_BYTES: usize = 1_000;

/// Bytes of the node that a site's record holds: two of them leave it within its 1,024.
pub(crate) const ROOT_BYTES: usize = 440;

/// A node ends after an item with a chance of the item's bytes in so many. Of 10,000 names of built assets,
/// 500 makes 473 nodes, 700 makes 382, 1,000 makes 322 and 1,400 makes 285; one name for another changes 4.3,
/// 4.3, 4.7 and 5.1 of them (two leaves and their pages; what is cut for its size moves with its neighbours).
const FILL_BYTES: u64 = 700;

/// Bytes of a name: its key is `<id>:<name>`, and an id has 14.
const NAME_BYTES: usize = limits::KEY_BYTES - "123456.1234567:".len();

/// Letters of a digest: 62^8 = 2.2 × 10^14, a 1 in 10^8 chance that any two nodes of 2,000 share one.
pub(crate) const DIGEST: usize = 8;

/// More levels than names of a store can make: every page holds two digests at least.
const MOST_DEPTH: u8 = 16;

/// The top of a tree, as a site's record holds it. Equal roots are equal sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    /// Names in the tree.
    pub(crate) names: u64,
    /// Levels of nodes below.
    depth: u8,
    /// The node's text: a leaf where there are no levels below.
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
            return Err(serde::de::Error::custom("a root that is no node"));
        }
        Ok(Self { names: n, depth, text })
    }
}

/// The tree of a set of names, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    root: Root,
    /// By digest, the nodes below the root.
    nodes: HashMap<String, String>,
}

impl Tree {
    /// The tree of `names`, which are sorted and distinct.
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

    /// Its top.
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

/// The digest of a node of this text.
pub(crate) fn digest(text: &str) -> String {
    hash(DIGEST, &["node", text])
}

fn keep(nodes: &mut HashMap<String, String>, text: String) -> String {
    let digest = digest(&text);
    nodes.insert(digest.clone(), text);
    digest
}

/// What is known of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup<'a> {
    /// Its text.
    Found(&'a str),
    /// It is not there, and so is nothing below it.
    Absent,
    /// Nobody has looked.
    Unread,
}

/// All that a tree holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The digests of its nodes.
    pub(crate) nodes: HashSet<String>,
    /// Its names.
    pub(crate) names: HashSet<String>,
}

/// A node or a name that one tree has and another lacks, in the order in which they are put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A node: its digest and text.
    Node(String, String),
    /// A name.
    Name(String),
}

/// Everything in the tree of `root`.
///
/// # Errors
/// The nodes that have not been read.
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

/// The first `most` parts that the tree of `root` has beyond `base`: each node before what is below it.
///
/// # Errors
/// The nodes that have not been read and that are, or may be, among them.
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
        // How much is below an unread node is not known: those after it may not be among the first.
        if parts.len() + unread.len() >= most {
            return Next::Stop;
        }
        match visit {
            // A name stands once in a tree; a damaged one must not be put or deleted twice in a batch.
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

/// Goes through a tree from left to right, a node before what is below it, each node once: what stands in a
/// store may have been made to lead in circles.
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

/// What a node's text says; `None` for what is none.
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

/// A leaf's names: each says how many bytes it shares with the one before.
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
        // Whoever can write the store must not name another key than a file's with it, nor an impossible one.
        if !name.starts_with('/') || name.len() > NAME_BYTES {
            return None;
        }
        names.push(name);
    }
    Some(names)
}

/// `shared,"rest",`: a name in a leaf, after `before`.
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

/// Whether a node ends after the item `key`, which takes `bytes` of it.
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
            // A leaf's first name is written out, but where nodes end must not depend on where they begin.
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
        // A page of two at least makes each level half as long as the one below.
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
