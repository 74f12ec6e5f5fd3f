//! A process of ours: it deploys, several calls at once, gives up now and then, crashes, comes again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinHandle;

use super::config::Config;
use super::declared::Rights;
use super::owning::{Odd, twist};
use super::raw_change::RawChange;
use super::raw_deploy::Resources;
use super::running::{Running, Settled, start};
use super::undoing::rollback;
use super::view::site_files;
use super::world::{Shared, lock};
use crate::support::declare::{part, route, site, url, whole};
use routesync_core::options::Verify;

/// The targets that calls of all owners choose from; `t<n>.example.com`.
const TARGETS: usize = 4;

/// What a site may be at one time.
const SITE_VERSIONS: usize = 5;

/// The `version`th site: its metadata tells which files it has.
fn site_version(version: usize) -> routesync_core::route::Target {
    let names = site_files(version);
    site(version, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What a deployment system remembers of its last reports, by owner and part.
type Memory = HashMap<(String, String), Vec<(String, String)>>;

/// Deploys at random, `steps` times.
pub async fn deploy(world: Shared, mut rng: Rng, index: usize, steps: usize) {
    let config = lock(&world).config.clone();
    let mut memory = Memory::new();
    let next = |rng: &mut Rng| {
        let ends = (config.crashes && rng.u32(0..100) < 40).then(|| (rng.u64(0..60), rng.bool()));
        start(&world, ends)
    };
    let mut running = next(&mut rng);
    let mut odd = Rng::with_seed(config.seed << 8 | index as u64);
    let mut undoing = Rng::with_seed(!(config.seed << 8 | index as u64));
    let mut raw = Rng::with_seed((config.seed << 8 | index as u64) ^ 0x2545_f491);
    let mut indexing = Rng::with_seed((config.seed << 8 | index as u64) ^ 0x1656_67b1);
    let mut resources = Resources::default();
    for _ in 0..steps {
        tokio::time::sleep(think(&mut rng, config.pauses)).await;
        if running.port.life.dead.load(std::sync::atomic::Ordering::Relaxed) {
            running = next(&mut rng);
        }
        let beside = (config.raw && raw.u32(0..3) > 0)
            .then(|| resources.deploy(&running, &mut raw, index, &config.routers));
        let burst = if rng.u32(0..4) == 0 { rng.usize(2..=6) } else { 1 };
        let mut calls: Vec<((String, String), JoinHandle<Settled>)> = Vec::new();
        for _ in 0..burst {
            let (owner, router, parts) = rng.choice(&config.owners).unwrap();
            let at = (owner.clone(), format!("p{index}.{}", rng.usize(0..2)));
            if *parts && calls.iter().any(|(other, _)| *other == at) {
                // One construct is deployed once at a time.
                continue;
            }
            let fresh = (rng.u32(0..10) < 7).then(|| {
                let mut world = lock(&world);
                world.targets += 1;
                format!("fresh{}.example.com", world.targets)
            });
            let mut set = some_routes(&mut rng, owner, fresh.as_deref());
            if config.sites && rng.u32(0..3) > 0 {
                let version = rng.usize(0..SITE_VERSIONS);
                set.push(route(&format!("/{owner}/site{}", rng.usize(0..2)), site_version(version)));
            }
            let mut call = if *parts {
                let previous = memory.get(&at).into_iter().flatten();
                part(router, owner, &at.1, previous.map(|(to, id)| (to.as_str(), id.as_str())), set)
            } else {
                whole(router, owner, set)
            };
            call.verify = match rng.u32(0..10) {
                0 => Verify::Full,
                1 => Verify::Off,
                _ => Verify::Light,
            };
            let hasty = config.hasty && rng.u32(0..3) == 0;
            let abort = (hasty && rng.bool()).then(|| Duration::from_millis(rng.u64(0..1_500)));
            let short = hasty && abort.is_none();
            let deadline =
                if short { Duration::from_millis(rng.u64(1..3_000)) } else { Duration::from_mins(2) };
            let fresh = fresh.map(|host| url(&host).metadata().to_owned());
            let mut prunes = None;
            if config.owning && odd.u32(0..5) == 0 {
                let mut world = lock(&world);
                Odd { call, prunes } = twist(&mut odd, &config, &mut world.generations, call);
            }
            if config.history && undoing.u32(0..3) == 0 {
                call.history = Some(undoing.u64(0..=4));
            }
            let undoes = config.history && prunes.is_none() && undoing.u32(0..6) == 0;
            if undoes {
                let (world, back) = (lock(&world), undoing.u64(0..=3));
                let last = world.last_change(router, call.owner.as_str()).saturating_sub(back);
                call = rollback(router, call.owner.as_str(), last);
            }
            call.index = some_index(&config, &mut indexing);
            let rights = Rights::of(&call, prunes);
            // Who prunes or rolls back has no routes to remember.
            let at = if undoes || rights.prunes.is_some() { <(String, String)>::default() } else { at };
            calls.push((at, running.call_with(call, rights, fresh, deadline, abort)));
            if rng.bool() {
                tokio::time::sleep(Duration::from_millis(rng.u64(0..60))).await;
            }
        }
        sets_index(&running, &config, &mut indexing);
        let life = Arc::clone(&running.port.life);
        for (at, mut call) in calls {
            tokio::select! {
                biased;
                settled = &mut call => {
                    if let Ok(Ok(report)) = settled {
                        let ids = report.ids.iter().map(|(to, id)| (to.clone(), id.to_string()));
                        memory.insert(at, ids.collect());
                    }
                }
                () = life.ended.notified() => {
                    life.ended.notify_one();
                    call.abort();
                }
            }
        }
        if let Some(beside) = beside {
            beside.wait(&running, &mut resources).await;
        }
    }
}

/// What a call says about the index of its router.
fn some_index(config: &Config, rng: &mut Rng) -> Option<bool> {
    let index = [Some(true), Some(true), Some(true), None, None, Some(false)][rng.usize(0..6)];
    index.filter(|wants| config.index && (*wants || rng.u32(0..5) == 0))
}

/// Sometimes makes a call without an owner that only sets whether a router has an index. Nobody waits for it.
fn sets_index(running: &Running, config: &Config, rng: &mut Rng) {
    if !config.index || rng.u32(0..6) > 0 {
        return;
    }
    let router = rng.choice(&config.routers).unwrap();
    let (mut call, change) = RawChange::entries(router, &[], &[]);
    call.index = Some(rng.u32(0..4) > 0);
    drop(running.raw(call, change, Duration::from_mins(2)));
}

fn think(rng: &mut Rng, pauses: bool) -> Duration {
    match rng.u32(0..20) {
        0 if pauses => Duration::from_secs(rng.u64(20..100)),
        1..4 => Duration::ZERO,
        4..14 => Duration::from_millis(rng.u64(0..400)),
        _ => Duration::from_millis(rng.u64(0..4_000)),
    }
}

fn some_routes(rng: &mut Rng, owner: &str, fresh: Option<&str>) -> Vec<routesync_core::route::Route> {
    let most = if rng.u32(0..30) == 0 { 90 } else { 7 };
    let count = rng.usize(0..=most);
    let mut names: Vec<String> = (0..most + 2).map(|n| format!("/{owner}/r{n}&x")).collect();
    names[0] = format!("{}.example.com/", owner.replace('/', "-"));
    if rng.u32(0..12) == 0 {
        "/shared".clone_into(&mut names[1]);
    }
    rng.shuffle(&mut names);
    let mut routes: Vec<_> = Vec::new();
    for (n, name) in names.into_iter().take(count).enumerate() {
        let target = match (n, fresh) {
            (0, Some(fresh)) => url(fresh),
            _ => url(&format!("t{}.example.com", rng.usize(0..TARGETS))),
        };
        routes.push(route(&name, target));
    }
    routes
}
