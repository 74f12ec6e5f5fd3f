//! A process of ours: it deploys, several calls at once, gives up now and then, crashes, comes again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::declared::{ModelCall, Rights};
use super::owning::{Odd, twist};
use super::port::{Life, Port};
use super::undoing::rollback;
use super::view::site_files;
use super::world::{EPOCH, Shared, lock};
use crate::support::declare::{part, route, site, url, whole};
use routesync_core::options::{Call, RetryOptions, Verify};
use routesync_core::report::Report;
use routesync_core::sync::{Control, Engine, Env};

/// What a call came to.
pub type Settled = Result<Report, routesync_core::error::RouteSyncError>;

/// An engine with its way to the store.
pub struct Running {
    pub engine: Arc<Engine<Port>>,
    pub port: Port,
}

/// Starts a process. `ends`: the request at which it crashes, and whether the store still sees it.
pub fn start(world: &Shared, ends: Option<(u64, bool)>) -> Running {
    let mut guard = lock(world);
    let start = guard.start;
    let elapsed = move || u64::try_from(Instant::now().duration_since(start).as_millis()).unwrap();
    let env = Env::new(move || EPOCH * 1_000 + elapsed(), guard.rng.fork());
    let process = guard.lives;
    guard.lives += 1;
    drop(guard);
    let life = Arc::new(Life { ends, ..Life::default() });
    let port = Port { world: Arc::clone(world), process, life };
    Running { engine: Arc::new(Engine::new(port.clone(), RetryOptions::default(), env)), port }
}

impl Running {
    /// Makes a call; `fresh` is the metadata of a target that no other call declares.
    pub fn call(
        &self,
        call: Call,
        fresh: Option<String>,
        deadline: Duration,
        abort: Option<Duration>,
    ) -> JoinHandle<Settled> {
        let rights = Rights::of(&call, None);
        self.call_with(call, rights, fresh, deadline, abort)
    }

    /// The same, with what it may do besides.
    pub fn call_with(
        &self,
        call: Call,
        rights: Rights,
        fresh: Option<String>,
        deadline: Duration,
        abort: Option<Duration>,
    ) -> JoinHandle<Settled> {
        let world = Arc::clone(&self.port.world);
        let mut entered = ModelCall::new(self.port.process, &call, rights, fresh, deadline);
        entered.aborts = abort.is_some();
        let number = lock(&world).enter(entered);
        let cancel = CancellationToken::new();
        let life = Arc::clone(&self.port.life);
        let settled = self.engine.call(call, Control { deadline, cancel: cancel.clone(), listener: None });
        tokio::spawn(async move {
            if let Some(after) = abort {
                tokio::spawn(async move {
                    tokio::time::sleep(after).await;
                    cancel.cancel();
                });
            }
            let result = settled.await;
            // What a process that has ended would say, nobody hears.
            if !life.dead.load(std::sync::atomic::Ordering::Relaxed) {
                lock(&world).settle(number, &result);
            }
            result
        })
    }

    /// Makes a call with the default deadline, and waits.
    pub async fn sync(&self, call: Call) -> Settled {
        self.call(call, None, Duration::from_mins(2), None).await.unwrap()
    }
}

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
    for _ in 0..steps {
        tokio::time::sleep(think(&mut rng, config.pauses)).await;
        if running.port.life.dead.load(std::sync::atomic::Ordering::Relaxed) {
            running = next(&mut rng);
        }
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
            let rights = Rights::of(&call, prunes);
            // Who prunes or rolls back has no routes to remember.
            let at = if undoes || rights.prunes.is_some() { <(String, String)>::default() } else { at };
            calls.push((at, running.call_with(call, rights, fresh, deadline, abort)));
            if rng.bool() {
                tokio::time::sleep(Duration::from_millis(rng.u64(0..60))).await;
            }
        }
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
    }
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
