//! Sequences that random seeds of the model have found, made small.

use std::time::Duration;

use serde_json::json;

use super::{LONG, ROUTER, kept, next, scenario};
use crate::pressure::{
    a_call_that_leaves_beside_a_guarded_one, a_slow_change_and_a_sweep_after_the_grace_of_its_plan, one,
    prune, quiet, stands,
};
use routesync_core::error::Code;
use routesync_core::options::{Action, Call, Cursor, MaxRemoved, Policy, Repair, Takeover, Verify};
use routesync_sim::model::config::Config;
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::start;
use routesync_sim::model::undoing::rollback;
use routesync_sim::model::view::site_files;
use routesync_sim::model::world::{Scripted, lock};
use routesync_sim::support::declare::{part, route, site, url, whole};

fn taking(mut call: Call) -> Call {
    call.safety.takeover = Takeover::All;
    call
}

fn keeping(changes: u64, call: Call) -> Call {
    Call { history: Some(changes), ..call }
}

#[test]
fn a_removal_that_was_planned_already_says_that_the_store_is_gone() {
    let config = Config { deleted_at: Some(Duration::from_secs(1)), ..quiet() };
    kept(&in_world(config, false, |world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let options = json!({ "router": ROUTER, "owner": "app/0" });
        let removal = Call::read_removal(&Cursor::root(&options)).unwrap();
        let report = process.sync(removal).await.unwrap();
        assert_eq!(
            report.warnings.iter().map(|warning| warning.code.name()).collect::<Vec<_>>(),
            ["STORE_GONE"]
        );
        assert!(report.removed.is_empty(), "{report:?}");
    }));
}

#[test]
fn listings_of_several_states_do_not_discredit_the_counts() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        process.sync(one("app/0", "/a", "t2")).await.unwrap();
        // A repair lists the store twice, two pages each time: of the second listing the first page lags.
        for round in 0..8 {
            next(&world, Op::List, if round == 0 { 2 } else { 3 }, Fate::States(1));
        }
        let repair = Call { action: Action::Repair(Repair::default()), ..one("app/0", "/a", "t2") };
        process.sync(repair).await.unwrap();
        assert!(lock(&world).script.is_empty(), "every listing was torn");
        // A table that lags is still told by its counts.
        start(&world, None).sync(one("app/1", "/b", "t1")).await.unwrap();
        let key = Some(format!("{ROUTER}:routes"));
        let (of, fate) = (Some(process.port.process), Fate::States(1));
        lock(&world).script.push(Scripted { process: of, op: Op::Get, key, skip: 0, times: 1, fate });
        process.sync(one("app/0", "/a", "t3")).await.unwrap();
        assert!(lock(&world).script.is_empty(), "the table lagged");
    });
}

#[test]
fn what_a_call_may_remove_is_looked_at_again_when_another_one_leaves() {
    kept(&a_call_that_leaves_beside_a_guarded_one(|error| assert_eq!(error, Some(Code::UnsafePlan))));
}

#[test]
fn what_late_writes_retire_is_kept_from_then_on() {
    kept(&a_slow_change_and_a_sweep_after_the_grace_of_its_plan());
}

#[test]
fn what_a_call_may_remove_is_looked_at_again_when_its_first_write_on_an_old_state_is_lost() {
    scenario(|world| async move {
        let process = start(&world, None);
        let set = |names: &[&str]| {
            let routes = names.iter().map(|name| route(name, url("t1.example.com")));
            whole(ROUTER, "app/0", routes.collect())
        };
        process.sync(set(&["/a"])).await.unwrap();
        start(&world, None).sync(set(&["/a", "/b", "/c"])).await.unwrap();
        // The process still has the state with one route, and its write does not arrive.
        next(&world, Op::Update, 0, Fate::Lost { applied: None, silence: Duration::from_millis(1) });
        let mut guarded = set(&["/a", "/d"]);
        guarded.safety.max_removed = Some(MaxRemoved::Count(1));
        assert_eq!(process.sync(guarded).await.unwrap_err().code, Code::UnsafePlan);
    });
}

#[test]
fn a_set_whose_site_two_rollbacks_of_its_commit_bring_back_is_superseded() {
    scenario(|world| async move {
        let process = start(&world, None);
        let names = |version: usize| site_files(version);
        let of_site = |version: usize| {
            let names = names(version);
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            keeping(4, whole(ROUTER, "app/0", vec![route("/site", site(version, &names))]))
        };
        process.sync(keeping(4, one("app/0", "/a", "t1"))).await.unwrap();
        process.sync(of_site(1)).await.unwrap();
        process.sync(keeping(4, one("app/0", "/b", "t1"))).await.unwrap();
        // The first rollback takes the site away, the second one brings it back as it is stored.
        let calls = [of_site(0), rollback(ROUTER, "app/0", 1), rollback(ROUTER, "app/0", 2)];
        let mut reports = Vec::new();
        for call in calls.map(|call| process.call(call, None, LONG, None)) {
            reports.push(call.await.unwrap().unwrap());
        }
        assert_eq!(reports[0].superseded_by, Some(reports[2].call));
    });
}

#[test]
fn a_prune_fits_whatever_else_the_commit_writes() {
    for count in 35..55 {
        scenario(|world| async move {
            let process = start(&world, None);
            // It has nothing but a record.
            process.sync(keeping(2, whole(ROUTER, "app/1", Vec::new()))).await.unwrap();
            let set = (0..count).map(|n| route(&format!("/{n}"), url(&format!("t{n}.example.com"))));
            let (prune, rights) = prune("app/1");
            let prune = process.call_with(prune, rights, None, LONG, None);
            let set = process.call(whole(ROUTER, "app/0", set.collect()), None, LONG, None);
            prune.await.unwrap().unwrap();
            set.await.unwrap().unwrap();
        });
    }
}

#[test]
fn a_change_that_a_history_keeps_fits_whatever_else_the_commit_writes() {
    for count in 35..55 {
        // A router that is planned first fills the batch.
        let config = Config { routers: vec!["01ab".to_owned(), ROUTER.to_owned()], ..quiet() };
        kept(&in_world(config, false, |world| async move {
            let process = start(&world, None);
            process.sync(keeping(2, one("app/1", "/a", "t1"))).await.unwrap();
            let set = (0..count).map(|n| route(&format!("/{n}"), url(&format!("t{n}.example.com"))));
            let set = whole("01ab", "app/0", set.collect());
            let calls = [set, keeping(2, one("app/1", "/b", "t2"))];
            for call in calls.map(|call| process.call(call, None, LONG, None)) {
                call.await.unwrap().unwrap();
            }
        }));
    }
}

#[test]
fn what_was_taken_over_is_kept_as_long_as_its_maker_lists_it_when_the_change_that_took_it_is_dropped() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        process.sync(keeping(4, taking(one("app/1", "/a", "t2")))).await.unwrap();
        process.sync(taking(one("app/0", "/a", "t1"))).await.unwrap();
        tokio::time::sleep(Duration::from_secs(100)).await;
        process.sync(one("app/0", "/b", "t3")).await.unwrap();
        // It does not read the record of the maker, since nothing is due before the change is dropped.
        let metadata = |to: &str| lock(&world).keys().values().any(|value| value.contains(to));
        start(&world, None).sync(keeping(0, one("app/1", "/c", "t4"))).await.unwrap();
        assert!(metadata("t1.example.com"), "it is kept for a while");
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(65)).await;
            start(&world, None).sync(one("app/0", "/b", "t3")).await.unwrap();
            start(&world, None).sync(one("app/1", "/c", "t4")).await.unwrap();
        }
        assert!(!metadata("t1.example.com"), "and goes in the end");
    });
}

#[test]
fn a_rollback_that_a_takeover_of_its_commit_overtakes_says_so() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(keeping(4, one("app/0", "/shared", "t1"))).await.unwrap();
        process.sync(keeping(4, one("app/0", "/b", "t1"))).await.unwrap();
        let calls = [rollback(ROUTER, "app/0", 1), taking(one("app/1", "/shared", "t2"))];
        let mut reports = Vec::new();
        for call in calls.map(|call| process.call(call, None, LONG, None)) {
            reports.push(call.await.unwrap().unwrap());
        }
        assert_eq!(reports[0].superseded_by, Some(reports[1].call));
    });
}

#[test]
fn what_a_call_that_only_adds_leads_to_is_told_as_it_stood_under_the_etag_that_it_reports() {
    scenario(|world| async move {
        start(&world, None).sync(one("app/1", "/c", "t1")).await.unwrap();
        let process = start(&world, None);
        let late = |op, key: Option<&str>, skip| {
            let fate = Fate::Lost { applied: None, silence: Duration::from_millis(400) };
            let (process, key) = (Some(process.port.process), key.map(str::to_owned));
            lock(&world).script.push(Scripted { process, op, key, skip, times: 1, fate });
        };
        // The check is late; then the full check is, which reads the table for the third time.
        late(Op::Describe, None, 1);
        late(Op::Get, Some(&format!("{ROUTER}:routes")), 2);
        let of_part = |name: &str, target: &str| {
            let target = url(&format!("{target}.example.com"));
            part(ROUTER, "app/0", name, [], vec![route("/a", target)])
        };
        let mut adds = Call { verify: Verify::Full, ..of_part("one", "t1") };
        adds.safety.policy = Policy::CreateOnly;
        let adds = process.call(adds, None, LONG, None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        start(&world, None).sync(of_part("two", "t2")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
        start(&world, None).sync(one("app/1", "/d", "t1")).await.unwrap();
        // The judge compares the ids with the state that the report names.
        adds.await.unwrap().unwrap();
        assert!(lock(&world).script.is_empty(), "both were late");
    });
}

#[test]
fn a_prune_deletes_what_its_owner_has_listed_though_a_listing_lags() {
    scenario(|world| async move {
        let process = start(&world, None);
        for n in 1..5 {
            process.sync(one(&format!("app/{n}"), &format!("/{n}"), "t9")).await.unwrap();
        }
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        process.sync(one("app/0", "/a", "t2")).await.unwrap();
        let pruner = start(&world, None);
        let (of, fate) = (Some(pruner.port.process), Fate::States(1));
        lock(&world).script.push(Scripted { process: of, op: Op::List, key: None, skip: 0, times: 1, fate });
        let (prune, rights) = prune("app/0");
        pruner.call_with(prune, rights, None, LONG, None).await.unwrap().unwrap();
        let world = lock(&world);
        assert!(world.script.is_empty(), "the listing lagged");
        let left = |to: &str| world.keys().values().any(|value| value.contains(to));
        assert!(!left("t1.example.com") && !left("t2.example.com"));
    });
}

#[test]
fn a_marker_that_describes_the_table_is_written_bare_with_the_first_change() {
    scenario(|world| async move {
        let process = start(&world, None);
        let routes = |count: usize| -> Vec<_> {
            (0..count).map(|n| route(&format!("/app/{n}"), url(&format!("t{n}.example.com")))).collect()
        };
        process.sync(whole(ROUTER, "app/0", routes(60))).await.unwrap();
        // A later version may keep more about the table in its marker.
        let root = format!("{ROUTER}:routes");
        let marker = lock(&world).keys()[&root].clone();
        let described = marker.trim_end().replace('}', ",\"{root}\":0}");
        let mut keys = lock(&world).keys().clone();
        keys.insert(root.clone(), described.clone());
        lock(&world).push_foreign(keys, "a later version");

        let later = start(&world, None);
        let now = || {
            let world = lock(&world);
            (world.updates, world.keys()[&root].clone())
        };
        let (before, _) = now();
        later.sync(whole(ROUTER, "app/0", routes(60))).await.unwrap();
        assert_eq!(now(), (before, described), "nothing changed");
        let mut changed = routes(60);
        changed[7] = route("/app/7", url("other.example.com"));
        later.sync(whole(ROUTER, "app/0", changed)).await.unwrap();
        assert_eq!(now(), (before + 1, marker));
    });
}

#[test]
fn a_rollback_undoes_also_what_an_earlier_call_of_its_commit_drops() {
    scenario(|world| async move {
        let process = start(&world, None);
        let set = |to: &str, more: bool| {
            let mut routes = vec![route("/a", url(&format!("{to}.example.com")))];
            if more {
                routes.push(route("/p", url("p.example.com")));
            }
            keeping(4, whole(ROUTER, "app/0", routes))
        };
        process.sync(set("t1", true)).await.unwrap();
        process.sync(set("t2", true)).await.unwrap();
        let change = lock(&world).last_change(ROUTER, "app/0");
        // One commit: the set without `/p`, and the rollback of the change before it, and so of the set, too.
        let drops = process.call(set("t3", false), None, LONG, None);
        let back = process.call(rollback(ROUTER, "app/0", change), None, LONG, None);
        drops.await.unwrap().unwrap();
        back.await.unwrap().unwrap();
        assert_eq!(stands(&world, "/p").as_deref(), Some(url("p.example.com").metadata()));
        assert_eq!(stands(&world, "/a").as_deref(), Some(url("t1.example.com").metadata()));
        // The same rollback finds the same.
        let before = lock(&world).updates;
        process.sync(rollback(ROUTER, "app/0", change)).await.unwrap();
        assert_eq!(lock(&world).updates, before);
    });
}

#[test]
fn a_repair_keeps_what_a_rollback_of_its_commit_restores_in_another_router() {
    for [undone, repaired] in [["01ab", ROUTER], [ROUTER, "01ab"]] {
        let config = Config { routers: vec!["01ab".to_owned(), ROUTER.to_owned()], ..quiet() };
        kept(&in_world(config, false, |world| async move {
            let set = |router: &str, owner: &str, target: &str| {
                let target = url(&format!("{target}.example.com"));
                keeping(4, whole(router, owner, vec![route("/a", target)]))
            };
            let process = start(&world, None);
            process.sync(set(undone, "app/0", "t1")).await.unwrap();
            process.sync(set(undone, "app/0", "t2")).await.unwrap();
            let root = format!("{undone}:routes");
            let table = lock(&world).keys()[&root].clone();
            process.sync(set(undone, "app/0", "t1")).await.unwrap();
            // An old table is put back. No entry and no list names the first target, but the history leads back to it.
            let mut keys = lock(&world).keys().clone();
            keys.insert(root, table);
            lock(&world).push_foreign(keys, "the clobberer");
            let repair = Call { action: Action::Repair(Repair::default()), ..set(repaired, "app/1", "t3") };
            let calls = [repair, rollback(undone, "app/0", 1)];
            for call in calls.map(|call| process.call(call, None, LONG, None)) {
                call.await.unwrap().unwrap();
            }
            let metadata = |to: &str| lock(&world).keys().values().any(|value| value.contains(to));
            assert!(metadata("t1.example.com"), "the rollback leads to it");
        }));
    }
}
