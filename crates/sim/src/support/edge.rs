//! Requests through the index, next to the scan of SST's reader.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::indexed::{self, Answer};
use super::reader::{self, Keys, Line, Table};

/// The entry that SST's reader takes: the longest host, then the longest path, then the last.
pub fn scan<'t>(table: &'t Table, host: &str, uri: &str) -> Option<&'t Line> {
    let escaped = host.replace('.', "\\.");
    let anchored = format!("^{host}$");
    let mut best: Option<&Line> = None;
    for line in &table.lines {
        let units = |text: &str| text.encode_utf16().count();
        let shorter =
            |best: &Line| (units(&line.host), units(&line.path)) < (units(&best.host), units(&best.path));
        if best.is_some_and(shorter) {
            continue;
        }
        let host_matches = line.host.is_empty()
            || line.host == escaped
            || line.host.contains('*') && regress::Regex::new(&line.host).unwrap().find(&anchored).is_some();
        let path_matches = uri
            .strip_prefix(line.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || line.path.ends_with('/'));
        if host_matches && path_matches {
            best = Some(line);
        }
    }
    best
}

/// A request for one of the entries of `table`, or beside them.
pub fn request(table: &Table, rng: &mut Rng) -> (String, String) {
    let odd = |rng: &mut Rng| {
        ["example.com", "b.example.com", "ab.example.com", "q.org"][rng.usize(..4)].to_owned()
    };
    let Some(line) = rng.choice(&table.lines) else { return (odd(rng), "/".to_owned()) };
    let plain = line.host.replace(".*", "any").replace('\\', "");
    let host = if plain.is_empty() || rng.u8(..5) == 0 { odd(rng) } else { plain };
    let tail = ["", "/", "/x", "x", "/a/b"][rng.usize(..5)];
    let uri = format!("{}{tail}", line.path);
    (host, if uri.starts_with('/') { uri } else { format!("/{uri}") })
}

/// What is wrong with the index of `router`, whose table is `table`, as far as `count` requests show it.
pub fn wrong(keys: &Keys, router: &str, table: &Table, rng: &mut Rng, count: usize) -> Result<(), String> {
    let unaccounted = indexed::unaccounted(keys, router);
    if !unaccounted.is_empty() {
        return Err(format!("the ledger does not account for {unaccounted:?}"));
    }
    let Some(late) = indexed::is_late(keys, router) else { return Ok(()) };
    let raws = table.lines.iter().map(|line| line.raw.as_str());
    if !late && indexed::digest(keys, router) != Some(indexed::digest_of(raws)) {
        return Err("the root is not late, and its digest is that of another table".to_owned());
    }
    for _ in 0..count {
        let (host, uri) = request(table, rng);
        let winner = match indexed::ask(keys, router, &host, &uri) {
            Answer::Found { winner, .. } => winner,
            Answer::NoIndex => return Err("there is a root, and the reader finds none".to_owned()),
            Answer::Torn(why) => return Err(format!("{host}{uri}: {why}")),
        };
        let wanted = scan(table, &host, &uri);
        let found = winner.as_ref().map(|winner| winner.id.as_str());
        if !late && found != wanted.map(|line| line.ns.as_str()) {
            let wanted = wanted.map(|line| &line.raw);
            return Err(format!("{host}{uri}: the index finds {found:?}, the scan {wanted:?}"));
        }
        // What the scan could serve before must be there; others may have deleted theirs.
        if let Some(id) = found.filter(|id| reader::is_ours(id))
            && reader::metadata(keys, id).is_none()
            && !late_without_metadata(table, id)
        {
            return Err(format!(
                "{host}{uri}: the metadata of {id} is gone{}",
                if late { ", under a late root" } else { "" }
            ));
        }
    }
    Ok(())
}

/// Whether an entry of the table itself has this id: then the table has the same fault.
fn late_without_metadata(table: &Table, id: &str) -> bool {
    table.lines.iter().any(|line| line.ns == id)
}

/// Whether some part of the change from one table to another makes `id` the winner: of the entries that both have, and that with
/// this id, it is the first. Entries with the same host and path are one that changes.
pub fn is_explained(before: &Table, after: &Table, host: &str, uri: &str, id: Option<&str>) -> bool {
    let old: BTreeSet<_> = before.lines.iter().map(Line::pattern).collect();
    let both = after.lines.iter().filter(|line| old.contains(&line.pattern()));
    let own = id.map(|id| before.lines.iter().chain(&after.lines).filter(move |line| line.ns == id).cloned());
    let own: Vec<Line> = own.map(Iterator::collect).unwrap_or_default();
    if id.is_some() && own.is_empty() {
        return false;
    }
    let lines: Vec<Line> = both.cloned().chain(own.iter().cloned()).collect();
    let table = Table { lines, ..Table::default() };
    let rank = |line: &Line| (line.host.len(), line.path.len());
    match scan(&table, host, uri) {
        // Of several entries with this id, one must be as good as the winner.
        Some(winner) => own.iter().any(|own| rank(own) == rank(winner)),
        None => id.is_none(),
    }
}

/// The epochs with pages in a store, by router.
pub fn epochs(keys: &Keys, routers: &[&str]) -> BTreeSet<String> {
    routers.iter().flat_map(|router| indexed::epochs(keys, router)).collect()
}
