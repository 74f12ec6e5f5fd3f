//! Scripted scenarios on the simulated store, each a hand-written sequence of events.

#[path = "scenarios/clobbered.rs"]
mod clobbered;
#[path = "scenarios/crowd.rs"]
mod crowd;
#[path = "scenarios/found.rs"]
mod found;
#[path = "scenarios/indexed.rs"]
mod indexed;
#[path = "scenarios/kept.rs"]
mod kept;
#[path = "scenarios/order.rs"]
mod order;
#[path = "scenarios/pressure.rs"]
mod pressure;
#[path = "scenarios/raw.rs"]
mod raw;
#[path = "scenarios/reading.rs"]
mod reading;

use std::future::Future;
use std::time::Duration;

use pressure::{
    ROUTER, a_cold_process_beside_a_busy_one, a_read_two_states_old,
    a_route_that_changed_hands_twice_and_goes, a_site_that_a_prune_left_and_its_owner_drops,
    a_table_put_back_after_a_write, one, quiet, stands,
};

use routesync_core::error::Code;
use routesync_core::options::{Call, Verify};
use routesync_core::route::Route;
use routesync_sim::model::config::{Config, Miscount};
use routesync_sim::model::foreign::{self, Style};
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::run::{Ran, in_world, settle_down};
use routesync_sim::model::running::start;
use routesync_sim::model::world::{Scripted, Shared, lock};
use routesync_sim::support::declare::{part, route, url, whole};
use routesync_sim::support::effort::effort;

const LONG: Duration = Duration::from_mins(2);

fn kept(ran: &Ran) {
    assert!(ran.violations.is_empty(), "{:#?}", ran.violations);
}

fn scenario<F: Future<Output = ()>>(work: impl FnOnce(Shared) -> F) {
    kept(&in_world(quiet(), false, work));
}

fn next(world: &Shared, op: Op, skip: usize, fate: Fate) {
    lock(world).script.push(Scripted { process: None, op, key: None, skip, times: 1, fate });
}

fn routes(owner: &str, count: usize, target: &str) -> Vec<Route> {
    let target = format!("{target}.example.com");
    (0..count).map(|n| route(&format!("/{owner}/{n}"), url(&target))).collect()
}

fn owners(world: &Shared, owners: &[&str]) {
    lock(world).config.owners =
        owners.iter().map(|owner| ((*owner).to_owned(), ROUTER.to_owned(), false)).collect();
}

#[test]
fn a_read_two_states_old_is_told_by_the_padding() {
    kept(&a_read_two_states_old());
}

#[test]
fn a_target_that_comes_back_within_the_grace_keeps_its_metadata() {
    scenario(|world| async move {
        owners(&world, &["app/0"]);
        let process = start(&world, None);
        for target in ["t1", "t2", "t1", "t2", "t1"] {
            process.sync(one("app/0", "/a", target)).await.unwrap();
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(100)).await;
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        assert!(stands(&world, "/a").unwrap().contains("t1"));
        settle_down(&world).await;
    });
}

#[test]
fn a_crash_at_every_request_leaves_a_table_and_nothing_that_nobody_names() {
    for request in 0..40 {
        for seen in [false, true] {
            scenario(|world| async move {
                owners(&world, &["app/0"]);
                let first = start(&world, None);
                first.sync(whole(ROUTER, "app/0", routes("x", 120, "t1"))).await.unwrap();
                let dying = start(&world, Some((request, seen)));
                let mut set = routes("x", 60, "t2");
                set.extend((0..90).map(|n| route(&format!("/new/{n}"), url(&format!("n{n}.example.com")))));
                drop(dying.call(whole(ROUTER, "app/0", set), None, LONG, None));
                tokio::time::sleep(Duration::from_secs(5)).await;
                let next = start(&world, None);
                next.sync(whole(ROUTER, "app/0", routes("y", 30, "t3"))).await.unwrap();
                settle_down(&world).await;
            });
        }
    }
}

#[test]
fn a_lost_answer_is_found_again_and_reported_as_planned_first() {
    scenario(|world| async move {
        let process = start(&world, None);
        let silence = Duration::from_millis(300);
        next(&world, Op::Update, 0, Fate::Lost { applied: Some(Duration::ZERO), silence });
        let report = process.sync(one("app/0", "/a", "t1")).await.unwrap();
        assert_eq!((report.added.as_slice(), report.unchanged.len()), (&["/a".to_owned()][..], 0));
        assert_eq!(lock(&world).updates, 1, "it is not sent again");
    });
}

#[test]
fn a_write_that_lands_late_is_not_lost_and_changes_nothing_twice() {
    scenario(|world| async move {
        owners(&world, &["app/0"]);
        let process = start(&world, None);
        let silence = Duration::from_millis(300);
        next(&world, Op::Update, 0, Fate::Lost { applied: Some(Duration::from_millis(320)), silence });
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(lock(&world).updates, 1, "one of the two finds its ETag stale");
        settle_down(&world).await;
    });
}

#[test]
fn a_renamed_part_keeps_its_route_when_the_old_one_is_deleted_late() {
    scenario(|world| async move {
        let process = start(&world, None);
        let target = || vec![route("/a", url("t1.example.com"))];
        let old = process.sync(part(ROUTER, "app/0", "old", [], target())).await.unwrap();
        process.sync(part(ROUTER, "app/0", "new", [], target())).await.unwrap();
        let ids: Vec<(&str, &str)> = old.ids.iter().map(|(to, id)| (to.as_str(), id.as_str())).collect();
        let late = start(&world, None).sync(part(ROUTER, "app/0", "old", ids, vec![])).await.unwrap();
        assert!(late.removed.is_empty());
        assert!(stands(&world, "/a").is_some());
    });
}

#[test]
fn an_owner_id_that_another_name_holds_is_refused() {
    scenario(|world| async move {
        start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        {
            let mut world = lock(&world);
            let mut keys = world.keys().clone();
            for value in keys.iter_mut().filter(|(key, _)| key.contains(":owner:")).map(|(_, value)| value) {
                *value = value.replace("app/0", "app/9");
            }
            world.push_foreign(keys, "a namesake");
        }
        let updates = lock(&world).updates;
        let error = start(&world, None).sync(one("app/0", "/b", "t1")).await.unwrap_err();
        assert_eq!((error.code, lock(&world).updates), (Code::OwnerIdTaken, updates));
    });
}

#[test]
fn a_full_table_of_sst_takes_three_more_bytes() {
    scenario(|world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        {
            let mut world = lock(&world);
            let mut keys = world.keys().clone();
            let mut rng = world.rng.fork();
            let mut lines = foreign::texts(&keys, ROUTER);
            while lines.iter().map(|line| line.replace('&', "\\u0026").len() + 3).sum::<usize>() < 48_900 {
                let line = foreign::entry(0x2000 + lines.len()).0;
                lines.push(line);
            }
            foreign::put_table(&mut keys, ROUTER, &lines, Style::Sst, &mut rng);
            assert_eq!(keys[&format!("{ROUTER}:routes")], "{\"parts\":49}");
            world.push_foreign(keys, "SST");
        }
        let mut set = one("app/0", "/a", "t1");
        set.routes = vec![route("api.co/a", url("t2.example.com"))];
        process.sync(set).await.unwrap();
        let world = lock(&world);
        assert!(world.view(world.versions.len() - 1, ROUTER).unwrap().parts <= 49);
    });
}

#[test]
fn what_a_reader_before_describing_overwrites_is_written_again() {
    kept(&a_table_put_back_after_a_write());
}

#[test]
fn what_changed_hands_twice_is_kept_as_long_as_its_last_owner_says() {
    kept(&a_route_that_changed_hands_twice_and_goes());
}

#[test]
fn a_site_that_a_prune_left_is_kept_as_long_as_its_owner_says() {
    kept(&a_site_that_a_prune_left_and_its_owner_drops());
}

#[test]
fn a_busy_process_does_not_keep_a_cold_one_out() {
    let (landed, ran) = a_cold_process_beside_a_busy_one();
    kept(&ran);
    println!("a busy process landed {landed} commits before the cold one was done");
    assert!(landed <= 20, "{landed} commits came before");
}

#[test]
fn one_caller_that_leaves_does_not_touch_the_others() {
    scenario(|world| async move {
        let process = start(&world, None);
        let leaving = [
            process.call(one("app/0", "/a", "t1"), None, LONG, Some(Duration::from_millis(1))),
            process.call(one("app/1", "/b", "t1"), None, Duration::from_millis(2), None),
        ];
        let staying = process.call(one("app/2", "/c", "t1"), None, LONG, None);
        let mut codes = Vec::new();
        for call in leaving {
            codes.push(call.await.unwrap().unwrap_err().code);
        }
        assert_eq!(codes, [Code::Aborted, Code::DeadlineExceeded]);
        staying.await.unwrap().unwrap();
        assert!(stands(&world, "/c").is_some() && stands(&world, "/a").is_none());
        assert!(stands(&world, "/b").is_none());
    });
}

#[test]
fn a_hundred_calls_are_one_commit() {
    scenario(|world| async move {
        let process = start(&world, None);
        let calls: Vec<_> = (0..100)
            .map(|n| {
                let routes = vec![route(&format!("/r{n}"), url(&format!("t{n}.example.com")))];
                process.call(part(ROUTER, "app/0", &format!("p{n}"), [], routes), None, LONG, None)
            })
            .collect();
        for call in calls {
            let report = call.await.unwrap().unwrap();
            assert_eq!((report.counts.calls, report.counts.attempts), (100, 1));
        }
        assert!(lock(&world).updates <= 4, "{} writes", lock(&world).updates);
    });
}

#[test]
fn a_later_whole_set_overtakes_an_earlier_one() {
    scenario(|world| async move {
        let process = start(&world, None);
        let earlier = process.call(one("app/0", "/a", "t1"), None, LONG, None);
        let later = process.call(one("app/0", "/b", "t1"), None, LONG, None);
        let (earlier, later) = (earlier.await.unwrap().unwrap(), later.await.unwrap().unwrap());
        assert_eq!(earlier.superseded_by, Some(later.call));
        assert!(stands(&world, "/a").is_none() && stands(&world, "/b").is_some());
    });
}

#[test]
fn verifying_in_full_puts_missing_metadata_again() {
    scenario(|world| async move {
        start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        {
            let mut world = lock(&world);
            let mut keys = world.keys().clone();
            keys.retain(|key, _| !key.ends_with(":metadata"));
            world.push_foreign(keys, "somebody");
        }
        let set = Call { verify: Verify::Full, ..one("app/0", "/a", "t1") };
        start(&world, None).sync(set).await.unwrap();
        assert!(stands(&world, "/a").is_some_and(|metadata| metadata.contains("t1")));
    });
}

#[test]
fn counts_that_are_wrong_for_ever_are_found_out_once() {
    for miscount in [Miscount::Constant, Miscount::Random] {
        let ran = in_world(Config { miscount, ..quiet() }, false, |world| async move {
            let process = start(&world, None);
            for target in ["t1", "t2", "t3"] {
                process.sync(one("app/0", "/a", target)).await.unwrap();
                let before = tokio::time::Instant::now();
                process.sync(one("app/0", "/b", target)).await.unwrap();
                assert!(before.elapsed() < Duration::from_millis(200), "found out once");
            }
        });
        kept(&ran);
    }
}

#[test]
fn sixteen_processes_of_twenty_five_deploys_share_the_store() {
    (0..effort("seeds of sixteen processes", 2, 12)).for_each(sixteen);
}

fn sixteen(seed: u64) {
    let ran = in_world(Config { seed, latency_ms: 20, ..quiet() }, false, |world| async move {
        let tasks: Vec<_> = (0..16)
            .map(|index| {
                let running = start(&world, None);
                tokio::spawn(async move {
                    let (mut attempts, mut took) = (0, Vec::new());
                    for step in 0..25 {
                        let set = one(&format!("app/{index}"), &format!("/{index}"), &format!("t{step}"));
                        let report = running.sync(set).await.unwrap();
                        attempts += report.counts.attempts;
                        took.push(report.duration_ms);
                    }
                    (attempts, took)
                })
            })
            .collect();
        let (mut attempts, mut took) = (0, Vec::new());
        for task in tasks {
            let (tried, each) = task.await.unwrap();
            attempts += tried;
            took.extend(each);
        }
        took.sort_unstable();
        let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
        let tries = f64::from(attempts) / 400.0;
        println!("16 × 25 deploys: {tries:.2} attempts each, median {median} ms, slowest {slowest} ms");
        assert!(tries <= 4.0 && slowest <= 10 * median, "{tries} attempts, {slowest} of {median} ms");
    });
    kept(&ran);
}
