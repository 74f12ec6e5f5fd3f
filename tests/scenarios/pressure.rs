//! Scenarios that a break of the engine must fail too: `tests/mutations.rs` runs them broken.

use std::sync::Arc;
use std::time::Duration;

use routesync::options::{Intent, Takeover};

use crate::declare::{route, url, whole};
use crate::model::config::Config;
use crate::model::port::{Fate, Op};
use crate::model::process::start;
use crate::model::run::{Ran, in_world};
use crate::model::world::{Scripted, Shared, World, lock};

pub const ROUTER: &str = "f2de";

/// A store without faults, and nobody in it but a site with more files than one listing shows.
pub fn quiet() -> Config {
    Config { routers: vec![ROUTER.to_owned()], latency_ms: 4, files: 60, ..Config::default() }
}

pub fn one(owner: &str, pattern: &str, target: &str) -> Intent {
    whole(ROUTER, owner, vec![route(pattern, url(&format!("{target}.example.com")))])
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
        lock(&world).script.push(Scripted {
            process: Some(other.port.process),
            op: Op::Get,
            key: Some(format!("{ROUTER}:routes")),
            skip: 0,
            times: 1,
            fate: Fate::States(2),
        });
        other.sync(one("app/1", "/b", "t1")).await.unwrap();
    })
}

/// Commits that a busy process gets in before a cold one, and what went wrong.
pub fn a_cold_process_beside_a_busy_one() -> (u64, Ran) {
    let landed = Arc::new(std::sync::Mutex::new(u64::MAX));
    let result = Arc::clone(&landed);
    let ran = in_world(Config { latency_ms: 20, ..quiet() }, false, |world| async move {
        let busy = start(&world, None);
        busy.sync(one("app/0", "/a", "t0")).await.unwrap();
        let before = lock(&world).updates;
        let cold = start(&world, None).call(one("app/1", "/b", "t1"), None, Duration::from_mins(2), None);
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
        let mut intent = one(owner, "/a", target);
        intent.safety.takeover = Takeover::All;
        intent
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
