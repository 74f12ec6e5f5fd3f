//! The store as one process reaches it: latency, faults, lagging reads, crashes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::request::{Fate, Op};
use super::world::{Sent, Shared, World, Writer, lock};
use routesync_aws::failure::Service;
use routesync_core::kvs::{Batch, Described, ETag, Failure, FailureKind, Got, Page, Store, Updated};

/// One life of a process, from its start to its crash.
#[derive(Debug, Default)]
pub struct Life {
    pub dead: AtomicBool,
    pub ops: AtomicU64,
    /// The request at which it ends, and whether the store still sees it.
    pub ends: Option<(u64, bool)>,
    pub ended: Notify,
}

impl Life {
    pub fn end(&self) {
        self.dead.store(true, Ordering::Relaxed);
        self.ended.notify_waiters();
        self.ended.notify_one();
    }
}

/// A process's way to the store.
#[derive(Clone)]
pub struct Port {
    pub world: Shared,
    pub process: usize,
    pub life: Arc<Life>,
}

struct Trip {
    fate: Fate,
    there: Duration,
    back: Duration,
    /// The process ends while the request is on its way.
    last: bool,
}

const STALE: [(u16, &str, &str); 2] = [
    (400, "ValidationException", "Pre-Condition failed: the ETag is not current"),
    (409, "ConflictException", "ETag mismatch"),
];

fn answer(status: u16, code: &str, message: &str) -> Failure {
    Service { status, code: Some(code), message: Some(message) }.failure()
}

fn lost() -> Failure {
    Failure { kind: FailureKind::Unknown, message: "the connection broke".to_owned(), request_id: None }
}

impl World {
    fn fate(&mut self, process: usize, op: Op, key: Option<&str>) -> Fate {
        let like = |one: &super::world::Scripted| {
            one.op == op
                && one.process.is_none_or(|other| other == process)
                && one.key.as_deref().is_none_or(|other| Some(other) == key)
        };
        if let Some(at) = self.script.iter().position(like) {
            let one = &mut self.script[at];
            if one.skip > 0 {
                one.skip -= 1;
                return Fate::Answered(Duration::ZERO);
            }
            one.times -= 1;
            let fate = one.fate;
            if one.times == 0 {
                self.script.remove(at);
            }
            return fate;
        }
        if !self.faulty {
            return Fate::Answered(Duration::ZERO);
        }
        let faults = self.config.faults;
        let draw = self.rng.u32(0..1_000);
        let mut edge = 0;
        let mut hit = |chance: u32| {
            edge += chance;
            draw < edge && draw + chance >= edge
        };
        if hit(faults.throttle) {
            return Fate::Throttled;
        }
        if hit(faults.refused) {
            return Fate::Refused;
        }
        let (broken, timeout) = (hit(faults.broken), hit(faults.timeout));
        if broken {
            let applied = self.rng.bool().then_some(Duration::ZERO);
            return Fate::Lost { applied, silence: Duration::from_millis(1) };
        }
        if timeout {
            let silence = Duration::from_millis(self.rng.u64(200..4_000));
            let applied = match self.rng.u32(0..3) {
                0 => None,
                1 => Some(silence.mul_f64(self.rng.f64())),
                _ => Some(silence + Duration::from_millis(self.rng.u64(1..30_000))),
            };
            return Fate::Lost { applied, silence };
        }
        if op != Op::Update && self.rng.u32(0..1_000) < faults.lagging {
            let most = u64::try_from(self.config.lag.as_millis()).unwrap();
            return Fate::Answered(Duration::from_millis(self.rng.u64(0..=most)));
        }
        Fate::Answered(Duration::ZERO)
    }

    /// A 404 tells no counts, so how often a lagging one must be seen through is a matter of agreement
    /// (the known limit of `fill`): a table is not reported absent by mistake more than three times in a
    /// row, another key not more than once.
    fn not_absent_for_ever(&mut self, process: usize, key: &str, version: usize) -> usize {
        let last = self.versions.len() - 1;
        let mistaken = !self.versions[version].keys.contains_key(key) && self.keys().contains_key(key);
        let times = self.mistaken.entry((process, key.to_owned())).or_default();
        *times = if mistaken { *times + 1 } else { 0 };
        let most = if key.ends_with(":routes") { 3 } else { 1 };
        if *times > most { last } else { version }
    }

    /// Whether the store answers at all.
    fn usable(&mut self) -> Result<(), Failure> {
        let now = self.now();
        if self.config.deleted_at.is_some_and(|at| at <= now) {
            return Err(answer(409, "ConflictException", "Key-Value-Store was not in expected state"));
        }
        if now < self.config.provisioning {
            let message = "Key-Value-Store was not in expected state: PROVISIONING";
            return Err(answer(409, "ConflictException", message));
        }
        Ok(())
    }

    fn apply(&mut self, process: usize, sent: usize, etag: &ETag, batch: &Batch) -> Result<Updated, Failure> {
        self.usable()?;
        if etag.as_str() != self.last().etag {
            let (status, code, message) = STALE[self.rng.usize(0..2)];
            return Err(answer(status, code, message));
        }
        self.updates += 1;
        self.tell(|| {
            let puts = batch.puts.iter().map(|(key, value)| {
                if key.contains(":owner:") { format!("{key}={}", value.trim_end()) } else { key.clone() }
            });
            format!("  p{process} puts {:?} deletes {:?}", puts.collect::<Vec<_>>(), batch.deletes)
        });
        let keys = self.after(batch);
        self.push(keys, Writer::Ours(process));
        let sweeps = batch.deletes.iter().any(|key| key.ends_with(":metadata"));
        self.versions.last_mut().unwrap().sweeps = sweeps;
        self.note_names(self.sent[sent].at);
        self.judge_ours(process, sent, batch);
        let last = self.last();
        let updated = Updated { etag: ETag::new(last.etag.clone()), counts: last.counts };
        self.run_hooks();
        Ok(updated)
    }

    fn run_hooks(&mut self) {
        self.hooks.iter_mut().for_each(|(skip, _)| *skip = skip.wrapping_sub(1));
        while let Some(at) = self.hooks.iter().position(|(skip, _)| *skip == usize::MAX) {
            let (_, hook) = self.hooks.remove(at);
            hook(self);
        }
    }
}

impl Port {
    async fn begin(&self, op: Op, key: Option<&str>) -> Trip {
        let number = self.life.ops.fetch_add(1, Ordering::Relaxed);
        let dying = self.life.ends.filter(|(at, _)| *at <= number);
        if dying.is_some_and(|(_, seen)| !seen) {
            self.life.end();
        }
        if self.life.dead.load(Ordering::Relaxed) {
            // A process that has ended does nothing more.
            std::future::pending::<()>().await;
        }
        let mut world = lock(&self.world);
        world.ops += 1;
        let fate = world.fate(self.process, op, key);
        let most = world.config.latency_ms.max(2);
        let mut half = || Duration::from_millis(world.rng.u64(1..=most));
        let trip = Trip { fate, there: half(), back: half(), last: dying.is_some() };
        let process = self.process;
        world.tell(|| format!("p{process} {op:?} {} {fate:?}", key.unwrap_or_default()));
        trip
    }

    /// The process ends if this was its last request.
    async fn end(&self, trip: &Trip) {
        if trip.last {
            self.life.end();
        }
        if self.life.dead.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn read<T>(
        &self,
        op: Op,
        key: Option<&str>,
        look: impl FnOnce(&mut World, usize) -> T,
    ) -> Result<T, Failure> {
        let trip = self.begin(op, key).await;
        tokio::time::sleep(trip.there).await;
        let version = match trip.fate {
            Fate::Answered(behind) => Ok(lock(&self.world).seen(behind)),
            Fate::States(states) => Ok((lock(&self.world).versions.len() - 1).saturating_sub(states)),
            Fate::Throttled => Err(answer(429, "ThrottlingException", "Rate exceeded")),
            Fate::Refused => Err(refused()),
            Fate::Lost { silence, .. } => {
                tokio::time::sleep(silence).await;
                Err(answer([500, 502, 504][silence.as_millis() as usize % 3], "", ""))
            }
        };
        let answer = version.and_then(|version| {
            let mut world = lock(&self.world);
            world.usable()?;
            let version = if op == Op::Describe { version } else { world.not_alike(version) };
            Ok(look(&mut world, version))
        });
        tokio::time::sleep(trip.back).await;
        self.end(&trip).await;
        answer
    }
}

fn refused() -> Failure {
    let message = "the host could not be reached (connection refused)".to_owned();
    Failure { kind: FailureKind::Unreachable, message, request_id: None }
}

impl Store for Port {
    async fn describe(&self) -> Result<Described, Failure> {
        self.read(Op::Describe, None, |world, version| {
            if version + 1 == world.versions.len() {
                world.described.insert(self.process, world.now());
            }
            let version = &world.versions[version];
            Described { etag: ETag::new(version.etag.clone()), counts: version.counts }
        })
        .await
    }

    async fn get(&self, key: &str) -> Result<Option<Got>, Failure> {
        self.read(Op::Get, Some(key), |world, version| {
            let version = world.not_absent_for_ever(self.process, key, version);
            let value = world.versions[version].keys.get(key)?.clone();
            Some(Got { value, counts: world.told(version) })
        })
        .await
    }

    async fn list(&self, token: Option<&str>) -> Result<Page, Failure> {
        self.read(Op::List, token, |world, version| {
            world.lists += 1;
            let keys = &world.versions[version].keys;
            let from = token.map_or(0, |token| token.parse().unwrap_or(0));
            let items: Vec<_> =
                keys.iter().skip(from).take(50).map(|(key, value)| (key.clone(), value.clone())).collect();
            let next = (from + items.len() < keys.len()).then(|| (from + items.len()).to_string());
            Page { items, next }
        })
        .await
    }

    async fn update(&self, etag: &ETag, batch: &Batch) -> Result<Updated, Failure> {
        let trip = self.begin(Op::Update, None).await;
        let (there, back, process) = (trip.there, trip.back, self.process);
        let sent = {
            let mut world = lock(&self.world);
            let calls = world.open_of(process);
            let at = world.now();
            world.sent.push(Sent { process, at, calls, known: false, confirmed: false });
            world.sent.len() - 1
        };
        let applied = match trip.fate {
            Fate::Refused => {
                tokio::time::sleep(there).await;
                lock(&self.world).sent[sent].known = true;
                return Err(refused());
            }
            Fate::Throttled => {
                tokio::time::sleep(there + back).await;
                self.end(&trip).await;
                lock(&self.world).sent[sent].known = true;
                return Err(answer(400, "ThrottlingException", "Rate exceeded"));
            }
            Fate::Answered(_) | Fate::States(_) => Some(Duration::ZERO),
            Fate::Lost { applied, .. } => applied,
        };
        let loses = matches!(trip.fate, Fate::Lost { .. });
        let (settle, settled) = oneshot::channel();
        if let Some(later) = applied {
            // On its way it does not depend on its sender any more.
            let (world, etag, batch) = (Arc::clone(&self.world), etag.clone(), batch.clone());
            tokio::spawn(async move {
                tokio::time::sleep(there + later).await;
                let answer = {
                    let mut world = lock(&world);
                    world.sent[sent].confirmed = !loses;
                    world.apply(process, sent, &etag, &batch)
                };
                tokio::time::sleep(back).await;
                let _ = settle.send(answer);
            });
        }
        let answer = match trip.fate {
            Fate::Lost { silence, .. } => {
                tokio::time::sleep(there + silence + back).await;
                Err(lost())
            }
            _ => settled.await.unwrap_or_else(|_| Err(lost())),
        };
        self.end(&trip).await;
        let known = answer.as_ref().err().is_none_or(|failure| failure.kind != FailureKind::Unknown);
        lock(&self.world).sent[sent].known = known;
        answer
    }
}
