//! One seed from beginning to end, and promise 7: what is left when nobody writes any more.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use super::config::Config;
use super::foreign::{self, Style};
use super::owning::PRUNER;
use super::process;
use super::running::start;
use super::view::is_ours;
use super::world::{Shared, World, lock};
use crate::support::declare::{route, url, whole};
use crate::support::reader;
use routesync_core::options::Verify;

/// What a run came to.
#[derive(Debug, Default)]
pub struct Ran {
    pub ops: u64,
    pub updates: u64,
    pub calls: usize,
    pub resolved: usize,
    /// Requests through an index.
    pub asked: u64,
    pub virtual_time: Duration,
    pub violations: Vec<String>,
    pub trace: Vec<String>,
}

/// Runs `work` in a world of its own, in virtual time.
pub fn in_world<F: Future<Output = ()>>(config: Config, trace: bool, work: impl FnOnce(Shared) -> F) -> Ran {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut kept = None;
    let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let world = World::new(config, trace);
            kept = Some(Arc::clone(&world));
            work(world).await;
        });
    }));
    let mut ran = Ran::default();
    if let Some(world) = kept {
        let _inside = runtime.enter();
        let mut world = lock(&world);
        ran.ops = world.ops;
        ran.updates = world.updates;
        ran.calls = world.calls.len();
        ran.resolved = world.calls.iter().filter(|call| call.settled.is_some_and(|it| it.resolved)).count();
        ran.asked = world.asked;
        ran.virtual_time = world.now();
        ran.violations = std::mem::take(&mut world.violations);
        ran.trace = world.trace.take().unwrap_or_default();
    }
    if let Err(panic) = ended {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        ran.violations.push(format!("a panic: {}", text.unwrap_or_default()));
    }
    ran
}

/// Runs a seed.
pub fn run(seed: u64, trace: bool) -> Ran {
    run_config(Config::of(seed), trace)
}

/// Runs a seed's make-up.
pub fn run_config(config: Config, trace: bool) -> Ran {
    in_world(config, trace, |world| async move {
        populate(&world);
        let config = lock(&world).config.clone();
        let mut tasks = Vec::new();
        for index in 0..config.processes {
            let rng = lock(&world).rng.fork();
            tasks.push(tokio::spawn(process::deploy(Arc::clone(&world), rng, index, config.steps)));
        }
        for number in 0..config.sst {
            tasks.push(tokio::spawn(foreign::sst(Arc::clone(&world), number, config.sst_steps)));
        }
        tasks.push(tokio::spawn(foreign::editor(Arc::clone(&world), config.edits)));
        tasks.push(tokio::spawn(foreign::clobber(Arc::clone(&world), config.clobbers)));
        for task in tasks {
            if let Err(error) = task.await {
                lock(&world).violated(format!("a task of the model ended: {error}"));
            }
        }
        // The last answers, and writes that land late.
        tokio::time::sleep(Duration::from_secs(45)).await;
        lock(&world).faulty = false;
        if !lock(&world).gone() {
            settle_down(&world).await;
        }
    })
}

/// What stands before anybody comes.
fn populate(world: &Shared) {
    let mut world = lock(world);
    let (routers, count) = (world.config.routers.clone(), world.config.foreign_entries);
    let mut keys = world.keys().clone();
    let mut rng = world.rng.fork();
    for (index, router) in routers.iter().enumerate() {
        let entries: Vec<(String, String)> =
            (0..count).map(|n| foreign::entry(0xa000 + 0x400 * index + n)).collect();
        let lines: Vec<String> = entries.iter().map(|(line, _)| line.clone()).collect();
        let style = if rng.bool() { Style::Sst } else { Style::Editor };
        foreign::put_table(&mut keys, router, &lines, style, &mut rng);
        for (_, ns) in entries.iter().take(20) {
            keys.insert(format!("{ns}:metadata"), "{\"host\":\"h\",\"origin\":{}}".to_owned());
        }
    }
    world.push_foreign(keys, "what was there");
}

/// Promise 7: every owner declares once more; then the same set again writes nothing but due sweeps,
/// and in the end there is nothing that nobody names.
pub async fn settle_down(world: &Shared) {
    let (owners, routers, owning) = {
        let config = &lock(world).config;
        (config.owners.clone(), config.routers.clone(), config.owning)
    };
    let mut sets: Vec<_> = owners
        .iter()
        .enumerate()
        .map(|(n, (owner, router, _))| {
            let routes = (0..=n).map(|k| route(&format!("/{owner}/final{k}"), url("final.example.com")));
            let mut call = whole(router, owner, routes.collect());
            call.verify = if n == 0 { Verify::Full } else { Verify::Light };
            // What a history keeps would rightly stay.
            call.history = Some(0);
            call
        })
        .collect();
    if owning {
        // A prune that was cut off has left something to who prunes.
        sets.extend(routers.iter().map(|router| whole(router, PRUNER, Vec::new())));
    }
    for round in 0..40 {
        let (updates, lines) = {
            let world = lock(world);
            (world.updates, world.last().views.clone())
        };
        let running = start(world, None);
        let calls: Vec<_> =
            sets.iter().map(|set| running.call(set.clone(), None, Duration::from_mins(2), None)).collect();
        for call in calls {
            if let Err(error) = call.await.unwrap() {
                lock(world).violated(format!("5: in the end a call was rejected: {} {error}", error.code));
                return;
            }
        }
        let wrote = lock(world).updates - updates;
        if round > 0 && wrote > 0 && lock(world).last().views != lines {
            lock(world).violated("7: the same set again changed the table".to_owned());
            return;
        }
        if round == 1 && wrote > 0 && !is_sweep(world) {
            lock(world).violated("7: the same set again wrote more than a sweep".to_owned());
        }
        if round > 1 && wrote == 0 {
            judge_rest(world);
            return;
        }
        tokio::time::sleep(Duration::from_secs(65)).await;
    }
    lock(world).violated("7: sweeping does not end".to_owned());
}

/// Whether the last write took something away besides writing records.
fn is_sweep(world: &Shared) -> bool {
    let world = lock(world);
    let last = world.versions.len() - 1;
    world.versions[last].counts.items < world.versions[last - 1].counts.items
}

/// Nothing is left that nobody names.
fn judge_rest(world: &Shared) {
    let mut world = lock(world);
    let keys = world.keys().clone();
    let routers = world.config.routers.clone();
    let mut named: Vec<String> = Vec::new();
    for router in &routers {
        let Ok(table) = reader::table(&keys, router) else { continue };
        named.extend(table.lines.into_iter().map(|line| line.ns));
        let listed = reader::retired(&keys, router);
        if !listed.is_empty() {
            world.violated(format!("7: still listed as retired: {listed:?}"));
        }
    }
    if let Some(key) = keys.keys().find(|key| key.contains(":history:")) {
        world.violated(format!("7: {key} is kept, and no history is"));
    }
    let orphans: Vec<&String> = keys
        .keys()
        .filter(|key| {
            let ns = key.split(':').next().unwrap_or_default();
            is_ours(ns) && !named.iter().any(|name| name == ns) && !world.dropped.contains_key(ns)
        })
        .collect();
    if !orphans.is_empty() {
        world.violated(format!("7: keys that nobody names: {orphans:?}"));
    }
    for ns in named.iter().filter(|ns| keys.contains_key(&format!("{ns}:site"))) {
        let site = reader::site(&keys, ns).unwrap_or_default();
        if site.other.is_some() || site.files != reader::files(&keys, ns) {
            world.violated(format!("7: the site {ns} is not what its record says"));
        }
    }
}
