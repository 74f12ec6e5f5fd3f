//! The index against the scan, on random tables and requests.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Changed, Index};
use super::reader::{self, Found};
use super::root::Root;
use super::routes::Routes;
use super::{Trouble, group};
use crate::route::matcher::{Line, Matcher, Reader};
use crate::table::entry::Entry;

const HOSTS: &[&str] = &[
    "example.com",
    "a.example.com",
    "ab.example.com",
    "x.ab.example.com",
    "ab.com",
    "shop.example.community",
    "y.example.com.evil.net",
    "app-1.example.com",
    "app-22.example.com",
    "localhost",
    "q.org",
    "__proto__",
    "constructor",
];
const PATTERNS: &[&str] = &[
    "*.example.com",
    "*",
    "app-*.example.com",
    "*.ab.example.com",
    "*.com",
    "*.*.com",
    "a*",
    "*example*",
    "ex*com",
    "*.c",
];
const SEGMENTS: &[&str] =
    &["a", "b", "api", "v1", "a-b", "a.b", "%20", "x", "", "A", "~t", "__proto__", "constructor"];

struct Gen(fastrand::Rng);

impl Gen {
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.usize(..of.len())]
    }

    fn path(&mut self, depth: usize, many: usize) -> String {
        let mut path = String::new();
        for _ in 0..self.0.usize(..depth) {
            path.push('/');
            path.push_str(self.pick(SEGMENTS));
        }
        if self.0.u8(..10) < 4 {
            path = format!("{path}/s{}", self.0.usize(..many.max(1)));
        }
        if self.0.u8(..7) == 0 {
            path.push('/');
        }
        if path.is_empty() { ["", "/", "/"][self.0.usize(..3)].to_owned() } else { path }
    }

    fn table(&mut self) -> Vec<Entry> {
        let many = [1, 2, 5, 15, 60, 300, 1_500][self.0.usize(..7)];
        let mut hosts: Vec<String> = Vec::new();
        for _ in 0..[0, 1, 3, 8, 14][self.0.usize(..5)] {
            let all = if self.0.u8(..10) < 4 { PATTERNS } else { HOSTS };
            hosts.push(self.pick(all).to_owned());
        }
        if self.0.u8(..5) == 0 {
            hosts.extend((0..many / 3).map(|at| format!("t{at}.example.com")));
        }
        let depth = 2 + self.0.usize(..4);
        let entry = |at: usize, this: &mut Self| {
            let host = if hosts.is_empty() || this.0.u8(..4) == 0 {
                ""
            } else {
                &hosts[this.0.usize(..hosts.len())]
            };
            let host = host.replace('.', "\\.").replace('*', ".*");
            Entry::from_text(&format!("url,N{at},{host},{}", this.path(depth, many))).unwrap()
        };
        (0..many).map(|at| entry(at, self)).collect()
    }

    fn request(&mut self, entries: &[Entry]) -> (String, String) {
        let entry = &entries[self.0.usize(..entries.len())];
        let own = group::of_host(entry.host()).unwrap().unwrap();
        let host = match self.0.u8(..3) {
            0 if group::is_exact(&own) => own,
            1 => format!("{}.{}", self.pick(&["aa", "b", "t7", "app-1"]), self.pick(HOSTS)),
            _ => self.pick(HOSTS).to_owned(),
        };
        let tail = self.pick(&["", "/", "/x", "x", "/a/b", "//"]);
        let uri = if self.0.u8(..5) < 3 { format!("{}{tail}", entry.path()) } else { self.path(6, 300) };
        (host, if uri.starts_with('/') { uri } else { format!("/{uri}") })
    }
}

fn ask(root: &Root, pages: &BTreeMap<usize, String>, host: &str, uri: &str) -> (Option<Found>, usize) {
    let mut reads = 2;
    let root = Root::decode(&root.to_string()).unwrap_or_else(|| root.clone());
    let found = reader::find(&root, host, uri, |page| {
        reads += 1;
        reader::decode(pages.get(&page)?)
    });
    (found.unwrap(), reads)
}

fn rounds() -> usize {
    std::env::var("ROUTESYNC_INDEX_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(150)
}

#[test]
fn the_index_finds_what_the_scan_finds() {
    let seed = fastrand::u64(..);
    let mut make = Gen(fastrand::Rng::with_seed(seed));
    let mut asked = 0;
    for _ in 0..rounds() {
        let entries = make.table();
        let routes = Routes::of(entries.iter()).unwrap();
        let index = Index::new(routes, String::new(), "Xk3f9a");
        let Ok(index) = index else { panic!("seed {seed}: {} entries are too large", entries.len()) };
        let (root, pages) = (&index.root, index.all());
        let lines = entries.iter().map(|entry| Line { host: entry.host(), path: entry.path() }).collect();
        let matcher = Matcher::new(lines, Reader::default());
        for _ in 0..120 {
            let (host, uri) = make.request(&entries);
            let wanted = matcher.winner(&host, &uri).unwrap().map(|at| entries[at].id().to_owned());
            let (found, _) = ask(root, &pages, &host, &uri);
            assert_eq!(found.map(|found| found.id), wanted, "seed {seed}: {host} {uri} {}", index.root);
            asked += 1;
        }
    }
    println!("{asked} requests, seed {seed}");
}

#[test]
fn a_change_within_an_epoch_is_the_index_of_the_new_table() {
    let seed = fastrand::u64(..);
    let mut make = Gen(fastrand::Rng::with_seed(seed));
    let (mut inside, mut torn) = (0, 0);
    for _ in 0..rounds() {
        let mut entries = make.table();
        let routes = Routes::of(entries.iter()).unwrap();
        let Ok(mut index) = Index::new(routes, String::new(), "Xk3f9a") else { continue };
        let mut pages = index.all();
        for step in 0..4 {
            let before = entries.clone();
            for at in 0..[1, 1, 3, 20][make.0.usize(..4)] {
                let place = make.0.usize(..entries.len());
                let old = entries[place].clone();
                let changed = |path: &str| {
                    Entry::from_text(&format!("url,M{step}x{at},{},{path}", old.host())).unwrap()
                };
                match make.0.u8(..3) {
                    0 if entries.len() > 1 => drop(entries.remove(place)),
                    1 => entries[place] = changed(old.path()),
                    _ => entries.push(changed(&make.path(4, 300))),
                }
            }
            let routes = Routes::of(entries.iter()).unwrap();
            let Some((new, dirty)) = index.change(routes, String::new()) else { break };
            inside += 1;
            let mut now = pages.clone();
            for Changed { page: at, old, new } in &dirty {
                assert_eq!(now.insert(*at, new.clone()).as_ref(), Some(old), "seed {seed}");
            }
            assert_eq!(now, new.all(), "seed {seed}");
            // Views in which each changed key is old or new.
            for _ in 0..6 {
                let view: BTreeMap<usize, String> = now
                    .iter()
                    .map(|(at, page)| (*at, if make.0.bool() { page.clone() } else { pages[at].clone() }))
                    .collect();
                let root = if make.0.bool() { &index.root } else { &new.root };
                for _ in 0..6 {
                    let at = if make.0.bool() { &before } else { &entries };
                    let (host, uri) = make.request(at);
                    let (found, _) = ask(root, &view, &host, &uri);
                    torn += 1;
                    let id = found.map(|found| found.id);
                    assert!(
                        is_explained(&before, &entries, &host, &uri, id.as_deref()),
                        "seed {seed}: {host} {uri} {id:?}"
                    );
                }
            }
            (index, pages) = (new, now);
        }
    }
    println!("{inside} changes within an epoch, {torn} torn views, seed {seed}");
    assert!(inside > 0 && torn > 0);
}

/// Whether some subset of the changes from `before` to `after` makes `id` the winner: it is the winner of the routes of which each
/// state has one, and of that with this id.
fn is_explained(before: &[Entry], after: &[Entry], host: &str, uri: &str, id: Option<&str>) -> bool {
    let key = |entry: &Entry| (entry.host().to_owned(), entry.path().to_owned());
    let old: BTreeSet<_> = before.iter().map(key).collect();
    let both = after.iter().filter(|entry| old.contains(&key(entry)));
    let own = id.map(|id| before.iter().chain(after).find(|entry| entry.id() == id).unwrap());
    let table: Vec<&Entry> = both.chain(own).collect();
    let lines = table.iter().map(|entry| Line { host: entry.host(), path: entry.path() }).collect();
    let winner = Matcher::new(lines, Reader::default()).winner(host, uri).unwrap().map(|at| table[at]);
    let rank = |entry: &Entry| (entry.host().len(), entry.path().len());
    match (winner, own) {
        (None, None) => true,
        (Some(winner), Some(own)) => rank(winner) == rank(own),
        _ => false,
    }
}

#[test]
fn a_host_without_a_form_is_named() {
    let entry = Entry::from_text("url,1,(a|b).*,/").unwrap();
    let trouble = Routes::of([&entry].into_iter()).map_err(Trouble::Odd).unwrap_err();
    assert_eq!(trouble, Trouble::Odd(super::routes::Odd::Host("(a|b).*".to_owned())));
}

/// The tables of the bounds: reads, by kind and size.
#[test]
fn requests_take_few_reads() {
    let sizes: &[usize] =
        if cfg!(debug_assertions) { &[28, 200, 1_000] } else { &[28, 50, 200, 1_000, 5_000, 20_000] };
    for kind in ["path", "deep", "shared", "hosts", "hostpaths", "mixed"] {
        for &size in sizes {
            let entries = uniform(kind, size);
            let routes = Routes::of(entries.iter()).unwrap();
            let index = Index::new(routes, String::new(), "Xk3f9a").unwrap();
            let (root, pages) = (&index.root, index.all());
            let mut make = Gen(fastrand::Rng::with_seed(1));
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            for _ in 0..2_000 {
                let entry = &entries[make.0.usize(..entries.len())];
                let group = group::of_host(entry.host()).unwrap().unwrap();
                let host =
                    if group.is_empty() { "www.example.org".to_owned() } else { group.replace('*', "wild") };
                let tail = make.pick(&["", "/", "/x", "/users/42/profile"]);
                let path = entry.path().trim_end_matches('/');
                let uri = if make.0.u8(..10) == 0 { "/none-1/x".to_owned() } else { format!("{path}{tail}") };
                let uri = if uri.is_empty() { "/".to_owned() } else { uri };
                let (found, reads) = ask(root, &pages, &host, &uri);
                if found.is_some() {
                    *counts.entry(reads).or_default() += 1;
                }
            }
            let all: usize = counts.values().sum();
            let most = |reads: usize| {
                counts.range(..=reads).map(|(_, count)| count).sum::<usize>() * 100 >= all * 99
            };
            let (all, bytes) = (root.all_pages(), root.to_string().len());
            println!("{kind} {size}: {all} pages, root {bytes} bytes, {counts:?}");
            assert!(counts.keys().all(|reads| *reads <= 5), "{kind} {size}: {counts:?}");
            assert!(most(4), "{kind} {size}: {counts:?}");
            assert!(matches!(kind, "shared" | "hostpaths" | "mixed") || most(3), "{kind} {size}: {counts:?}");
        }
    }
}

fn uniform(kind: &str, size: usize) -> Vec<Entry> {
    let at = |index: usize| -> (String, String) {
        match kind {
            "path" | "deep" | "shared" if index + 1 == size => (String::new(), "/".to_owned()),
            "path" => (
                String::new(),
                match index % 3 {
                    0 => format!("/svc-{index}"),
                    1 => format!("/svc-{}/api", index - 1),
                    _ => format!("/team-{}/svc-{index}", index % 50),
                },
            ),
            "deep" => (String::new(), format!("/api/v1/tenants/{index}")),
            // Long prefixes that many routes share.
            "shared" => {
                let region = ["eu", "us", "ap"][index % 3];
                let team = index % 40;
                (String::new(), format!("/v1/regions/{region}/teams/{team}/projects/{index}/settings/keys"))
            }
            "hosts" => (format!("tenant-{index}.example.com"), "/".to_owned()),
            "hostpaths" => {
                let path =
                    if index.is_multiple_of(100) { "/".to_owned() } else { format!("/s{}", index % 100) };
                (format!("app-{}.example.com", index / 100), path)
            }
            _ => match size - 1 - index {
                0 => ("*.example.com".into(), "/".into()),
                1 => ("*.example.com".into(), "/health".into()),
                2 => ("*.preview.example.com".into(), "/".into()),
                3 => ("*.preview.example.com".into(), "/docs".into()),
                4 => ("app-*.example.com".into(), "/".into()),
                5 => (String::new(), "/".into()),
                6 => (String::new(), "/robots.txt".into()),
                7 => ("*.eu.example.com".into(), String::new()),
                _ if index % 4 == 3 => (String::new(), format!("/p-{index}")),
                _ => (
                    format!("tenant-{index}.example.com"),
                    if index.is_multiple_of(4) { "/" } else { "/api" }.into(),
                ),
            },
        }
    };
    let entry = |index: usize| {
        let (host, path) = at(index);
        let host = host.replace('.', "\\.").replace('*', ".*");
        Entry::from_text(&format!("url,cMqCe9.{index:07},{host},{path}")).unwrap()
    };
    (0..size).map(entry).collect()
}
