//! Which entry of the new table each legacy pattern gets.
//!
//! A path that ends in `/` matches what begins with it; any other matches itself and what lies
//! below it. So `/api/*` is exactly `/api/`; `/api` and `/api/*` to one target are exactly `/api`;
//! `/api*` and `/robots.txt` come close.

use serde_json::Value;

use super::legacy::{PathPattern, Shape};

/// Why a pattern has no entry, or not one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// No prefix says what it says.
    Wild,
    /// Another legacy pattern has the entry.
    Taken(usize),
    /// It has no target.
    NoTarget,
    /// It stays in the legacy router.
    Stays,
}

/// An entry of the new table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path, as the pattern of `syncRoutes`.
    pub path: String,
    /// The legacy route whose target it has.
    pub route: usize,
}

/// The new table, and where each legacy route went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// In the order of the legacy routes.
    pub entries: Vec<Entry>,
    /// For each legacy route, its place in `entries`, or why it has none.
    pub placed: Vec<Result<usize, Lack>>,
    /// Legacy routes that share the entry of another route with the same target.
    pub merged: Vec<(usize, usize)>,
}

/// A legacy route as placing sees it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its pattern.
    pub pattern: &'a PathPattern,
    /// What it leads to; none when nothing could be made of it.
    pub target: Option<&'a Value>,
    /// Whether it is to be placed.
    pub taken: bool,
}

/// Gives each pattern that a prefix can say its entry. Those that need one particular path choose
/// first; of equals, the first declared.
#[must_use]
pub fn place(routes: &[Candidate<'_>]) -> Placement {
    let mut held: Vec<(String, usize)> = Vec::new();
    let mut lacks: Vec<Option<Lack>> = routes
        .iter()
        .map(|route| match (route.taken, route.target, route.pattern.shape()) {
            (false, ..) => Some(Lack::Stays),
            (_, None, _) => Some(Lack::NoTarget),
            (.., Shape::Wild) => Some(Lack::Wild),
            _ => None,
        })
        .collect();
    for round in 0..3 {
        for (index, route) in routes.iter().enumerate() {
            if lacks[index].is_some() {
                continue;
            }
            let path = match (round, route.pattern.shape()) {
                (1, Shape::Beginning(path)) if exact_before(routes, index, path) => format!("{path}/"),
                (0, Shape::Below(path)) | (1, Shape::Beginning(path)) | (2, Shape::Exact(path)) => {
                    path.to_owned()
                }
                _ => continue,
            };
            match held.iter().find(|(other, _)| *other == path) {
                Some((_, holder)) => lacks[index] = Some(Lack::Taken(*holder)),
                None => held.push((path, index)),
            }
        }
    }
    merge(routes, held, lacks)
}

/// Whether `/api` itself was another route's before `/api*` was asked.
fn exact_before(routes: &[Candidate<'_>], index: usize, path: &str) -> bool {
    routes[..index]
        .iter()
        .any(|other| other.taken && other.target.is_some() && other.pattern.shape() == Shape::Exact(path))
}

/// Where `/api` and `/api/` lead to one target, `/api` says both: an entry less for the edge to look at.
fn merge(routes: &[Candidate<'_>], held: Vec<(String, usize)>, lacks: Vec<Option<Lack>>) -> Placement {
    let partner = |path: &str, route: usize| {
        let shorter = path.strip_suffix('/').filter(|shorter| !shorter.is_empty())?;
        let (_, other) = held.iter().find(|(path, _)| path == shorter)?;
        (routes[*other].target == routes[route].target).then_some(*other)
    };
    let merged: Vec<(usize, usize)> =
        held.iter().filter_map(|(path, route)| Some((*route, partner(path, *route)?))).collect();
    let mut entries: Vec<Entry> = held
        .into_iter()
        .filter(|(_, route)| !merged.iter().any(|(gone, _)| gone == route))
        .map(|(path, route)| Entry { path, route })
        .collect();
    entries.sort_by_key(|entry| entry.route);
    let at = |route: usize| entries.iter().position(|entry| entry.route == route);
    let placed = lacks
        .into_iter()
        .enumerate()
        .map(|(route, lack)| {
            let holder = merged.iter().find(|(gone, _)| *gone == route).map_or(route, |(_, other)| *other);
            at(holder).ok_or(lack.unwrap_or(Lack::NoTarget))
        })
        .collect();
    Placement { entries, placed, merged }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use routesync_core::options::Cursor;

    /// The entries for patterns and their targets, as `path=target`.
    fn entries(routes: &[(&str, u32)]) -> (Vec<String>, Placement) {
        let read: Vec<(PathPattern, Value)> = routes
            .iter()
            .map(|(text, target)| {
                (PathPattern::parse(text, &Cursor::root(&json!({}))).unwrap(), json!(target))
            })
            .collect();
        let candidates: Vec<_> = read
            .iter()
            .map(|(pattern, target)| Candidate { pattern, target: Some(target), taken: true })
            .collect();
        let placement = place(&candidates);
        let shown =
            placement.entries.iter().map(|entry| format!("{}={}", entry.path, read[entry.route].1)).collect();
        (shown, placement)
    }

    #[test]
    fn a_prefix_says_exactly_what_it_can() {
        for (routes, expected) in [
            (&[("/*", 1), ("/api/*", 2)][..], &["/=1", "/api/=2"][..]),
            (&[("/api", 1), ("/api/*", 2)], &["/api=1", "/api/=2"]),
            (&[("/api", 1), ("/api/*", 1)], &["/api=1"]),
            (&[("/api/*", 1), ("/api", 1)], &["/api=1"]),
            (&[("/api*", 1), ("/api/*", 1)], &["/api=1"]),
            (&[("/api*", 1)], &["/api=1"]),
            (&[("/api", 1), ("/api*", 2)], &["/api=1", "/api/=2"]),
            (&[("/api*", 2), ("/api", 1)], &["/api=2"]),
            (&[("/docs/", 1), ("/docs/*", 2)], &["/docs/=2"]),
            (&[("/", 1), ("/*", 2)], &["/=2"]),
            (&[("/**", 1), ("/*", 2)], &["/=1"]),
            (&[("/*.jpg", 1), ("/a?/*", 2)], &[]),
        ] {
            assert_eq!(entries(routes).0, expected, "{routes:?}");
        }
    }

    #[test]
    fn who_has_no_entry_is_told_why() {
        let (_, placement) = entries(&[("/*.jpg", 1), ("/docs/", 1), ("/docs/*", 2)]);
        assert_eq!(placement.placed, [Err(Lack::Wild), Err(Lack::Taken(2)), Ok(0)]);
        let (_, placement) = entries(&[("/api/*", 1), ("/api", 1)]);
        assert_eq!((placement.placed, placement.merged), (vec![Ok(0), Ok(0)], vec![(0, 1)]));
    }
}
