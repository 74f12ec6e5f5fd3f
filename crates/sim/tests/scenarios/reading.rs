//! What a commit reads, and how often.

use std::time::Duration;

use super::{ROUTER, kept, routes, scenario};
use crate::pressure::{one, quiet, stands};
use routesync_core::kvs::Requests;
use routesync_sim::model::config::Config;
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::{Running, start};
use routesync_sim::model::world::{Scripted, Shared, lock};
use routesync_sim::support::declare::whole;

fn lags(world: &Shared, process: &Running, op: Op, key: Option<&str>, states: usize) {
    let (process, key) = (Some(process.port.process), key.map(str::to_owned));
    let scripted = Scripted { process, op, key, skip: 0, times: 1, fate: Fate::States(states) };
    lock(world).script.push(scripted);
}

#[test]
fn a_store_that_one_listing_shows_is_read_with_one_request() {
    let ran = in_world(Config { files: 20, ..quiet() }, false, |world| async move {
        let report = start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        assert_eq!(report.counts.requests, Requests { describe: 2, list: 1, get: 1, update: 1 });
        let report = start(&world, None).sync(one("app/1", "/b", "t1")).await.unwrap();
        assert_eq!(report.counts.requests, Requests { describe: 2, list: 1, get: 1, update: 1 });
        assert!(stands(&world, "/a").is_some() && stands(&world, "/b").is_some());
    });
    kept(&ran);
}

#[test]
fn a_listing_that_lags_is_not_believed() {
    let ran = in_world(Config { files: 20, ..quiet() }, false, |world| async move {
        start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        let process = start(&world, None);
        lags(&world, &process, Op::List, None, 1);
        let report = process.sync(one("app/1", "/b", "t1")).await.unwrap();
        assert_eq!(report.counts.attempts, 1);
        assert!(stands(&world, "/a").is_some() && stands(&world, "/b").is_some());
    });
    kept(&ran);
}

#[test]
fn a_store_that_refuses_to_be_listed_is_read_key_by_key() {
    let ran = in_world(Config { files: 20, ..quiet() }, false, |world| async move {
        start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        let process = start(&world, None);
        let (process_number, fate) = (Some(process.port.process), Fate::Throttled);
        let refused = Scripted { process: process_number, op: Op::List, key: None, skip: 0, times: 9, fate };
        lock(&world).script.push(refused);
        let report = process.sync(one("app/0", "/a", "t2")).await.unwrap();
        assert_eq!(report.counts.requests, Requests { describe: 2, list: 1, get: 3, update: 1 });
    });
    kept(&ran);
}

#[test]
fn an_absent_table_is_looked_at_four_times_in_two_rounds() {
    scenario(|world| async move {
        let report = start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        // Four looks at the table, two at the record, and one to verify.
        assert_eq!(report.counts.requests, Requests { describe: 2, list: 0, get: 7, update: 1 });
    });
}

#[test]
fn reads_that_agreed_are_not_read_again_when_another_lags() {
    scenario(|world| async move {
        start(&world, None).sync(whole(ROUTER, "app/1", routes("b", 40, "t1"))).await.unwrap();
        start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        let process = start(&world, None);
        lags(&world, &process, Op::Get, Some(&format!("{ROUTER}:routes:1")), 1);
        let report = process.sync(one("app/0", "/a", "t2")).await.unwrap();
        let parts = {
            let world = lock(&world);
            u32::try_from(world.view(world.versions.len() - 1, ROUTER).unwrap().parts).unwrap()
        };
        assert!(parts > 1);
        // The root, the record, the chunks, one of them twice, and one to verify.
        assert_eq!(
            report.counts.requests,
            Requests { describe: 3, list: 0, get: 2 + parts + 1 + 1, update: 1 }
        );
    });
}

#[test]
fn reads_that_agreed_are_thrown_away_when_somebody_writes_meanwhile() {
    scenario(|world| async move {
        start(&world, None).sync(whole(ROUTER, "app/1", routes("b", 40, "t1"))).await.unwrap();
        let process = start(&world, None);
        let silence = Duration::from_millis(300);
        let (of, key) = (Some(process.port.process), Some(format!("{ROUTER}:routes:1")));
        let fate = Fate::Lost { applied: None, silence };
        lock(&world).script.push(Scripted { process: of, op: Op::Get, key, skip: 0, times: 1, fate });
        let call = process.call(one("app/0", "/a", "t2"), None, Duration::from_mins(2), None);
        tokio::time::sleep(Duration::from_millis(100)).await;
        start(&world, None).sync(one("app/2", "/c", "t1")).await.unwrap();
        let report = call.await.unwrap().unwrap();
        assert_eq!((report.counts.attempts, report.counts.conflicts), (1, 0), "the state is read anew");
        assert!(stands(&world, "/a").is_some() && stands(&world, "/c").is_some());
    });
}

#[test]
fn a_read_that_agreed_shows_that_the_counts_are_exact_though_the_next_describe_lags() {
    scenario(|world| async move {
        start(&world, None).sync(one("app/0", "/a", "t1")).await.unwrap();
        start(&world, None).sync(one("app/0", "/a", "t2")).await.unwrap();
        let process = start(&world, None);
        let script = |op, key, skip, times| {
            let (process, fate) = (Some(process.port.process), Fate::States(1));
            lock(&world).script.push(Scripted { process, op, key, skip, times, fate });
        };
        // Four readings in which nothing agrees, one in which only the owner's record does, and three more like the first.
        script(Op::Describe, None, 0, 4);
        script(Op::Get, Some(format!("{ROUTER}:routes")), 4, 1);
        script(Op::Describe, None, 1, 3);
        process.sync(one("app/0", "/a", "t3")).await.unwrap();
        assert!(lock(&world).script.is_empty());
        // If the counts were not trusted, the metadata would be read back, too.
        let report = process.sync(one("app/0", "/a", "t4")).await.unwrap();
        assert_eq!(report.counts.requests, Requests { describe: 1, list: 0, get: 1, update: 1 });
    });
}
