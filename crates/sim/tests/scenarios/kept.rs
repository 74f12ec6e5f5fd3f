//! Metadata and files that nothing names any more: what keeps them, and what takes them away.

use std::time::Duration;

use super::{LONG, ROUTER, next, scenario};
use crate::pressure::{one, prune, stands};
use routesync_core::error::Code;
use routesync_core::options::{Action, Call, Repair, Takeover, Verify};
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::running::start;
use routesync_sim::model::undoing::rollback;
use routesync_sim::model::view::site_files;
use routesync_sim::model::world::{Scripted, Shared, lock};
use routesync_sim::support::declare::{route, site, url, whole};

fn set(owner: &str, routes: &[(&str, &str)]) -> Call {
    let routes = routes.iter().map(|(path, target)| route(path, url(&format!("{target}.example.com"))));
    whole(ROUTER, owner, routes.collect())
}

fn remembering(changes: u64, set: Call) -> Call {
    Call { history: Some(changes), ..set }
}

fn taking(mut set: Call) -> Call {
    set.safety.takeover = Takeover::All;
    set
}

/// Whether the metadata of a target is in the store.
fn stored(world: &Shared, target: &str) -> bool {
    lock(world).keys().iter().any(|(key, value)| key.ends_with(":metadata") && value.contains(target))
}

/// `app/0` keeps a change that leads back to `t1`. `app/1` takes the last entry of that target over.
async fn taken(world: &Shared) {
    let process = start(world, None);
    process.sync(remembering(2, set("app/0", &[("/a", "t1"), ("/shared", "t1")]))).await.unwrap();
    process.sync(remembering(2, set("app/0", &[("/a", "t2"), ("/shared", "t1")]))).await.unwrap();
    process.sync(taking(one("app/1", "/shared", "t3"))).await.unwrap();
}

#[test]
fn what_a_history_leads_back_to_is_kept_though_another_owner_has_taken_its_last_entry() {
    scenario(|world| async move {
        taken(&world).await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        let process = start(&world, None);
        process.sync(one("app/1", "/shared", "t4")).await.unwrap();
        assert!(stored(&world, "t1.example.com"), "the history of its maker leads back to it");
        // Two more changes of the maker push the one that leads back to it out of the history.
        for target in ["t5", "t6"] {
            process.sync(remembering(1, one("app/0", "/a", target))).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(100)).await;
        start(&world, None).sync(one("app/1", "/shared", "t5")).await.unwrap();
        assert!(!stored(&world, "t1.example.com"), "nothing leads back to it any more");
    });
}

#[test]
fn what_a_history_leads_back_to_is_kept_though_the_owner_that_took_its_last_entry_is_pruned() {
    scenario(|world| async move {
        taken(&world).await;
        let process = start(&world, None);
        let (prune, rights) = prune("app/1");
        process.call_with(prune, rights, None, LONG, None).await.unwrap().unwrap();
        assert!(stored(&world, "t1.example.com"), "the history of its maker leads back to it");
        process.sync(rollback(ROUTER, "app/0", 1)).await.unwrap();
    });
}

#[test]
fn what_a_commit_takes_over_and_drops_is_swept_though_a_history_is_kept() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        // No route of the owner is another one than before, so that no change is kept.
        let calls = [taking(one("app/1", "/a", "t2")), whole(ROUTER, "app/1", Vec::new())];
        for call in calls.map(|call| process.call(remembering(4, call), None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
        tokio::time::sleep(Duration::from_secs(100)).await;
        start(&world, None).sync(remembering(0, one("app/1", "/b", "t3"))).await.unwrap();
        assert!(!stored(&world, "t1.example.com"));
    });
}

#[test]
fn what_two_owners_have_taken_over_is_kept_as_long_as_the_later_one_says() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        process.sync(taking(one("app/1", "/a", "t2"))).await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
        // Its maker names it again, and loses it again.
        process.sync(one("app/0", "/b", "t1")).await.unwrap();
        process.sync(taking(one("app/2", "/b", "t3"))).await.unwrap();
        for kept in [true, false] {
            tokio::time::sleep(Duration::from_secs(40)).await;
            // In this order of the owners, or the other.
            for owners in [["app/1", "app/2"], ["app/2", "app/1"]] {
                let process = start(&world, None);
                let set = |owner| one(owner, if owner == "app/1" { "/a" } else { "/b" }, "t4");
                for call in owners.map(|owner| process.call(set(owner), None, LONG, None)) {
                    call.await.unwrap().unwrap();
                }
            }
            assert_eq!(stored(&world, "t1.example.com"), kept);
        }
    });
}

#[test]
fn a_site_that_a_history_leads_back_to_is_kept_though_another_owner_has_taken_it() {
    for pruned in [false, true] {
        scenario(|world| async move {
            let names = site_files(1);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let of_site = || whole(ROUTER, "app/0", vec![route("/s", site(1, &names))]);
            let process = start(&world, None);
            for set in [of_site(), one("app/0", "/s", "t1"), of_site()] {
                process.sync(remembering(4, set)).await.unwrap();
            }
            process.sync(taking(one("app/1", "/s", "t2"))).await.unwrap();
            if pruned {
                let (prune, rights) = prune("app/1");
                process.call_with(prune, rights, None, LONG, None).await.unwrap().unwrap();
            }
            tokio::time::sleep(Duration::from_secs(100)).await;
            start(&world, None).sync(one("app/1", "/x", "t4")).await.unwrap();
            assert!(stored(&world, "b.s3.eu-west-1"), "the history of its maker leads back to it");
        });
    }
}

#[test]
fn what_a_rollback_of_the_commit_needs_is_kept_though_no_history_is_kept_from_then_on() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(remembering(4, set("app/0", &[("/a", "t1"), ("/b", "t1")]))).await.unwrap();
        process.sync(remembering(4, set("app/0", &[("/a", "t2"), ("/b", "t1")]))).await.unwrap();
        let last = || remembering(0, one("app/0", "/c", "t3"));
        for call in [rollback(ROUTER, "app/0", 1), last()].map(|call| process.call(call, None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
        // The change that was undone is still there, and kept from now on.
        tokio::time::sleep(Duration::from_secs(100)).await;
        start(&world, None).sync(remembering(4, one("app/0", "/c", "t3"))).await.unwrap();
        assert!(stored(&world, "t1.example.com"));
        for target in ["t4", "t5"] {
            process.sync(remembering(1, one("app/0", "/c", target))).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(100)).await;
        process.sync(remembering(0, one("app/0", "/c", "t6"))).await.unwrap();
        tokio::time::sleep(Duration::from_secs(100)).await;
        process.sync(remembering(0, one("app/0", "/c", "t6"))).await.unwrap();
        assert!(!stored(&world, "t1.example.com"), "nothing leads back to it any more");
    });
}

#[test]
fn a_site_can_be_declared_again_while_a_repair_takes_its_files_away() {
    scenario(|world| async move {
        let names = site_files(4);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let declared = || whole(ROUTER, "app/0", vec![route("/site", site(4, &names))]);
        start(&world, None).sync(declared()).await.unwrap();
        // An old table is put back: no entry and no list names the site.
        let mut keys = lock(&world).keys().clone();
        keys.retain(|key, _| !key.ends_with(":routes") && !key.contains(":owner:"));
        lock(&world).push_foreign(keys, "the clobberer");
        // The second write of the repair does not arrive, and its caller gives up.
        let fate = Fate::Lost { applied: None, silence: Duration::from_secs(10) };
        next(&world, Op::Update, 1, fate);
        let repair = Call { action: Action::Repair(Repair::default()), ..one("app/1", "/a", "t1") };
        let repair = start(&world, None).call(repair, None, LONG, Some(Duration::from_millis(300)));
        assert_eq!(repair.await.unwrap().unwrap_err().code, Code::Aborted);
        let files = lock(&world).keys().keys().filter(|key| key.contains(":/assets/")).count();
        assert!((1..names.len()).contains(&files), "some are gone: {files}");
        start(&world, None).sync(declared()).await.unwrap();
    });
}

#[test]
fn a_repair_whose_caller_left_removes_nothing_more() {
    scenario(|world| async move {
        start(&world, None).sync(one("app/2", "/c", "t3")).await.unwrap();
        let process = start(&world, None);
        let (of, op) = (Some(process.port.process), Op::Describe);
        let fate = Fate::Lost { applied: None, silence: Duration::from_millis(400) };
        lock(&world).script.push(Scripted { process: of, op, key: None, skip: 1, times: 1, fate });
        let repair = Call { action: Action::Repair(Repair::default()), ..one("app/0", "/a", "t1") };
        let leaves = Some(Duration::from_millis(200));
        let repair = process.call(repair, None, LONG, leaves);
        let other = process.call(one("app/1", "/b", "t2"), None, LONG, None);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(repair.await.unwrap().unwrap_err().code, Code::Aborted);
        // A foreign writer keeps the repaired route alone: nothing names the target of the third owner, and no list has it.
        let mut keys = lock(&world).keys().clone();
        let table = keys.get_mut(&format!("{ROUTER}:routes")).unwrap();
        let mut entries: Vec<String> = serde_json::from_str(table).unwrap();
        entries.retain(|entry| entry.contains("/a"));
        *table = serde_json::to_string(&entries).unwrap();
        lock(&world).push_foreign(keys, "the clobberer");
        other.await.unwrap().unwrap();
        assert!(stands(&world, "/a").is_some() && stands(&world, "/b").is_some());
        assert!(stored(&world, "t3.example.com"), "nobody waits for the repair any more");
    });
}

#[test]
fn a_write_that_puts_metadata_again_is_seen_though_the_metadata_was_there_all_along() {
    for bytes in 0..64 {
        scenario(|world| async move {
            let target = format!("a{}.b{}.example.com", "1".repeat(bytes % 32), "1".repeat(bytes / 32 * 32));
            let routes = [&*target, "a.example.com", "b.example.com"];
            let routes = routes.iter().enumerate().map(|(n, host)| route(&format!("/{n}"), url(host)));
            let declared = whole(ROUTER, "app/0", routes.collect());
            start(&world, None).sync(declared.clone()).await.unwrap();
            let process = start(&world, None);
            // The listing that checks the metadata lags, and so does the read that looks again.
            let key =
                lock(&world).keys().iter().find(|(_, value)| value.contains(&target)).unwrap().0.clone();
            for (op, key, times) in [(Op::List, None, 2), (Op::Get, Some(key), 1)] {
                let (of, fate) = (Some(process.port.process), Fate::States(1));
                lock(&world).script.push(Scripted { process: of, op, key, skip: 0, times, fate });
            }
            let before = lock(&world).last().counts;
            process.sync(Call { verify: Verify::Full, ..declared }).await.unwrap();
            assert!(lock(&world).script.is_empty(), "both lagged");
            assert_ne!(lock(&world).last().counts, before);
        });
    }
}
