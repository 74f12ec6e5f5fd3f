//! The index of a table: other writers, other versions, interrupted changes, and its limits.

use std::future::Future;
use std::time::Duration;

use fastrand::Rng;

use super::pressure::{ROUTER, a_large_change_stops_under_a_late_root, indexed, quiet};
use super::{kept, scenario};
use routesync_core::error::Code;
use routesync_core::options::Call;
use routesync_sim::model::config::Config;
use routesync_sim::model::foreign::{Style, put_table, texts};
use routesync_sim::model::raw_change::RawChange;
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::{Running, start};
use routesync_sim::model::world::{Shared, lock};
use routesync_sim::support::declare::{route, url, whole};
use routesync_sim::support::indexed::{digest, digest_of, epoch, epochs, is_late};
use routesync_sim::support::{edge, reader};

fn with_index<F: Future<Output = ()>>(work: impl FnOnce(Shared) -> F) {
    kept(&in_world(Config { index: true, ..quiet() }, false, work));
}

/// A call of `owner` that says nothing about an index.
fn plain(owner: &str, count: usize) -> Call {
    let routes = (0..count).map(|n| route(&format!("/{owner}/{n}"), url(&format!("p{n}.example.com"))));
    whole(ROUTER, owner, routes.collect())
}

fn root(world: &Shared) -> String {
    lock(world).keys()[&format!("{ROUTER}:routes")].clone()
}

/// Whether the table has an index that is exact.
fn is_exact(world: &Shared) -> bool {
    let world = lock(world);
    let table = reader::table(world.keys(), ROUTER).unwrap();
    let raws = table.lines.iter().map(|line| line.raw.as_str());
    edge::wrong(world.keys(), ROUTER, &table, &mut Rng::new(), 200).unwrap();
    digest(world.keys(), ROUTER) == Some(digest_of(raws))
}

fn sst_rewrites(world: &Shared) {
    let mut world = lock(world);
    let mut keys = world.keys().clone();
    let mut lines = texts(&keys, ROUTER);
    lines.push("url,0aaa,,/of/sst".to_owned());
    put_table(&mut keys, ROUTER, &lines, Style::Sst, &mut Rng::new());
    world.push_foreign(keys, "SST");
}

#[test]
fn a_large_change_that_stops_leaves_a_late_root_that_nobody_trusts() {
    kept(&a_large_change_stops_under_a_late_root());
}

#[test]
fn an_owner_without_the_option_builds_an_index_that_sst_has_dropped() {
    with_index(|world: Shared| async move {
        let process = start(&world, None);
        process.sync(indexed("app/0", 60, 0)).await.unwrap();
        process.sync(plain("app/1", 3)).await.unwrap();
        assert!(is_exact(&world));
        let first = epoch(lock(&world).keys(), ROUTER);
        sst_rewrites(&world);
        assert_eq!(is_late(lock(&world).keys(), ROUTER), None, "SST drops the root");
        // A new process: nothing tells it of the index but its own record.
        start(&world, None).sync(plain("app/1", 4)).await.unwrap();
        assert!(is_exact(&world));
        assert_ne!(epoch(lock(&world).keys(), ROUTER), first, "an epoch is never used again");
    });
}

#[test]
fn a_router_without_an_index_has_no_key_of_one() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(plain("app/0", 100)).await.unwrap();
        process.sync(plain("app/0", 99)).await.unwrap();
        let world = lock(&world);
        assert!(!world.keys().keys().any(|key| key.contains(":index")));
        assert!(!world.keys().values().any(|value| value.contains("indexed")));
    });
}

#[test]
fn a_newer_index_is_dropped_with_the_first_change_and_its_ledger_is_left_alone() {
    with_index(|world: Shared| async move {
        let process = start(&world, None);
        process.sync(indexed("app/0", 60, 0)).await.unwrap();
        let ledger = format!("{ROUTER}:index");
        let mut keys = lock(&world).keys().clone();
        let marker = root(&world);
        let newer = marker.replacen("\"1 ", "\"2 ", 1);
        assert_ne!(marker, newer);
        keys.insert(format!("{ROUTER}:routes"), newer.clone());
        keys.insert(ledger.clone(), r#"{"v":2,"new":true}"#.to_owned());
        keys.retain(|key, _| !key.starts_with(&format!("{ledger}:")));
        lock(&world).push_foreign(keys, "a newer version");
        let later = start(&world, None);
        later.sync(indexed("app/0", 60, 0)).await.unwrap();
        assert_eq!(root(&world), newer, "nothing changed");
        let before = lock(&world).updates;
        later.sync(indexed("app/0", 61, 0)).await.unwrap();
        let world = lock(&world);
        assert_eq!(world.updates - before, 1, "the change and the bare marker are one write");
        assert_eq!(world.keys()[&format!("{ROUTER}:routes")].trim_end(), r#"{"parts":2}"#);
        assert_eq!(world.keys()[&ledger], r#"{"v":2,"new":true}"#);
    });
}

#[test]
fn an_index_that_is_given_up_leaves_no_key_after_its_grace_period() {
    with_index(|world: Shared| async move {
        let process = start(&world, None);
        process.sync(indexed("app/0", 60, 0)).await.unwrap();
        let mut off = indexed("app/0", 60, 0);
        off.index = Some(false);
        process.sync(off.clone()).await.unwrap();
        assert_eq!(is_late(lock(&world).keys(), ROUTER), None);
        assert_eq!(epochs(lock(&world).keys(), ROUTER).len(), 1, "requests may still see the root");
        tokio::time::sleep(Duration::from_secs(301)).await;
        process.sync(off).await.unwrap();
        let world = lock(&world);
        assert!(!world.keys().keys().any(|key| key.contains(":index")), "{:?}", world.keys().keys());
    });
}

#[test]
fn patterns_that_an_index_cannot_hold_are_refused_or_reported() {
    with_index(|world: Shared| async move {
        let process = start(&world, None);
        let previews = |count: usize| {
            let hosts = (0..count).map(|n| route(&format!("*.pr-{n}.example.com/"), url("t.example.com")));
            let mut call = whole(ROUTER, "app/1", hosts.collect());
            call.index = Some(true);
            call
        };
        process.sync(indexed("app/0", 60, 0)).await.unwrap();
        process.sync(previews(120)).await.unwrap();
        assert!(is_exact(&world), "overflow pages hold 120 patterns");
        let refused = process.sync(previews(400)).await.unwrap_err();
        assert_eq!(refused.code, Code::IndexTooLarge);
        assert!(is_exact(&world));
        let mut without = previews(400);
        without.index = Some(false);
        process.sync(without).await.unwrap();
        let report = process.sync(previews(400)).await.unwrap();
        let codes: Vec<_> = report.warnings.iter().map(|warning| warning.code.name()).collect();
        assert!(codes.contains(&"INDEX_MISSING"), "{codes:?}");
        assert_eq!(report.index_pages, None);
    });
}

#[test]
fn no_metadata_is_purged_while_an_index_is_late() {
    with_index(|world: Shared| async move {
        let process = start(&world, None);
        process.sync(indexed("app/0", 60, 0)).await.unwrap();
        let mut keys = lock(&world).keys().clone();
        let now = digest(&keys, ROUTER).unwrap();
        let marker = keys[&format!("{ROUTER}:routes")].replacen(&now, "-", 1);
        keys.insert(format!("{ROUTER}:routes"), marker);
        keys.insert("5000:metadata".to_owned(), "{}".to_owned());
        lock(&world).push_foreign(keys, "a deploy that crashed");
        let stored = ["metadata".to_owned()];
        let purge = |running: &Running| {
            let (call, change) = RawChange::keys("5000", Vec::new(), true, &stored);
            running.raw(call, change, Duration::from_mins(2))
        };
        let report = purge(&start(&world, None)).await.unwrap().unwrap();
        assert_eq!(report.warnings.iter().map(|it| it.code.name()).collect::<Vec<_>>(), ["STILL_NAMED"]);
        assert!(lock(&world).keys().contains_key("5000:metadata"));
        process.sync(indexed("app/0", 61, 0)).await.unwrap();
        assert!(is_exact(&world));
        purge(&start(&world, None)).await.unwrap().unwrap();
        assert!(!lock(&world).keys().contains_key("5000:metadata"));
    });
}
