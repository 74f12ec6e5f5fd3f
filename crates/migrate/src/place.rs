//! Finds the entry of the new table for each legacy pattern.
//!
//! An entry's path that ends in `/` matches all paths that begin with it. Any other path matches itself and paths below it.
//! So `/api/` is equal to `/api/*`, and `/api` is equal to `/api` and `/api/*` with the same target. Patterns such as
//! `/api*` and `/robots.txt` have only approximate entries.

use serde_json::Value;

use super::legacy::{PathPattern, Shape};

/// Why a pattern has no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// No prefix can express the pattern.
    Wild,
    /// Another legacy pattern has the entry.
    Taken(usize),
    /// The route has no valid target.
    NoTarget,
    /// The route stays in the legacy router.
    Stays,
}

/// An entry of the new table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The entry's path, as a pattern for `syncRoutes`.
    pub path: String,
    /// The legacy route with the entry's target.
    pub route: usize,
}

/// The new table, and the entry of each legacy route.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// In the order of the legacy routes.
    pub entries: Vec<Entry>,
    /// For each legacy route, its index in `entries`, or why it has none.
    pub placed: Vec<Result<usize, Lack>>,
    /// Legacy routes that share the entry of another route with the same target.
    pub merged: Vec<(usize, usize)>,
}

/// A legacy route to place.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub pattern: &'a PathPattern,
    /// The target, or `None` if the legacy target could not be converted.
    pub target: Option<&'a Value>,
    /// Whether the route is migrated.
    pub taken: bool,
}

/// Finds an entry for each pattern that a prefix can express. Patterns that need one particular path are placed first, and
/// otherwise the first declared.
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

/// Whether a route before `/api*` already matched `/api` itself.
fn exact_before(routes: &[Candidate<'_>], index: usize, path: &str) -> bool {
    routes[..index]
        .iter()
        .any(|other| other.taken && other.target.is_some() && other.pattern.shape() == Shape::Exact(path))
}

/// Merges `/api` and `/api/` with the same target to `/api`, so that the edge scans one entry less.
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
