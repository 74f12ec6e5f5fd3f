//! Many processes on one table, and a service and replicas in trouble: nobody waits for ever.

use std::time::Duration;

use super::{LONG, ROUTER, kept};
use crate::pressure::quiet;
use routesync_core::options::Verify;
use routesync_core::route::Route;
use routesync_sim::model::config::{Config, Faults};
use routesync_sim::model::foreign::{Style, entry, put_table, texts};
use routesync_sim::model::run::in_world;
use routesync_sim::model::running::start;
use routesync_sim::model::world::{Shared, lock};
use routesync_sim::support::declare::{route, url, whole};
use routesync_sim::support::effort::effort;

const PROCESSES: usize = 16;
const DEPLOYS: usize = 25;

/// A set of `process`, five routes of which change with each deploy: the table has about 20 chunks.
fn set(process: usize, deploy: usize) -> Vec<Route> {
    let target = |n: usize| if n.is_multiple_of(5) { deploy } else { n };
    let routes = (0..25)
        .map(|n| route(&format!("/{process}/some/path/{n}"), url(&format!("t{}.example.com", target(n)))));
    routes.collect()
}

/// Milliseconds of each deploy, in order.
fn deploys(seed: u64, faults: Faults) -> Vec<u64> {
    let took = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let all = std::sync::Arc::clone(&took);
    let lag = Duration::from_millis(300);
    let ran = in_world(Config { seed, latency_ms: 10, faults, lag, ..quiet() }, false, |world| async move {
        let tasks: Vec<_> = (0..PROCESSES)
            .map(|index| {
                let (world, running, all) = (world.clone(), start(&world, None), all.clone());
                tokio::spawn(async move {
                    for deploy in 0..DEPLOYS {
                        let set = whole(ROUTER, &format!("app/{index}"), set(index, deploy));
                        let report = running.call(set, None, LONG, None).await.unwrap().unwrap();
                        all.lock().unwrap().push(report.duration_ms);
                        let pause = lock(&world).rng.u64(0..400);
                        tokio::time::sleep(Duration::from_millis(pause)).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    kept(&ran);
    let mut took = std::mem::take(&mut *took.lock().unwrap());
    took.sort_unstable();
    took
}

fn nobody_waits_longer(than: Duration, faults: Faults) {
    for seed in 0..effort("seeds of a crowd of processes", 1, 3) {
        let took = deploys(seed, faults);
        let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
        println!("{faults:?}, seed {seed}: median {median} ms, slowest {slowest} ms");
        assert_eq!(took.len(), PROCESSES * DEPLOYS);
        assert!(u128::from(slowest) <= than.as_millis(), "seed {seed}: {slowest} ms, median {median} ms");
    }
}

#[test]
fn reads_that_lag_keep_nobody_out() {
    nobody_waits_longer(Duration::from_secs(8), Faults { lagging: 100, ..Faults::default() });
}

#[test]
fn a_tenth_of_all_requests_going_wrong_keeps_nobody_out() {
    let faults = Faults { throttle: 50, broken: 85, lagging: 100, ..Faults::default() };
    nobody_waits_longer(Duration::from_secs(10), faults);
}

#[test]
fn requests_that_hang_keep_nobody_out() {
    let faults = Faults { throttle: 50, broken: 85, timeout: 10, lagging: 100, ..Faults::default() };
    nobody_waits_longer(Duration::from_secs(30), faults);
}

/// SST changing the table over and over, faster than many records can be read back.
async fn never_rests(world: Shared) {
    let (line, ns) = entry(0x1000);
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut world = lock(&world);
        let mut keys = world.keys().clone();
        keys.insert(format!("{ns}:metadata"), "{}".to_owned());
        let mut lines = texts(&keys, ROUTER);
        let stands = lines.contains(&line);
        if stands {
            lines.retain(|other| *other != line);
        } else {
            lines.push(line.clone());
        }
        let mut rng = world.rng.fork();
        put_table(&mut keys, ROUTER, &lines, Style::Sst, &mut rng);
        world.push_foreign(keys, "SST");
    }
}

#[test]
fn a_full_check_ends_beside_a_writer_that_never_rests() {
    for listed in [false, true] {
        let files = if listed { 3_000 } else { 31_000 };
        let ran = in_world(Config { latency_ms: 10, files, ..quiet() }, false, |world| async move {
            let writer = tokio::spawn(never_rests(world.clone()));
            let routes: Vec<Route> =
                (0..600).map(|n| route(&format!("/p{n}"), url(&format!("t{n}.example.com")))).collect();
            let mut call = whole(ROUTER, "app/0", routes);
            call.verify = Verify::Full;
            let report = start(&world, None).sync(call).await.unwrap();
            assert_eq!(report.added.len(), 600);
            writer.abort();
        });
        kept(&ran);
    }
}
