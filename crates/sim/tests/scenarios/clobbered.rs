//! Routes that are gone when they are looked at: taken by a declared change, or clobbered.

use std::time::Duration;

use super::{ROUTER, kept, routes, scenario};
use crate::pressure::{a_takeover_that_a_foreign_writer_undoes, quiet, stands};
use routesync_core::error::Code;
use routesync_core::options::{Call, OwnerName, Takeover, Verify};
use routesync_core::report::Report;
use routesync_core::table::id::OwnerId;
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::{Running, start};
use routesync_sim::model::world::{Scripted, Shared, World, lock};
use routesync_sim::support::declare::{grace, part, route, url, whole};

const OWNER: &str = "app/0";

fn part_of(name: &str, pattern: &str, target: &str) -> Call {
    part(ROUTER, OWNER, name, [], vec![route(pattern, url(&format!("{target}.example.com")))])
}

/// The nth request of `process` like this from now on is not answered for a while.
fn late(world: &Shared, process: &Running, op: Op, key: Option<&str>, skip: usize) {
    let fate = Fate::Lost { applied: None, silence: Duration::from_millis(400) };
    let (process, key) = (Some(process.port.process), key.map(str::to_owned));
    lock(world).script.push(Scripted { process, op, key, skip, times: 1, fate });
}

fn overtaken(report: &Report) -> bool {
    report.warnings.iter().any(|warning| warning.code.name() == "SUPERSEDED")
}

/// `/a` was part `old`'s and is taken by part `new`; before that is checked, `then` happens.
async fn taken(world: &Shared, before: impl FnOnce(&mut World), then: Call) -> Report {
    start(world, None).sync(part_of("old", "/a", "t1")).await.unwrap();
    before(&mut lock(world));
    let process = start(world, None);
    late(world, &process, Op::Describe, None, 1);
    let call = process.call(part_of("new", "/a", "t2"), None, Duration::from_mins(2), None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(stands(world, "/a").is_some_and(|to| to.contains("t2")), "it is written and not yet checked");
    start(world, None).sync(then).await.unwrap();
    call.await.unwrap().unwrap()
}

fn put_back(world: &mut World) {
    let table = world.keys()[&format!("{ROUTER}:routes")].clone();
    let put_back = move |world: &mut World| {
        let mut keys = world.keys().clone();
        keys.insert(format!("{ROUTER}:routes"), table);
        world.push_foreign(keys, "the clobberer");
    };
    // After the write of `/a`, and the one of `/c`.
    world.hooks.push((1, Box::new(put_back)));
}

#[test]
fn what_a_foreign_writer_restores_is_no_later_change_though_another_part_writes() {
    scenario(|world| async move {
        let report = taken(&world, put_back, part_of("other", "/c", "t3")).await;
        assert!(!overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t2")));
    });
}

#[test]
fn what_a_foreign_writer_restores_is_no_later_change_though_its_id_was_never_unnamed() {
    scenario(|world| async move {
        // Its other route keeps the old id named, so that it is never listed as retired.
        let other = part(ROUTER, OWNER, "old", [], vec![route("/z", url("t1.example.com"))]);
        start(&world, None).sync(other).await.unwrap();
        let report = taken(&world, put_back, part_of("other", "/c", "t3")).await;
        assert!(!overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t2")));
    });
}

#[test]
fn a_pattern_that_another_part_takes_without_keeping_metadata_is_a_later_change() {
    let ran = in_world(quiet(), false, |world| async move {
        let report = taken(&world, |_| {}, grace(0, part_of("third", "/a", "t3"))).await;
        assert!(overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t3")));
    });
    // That is what its caller asked for.
    let asked = |violation: &String| violation.contains("the metadata of");
    assert!(ran.violations.iter().all(asked), "{:#?}", ran.violations);
}

#[test]
fn a_pattern_that_another_part_takes_back_is_a_later_change() {
    scenario(|world| async move {
        let report = taken(&world, |_| {}, part_of("old", "/a", "t1")).await;
        assert!(overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t1")));
    });
}

#[test]
fn a_pattern_that_another_part_takes_to_a_target_of_its_own_is_a_later_change() {
    scenario(|world| async move {
        let report = taken(&world, |_| {}, part_of("third", "/a", "t3")).await;
        assert!(overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t3")));
    });
}

#[test]
fn a_table_that_shrinks_while_it_is_read_is_no_later_change() {
    scenario(|world| async move {
        let big = start(&world, None);
        big.sync(whole(ROUTER, "app/1", routes("b", 40, "t1"))).await.unwrap();
        let process = start(&world, None);
        late(&world, &process, Op::Describe, None, 1);
        // Read once before the write, and once more when the check finds another state.
        late(&world, &process, Op::Get, Some(&format!("{ROUTER}:routes:1")), 1);
        let call = process.call(part_of("new", "/a", "t2"), None, Duration::from_mins(2), None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        start(&world, None).sync(part_of("other", "/c", "t3")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(400)).await;
        big.sync(whole(ROUTER, "app/1", routes("b", 1, "t1"))).await.unwrap();
        let report = call.await.unwrap().unwrap();
        assert!(!overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t2")));
    });
}

#[test]
fn what_no_later_part_of_the_commit_declares_is_written_again_when_it_is_clobbered() {
    scenario(|world| async move {
        start(&world, None).sync(part_of("old", "/c", "t1")).await.unwrap();
        let table = lock(&world).keys()[&format!("{ROUTER}:routes")].clone();
        let put_back = move |world: &mut World| {
            let mut keys = world.keys().clone();
            keys.insert(format!("{ROUTER}:routes"), table);
            world.push_foreign(keys, "the clobberer");
        };
        lock(&world).hooks.push((0, Box::new(put_back)));
        let process = start(&world, None);
        let to = |path, target: &str| route(path, url(&format!("{target}.example.com")));
        let earlier = part(ROUTER, OWNER, "one", [], vec![to("/a", "t1"), to("/b", "t2")]);
        let earlier = process.call(earlier, None, Duration::from_mins(2), None);
        let later = process.call(part_of("two", "/a", "t1"), None, Duration::from_mins(2), None);
        let (earlier, later) = (earlier.await.unwrap().unwrap(), later.await.unwrap().unwrap());
        assert_eq!((earlier.superseded_by, later.superseded_by), (Some(later.call), None));
        assert!(stands(&world, "/a").is_some() && stands(&world, "/b").is_some());
    });
}

/// The table as it stands now comes back right after the next write, or `skip` writes later.
fn put_back_after(world: &Shared, skip: usize) {
    let table = lock(world).keys()[&format!("{ROUTER}:routes")].clone();
    let put_back = move |world: &mut World| {
        let mut keys = world.keys().clone();
        keys.insert(format!("{ROUTER}:routes"), table);
        world.push_foreign(keys, "the clobberer");
    };
    lock(world).hooks.push((skip, Box::new(put_back)));
}

#[test]
fn metadata_that_a_call_puts_again_is_no_later_change_of_its_owner() {
    scenario(|world| async move {
        start(&world, None).sync(set_of(OWNER, &[("/z", "t9")])).await.unwrap();
        put_back_after(&world, 1);
        let metadata_goes = |world: &mut World| {
            let mut keys = world.keys().clone();
            keys.retain(|_, value| !value.contains("t1.example.com"));
            world.push_foreign(keys, "somebody");
        };
        lock(&world).hooks.push((0, Box::new(metadata_goes)));
        let full = Call { verify: Verify::Full, ..set_of(OWNER, &[("/a", "t1")]) };
        let report = start(&world, None).sync(full).await.unwrap();
        assert!(!overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t1")));
    });
}

/// `/a` is part `new`'s; before that is checked, each of `then` happens.
async fn written(world: &Shared, then: impl IntoIterator<Item = Call>) -> Report {
    let process = start(world, None);
    late(world, &process, Op::Describe, None, 1);
    let call = process.call(part_of("new", "/a", "t2"), None, Duration::from_mins(2), None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    for then in then {
        start(world, None).sync(then).await.unwrap();
    }
    call.await.unwrap().unwrap()
}

#[test]
fn what_a_foreign_writer_restores_is_no_later_change_though_its_id_has_moved_to_another_pattern() {
    scenario(|world| async move {
        let report = start(&world, None).sync(part_of("old", "/a", "t1")).await.unwrap();
        // After the write that moves the target, that of `/a`, and that of `/c`.
        put_back_after(&world, 2);
        let previous = [("/a", report.ids[0].1.as_str())];
        let moved = part(ROUTER, OWNER, "old", previous, vec![route("/z", url("t1.example.com"))]);
        start(&world, None).sync(moved).await.unwrap();
        let report = written(&world, [part_of("other", "/c", "t3")]).await;
        assert!(!overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t2")));
    });
}

#[test]
fn a_pattern_that_another_part_takes_after_a_foreign_writer_is_a_later_change() {
    scenario(|world| async move {
        start(&world, None).sync(part_of("old", "/a", "t1")).await.unwrap();
        put_back_after(&world, 0);
        let report = written(&world, [part_of("third", "/a", "t3")]).await;
        assert!(overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t3")));
    });
}

#[test]
fn a_pattern_that_another_part_takes_back_from_another_owner_is_a_later_change() {
    scenario(|world| async move {
        let mut then = [part_of("its", "/a", "t5"), part_of("third", "/a", "t3")];
        then[0].owner = OwnerName::parse("app/1").unwrap();
        for call in &mut then {
            call.safety.takeover = Takeover::All;
        }
        let report = written(&world, then).await;
        assert!(overtaken(&report), "{report:?}");
        assert!(stands(&world, "/a").is_some_and(|to| to.contains("t3")));
    });
}

fn set_of(owner: &str, routes: &[(&str, &str)]) -> Call {
    let routes = routes.iter().map(|(path, target)| route(path, url(&format!("{target}.example.com"))));
    whole(ROUTER, owner, routes.collect())
}

#[test]
fn what_another_owner_of_the_commit_gave_up_is_no_takeover_when_a_foreign_writer_restores_it() {
    scenario(|world| async move {
        start(&world, None).sync(set_of("app/1", &[("/shared", "t1"), ("/x", "t1")])).await.unwrap();
        put_back_after(&world, 0);
        let process = start(&world, None);
        // The other owner still names the id at another pattern, so that it is on no list.
        let calls = [
            set_of("app/1", &[("/x", "t1")]),
            set_of(OWNER, &[("/shared", "t2")]),
            set_of("app/1", &[("/x", "t1"), ("/y", "t3")]),
        ];
        for call in calls.map(|set| process.call(set, None, Duration::from_mins(2), None)) {
            let report = call.await.unwrap().unwrap();
            assert!(!overtaken(&report), "{report:?}");
        }
        assert!(stands(&world, "/shared").is_some_and(|to| to.contains("t2")));
    });
}

#[test]
fn a_takeover_that_a_foreign_writer_undoes_is_written_again() {
    kept(&a_takeover_that_a_foreign_writer_undoes(|superseded| assert!(!superseded)));
}

#[test]
fn a_record_that_is_written_after_the_table_was_read_tells_of_no_takeover() {
    scenario(|world| async move {
        let other = start(&world, None);
        other.sync(set_of("app/1", &[("/shared", "t1")])).await.unwrap();
        let table = lock(&world).keys()[&format!("{ROUTER}:routes")].clone();
        other.sync(set_of("app/1", &[("/y", "t9")])).await.unwrap();
        let process = start(&world, None);
        late(&world, &process, Op::Describe, None, 1);
        let call = process.call(set_of(OWNER, &[("/shared", "t2")]), None, Duration::from_mins(2), None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut keys = lock(&world).keys().clone();
        keys.insert(format!("{ROUTER}:routes"), table);
        lock(&world).push_foreign(keys, "the clobberer");
        // The table is read; before the other owner's record is, that owner writes, and names the target elsewhere.
        let record = format!("{ROUTER}:owner:{}", OwnerId::of("app/1"));
        let fate = Fate::Lost { applied: None, silence: Duration::from_millis(400) };
        let of = Some(process.port.process);
        for _ in 0..2 {
            let (op, key) = (Op::Get, Some(record.clone()));
            lock(&world).script.push(Scripted { process: of, op, key, skip: 0, times: 1, fate });
        }
        tokio::time::sleep(Duration::from_millis(350)).await;
        other.sync(set_of("app/1", &[("/x", "t1")])).await.unwrap();
        let report = call.await.unwrap().unwrap();
        assert!(!overtaken(&report), "{report:?}");
        assert!(stands(&world, "/shared").is_some_and(|to| to.contains("t2")));
    });
}

#[test]
fn what_another_owner_gave_up_before_is_a_conflict_when_a_foreign_writer_restores_it() {
    scenario(|world| async move {
        let other = start(&world, None);
        other.sync(set_of("app/1", &[("/shared", "t1")])).await.unwrap();
        let table = lock(&world).keys()[&format!("{ROUTER}:routes")].clone();
        other.sync(set_of("app/1", &[("/x", "t2")])).await.unwrap();
        let put_back = move |world: &mut World| {
            let mut keys = world.keys().clone();
            keys.insert(format!("{ROUTER}:routes"), table);
            world.push_foreign(keys, "the clobberer");
        };
        lock(&world).hooks.push((0, Box::new(put_back)));
        let error = start(&world, None).sync(set_of(OWNER, &[("/shared", "t2")])).await.unwrap_err();
        assert_eq!((error.code, error.details.holder.as_deref()), (Code::RouteConflict, Some("app/1")));
    });
}

#[test]
fn what_another_owner_takes_back_by_a_takeover_is_not_taken_again() {
    scenario(|world| async move {
        let taking = |set: Call| {
            let mut set = set;
            set.safety.takeover = Takeover::All;
            set
        };
        let other = start(&world, None);
        other.sync(set_of("app/1", &[("/shared", "t1")])).await.unwrap();
        let process = start(&world, None);
        late(&world, &process, Op::Describe, None, 1);
        // Beside a call of the other owner, whose record is read for it.
        let calls = [set_of("app/1", &[("/x", "t1")]), taking(set_of(OWNER, &[("/shared", "t2")]))];
        let calls = calls.map(|call| process.call(call, None, Duration::from_mins(2), None));
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.sync(taking(set_of("app/1", &[("/shared", "t3")]))).await.unwrap();
        for call in calls {
            let report = call.await.unwrap().unwrap();
            assert!(overtaken(&report), "{report:?}");
        }
        assert!(stands(&world, "/shared").is_some_and(|to| to.contains("t3")));
    });
}

#[test]
fn a_whole_set_is_overtaken_though_an_earlier_one_of_its_commit_would_undo_that_too() {
    scenario(|world| async move {
        let set = |paths: &[&str]| {
            let routes = paths.iter().map(|path| route(path, url("t1.example.com")));
            whole(ROUTER, OWNER, routes.collect())
        };
        start(&world, None).sync(set(&["/a"])).await.unwrap();
        let process = start(&world, None);
        let (applied, silence) = (Some(Duration::ZERO), Duration::from_millis(1));
        let (of, op, fate) = (Some(process.port.process), Op::Update, Fate::Lost { applied, silence });
        lock(&world).script.push(Scripted { process: of, op, key: None, skip: 0, times: 1, fate });
        late(&world, &process, Op::Describe, None, 1);
        // The mark by which the write is found again is this owner's.
        let calls = [whole(ROUTER, "app/1", routes("b", 1, "t1")), set(&["/b"]), set(&[])];
        let calls = calls.map(|set| process.call(set, None, Duration::from_mins(2), None));
        tokio::time::sleep(Duration::from_millis(200)).await;
        start(&world, None).sync(set(&["/x"])).await.unwrap();
        let mut reports = Vec::new();
        for call in calls {
            reports.push(call.await.unwrap().unwrap());
        }
        assert_eq!(reports[1].superseded_by, Some(reports[2].call));
        assert!(overtaken(&reports[2]) && stands(&world, "/x").is_some(), "{reports:?}");
    });
}
