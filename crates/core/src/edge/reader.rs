//! Finds the route of a request, in the way of routesync's edge function.
//!
//! Groups are tried from the longest host text to the shortest. Within a group, the page of the deepest prefix is read first, and
//! then those of its split prefixes that have routes of their own. Any key that is found is a route of the table, and a longer
//! one wins, so only completeness depends on the layout.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::group;
use super::layout::next;
use super::root::{Root, Short};
use super::routes;

/// A page: keys and values.
pub type Page = BTreeMap<String, String>;

/// The route of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The group.
    pub group: String,
    pub path: String,
    /// The first letter of the type.
    pub letter: char,
    pub id: String,
    rank: usize,
}

/// A page is not in the store: the request sees a part of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The number of the page.
    pub page: usize,
}

/// Decodes a page. `None` if it is damaged.
#[must_use]
pub fn decode(page: &str) -> Option<Page> {
    serde_json::from_str(page).ok()
}

/// The route of a request. `page` reads a page by its number, and is called once for each page that the edge function reads.
///
/// # Errors
/// [`Torn`].
pub fn find(
    root: &Root,
    host: &str,
    uri: &str,
    page: impl FnMut(usize) -> Option<Page>,
) -> Result<Option<Found>, Torn> {
    let mut search = Search { root, page };
    let uri = shortened(uri, root.longest);
    let mut groups: Vec<(usize, String, Short)> = Vec::new();
    let mut offer = |group: &str, short: &Short| {
        if group.is_empty() || group::matches(group, host) {
            groups.push((group::rank(group), group.to_owned(), short.clone()));
        }
    };
    root.groups.iter().for_each(|(group, short)| offer(group, short));
    if !root.groups.contains_key("") {
        offer("", &Short::default());
    }
    for at in 0..root.layout.overflow {
        for (pattern, short) in search.read(root.layout.pages + at)? {
            offer(&pattern, &Short::decode(&short).unwrap_or_default());
        }
    }
    if root.hosts && !host.is_empty() {
        groups.push((group::rank(host), host.to_owned(), Short::default()));
    }
    groups.sort_by_key(|(rank, ..)| Reverse(*rank));
    let mut best: Option<(usize, Found)> = None;
    for (rank, group, short) in groups {
        if best.as_ref().is_some_and(|(other, _)| *other > rank) {
            break;
        }
        if let Some(found) = search.in_group(&group, &short, uri)?
            && best
                .as_ref()
                .is_none_or(|(_, other)| (found.path.len(), found.rank) > (other.path.len(), other.rank))
        {
            best = Some((rank, found));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// The part of a URI that decides: the whole segments in its first `longest + 1` bytes. A part of a segment could be the path of a
/// longer route that a page has already and the root does not know yet.
fn shortened(uri: &str, longest: usize) -> &str {
    if uri.len() <= longest + 1 {
        return uri;
    }
    let slash = uri.as_bytes()[..=longest].iter().rposition(|byte| *byte == b'/');
    slash.map_or("", |at| &uri[..=at])
}

struct Search<'r, P> {
    root: &'r Root,
    page: P,
}

impl<P: FnMut(usize) -> Option<Page>> Search<'_, P> {
    fn read(&mut self, page: usize) -> Result<Page, Torn> {
        (self.page)(page).ok_or(Torn { page })
    }

    /// The longest route of a group for `uri`, whose length is at most one more than the longest path.
    fn in_group(&mut self, group: &str, short: &Short, uri: &str) -> Result<Option<Found>, Torn> {
        let layout = &self.root.layout;
        let key = format!("{group}{uri}");
        // The prefixes whose pages may have the route, the deepest last.
        let mut ends: Vec<usize> = Vec::new();
        let (mut len, mut depth) = (group.len(), 0);
        loop {
            let split = layout.split(group, &key[..len], depth);
            // The short routes of patterns and of any host are in the root.
            let paged = depth > 0 || group::is_exact(group);
            if paged && split.unwrap_or(true) {
                ends.push(len);
            }
            match next(&key, len).filter(|_| split.is_some()) {
                Some(end) => (len, depth) = (end, depth + 1),
                None => break,
            }
        }
        for len in ends.into_iter().rev() {
            let page = self.read(layout.page(&key[..len]))?;
            if let Some(found) = under(&page, &key, group, len) {
                return Ok(Some(found));
            }
        }
        let short = if uri.starts_with('/') && !short.slash.is_empty() {
            ("/", &short.slash)
        } else {
            ("", &short.bare)
        };
        let matches = short.0 == "/" || uri.is_empty() || uri.starts_with('/');
        Ok(route(group, short.0, short.1).filter(|_| matches))
    }
}

/// The longest route of `page` with at least `least` bytes under which `key` is.
fn under(page: &Page, key: &str, group: &str, least: usize) -> Option<Found> {
    let mut end = key.len();
    loop {
        if let Some(value) = page.get(&key[..end]) {
            return route(group, &key[group.len()..end], value);
        }
        if end <= least {
            return None;
        }
        // A route matches if the next character is a slash, or if it ends in one.
        end = if key[..end].ends_with('/') {
            end - 1
        } else {
            key[..end].rfind('/').map_or(least, |at| (at + 1).max(least))
        };
    }
}

fn route(group: &str, path: &str, value: &str) -> Option<Found> {
    let (rank, letter, id) = routes::parse(value)?;
    Some(Found { group: group.to_owned(), path: path.to_owned(), letter, id: id.to_owned(), rank })
}
