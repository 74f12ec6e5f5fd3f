//! A process of ours: its engine, and the calls that it makes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::declared::{ModelCall, Rights};
use super::port::{Life, Port};
use super::raw_change::RawChange;
use super::world::{EPOCH, Shared, lock};
use routesync_core::options::{Call, RetryOptions};
use routesync_core::report::Report;
use routesync_core::sync::{Control, Engine, Env};

/// What a call came to.
pub type Settled = Result<Report, routesync_core::error::RouteSyncError>;

/// An engine with its way to the store.
#[derive(Clone)]
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

    /// Makes a raw call.
    pub fn raw(&self, call: Call, change: RawChange, deadline: Duration) -> JoinHandle<Settled> {
        let world = self.port.world.clone();
        let mut entered = ModelCall::new(self.port.process, &call, Rights::default(), None, deadline);
        entered.raw = Some(change);
        let number = lock(&world).enter(entered);
        let life = self.port.life.clone();
        let control = Control { deadline, cancel: CancellationToken::new(), listener: None };
        let settled = self.engine.call(call, control);
        tokio::spawn(async move {
            let result = settled.await;
            if !life.dead.load(Ordering::Relaxed) {
                lock(&world).settle(number, &result);
            }
            result
        })
    }
}
