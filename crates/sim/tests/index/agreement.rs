//! Random tables with an index: a request finds the same route through the index (by the engine's reader and by the independent one), by
//! a scan, and by the matcher of `explainRoute`.
//!
//! The test prints its seed. `ROUTESYNC_SEED=<seed>` runs it again, `ROUTESYNC_REQUESTS=<n>` makes more requests.

use fastrand::Rng;

use crate::{ROUTER, START, with_index};
use routesync_core::edge::reader::{decode, find};
use routesync_core::edge::root::Root;
use routesync_core::route::matcher::{Line, Matcher, Reader};
use routesync_sim::support::declare::whole;
use routesync_sim::support::edge;
use routesync_sim::support::effort::effort;
use routesync_sim::support::indexed::{Answer, ask, epoch, is_late};
use routesync_sim::support::judge::World;
use routesync_sim::support::reader::{Keys, Table};
use routesync_sim::support::sim::go_string;

const HOSTS: &[&str] = &[
    "example.com",
    "a.example.com",
    "ab.example.com",
    "x.ab.example.com",
    "ab.com",
    "shop.example.community",
    "evil.example.com.net",
    "app-1.example.com",
    "localhost",
    "__proto__",
    "constructor",
    "toString.valueOf",
];
const PATTERNS: &[&str] = &[
    "*.example.com",
    "*",
    "app-*.example.com",
    "*.com",
    "*.*.com",
    "a*",
    "*example*",
    "ex*com",
    "*.c",
    "__*",
];
/// Hosts that no writer of ours makes, and that can never match.
const ODD: &[&str] = &["a.b", "UPPER\\.com", "with/slash", "tab\\+x", "\u{e9}"];
const SEGMENTS: &[&str] =
    &["a", "b", "api", "v1", "a-b", "a.b", "%20", "x", "", "A", "~t", "__proto__", "constructor"];

fn path(rng: &mut Rng, depth: usize, many: usize) -> String {
    let mut path = String::new();
    for _ in 0..rng.usize(..depth) {
        path.push('/');
        path.push_str(SEGMENTS[rng.usize(..SEGMENTS.len())]);
    }
    if rng.u8(..10) < 5 {
        path = format!("{path}/s{}", rng.usize(..many));
    }
    if rng.u8(..7) == 0 {
        path.push('/');
    }
    if path.is_empty() { ["", "/", "/"][rng.usize(..3)].to_owned() } else { path }
}

/// The entries of a table that is large enough for an index.
fn table(rng: &mut Rng) -> Vec<String> {
    let many = [60, 60, 200, 600, 1_200][rng.usize(..5)];
    let mut hosts: Vec<String> = Vec::new();
    for _ in 0..[0, 1, 3, 8, 14][rng.usize(..5)] {
        let host = match rng.u8(..10) {
            0..4 => PATTERNS[rng.usize(..PATTERNS.len())].replace('.', "\\.").replace('*', ".*"),
            4 => ODD[rng.usize(..ODD.len())].to_owned(),
            _ => HOSTS[rng.usize(..HOSTS.len())].replace('.', "\\."),
        };
        hosts.push(host);
    }
    if rng.u8(..5) == 0 {
        hosts.extend((0..many / 3).map(|at| format!("t{at}\\.example\\.com")));
    }
    let depth = 2 + rng.usize(..5);
    let entry = |at: usize| {
        let host = if hosts.is_empty() || rng.u8(..4) == 0 { "" } else { &hosts[rng.usize(..hosts.len())] };
        let kind = ["url", "bucket", "site"][rng.usize(..3)];
        format!("{kind},{at:04x},{host},{}", path(rng, depth, many))
    };
    (0..many).map(entry).collect()
}

/// The namespace that the engine's reader finds.
fn through_engine(keys: &Keys, host: &str, uri: &str) -> Option<String> {
    let marker: serde_json::Value = serde_json::from_str(&keys[&format!("{ROUTER}:routes")]).unwrap();
    let name = marker.as_object().unwrap().keys().find(|name| *name != "parts").unwrap();
    let root = Root::decode(name).unwrap();
    let page = |at: usize| decode(keys.get(&format!("{ROUTER}:index:{}.{at}", root.layout.epoch))?);
    find(&root, host, uri, page).unwrap().map(|found| found.id)
}

fn agree(keys: &Keys, table: &Table, matcher: &Matcher<'_>, host: &str, uri: &str) {
    let scanned = edge::scan(table, host, uri).map(|line| line.ns.clone());
    let matched = matcher.winner(host, uri).unwrap().map(|at| table.lines[at].ns.clone());
    assert_eq!(matched, scanned, "{host}{uri}: explainRoute and the scan");
    assert_eq!(through_engine(keys, host, uri), scanned, "{host}{uri}: the engine's reader and the scan");
    let Answer::Found { winner, .. } = ask(keys, ROUTER, host, uri) else { panic!("{host}{uri}: torn") };
    assert_eq!(winner.map(|winner| winner.id), scanned, "{host}{uri}: the independent reader and the scan");
}

#[test]
fn a_request_finds_the_same_route_in_every_way() {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seed = number("ROUTESYNC_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    let mut rng = Rng::with_seed(seed);
    let requests =
        number("ROUTESYNC_REQUESTS").unwrap_or_else(|| effort("requests in every way", 2_000, 8_000));
    let (mut asked, mut without) = (0, 0);
    while asked < requests {
        let mut world = World::new(START);
        let texts: Vec<String> = table(&mut rng).iter().map(|text| go_string(text)).collect();
        world.sim.write_as_sst(ROUTER, &format!("[{}]", texts.join(",")), "{\"parts\":N}");
        world.warm = None;
        let plan = world.plan(&[&with_index(whole(ROUTER, "o", Vec::new()))]);
        for staged in &plan.batches {
            world.sim.apply(&staged.batch).unwrap();
        }
        let keys = &world.sim.keys;
        if epoch(keys, ROUTER).is_none() {
            without += 1;
            continue;
        }
        assert_eq!(is_late(keys, ROUTER), Some(false));
        let table = world.table(ROUTER);
        let lines = table.lines.iter().map(|line| Line { host: &line.host, path: &line.path }).collect();
        let matcher = Matcher::new(lines, Reader::default());
        for _ in 0..100 {
            let (host, uri) = edge::request(&table, &mut rng);
            // No request has a host with a slash.
            let other = rng.u8(..4) == 0 || host.contains('/');
            let host = if other { HOSTS[rng.usize(..HOSTS.len())].to_owned() } else { host };
            let uri = if rng.u8(..4) == 0 { format!("/{}", path(&mut rng, 6, 300)) } else { uri };
            agree(keys, &table, &matcher, &host, &uri);
            asked += 1;
        }
    }
    println!("{asked} requests, {without} tables without an index");
    assert!(without * 100 < asked);
}
