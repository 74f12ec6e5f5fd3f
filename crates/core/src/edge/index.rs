//! The index of a table: its root and its pages.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Layout, Place};
use super::root::{Root, Short};
use super::routes::{self, Odd, Route, Routes};
use super::{MARKER_BYTES, PAGE_BYTES, group};

/// Why a table cannot have an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// An entry for which the index has no form.
    Odd(Odd),
    /// No layout keeps the root and the pages small enough.
    TooLarge,
    /// Too many old epochs wait for their deletion: other writers have dropped the root again and again.
    TooOften,
}

/// The index of a table in one epoch. Pages are made when they are asked for.
#[derive(Debug, Clone)]
pub struct Index {
    pub root: Root,
    routes: Routes,
}

/// A page that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The number of the page.
    pub page: usize,
    pub old: String,
    pub new: String,
}

impl Index {
    /// The index of a table with these routes and this digest, in a new epoch.
    ///
    /// # Errors
    /// [`Trouble::TooLarge`].
    pub fn new(routes: Routes, digest: String, epoch: &str) -> Result<Self, Trouble> {
        let layout = Layout::choose(&routes, epoch).ok_or(Trouble::TooLarge)?;
        let index = Self { root: root(layout, &routes, digest), routes };
        if index.fits() { Ok(index) } else { Err(Trouble::TooLarge) }
    }

    /// The index of a table with these routes and this digest, in the epoch of `layout`.
    #[must_use]
    pub fn within(layout: &Layout, routes: Routes, digest: String) -> Self {
        let mut layout = layout.clone();
        layout.own(routes.list.iter().map(|route| (Route::group(&route.key), route.key.as_str())));
        Self { root: root(layout, &routes, digest), routes }
    }

    #[must_use]
    pub const fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Whether the root and all pages are small enough.
    fn fits(&self) -> bool {
        self.root_fits() && self.all().values().all(|page| page.len() <= PAGE_BYTES)
    }

    /// Whether the marker has room for the root, with the largest number of chunks.
    fn root_fits(&self) -> bool {
        marker(9_999, Some(&self.root)).len() <= MARKER_BYTES
    }

    /// The index of `routes` in the same epoch, and the pages that change. `None` if it takes a new epoch.
    #[must_use]
    pub fn change(&self, routes: Routes, digest: String) -> Option<(Self, Vec<Changed>)> {
        let layout = &self.root.layout;
        let new = Self::within(layout, routes, digest);
        let mut dirty = BTreeSet::new();
        let mut reranked = false;
        self.routes.each_change(&new.routes, |before, after| {
            reranked |= before.zip(after).is_some_and(|(before, after)| is_reranked(before, after));
            let Some(Route { key, .. }) = before.or(after) else { return };
            let group = Route::group(key);
            if let Place::Page(page) = layout.place(group, key) {
                dirty.insert(page);
            }
            if layout.overflow > 0 && group::is_wild(group) {
                dirty.insert(layout.overflow_page(group));
            }
        });
        if reranked || !new.root_fits() {
            return None;
        }
        let (mut old, pages) = (self.pages(&dirty), new.pages(&dirty));
        let pages = pages.into_iter().map(|(page, new)| {
            let old = old.remove(&page).unwrap_or_default();
            Changed { page, old, new }
        });
        let pages: Vec<Changed> = pages.filter(|page| page.old != page.new).collect();
        pages.iter().all(|page| page.new.len() <= PAGE_BYTES).then_some((new, pages))
    }

    /// The contents of the pages in `wanted`.
    #[must_use]
    pub fn pages(&self, wanted: &BTreeSet<usize>) -> BTreeMap<usize, String> {
        let layout = &self.root.layout;
        let mut pages: BTreeMap<usize, Vec<String>> = wanted.iter().map(|at| (*at, Vec::new())).collect();
        for Route { key, value } in &self.routes.list {
            if let Place::Page(at) = layout.place(Route::group(key), key)
                && let Some(page) = pages.get_mut(&at)
            {
                page.push(format!("{}:{}", routes::text(key), routes::text(value)));
            }
        }
        if layout.overflow > 0 {
            for (group, short) in groups(&self.routes).iter().filter(|(group, _)| group::is_wild(group)) {
                if let Some(page) = pages.get_mut(&layout.overflow_page(group)) {
                    page.push(format!("{}:{}", routes::text(group), routes::text(&short.to_string())));
                }
            }
        }
        pages.into_iter().map(|(at, members)| (at, format!("{{{}}}", members.join(",")))).collect()
    }

    /// The contents of all pages.
    #[must_use]
    pub fn all(&self) -> BTreeMap<usize, String> {
        self.pages(&(0..self.root.all_pages()).collect())
    }
}

/// Whether a route stays and its rank changes. In a view with some old and some new pages, its old rank could be compared with new
/// ranks of other routes.
fn is_reranked(before: &Route, after: &Route) -> bool {
    let rank = |route: &Route| routes::parse(&route.value).map(|(rank, ..)| rank);
    rank(before) != rank(after)
}

fn root(layout: Layout, routes: &Routes, digest: String) -> Root {
    let mut groups = groups(routes);
    groups.retain(
        |group, short| {
            if group.is_empty() { *short != Short::default() } else { layout.overflow == 0 }
        },
    );
    let (longest, hosts) = (routes.longest_path(), routes.has_hosts());
    Root { layout, digest: Some(digest), longest, hosts, groups }
}

/// The patterns and the group of any host, with their short routes.
fn groups(routes: &Routes) -> BTreeMap<String, Short> {
    let mut groups: BTreeMap<String, Short> = BTreeMap::new();
    for Route { key, value } in &routes.list {
        let group = Route::group(key);
        if group::is_exact(group) {
            continue;
        }
        let short = groups.entry(group.to_owned()).or_default();
        match &key[group.len()..] {
            "" => short.bare.clone_from(value),
            "/" => short.slash.clone_from(value),
            _ => {}
        }
    }
    groups
}

/// The marker of a table in `parts` chunks.
#[must_use]
pub fn marker(parts: usize, root: Option<&Root>) -> String {
    match root {
        Some(root) => format!("{{\"parts\":{parts},{}:0}}", routes::text(&root.to_string())),
        None => format!("{{\"parts\":{parts}}}"),
    }
}
