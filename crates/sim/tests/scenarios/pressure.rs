//! Scenarios that a break of the engine must fail too: `crates/sim/tests/mutations.rs` runs them broken.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use routesync_core::error::Code;
use routesync_core::options::{Call, Cursor, MaxRemoved, Takeover};
use routesync_core::table::id::OwnerId;
use routesync_sim::model::config::Config;
use routesync_sim::model::declared::Rights;
use routesync_sim::model::owning::PRUNER;
use routesync_sim::model::raw_change::RawChange;
use routesync_sim::model::request::{Fate, Op};
use routesync_sim::model::run::{Ran, in_world};
use routesync_sim::model::running::{Running, start};
use routesync_sim::model::undoing::rollback;
use routesync_sim::model::view::site_files;
use routesync_sim::model::world::{Scripted, Shared, World, lock};
use routesync_sim::support::declare::{route, site, url, whole};

pub const ROUTER: &str = "f2de";
const LONG: Duration = Duration::from_mins(2);

/// A store without faults, and nobody in it but a site with more files than one listing shows.
pub fn quiet() -> Config {
    Config { routers: vec![ROUTER.to_owned()], latency_ms: 4, files: 60, ..Config::default() }
}

pub fn one(owner: &str, pattern: &str, target: &str) -> Call {
    whole(ROUTER, owner, vec![route(pattern, url(&format!("{target}.example.com")))])
}

/// Makes the process's next read of the table show it two states old.
fn reads_two_states_old(world: &Shared, reader: &Running) {
    lock(world).script.push(Scripted {
        process: Some(reader.port.process),
        op: Op::Get,
        key: Some(format!("{ROUTER}:routes")),
        skip: 0,
        times: 1,
        fate: Fate::States(2),
    });
}

/// One owner's target goes around; another owner reads a table two states old, whose store had as many
/// keys and would have as many bytes.
pub fn a_read_two_states_old() -> Ran {
    in_world(quiet(), false, |world| async move {
        let busy = start(&world, None);
        for step in 0..8 {
            busy.sync(one("app/0", "/a", ["t1", "t2", "t3"][step % 3])).await.unwrap();
        }
        let other = start(&world, None);
        reads_two_states_old(&world, &other);
        other.sync(one("app/1", "/b", "t1")).await.unwrap();
    })
}

/// One entry goes around between paths of one length, and a process reads a table two states old.
pub fn a_raw_read_two_states_old() -> Ran {
    in_world(quiet(), false, |world| async move {
        let busy = start(&world, None);
        let at = |step: usize| format!("url,5000,,{}", ["/a", "/b", "/c"][step % 3]);
        let metadata = vec![("metadata".to_owned(), "{}".to_owned())];
        for namespace in ["5000", "5001"] {
            raw(&busy, RawChange::keys(namespace, metadata.clone(), false, &[])).await;
        }
        raw(&busy, RawChange::entries(ROUTER, &[at(0)], &[])).await;
        for step in 1..9 {
            raw(&busy, RawChange::entries(ROUTER, &[at(step)], &[at(step - 1)])).await;
        }
        let other = start(&world, None);
        reads_two_states_old(&world, &other);
        raw(&other, RawChange::entries(ROUTER, &["url,5001,,/x".to_owned()], &[])).await;
    })
}

/// A whole set of `count` routes to targets of their own, without a grace period, in a router with an index.
pub fn indexed(owner: &str, count: usize, version: usize) -> Call {
    let target = |n: usize| url(&format!("t{n}-{version}.example.com"));
    let mut call =
        whole(ROUTER, owner, (0..count).map(|n| route(&format!("/{owner}/{n}"), target(n))).collect());
    call.index = Some(true);
    call.grace = Duration::ZERO;
    call
}

/// Changes of an indexed table that take several writes stop after any of them, and another owner writes next.
pub fn a_large_change_stops_under_a_late_root() -> Ran {
    let config = Config { index: true, ..quiet() };
    in_world(config, false, |world| async move {
        start(&world, None).sync(indexed("app/0", 200, 0)).await.unwrap();
        for (version, requests) in (1..).zip(3..14) {
            let stops = start(&world, Some((requests, true)));
            let call = stops.call(indexed("app/0", 200, version), None, LONG, None);
            stops.port.life.ended.notified().await;
            call.abort();
            let other = start(&world, None);
            other.sync(indexed("app/1", 2, version)).await.unwrap();
            other.sync(indexed("app/0", 200, 0)).await.unwrap();
        }
        assert!(lock(&world).asked > 0);
    })
}

async fn raw(running: &Running, (call, change): (Call, RawChange)) {
    running.raw(call, change, LONG).await.unwrap().unwrap();
}

/// Commits that a busy process gets in before a cold one, and what went wrong.
pub fn a_cold_process_beside_a_busy_one() -> (u64, Ran) {
    let landed = Arc::new(std::sync::Mutex::new(u64::MAX));
    let result = Arc::clone(&landed);
    let ran = in_world(Config { latency_ms: 20, ..quiet() }, false, |world| async move {
        let busy = start(&world, None);
        busy.sync(one("app/0", "/a", "t0")).await.unwrap();
        let before = lock(&world).updates;
        let cold = start(&world, None).call(one("app/1", "/b", "t1"), None, LONG, None);
        for step in 0..200 {
            if cold.is_finished() {
                break;
            }
            busy.sync(one("app/0", "/a", &format!("t{}", step % 7))).await.unwrap();
        }
        *result.lock().unwrap() = lock(&world).updates - before - 1;
        cold.await.unwrap().unwrap();
    });
    let landed = *landed.lock().unwrap();
    (landed, ran)
}

/// The metadata that a pattern without a host leads to.
pub fn stands(world: &Shared, path: &str) -> Option<String> {
    let world = lock(world);
    let view = world.view(world.versions.len() - 1, ROUTER)?;
    view.own.get(&(String::new(), path.to_owned()))?.metadata.clone()
}

/// What an owner lost to another, took back and then dropped is on both their lists: the other's is due first.
pub fn a_route_that_changed_hands_twice_and_goes() -> Ran {
    let taking = |owner: &str, target: &str| {
        let mut call = one(owner, "/a", target);
        call.safety.takeover = Takeover::All;
        call
    };
    in_world(quiet(), false, |world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        process.sync(taking("app/1", "t2")).await.unwrap();
        process.sync(taking("app/0", "t1")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(50)).await;
        process.sync(one("app/0", "/b", "t1")).await.unwrap();
        process.sync(one("app/0", "/c", "t3")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(15)).await;
        process.sync(one("app/1", "/d", "t4")).await.unwrap();
        tokio::time::sleep(Duration::from_secs(65)).await;
        process.sync(one("app/0", "/e", "t5")).await.unwrap();
        // In the end it is gone all the same.
        assert!(!lock(&world).keys().values().any(|value| value.contains("t1.example.com")));
    })
}

/// A writer that had read before puts the table back right after a write, before that is checked.
pub fn a_table_put_back_after_a_write() -> Ran {
    in_world(quiet(), false, |world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        let table = lock(&world).keys()[&format!("{ROUTER}:routes")].clone();
        let put_back = move |world: &mut World| {
            let mut keys = world.keys().clone();
            keys.insert(format!("{ROUTER}:routes"), table);
            world.push_foreign(keys, "the clobberer");
        };
        lock(&world).hooks.push((0, Box::new(put_back)));
        process.sync(one("app/1", "/b", "t2")).await.unwrap();
        assert!(stands(&world, "/a").is_some() && stands(&world, "/b").is_some());
    })
}

/// An owner is pruned and deploys again at once. Its process then reads the store as it was before the prune, where the
/// owner's record had been written more often than the new one.
pub fn a_prune_and_a_read_from_before_it() -> Ran {
    in_world(quiet(), false, |world| async move {
        let first = start(&world, None);
        for target in ["t1", "t2", "t3"] {
            first.sync(one("app/0", "/old", target)).await.unwrap();
        }
        let (call, rights) = prune("app/0");
        first.call_with(call, rights, None, LONG, None).await.unwrap().unwrap();
        let process = start(&world, None);
        let number = process.port.process;
        let lags = move |world: &mut World| {
            let old = |op, key: Option<String>, skip, times| Scripted {
                process: Some(number),
                op,
                key,
                skip,
                times,
                fate: Fate::States(2),
            };
            let (root, record) =
                (format!("{ROUTER}:routes"), format!("{ROUTER}:owner:{}", OwnerId::of("app/0").as_str()));
            // The check reads the record once, and its Describe sends the commit into another round. That reads what
            // was absent before as often as it takes to believe that.
            world.script.extend([
                old(Op::Describe, None, 0, 2),
                old(Op::Get, Some(root), 0, 4),
                old(Op::Get, Some(record), 1, 2),
            ]);
        };
        lock(&world).hooks.push((0, Box::new(lags)));
        let report = process.sync(one("app/0", "/new", "t1")).await.unwrap();
        assert!(lock(&world).script.is_empty(), "every lagging read took place");
        let late: Vec<_> = report.warnings.iter().map(|warning| warning.code.name()).collect();
        assert_eq!(late, Vec::<&str>::new());
        assert!(stands(&world, "/new").is_some());
    })
}

/// A prune of `owner`, and what it may do.
pub fn prune(owner: &str) -> (Call, Rights) {
    let options = json!({ "router": ROUTER, "match": [owner], "olderThan": "0 seconds" });
    let call = Call::read_prune(&Cursor::root(&options)).unwrap();
    let pruned = BTreeSet::from([OwnerId::of(owner).as_str().to_owned()]);
    let rights = Rights::of(&call, Some((pruned, Duration::ZERO)));
    (call, rights)
}

/// A prune was cut off before it had deleted a site, which stays on the pruner's list. The site's owner declares it again,
/// and drops it in the commit in which the pruner sweeps: requests under way need it for a while.
pub fn a_site_that_a_prune_left_and_its_owner_drops() -> Ran {
    in_world(quiet(), false, |world| async move {
        let names = site_files(3);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let declared = || whole(ROUTER, "app/0", vec![route("/site", site(3, &names))]);
        let process = start(&world, None);
        process.sync(declared()).await.unwrap();
        // Only the first of its writes is applied.
        let dying = start(&world, None);
        let (of, silence) = (Some(dying.port.process), Duration::from_mins(1));
        let fate = Fate::Lost { applied: None, silence };
        lock(&world).script.push(Scripted {
            process: of,
            op: Op::Update,
            key: None,
            skip: 1,
            times: 1,
            fate,
        });
        let abort = Some(Duration::from_secs(1));
        let (call, rights) = prune("app/0");
        dying.call_with(call, rights, None, LONG, abort).await.unwrap().unwrap_err();
        process.sync(declared()).await.unwrap();
        let calls = [one("app/0", "/a", "t1"), whole(ROUTER, PRUNER, Vec::new())];
        for call in calls.map(|call| process.call(call, None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
        assert!(lock(&world).keys().values().any(|value| value.contains("/v3")), "it is kept for a while");
        tokio::time::sleep(Duration::from_secs(65)).await;
        process.sync(one("app/0", "/a", "t1")).await.unwrap();
        assert!(!lock(&world).keys().values().any(|value| value.contains("/v3")), "and goes in the end");
    })
}

/// A call that may remove little shares its commit with one that removes much, and that leaves before anything is written.
/// `judge` gets the code of the first.
pub fn a_call_that_leaves_beside_a_guarded_one(judge: fn(Option<Code>)) -> Ran {
    in_world(quiet(), false, |world| async move {
        let names: Vec<String> = (0..6).map(|n| format!("/{n}")).collect();
        let set = |names: &[String]| {
            let routes = names.iter().map(|name| route(name, url("t1.example.com")));
            whole(ROUTER, "app/0", routes.collect())
        };
        start(&world, None).sync(set(&names)).await.unwrap();
        let process = start(&world, None);
        let leaves = Some(Duration::from_millis(3));
        let leaving = process.call(set(&names[..1]), None, LONG, leaves);
        let mut guarded = set(&names[1..2]);
        guarded.safety.max_removed = Some(MaxRemoved::Count(2));
        let guarded = process.call(guarded, None, LONG, None).await.unwrap();
        assert_eq!(leaving.await.unwrap().unwrap_err().code, Code::Aborted);
        judge(guarded.err().map(|error| error.code));
    })
}

/// A commit takes many writes, each of them slow. What the last one retires is kept from then on.
pub fn a_slow_change_and_a_sweep_after_the_grace_of_its_plan() -> Ran {
    let routers = vec!["01ab".to_owned(), ROUTER.to_owned()];
    in_world(Config { routers, latency_ms: 1_500, ..quiet() }, false, |world| async move {
        let process = start(&world, None);
        process.sync(one("app/0", "/a", "old")).await.unwrap();
        // The router that is planned first takes several writes.
        let many = (0..120).map(|n| route(&format!("/{n}"), url(&format!("t{n}.example.com"))));
        let many = whole("01ab", "app/1", many.collect());
        let begun = Instant::now();
        for call in [many, one("app/0", "/a", "new")].map(|call| process.call(call, None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
        assert!(begun.elapsed() > Duration::from_secs(6), "it takes long: {:?}", begun.elapsed());
        // From the grace of the plan on to that of the last write.
        tokio::time::sleep_until(begun + Duration::from_mins(1)).await;
        while begun.elapsed() < Duration::from_secs(75) {
            process.sync(one("app/0", "/a", "new")).await.unwrap();
        }
    })
}

/// A whole set drops a route that another owner takes over in the same commit.
pub fn a_set_beside_a_takeover_of_what_it_drops() -> Ran {
    in_world(quiet(), false, |world| async move {
        let process = start(&world, None);
        process.sync(one("app/1", "/shared", "t1")).await.unwrap();
        let mut takes = one("app/0", "/shared", "t2");
        takes.safety.takeover = Takeover::All;
        for call in [takes, one("app/1", "/x", "t1")].map(|call| process.call(call, None, LONG, None)) {
            call.await.unwrap().unwrap();
        }
    })
}

/// An owner rolls back beside a call of another owner that declares a pattern which the rollback does not free.
pub fn a_rollback_beside_a_claim_of_what_it_keeps() -> Ran {
    in_world(quiet(), false, |world| async move {
        let process = start(&world, None);
        let set = |names: &[&str]| {
            let routes = names.iter().map(|name| route(name, url("t1.example.com")));
            Call { history: Some(4), ..whole(ROUTER, "app/0", routes.collect()) }
        };
        process.sync(set(&["/keeps"])).await.unwrap();
        process.sync(set(&["/keeps", "/goes"])).await.unwrap();
        let claim = one("app/1", "/keeps", "t2");
        for call in [rollback(ROUTER, "app/0", 1), claim].map(|call| process.call(call, None, LONG, None)) {
            let _ = call.await.unwrap();
        }
    })
}

/// An owner loses a pattern by a takeover and writes something else. Then a foreign writer puts the table from before back.
pub fn a_takeover_that_a_foreign_writer_undoes(judge: fn(bool)) -> Ran {
    in_world(quiet(), false, |world| async move {
        let other = start(&world, None);
        other.sync(one("app/1", "/shared", "t1")).await.unwrap();
        let table = lock(&world).keys()[&format!("{ROUTER}:routes")].clone();
        let process = start(&world, None);
        let (of, op) = (Some(process.port.process), Op::Describe);
        let fate = Fate::Lost { applied: None, silence: Duration::from_millis(400) };
        lock(&world).script.push(Scripted { process: of, op, key: None, skip: 1, times: 1, fate });
        let mut takes = one("app/0", "/shared", "t2");
        takes.safety.takeover = Takeover::All;
        let takes = process.call(takes, None, LONG, None);
        tokio::time::sleep(Duration::from_millis(200)).await;
        // It names the former target elsewhere, so that no list has it.
        other.sync(one("app/1", "/x", "t1")).await.unwrap();
        let mut keys = lock(&world).keys().clone();
        keys.insert(format!("{ROUTER}:routes"), table);
        lock(&world).push_foreign(keys, "the clobberer");
        let report = takes.await.unwrap().unwrap();
        judge(report.warnings.iter().any(|warning| warning.code.name() == "SUPERSEDED"));
    })
}
