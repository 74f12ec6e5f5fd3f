//! Raw changes: entries and keys of SST's form.

use std::time::Duration;

use futures_util::future::join_all;

use super::pressure::{ROUTER, a_raw_read_two_states_old, one, prune, quiet};
use routesync_core::options::{Action, Call, Repair};
use routesync_core::report::Report;
use routesync_sim::model::config::Config;
use routesync_sim::model::raw_change::RawChange;
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::{Running, start};
use routesync_sim::model::world::{Shared, lock};
use routesync_sim::support::declare::{grace, route, url, whole};
use routesync_sim::support::reader;

const LONG: Duration = Duration::from_mins(2);
const METADATA: &str = r#"{"host":"a.example.com","origin":{}}"#;

fn line(namespace: &str, path: &str) -> String {
    format!("url,{namespace},,{path}")
}

async fn entries(running: &Running, adds: &[String], removes: &[String]) -> Report {
    let (call, change) = RawChange::entries(ROUTER, adds, removes);
    running.raw(call, change, LONG).await.unwrap().unwrap()
}

async fn keys(running: &Running, namespace: &str, names: &[&str], purges: bool) -> Report {
    let value = |name: &str| if name == "metadata" { METADATA } else { "s3" };
    let puts = names.iter().map(|name| ((*name).to_owned(), value(name).to_owned())).collect();
    let (call, change) = RawChange::keys(namespace, puts, purges, &[]);
    running.raw(call, change, LONG).await.unwrap().unwrap()
}

fn has(world: &Shared, key: &str) -> bool {
    lock(world).keys().contains_key(key)
}

fn scenario<F: Future<Output = ()>>(work: impl FnOnce(Shared) -> F) {
    let ran = in_world(quiet(), false, work);
    assert!(ran.violations.is_empty(), "{:#?}", ran.violations);
}

#[test]
fn a_lagging_read_of_a_raw_table_is_noticed() {
    assert!(a_raw_read_two_states_old().violations.is_empty());
}

#[test]
fn calls_that_are_made_together_share_a_commit_and_metadata_comes_first() {
    scenario(|world| async move {
        let running = start(&world, None);
        let namespaces: Vec<String> = (0..100).map(|n| format!("{:04x}", 0x5000 + n)).collect();
        let owner = running.call(one("app/0", "/a", "t0"), None, LONG, None);
        let mut calls = Vec::new();
        for namespace in &namespaces {
            let puts = vec![("metadata".to_owned(), METADATA.to_owned())];
            let (call, change) = RawChange::keys(namespace, puts, false, &[]);
            calls.push(running.raw(call, change, LONG));
            let (call, change) =
                RawChange::entries(ROUTER, &[line(namespace, &format!("/{namespace}"))], &[]);
            calls.push(running.raw(call, change, LONG));
        }
        let reports: Vec<Report> =
            join_all(calls).await.into_iter().map(|settled| settled.unwrap().unwrap()).collect();
        owner.await.unwrap().unwrap();
        let etags: std::collections::BTreeSet<&str> =
            reports.iter().map(|report| report.etag.as_str()).collect();
        assert_eq!(etags.len(), 1);
        let updates = lock(&world).updates;
        assert!(updates <= 4, "{updates} writes for 104 keys");
        assert_eq!(reader::table(lock(&world).keys(), ROUTER).unwrap().lines.len(), 101);
    });
}

#[test]
fn a_site_of_ten_thousand_files_does_not_delay_a_route() {
    scenario(|world| async move {
        let running = start(&world, None);
        let files: Vec<String> = (0..10_000).map(|n| format!("/assets/{n}.js")).collect();
        let names: Vec<&str> = files.iter().map(String::as_str).chain(["metadata"]).collect();
        let puts = names.iter().map(|name| ((*name).to_owned(), "s3".to_owned())).collect();
        let (call, change) = RawChange::keys("5000", puts, false, &[]);
        let site = running.raw(call, change, Duration::from_mins(10));
        tokio::time::sleep(Duration::from_millis(200)).await;
        let before = lock(&world).updates;
        keys(&running, "5001", &["metadata"], false).await;
        entries(&running, &[line("5001", "/a")], &[]).await;
        let between = lock(&world).updates - before;
        assert!(!site.is_finished());
        assert!(between <= 16, "{between} writes until the route was live");
        site.await.unwrap().unwrap();
        let updates = lock(&world).updates;
        assert!((201..=216).contains(&updates), "{updates} writes for 10,001 keys and a route");
    });
}

#[test]
fn a_purge_spares_what_an_entry_names_and_what_is_not_sst_s() {
    scenario(|world| async move {
        let running = start(&world, None);
        // The namespace of this route is that of the router.
        running.sync(one("app/0", "/own", "t0")).await.unwrap();
        for namespace in [ROUTER, "5000"] {
            keys(&running, namespace, &["/a.js", "metadata"], false).await;
        }
        entries(&running, &[line("5000", "/x"), line(ROUTER, "/y")], &[]).await;
        let kept = keys(&running, "5000", &[], true).await;
        assert_eq!(
            kept.warnings.iter().map(|warning| warning.code.name()).collect::<Vec<_>>(),
            ["STILL_NAMED"]
        );
        assert!(has(&world, "5000:metadata") && has(&world, "5000:/a.js"));
        // Together: the entry goes first.
        let (removes, change) = RawChange::entries(ROUTER, &[], &[line("5000", "/x"), line(ROUTER, "/y")]);
        let removes = running.raw(removes, change, LONG);
        keys(&running, "5000", &[], true).await;
        keys(&running, ROUTER, &[], true).await;
        removes.await.unwrap().unwrap();
        let left: Vec<String> = lock(&world).keys().keys().cloned().collect();
        let gone = |key: &&String| {
            key.starts_with("5000:") || key.ends_with("/a.js") || **key == format!("{ROUTER}:metadata")
        };
        assert_eq!(left.iter().filter(gone).count(), 0, "{left:?}");
        assert!(left.contains(&format!("{ROUTER}:routes")) && left.iter().any(|key| key.contains(":owner:")));
    });
}

#[test]
fn a_commit_lists_the_store_once_however_many_namespaces_it_purges() {
    scenario(|world| async move {
        let running = start(&world, None);
        let namespaces: Vec<String> = (0..120).map(|n| format!("{:04x}", 0x5000 + n)).collect();
        for namespace in &namespaces {
            keys(&running, namespace, &["/a.js", "metadata"], false).await;
        }
        let other = start(&world, None);
        let before = lock(&world).lists;
        let calls: Vec<_> = namespaces
            .iter()
            .map(|namespace| RawChange::keys(namespace, Vec::new(), true, &[]))
            .map(|(call, change)| other.raw(call, change, LONG))
            .collect();
        // Somebody else writes in the meantime, and the commit begins again.
        keys(&running, "5200", &["metadata"], false).await;
        for call in join_all(calls).await {
            call.unwrap().unwrap();
        }
        // The store also has 60 files of others.
        assert_eq!(lock(&world).lists - before, 7, "300 keys are 7 pages");
        let left: Vec<String> = lock(&world).keys().keys().cloned().collect();
        assert_eq!(left.iter().filter(|key| key.starts_with('5')).count(), 1, "{left:?}");
    });
}

#[test]
fn a_purge_spares_what_a_router_names_whose_calls_are_refused() {
    scenario(|world| async move {
        let running = start(&world, None);
        keys(&running, "5000", &["metadata"], false).await;
        let (call, change) = RawChange::entries(ROUTER, &["url,5000,,/raw".to_owned()], &[]);
        running.raw(call, change, LONG).await.unwrap().unwrap();
        // Both are made at once, so they share a commit: the owner's call is refused, since SST holds its pattern.
        let other = start(&world, None);
        let refused = other.call(one("app/0", "/raw", "t1"), None, LONG, None);
        let (call, change) = RawChange::keys("5000", Vec::new(), true, &["metadata".to_owned()]);
        let purge = other.raw(call, change, LONG);
        assert!(refused.await.unwrap().is_err());
        purge.await.unwrap().unwrap();
        assert!(has(&world, "5000:metadata"), "the entry still leads to it");
    });
}

/// A call that repairs `router`, and what belongs to others with it.
fn foreign_repair(router: &str) -> Call {
    let set = whole(router, "app/1", vec![route("/r", url("t3.example.com"))]);
    Call { action: Action::Repair(Repair { foreign: true }), ..set }
}

#[test]
fn a_repair_keeps_what_raw_entries_of_its_commit_name_in_another_router() {
    for [named, repaired] in [["01ab", ROUTER], [ROUTER, "01ab"]] {
        let config = Config { routers: vec!["01ab".to_owned(), ROUTER.to_owned()], ..quiet() };
        for replaces in [false, true] {
            let ran = in_world(config.clone(), false, |world| async move {
                let running = start(&world, None);
                for namespace in ["5000", "5001"] {
                    keys(&running, namespace, &["metadata"], false).await;
                }
                let old = if replaces { vec![line("5001", "/x")] } else { Vec::new() };
                let (call, change) = RawChange::entries(named, &old, &[]);
                running.raw(call, change, LONG).await.unwrap().unwrap();
                let repair = running.call(foreign_repair(repaired), None, LONG, None);
                let (call, change) = RawChange::entries(named, &[line("5000", "/x")], &old);
                let raw = running.raw(call, change, LONG).await.unwrap().unwrap();
                assert_eq!(raw.etag, repair.await.unwrap().unwrap().etag, "one commit");
                assert!(has(&world, "5000:metadata"), "the new entry leads to it");
                assert_eq!(has(&world, "5001:metadata"), replaces);
            });
            let noise = "4: 5001:metadata is none of ours";
            let violations: Vec<_> = ran.violations.iter().filter(|one| !one.contains(noise)).collect();
            assert!(violations.is_empty(), "{violations:#?}");
        }
    }
}

#[test]
fn a_repair_leaves_the_namespaces_of_raw_keys_alone_that_share_its_commit() {
    let other = METADATA.replace("a.example", "b.example");
    let puts = |value: &str| vec![("metadata".to_owned(), value.to_owned())];
    for (puts, purges) in
        [(puts(METADATA), false), (puts(&other), false), (puts(&other), true), (vec![], true)]
    {
        scenario(|world| async move {
            let running = start(&world, None);
            keys(&running, "5000", &["metadata"], false).await;
            let repair = running.call(foreign_repair(ROUTER), None, LONG, None);
            let (call, change) = RawChange::keys("5000", puts.clone(), purges, &[]);
            let raw = running.raw(call, change, LONG).await.unwrap().unwrap();
            assert_eq!(raw.etag, repair.await.unwrap().unwrap().etag, "one commit");
            let stored = lock(&world).keys().get("5000:metadata").cloned();
            assert_eq!(stored, puts.first().map(|(_, value)| value.clone()));
        });
    }
}

#[test]
fn an_adopted_namespace_is_kept_for_raw_keys_and_deleted_once() {
    let adopting = |target: &str| {
        let mut call = one("app/0", "/a", target);
        call.safety.adopt = true;
        call
    };
    let metadata = |value: &str| vec![("metadata".to_owned(), value.to_owned())];
    let target = url("t0.example.com");
    let adopted = target.metadata();
    for how in ["prune", "sweep", "adoption"] {
        for puts in [metadata(METADATA), metadata(adopted), Vec::new()] {
            scenario(|world| async move {
                let running = start(&world, None);
                let (call, change) = RawChange::keys("5000", metadata(adopted), false, &[]);
                running.raw(call, change, LONG).await.unwrap().unwrap();
                entries(&running, &[line("5000", "/a")], &[]).await;
                let owned = match how {
                    "adoption" => running.call(grace(0, adopting("t0")), None, LONG, None),
                    "prune" => {
                        running.sync(adopting("t0")).await.unwrap();
                        let (call, rights) = prune("app/0");
                        running.call_with(call, rights, None, LONG, None)
                    }
                    _ => {
                        running.sync(adopting("t0")).await.unwrap();
                        tokio::time::sleep(Duration::from_hours(1)).await;
                        running.call(adopting("t9"), None, LONG, None)
                    }
                };
                assert!(has(&world, "5000:metadata"), "the owner's call deletes it");
                let stored = ["metadata".to_owned()];
                let (call, change) = RawChange::keys("5000", puts.clone(), puts.is_empty(), &stored);
                let raw = running.raw(call, change, LONG).await.unwrap().unwrap();
                assert_eq!(raw.etag, owned.await.unwrap().unwrap().etag, "one commit");
                let left = lock(&world).keys().get("5000:metadata").cloned();
                assert_eq!(left, puts.first().map(|(_, value)| value.clone()));
            });
        }
    }
}
