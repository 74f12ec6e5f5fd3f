//! Calls of one commit take effect in their order, also where the commit has to look or write again; and a record that
//! was deleted is never a later state.

use std::time::Duration;

use super::{LONG, ROUTER, kept, scenario};
use crate::pressure::{
    a_prune_and_a_read_from_before_it, a_rollback_beside_a_claim_of_what_it_keeps,
    a_set_beside_a_takeover_of_what_it_drops, one, quiet, stands,
};
use routesync_core::error::Code;
use routesync_core::options::{Action, Call, Policy, Repair, Takeover, Verify};
use routesync_core::report::Report;
use routesync_sim::model::config::Config;
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::{Running, start};
use routesync_sim::model::undoing::rollback;
use routesync_sim::model::world::{Scripted, Shared, lock};
use routesync_sim::support::declare::{part, route, url, whole};

fn set(owner: &str, routes: &[(&str, &str)]) -> Call {
    let routes = routes.iter().map(|(path, target)| route(path, url(&format!("{target}.example.com"))));
    whole(ROUTER, owner, routes.collect())
}

fn part_of(owner: &str, name: &str, routes: &[(&str, &str)]) -> Call {
    part(ROUTER, owner, name, [], set(owner, routes).routes)
}

fn taking(mut call: Call) -> Call {
    call.safety.takeover = Takeover::All;
    call
}

/// The check of the next commit of `process` is not answered for a while: its first Describe begins the commit, the
/// second one checks it.
fn late(world: &Shared, process: &Running) {
    let fate = Fate::Lost { applied: None, silence: Duration::from_millis(400) };
    let (process, op) = (Some(process.port.process), Op::Describe);
    lock(world).script.push(Scripted { process, op, key: None, skip: 1, times: 1, fate });
}

/// Makes `calls` at once. After their write, and before it is checked, `then` is written by another process.
async fn moved(world: &Shared, process: &Running, calls: Vec<Call>, then: Call) -> Vec<Report> {
    late(world, process);
    let calls: Vec<_> = calls.into_iter().map(|call| process.call(call, None, LONG, None)).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    start(world, None).sync(then).await.unwrap();
    let mut reports = Vec::new();
    for call in calls {
        reports.push(call.await.unwrap().unwrap());
    }
    reports
}

fn warned(report: &Report) -> bool {
    report.warnings.iter().any(|warning| warning.code.name() == "SUPERSEDED")
}

#[test]
fn a_lagging_read_from_before_a_prune_is_no_later_change() {
    kept(&a_prune_and_a_read_from_before_it());
}

#[test]
fn what_a_later_part_of_the_commit_declares_is_not_undone_when_the_store_moves() {
    scenario(|world| async move {
        let calls =
            vec![set("app/0", &[("/a", "t1")]), part_of("app/0", "new", &[("/a", "t1"), ("/b", "t2")])];
        let reports = moved(&world, &start(&world, None), calls, one("app/1", "/c", "t3")).await;
        assert_eq!(reports[0].superseded_by, Some(reports[1].call));
        assert!(stands(&world, "/b").is_some_and(|to| to.contains("t2")));
        // The later part holds `/a`: its delete alone removes it.
        let ids = reports[1].ids.iter().map(|(to, id)| (to.as_str(), id.as_str()));
        start(&world, None).sync(part(ROUTER, "app/0", "new", ids, Vec::new())).await.unwrap();
        assert!(stands(&world, "/a").is_none() && stands(&world, "/b").is_none());
    });
}

#[test]
fn what_a_later_part_of_the_commit_adds_stays_while_an_earlier_set_is_checked_in_full() {
    scenario(|world| async move {
        let full = Call { verify: Verify::Full, ..set("app/0", &[("/a", "t1")]) };
        let calls = vec![full, part_of("app/0", "new", &[("/b", "t2")])];
        moved(&world, &start(&world, None), calls, one("app/1", "/c", "t3")).await;
        assert!(stands(&world, "/a").is_some() && stands(&world, "/b").is_some());
    });
}

#[test]
fn what_a_later_call_of_the_commit_takes_over_is_not_taken_back_when_the_store_moves() {
    scenario(|world| async move {
        let calls = vec![
            taking(set("app/0", &[("/shared", "t1"), ("/a", "t1")])),
            taking(set("app/1", &[("/shared", "t2")])),
        ];
        let reports = moved(&world, &start(&world, None), calls, one("app/2", "/c", "t3")).await;
        assert_eq!(reports[0].superseded_by, Some(reports[1].call));
        assert!(!reports.iter().any(warned), "{reports:?}");
        assert!(stands(&world, "/shared").is_some_and(|to| to.contains("t2")));
        assert_eq!(lock(&world).updates, 2, "nothing is written again");
    });
}

#[test]
fn what_a_later_call_of_the_commit_has_taken_over_is_not_taken_from_who_changed_it_since() {
    scenario(|world| async move {
        let calls = vec![
            taking(set("app/0", &[("/shared", "t1"), ("/a", "t1")])),
            taking(set("app/1", &[("/shared", "t2")])),
        ];
        let reports = moved(&world, &start(&world, None), calls, one("app/1", "/shared", "t3")).await;
        assert_eq!(reports[0].superseded_by, Some(reports[1].call));
        assert_eq!((warned(&reports[0]), warned(&reports[1])), (false, true));
        assert!(stands(&world, "/shared").is_some_and(|to| to.contains("t3")));
    });
}

#[test]
fn what_a_later_rollback_of_the_commit_brings_back_is_not_undone_when_the_store_moves() {
    scenario(|world| async move {
        let first = start(&world, None);
        let kept = |call| Call { history: Some(4), ..call };
        first.sync(kept(one("app/0", "/a", "t1"))).await.unwrap();
        first.sync(kept(one("app/0", "/a", "t2"))).await.unwrap();
        let calls = vec![kept(one("app/0", "/a", "t3")), rollback(ROUTER, "app/0", 1)];
        moved(&world, &start(&world, None), calls, one("app/1", "/c", "t4")).await;
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t1")));
    });
}

#[test]
fn a_set_that_a_left_one_replaced_is_not_planned_without_it_beside_one_that_only_adds() {
    scenario(|world| async move {
        let process = start(&world, None);
        late(&world, &process);
        let first = process.call(set("app/0", &[("/a", "t1")]), None, LONG, None);
        let leaves = Some(Duration::from_millis(100));
        let second = process.call(set("app/0", &[("/b", "t2")]), None, LONG, leaves);
        let mut adds = Call { verify: Verify::Full, ..set("app/0", &[("/b", "t2")]) };
        adds.safety.policy = Policy::CreateOnly;
        let adds = process.call(adds, None, LONG, None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        start(&world, None).sync(set("app/0", &[("/b", "t3")])).await.unwrap();
        assert_eq!(second.await.unwrap().unwrap_err().code, Code::Aborted);
        first.await.unwrap().unwrap();
        adds.await.unwrap().unwrap();
        assert!(stands(&world, "/a").is_none() && stands(&world, "/b").is_some_and(|to| to.contains("t3")));
    });
}

#[test]
fn a_call_that_only_adds_keeps_what_an_earlier_call_of_its_commit_declares() {
    scenario(|world| async move {
        let process = start(&world, None);
        let first = process.call(set("app/0", &[("/a", "t1")]), None, LONG, None);
        let mut adds = set("app/0", &[("/a", "t2"), ("/b", "t2")]);
        adds.safety.policy = Policy::CreateOnly;
        let adds = process.call(adds, None, LONG, None);
        assert!(first.await.unwrap().unwrap().superseded_by.is_none());
        assert_eq!(adds.await.unwrap().unwrap().kept, ["/a"]);
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t1")));
    });
}

#[test]
fn a_set_leaves_what_another_owner_takes_over_in_the_same_commit() {
    kept(&a_set_beside_a_takeover_of_what_it_drops());
}

#[test]
fn a_pattern_that_a_rollback_keeps_is_its_owners() {
    kept(&a_rollback_beside_a_claim_of_what_it_keeps());
}

#[test]
fn a_pattern_that_a_rollback_frees_is_another_owners_to_declare_in_the_same_commit() {
    scenario(|world| async move {
        let process = start(&world, None);
        let kept = |call| Call { history: Some(4), ..call };
        process.sync(kept(one("app/0", "/b", "t1"))).await.unwrap();
        process.sync(kept(one("app/0", "/a", "t1"))).await.unwrap();
        let calls = [rollback(ROUTER, "app/0", 1), one("app/1", "/a", "t2")];
        for call in calls.map(|call| process.call(call, None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t2")));
        assert!(stands(&world, "/b").is_some_and(|to| to.contains("t1")));
    });
}

#[test]
fn what_a_call_in_another_router_declares_is_no_orphan_to_a_repair_of_the_same_commit() {
    const OTHER: &str = "01ab";
    let config = Config { routers: vec![ROUTER.to_owned(), OTHER.to_owned()], ..quiet() };
    kept(&in_world(config, false, |world| async move {
        let process = start(&world, None);
        let there = || whole(OTHER, "app/0", set("app/0", &[("/a", "t1")]).routes);
        process.sync(there()).await.unwrap();
        {
            // Nothing names its metadata any more.
            let mut world = lock(&world);
            let mut keys = world.keys().clone();
            keys.remove(&format!("{OTHER}:routes"));
            world.push_foreign(keys, "somebody");
        }
        let mut repair = set("app/1", &[("/b", "t1")]);
        repair.action = Action::Repair(Repair::default());
        for call in [there(), repair].map(|call| process.call(call, None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
        let world = lock(&world);
        let view = world.view(world.versions.len() - 1, OTHER).unwrap();
        assert!(view.own.values().all(|own| own.metadata.is_some()) && view.own.len() == 1);
    }));
}

#[test]
fn a_route_that_another_owner_took_over_and_gave_up_again_is_written_again() {
    scenario(|world| async move {
        let process = start(&world, None);
        late(&world, &process);
        let call = process.call(set("app/0", &[("/a", "t1")]), None, LONG, None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let other = start(&world, None);
        other.sync(taking(one("app/1", "/a", "t2"))).await.unwrap();
        other.sync(one("app/1", "/b", "t2")).await.unwrap();
        let report = call.await.unwrap().unwrap();
        assert!(!warned(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t1")));
    });
}

#[test]
fn what_a_later_call_of_the_commit_wrote_before_it_left_is_not_undone() {
    scenario(|world| async move {
        let process = start(&world, None);
        late(&world, &process);
        let earlier = process.call(set("app/0", &[("/a", "t1")]), None, LONG, None);
        let leaves = Some(Duration::from_millis(100));
        let later = process.call(set("app/0", &[("/b", "t2")]), None, LONG, leaves);
        tokio::time::sleep(Duration::from_millis(200)).await;
        start(&world, None).sync(one("app/1", "/c", "t3")).await.unwrap();
        assert_eq!(later.await.unwrap().unwrap_err().code, Code::Aborted);
        assert!(earlier.await.unwrap().unwrap().superseded_by.is_some());
        assert!(stands(&world, "/a").is_none() && stands(&world, "/b").is_some());
    });
}

#[test]
fn a_later_set_is_seen_though_a_write_for_another_owner_of_the_commit_was_not_answered() {
    scenario(|world| async move {
        let process = start(&world, None);
        late(&world, &process);
        let full = Call { verify: Verify::Full, ..set("app/0", &[("/a", "t1")]) };
        let full = process.call(full, None, LONG, None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        // The store moves, and another call joins: its write is applied, and not answered for long.
        start(&world, None).sync(one("app/2", "/c", "t3")).await.unwrap();
        let (of, op) = (Some(process.port.process), Op::Update);
        let fate = Fate::Lost { applied: Some(Duration::ZERO), silence: Duration::from_secs(3) };
        lock(&world).script.push(Scripted { process: of, op, key: None, skip: 0, times: 1, fate });
        let other = process.call(one("app/1", "/b", "t2"), None, LONG, None);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(stands(&world, "/b").is_some());
        start(&world, None).sync(one("app/0", "/x", "t4")).await.unwrap();
        assert!(warned(&full.await.unwrap().unwrap()));
        other.await.unwrap().unwrap();
        assert!(stands(&world, "/a").is_none() && stands(&world, "/x").is_some());
    });
}
