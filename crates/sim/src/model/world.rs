//! The simulated store with its whole history, and everybody's view of time and chance.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use fastrand::Rng;
use tokio::time::Instant;

use super::config::{Config, Miscount};
use super::declared::ModelCall;
use super::request::{Fate, Op};
use super::view::{Pattern, View, is_ours, view};
use crate::support::reader::Keys;
use routesync_core::kvs::{Batch, Counts};

/// Seconds since the epoch when a run begins.
pub const EPOCH: u64 = 1_764_000_000;
/// States whose keys are kept for lagging reads.
const KEPT: usize = 64;

/// Who wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    Ours(usize),
    Foreign(&'static str),
}

/// A state of the store.
#[derive(Debug)]
pub struct Version {
    pub etag: String,
    /// Empty once it is too old for any read.
    pub keys: Keys,
    pub counts: Counts,
    pub at: Duration,
    pub by: Writer,
    /// It deletes metadata that nobody has read: its size may be that of an older state, by chance (a known limit).
    pub sweeps: bool,
    /// By router; an error is what SST's reader throws.
    pub views: BTreeMap<String, Result<Arc<View>, String>>,
}

/// A write on its way.
#[derive(Debug)]
pub struct Sent {
    pub process: usize,
    pub at: Duration,
    /// The calls of that process that were not settled when it was sent.
    pub calls: Vec<usize>,
    /// Its client knows what became of it.
    pub known: bool,
    /// It was answered as applied.
    pub confirmed: bool,
}

/// A fate that a scenario has chosen for a request to come.
pub struct Scripted {
    pub process: Option<usize>,
    pub op: Op,
    /// The key of a `GetKey`; any without one.
    pub key: Option<String>,
    /// Requests like it that go through before.
    pub skip: usize,
    /// Requests like it that it then holds for.
    pub times: usize,
    pub fate: Fate,
}

/// Something that happens right after the nth write from now on was applied.
pub type Hook = Box<dyn FnOnce(&mut World) + Send>;

/// Everything there is.
pub struct World {
    pub config: Config,
    pub rng: Rng,
    pub start: Instant,
    pub versions: Vec<Version>,
    pub calls: Vec<ModelCall>,
    pub sent: Vec<Sent>,
    pub ops: u64,
    pub updates: u64,
    pub lists: u64,
    /// Faults and lags happen.
    pub faulty: bool,
    /// Writers other than ours may have lost updates: what they dropped is not ours to answer for.
    pub dropped: HashMap<String, Duration>,
    /// When an id of ours was last named by an entry.
    pub unnamed: HashMap<String, Duration>,
    pub violations: Vec<String>,
    pub trace: Option<Vec<String>>,
    pub script: Vec<Scripted>,
    pub hooks: Vec<(usize, Hook)>,
    pub grace: u64,
    /// When each process last saw, by Describe, the state as it was.
    pub described: HashMap<usize, Duration>,
    /// Requests through the index.
    pub asked: u64,
    /// When a root was last that of an epoch.
    pub rooted: HashMap<String, Duration>,
    /// Lagging 404s in a row, by process and key.
    pub mistaken: HashMap<(usize, String), u32>,
    /// Lives of processes so far.
    pub lives: usize,
    /// Targets that only one call declares.
    pub targets: usize,
    /// Namespaces of SST that a call has taken over or adopted.
    pub adopted: HashSet<String>,
    /// What has stood at some time: router, pattern, id.
    pub stood: HashSet<(String, Pattern, String)>,
    /// Ids whose metadata is not the owner's alone to keep: another owner took them over, or a foreign writer brought them back.
    pub handed: HashSet<String>,
    /// Ids that a foreign writer brought back.
    pub restored: HashSet<String>,
    /// The last generation that a call of each owner had, by router and owner.
    pub generations: HashMap<String, u64>,
}

pub type Shared = Arc<Mutex<World>>;

pub fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl World {
    /// A world with a store that holds nothing but files. Must be made within a runtime whose clock is paused.
    pub fn new(config: Config, trace: bool) -> Shared {
        let rng = Rng::with_seed(config.seed ^ 0x9e37_79b9_7f4a_7c15);
        let mut world = Self {
            rng,
            start: Instant::now(),
            versions: Vec::new(),
            calls: Vec::new(),
            sent: Vec::new(),
            ops: 0,
            updates: 0,
            lists: 0,
            faulty: true,
            dropped: HashMap::new(),
            unnamed: HashMap::new(),
            violations: Vec::new(),
            trace: trace.then(Vec::new),
            script: Vec::new(),
            hooks: Vec::new(),
            grace: 60,
            described: HashMap::new(),
            mistaken: HashMap::new(),
            lives: 0,
            targets: 0,
            adopted: HashSet::new(),
            stood: HashSet::new(),
            handed: HashSet::new(),
            restored: HashSet::new(),
            generations: HashMap::new(),
            asked: 0,
            rooted: HashMap::new(),
            config,
        };
        let files = (0..world.config.files).map(|n| (format!("fade:/{n}"), "s3".to_owned())).collect();
        world.push(files, Writer::Foreign("creation"));
        Arc::new(Mutex::new(world))
    }

    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        let now = self.now();
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>9.3} {}", now.as_secs_f64(), line()));
        }
    }

    pub fn violated(&mut self, what: String) {
        self.tell(|| format!("VIOLATED {what}"));
        self.violations.push(what);
    }

    pub fn last(&self) -> &Version {
        self.versions.last().unwrap()
    }

    pub fn keys(&self) -> &Keys {
        &self.last().keys
    }

    pub fn view(&self, version: usize, router: &str) -> Option<Arc<View>> {
        self.versions[version].views.get(router)?.as_ref().ok().cloned()
    }

    /// The number of the version with this `ETag`.
    pub fn version(&self, etag: &str) -> Option<usize> {
        let number: usize = etag.strip_prefix('E')?.parse().ok()?;
        (number < self.versions.len()).then_some(number)
    }

    /// The version that a read sees which is `behind`.
    pub fn seen(&self, behind: Duration) -> usize {
        let last = self.versions.len() - 1;
        if behind.is_zero() {
            return last;
        }
        let then = self.now().saturating_sub(behind);
        let at = self.versions.partition_point(|version| version.at <= then).saturating_sub(1);
        at.max((last + 1).saturating_sub(KEPT))
    }

    /// The version that a read sees in the place of `version`: not one that deletes of unread metadata have made alike by
    /// chance. What our own writes make alike, and what else is, it sees.
    pub fn not_alike(&self, version: usize) -> usize {
        let last = self.versions.len() - 1;
        let alike = version < last && self.versions[version].counts == self.versions[last].counts;
        if alike && self.versions[version + 1..].iter().any(|version| version.sweeps) {
            last
        } else {
            version
        }
    }

    /// The counts that a read of `version` tells.
    pub fn told(&mut self, version: usize) -> Counts {
        let counts = self.versions[version].counts;
        let more = match self.config.miscount {
            Miscount::Never => 0,
            Miscount::Constant => 1_000,
            Miscount::Random => self.rng.u64(1..5_000),
        };
        Counts { bytes: counts.bytes + more, ..counts }
    }

    /// The keys after a batch.
    pub fn after(&self, batch: &Batch) -> Keys {
        let mut keys = self.keys().clone();
        keys.extend(batch.puts.iter().cloned());
        for key in &batch.deletes {
            keys.remove(key);
        }
        keys
    }

    /// Makes `keys` the store's state.
    pub fn push(&mut self, keys: Keys, by: Writer) {
        let bytes: usize = keys.iter().map(|(key, value)| key.len() + value.len()).sum();
        let counts = Counts { items: keys.len() as u64, bytes: bytes as u64 };
        let views = self
            .config
            .routers
            .iter()
            .map(|router| (router.clone(), view(&keys, router).map(Arc::new)))
            .collect();
        let etag = format!("E{}", self.versions.len());
        self.tell(|| format!("  {etag} by {by:?}: {} keys, {bytes} bytes", keys.len()));
        self.versions.push(Version { etag, keys, counts, at: self.now(), by, sweeps: false, views });
        if let Some(old) = self.versions.len().checked_sub(KEPT + 1) {
            self.versions[old].keys.clear();
        }
        self.note_names(self.now());
        if self.config.index {
            self.note_epochs();
        }
        for router in self.config.routers.clone() {
            self.note_stood(&router, by);
        }
    }

    /// A write of somebody else, which the judge must know of.
    pub fn push_foreign(&mut self, mut keys: Keys, who: &'static str) {
        if !self.config.lag.is_zero() {
            self.make_unique(&mut keys);
        }
        self.push(keys, Writer::Foreign(who));
        self.judge_foreign();
    }

    /// Foreign writers can make two states with equal counts, which no reader of ours can tell under
    /// lagging reads (a known limit): here each adds 1 to the size modulo 64, as our own writes do.
    fn make_unique(&self, keys: &mut Keys) {
        let nonce = "editor:nonce".to_owned();
        keys.insert(nonce.clone(), String::new());
        let bytes: usize = keys.iter().map(|(key, value)| key.len() + value.len()).sum();
        let wanted = (self.last().counts.bytes + 1) % 64;
        let spaces = (wanted + 64 - bytes as u64 % 64) % 64;
        keys.insert(nonce, " ".repeat(usize::try_from(spaces).unwrap()));
    }

    /// Notes the ids that the last write has unnamed. Its `at`: a record tells when the change was planned,
    /// not when it arrived.
    pub fn note_names(&mut self, at: Duration) {
        let Some(before) = self.versions.len().checked_sub(2) else { return };
        for router in self.config.routers.clone() {
            let (Some(old), Some(new)) = (self.view(before, &router), self.view(before + 1, &router)) else {
                continue;
            };
            if Arc::ptr_eq(&old, &new) || old.own == new.own {
                continue;
            }
            let standing: HashSet<&str> = new.lines.iter().map(|line| line.ns.as_str()).collect();
            for line in
                old.lines.iter().filter(|line| is_ours(&line.ns) && !standing.contains(line.ns.as_str()))
            {
                self.unnamed.insert(line.ns.clone(), at);
            }
        }
    }
}
