//! The index as its chapter in `docs/design.md` says that it is read, written from that chapter alone.
//!
//! It knows nothing of how the index is made. What it answers must be what a scan of the table answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::reader::Keys;

/// What a request gets from the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The marker has no root of version 1: the reader scans the table.
    NoIndex,
    /// A page is missing, or a page or the root cannot be read, for this reason: the reader goes back to the
    /// copy of the epoch before, or scans.
    Torn(String),
    /// The index answers.
    Found {
        /// None if no route matches.
        winner: Option<Winner>,
        /// The keys that were read: the marker, the pages, and the metadata if there is a winner.
        reads: usize,
    },
}

/// The route that a request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Winner {
    /// The type's: `u`, `b`, `s` or `o`.
    pub letter: char,
    pub id: String,
    /// The key under which the route stands: group and path.
    pub key: String,
}

/// A page's names and texts.
type Page = BTreeMap<String, String>;

/// A route that was found: the lengths of its group and its path, and its rank, which decide in this order.
type Found = ((usize, usize, u64), Winner);

/// A group of routes that a request may match by its host.
#[derive(Clone, Default)]
struct Group {
    /// An exact host, a pattern, or nothing for any host.
    text: String,
    exact: bool,
    /// The values of the routes `/` and empty, or nothing. Of an exact host, pages have them.
    own: [String; 2],
}

/// What the root says, apart from its digest.
struct Root {
    epoch: String,
    pages: u32,
    longest: usize,
    /// The table has exact hosts.
    exact: bool,
    /// To this depth exact hosts are split, and other groups to the other.
    depths: [usize; 2],
    overflow: u32,
    anchors: String,
    groups: Vec<Group>,
}

/// A request, and the pages that it has read.
struct Request<'k> {
    keys: &'k Keys,
    router: &'k str,
    root: Root,
    pages: BTreeMap<u32, Page>,
}

/// The route of a request for `uri` at `host` in `router`, in the keys of a store.
pub fn ask(keys: &Keys, router: &str, host: &str, uri: &str) -> Answer {
    let Some(text) = root_text(keys, router) else { return Answer::NoIndex };
    let Some(root) = Root::parse(&text) else { return Answer::Torn(format!("{text:?} is no root")) };
    let mut request = Request { keys, router, root, pages: BTreeMap::new() };
    match request.winner(host, uri) {
        Ok(winner) => Answer::Found { reads: 1 + request.pages.len() + winner.iter().len(), winner },
        Err(wrong) => Answer::Torn(wrong),
    }
}

/// Is the root late? None if the marker has no root.
pub fn is_late(keys: &Keys, router: &str) -> Option<bool> {
    root_text(keys, router).map(|root| root.split(' ').nth(3) == Some("-"))
}

/// The digest in the root of the marker. None if there is no root or it is late.
pub fn digest(keys: &Keys, router: &str) -> Option<String> {
    root_text(keys, router)?.split(' ').nth(3).filter(|digest| *digest != "-").map(str::to_owned)
}

/// The digest that a table with these entries has. Each is a JSON string as stored, with its quotes.
pub fn digest_of<'r>(entries: impl Iterator<Item = &'r str>) -> String {
    let text: Vec<&str> = entries.flat_map(|entry| [entry, ","]).collect();
    format!("{:x}", Sha256::digest(text.concat()))[..8].to_owned()
}

/// The epoch in the root of the marker.
pub fn epoch(keys: &Keys, router: &str) -> Option<String> {
    root_text(keys, router)?.split(' ').nth(1).map(str::to_owned)
}

/// The keys of pages and of copies of roots that the ledger of `router` does not account for.
///
/// A page is accounted for if its epoch is the live one, the next or an old one, and its number is below the
/// `pages` of that. A copy is accounted for if the ledger names its epoch.
pub fn unaccounted(keys: &Keys, router: &str) -> Vec<String> {
    let ledger = keys.get(&format!("{router}:index")).map_or("null", String::as_str);
    let ledger: Value = serde_json::from_str(ledger).unwrap_or_default();
    let old = ledger["old"].as_array().into_iter().flatten();
    let named: Vec<&Value> = old.chain([&ledger["live"], &ledger["next"]]).collect();
    let is_named = |name: &str| match page_name(name) {
        Some((epoch, page)) => {
            named.iter().any(|it| it["epoch"] == epoch && it["pages"].as_u64() > Some(page))
        }
        None => named.iter().any(|it| it["epoch"] == name),
    };
    names(keys, router).filter(|(_, name)| !is_named(name)).map(|(key, _)| key.to_owned()).collect()
}

/// Whether a key is that of a copy of a root.
pub fn is_copy(key: &str) -> bool {
    key.split_once(":index:").is_some_and(|(_, name)| page_name(name).is_none())
}

/// The epochs that have pages, from the keys of a store.
pub fn epochs(keys: &Keys, router: &str) -> BTreeSet<String> {
    names(keys, router).filter_map(|(_, name)| page_name(name)).map(|(epoch, _)| epoch.to_owned()).collect()
}

/// The keys of pages and of copies of roots, each with what follows `<router>:index:` in it.
fn names<'k>(keys: &'k Keys, router: &str) -> impl Iterator<Item = (&'k str, &'k str)> + use<'k> {
    let prefix = format!("{router}:index:");
    keys.keys().filter_map(move |key| Some((key.as_str(), key.strip_prefix(&prefix)?)))
}

/// The epoch and the number in `<epoch>.<n>`.
fn page_name(name: &str) -> Option<(&str, u64)> {
    let (epoch, digits) = name.split_once('.')?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some((epoch, number))
}

/// The name of the marker's member that is a root of version 1.
fn root_text(keys: &Keys, router: &str) -> Option<String> {
    let marker: Map<String, Value> = serde_json::from_str(keys.get(&format!("{router}:routes"))?).ok()?;
    marker.keys().find(|name| name.split(' ').next() == Some("1")).cloned()
}

impl Root {
    fn parse(text: &str) -> Option<Root> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [_, epoch, pages, _, longest, exact, other, overflow, anchors, groups @ ..] = &fields[..] else {
            return None;
        };
        let exact_depth = exact.strip_prefix('-').unwrap_or(exact);
        let root = Root {
            epoch: (*epoch).to_owned(),
            pages: pages.parse().ok()?,
            longest: longest.parse().ok()?,
            exact: !exact.starts_with('-'),
            depths: [exact_depth.parse().ok()?, other.parse().ok()?],
            overflow: overflow.parse().ok()?,
            anchors: (*anchors).to_owned(),
            groups: groups.iter().map(|field| Group::parse(field)).collect::<Option<_>>()?,
        };
        let has_anchors = *anchors == "-" || (!anchors.is_empty() && anchors.len().is_multiple_of(5));
        (root.pages > 0 && root.depths[1] > 0 && has_anchors).then_some(root)
    }
}

impl Group {
    /// A group without an exact host, from its text and the two values.
    fn parse(field: &str) -> Option<Group> {
        let [text, slash, empty] = field.split(',').collect::<Vec<_>>()[..] else { return None };
        Some(Group { text: text.to_owned(), exact: false, own: [slash.to_owned(), empty.to_owned()] })
    }

    /// The length of the host as the table has it, with a backslash for each `.` and a dot for each `*`.
    fn length(&self) -> usize {
        self.text.encode_utf16().count() + self.text.matches(['.', '*']).count()
    }

    fn matches(&self, host: &str) -> bool {
        let host = format!("^{host}$");
        let mut parts = self.text.split('*');
        parts.try_fold(host.as_str(), |rest, part| Some(rest.split_once(part)?.1)).is_some()
    }

    /// The route at `key`, from its value.
    fn found(&self, key: &str, value: &str) -> Result<Found, String> {
        let wrong = || format!("{key:?} has the value {value:?}");
        let at = value.find(['u', 'b', 's', 'o']).ok_or_else(wrong)?;
        // No digits are a rank of 0.
        let rank = format!("0{}", &value[..at]).parse().map_err(|_| wrong())?;
        let letter = char::from(value.as_bytes()[at]);
        let winner = Winner { letter, id: value[at + 1..].to_owned(), key: key.to_owned() };
        Ok(((self.length(), key.len() - self.text.len(), rank), winner))
    }
}

/// Whether the request's key is under a route's.
fn is_under(request: &str, route: &str) -> bool {
    let rest = request.strip_prefix(route);
    rest.is_some_and(|rest| rest.is_empty() || route.ends_with('/') || rest.starts_with('/'))
}

impl Request<'_> {
    fn winner(&mut self, host: &str, uri: &str) -> Result<Option<Winner>, String> {
        // No part of a segment may be taken for a whole one.
        let cut = uri.as_bytes().get(..=self.root.longest).unwrap_or(uri.as_bytes());
        let slash = cut.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let uri = if cut.len() < uri.len() { &uri[..slash] } else { uri };
        let mut groups = self.groups(host)?;
        groups.sort_by_key(|group| std::cmp::Reverse(group.length()));
        let mut best: Option<Found> = None;
        for group in groups {
            if best.as_ref().is_some_and(|((longest, ..), _)| group.length() < *longest) {
                break;
            }
            let found = self.route(&group, uri)?;
            best = best.into_iter().chain(found).max_by_key(|(order, _)| *order);
        }
        Ok(best.map(|(_, winner)| winner))
    }

    /// The groups that a request at `host` belongs to.
    fn groups(&mut self, host: &str) -> Result<Vec<Group>, String> {
        let mut groups = self.root.groups.clone();
        for number in self.root.pages..self.root.pages + self.root.overflow {
            for (pattern, values) in self.page(number)? {
                let group = Group::parse(&format!("{pattern},{values}"));
                groups.push(group.ok_or_else(|| format!("{pattern:?} has {values:?} for two values"))?);
            }
        }
        if !groups.iter().any(|group| group.text.is_empty()) {
            groups.push(Group::default());
        }
        groups.retain(|group| group.text.is_empty() || group.matches(host));
        if self.root.exact {
            groups.push(Group { text: host.to_owned(), exact: true, ..Group::default() });
        }
        Ok(groups)
    }

    /// The route of one group for the request.
    fn route(&mut self, group: &Group, uri: &str) -> Result<Option<Found>, String> {
        let key = format!("{}{uri}", group.text);
        let limit = self.root.depths[usize::from(!group.exact)];
        // The ends of the prefixes, by depth: all are split but perhaps the last.
        let (mut way, mut last) = (vec![group.text.len()], group.text.len());
        while (way.len() <= limit || self.is_anchor(&key[..last], "!,")) && key.len() >= last + 2 {
            last = key[last + 1..].find('/').map_or(key.len(), |slash| last + 1 + slash);
            way.push(last);
        }
        for (depth, end) in way.iter().enumerate().rev() {
            let prefix = &key[..*end];
            // The own routes of a group without an exact host are not in pages.
            let in_pages = group.exact || depth > 0;
            let is_split = depth < limit || self.is_anchor(prefix, "!,");
            if in_pages && (!is_split || depth < limit || self.is_anchor(prefix, "!")) {
                let mut page = self.page(self.place(prefix).0)?;
                // The page may be that of a shorter prefix on the way, too, whose routes wait for their turn.
                page.retain(|route, _| route.starts_with(prefix) && is_under(&key, route));
                if let Some((route, value)) = page.iter().max_by_key(|(route, _)| route.len()) {
                    return group.found(route, value).map(Some);
                }
            }
        }
        let own = [format!("{}/", group.text), group.text.clone()].into_iter().zip(&group.own);
        let best = own.into_iter().find(|(route, value)| !value.is_empty() && is_under(&key, route));
        best.map(|(route, value)| group.found(&route, value)).transpose()
    }

    /// The number of a prefix's page, and its token.
    fn place(&self, prefix: &str) -> (u32, String) {
        let hash = Sha256::digest(format!("{}{prefix}", self.root.epoch));
        let page = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % self.root.pages;
        (page, format!("{:02x}{:02x}", hash[4], hash[5]))
    }

    /// Whether the prefix has the token of an anchor that has one of these marks.
    fn is_anchor(&self, prefix: &str, marks: &str) -> bool {
        let token = self.place(prefix).1;
        marks.chars().any(|mark| self.root.anchors.contains(&format!("{token}{mark}")))
    }

    /// A page. It is read once.
    fn page(&mut self, number: u32) -> Result<Page, String> {
        if !self.pages.contains_key(&number) {
            let key = format!("{}:index:{}.{number}", self.router, self.root.epoch);
            let text = self.keys.get(&key).ok_or_else(|| format!("{key} is missing"))?;
            let page = serde_json::from_str(text).map_err(|error| format!("{key} is garbled: {error}"))?;
            self.pages.insert(number, page);
        }
        Ok(self.pages[&number].clone())
    }
}
