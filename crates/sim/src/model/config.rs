//! What a seed is made of.

use std::time::Duration;

use fastrand::Rng;

/// Chances of faults, in thousandths of the requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// 429, or 400 `ThrottlingException`.
    pub throttle: u32,
    /// 500, 502, 503, 504, a reset, an unreadable answer; of a write before or after it was applied.
    pub broken: u32,
    /// No answer in time; a write is applied before, later, or never.
    pub timeout: u32,
    /// No connection.
    pub refused: u32,
    /// Reads (Describe too) that see the store as it was up to `lag` ago.
    pub lagging: u32,
}

/// What reads say of the store's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Miscount {
    #[default]
    Never,
    /// Always the same much too much.
    Constant,
    /// Something else each time.
    Random,
}

/// The make-up of one seed.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
pub struct Config {
    pub seed: u64,
    pub routers: Vec<String>,
    /// Owner, the router it declares in, and whether it declares by parts.
    pub owners: Vec<(String, String, bool)>,
    pub processes: usize,
    /// Things that each process does.
    pub steps: usize,
    pub faults: Faults,
    /// The most that a lagging read is behind.
    pub lag: Duration,
    pub miscount: Miscount,
    pub crashes: bool,
    /// Callers abort, or give up after a short time.
    pub hasty: bool,
    /// SST's writers, and what each does.
    pub sst: usize,
    pub sst_steps: usize,
    /// Edits of somebody who knows the format.
    pub edits: usize,
    /// Writes of somebody who reads before he describes.
    pub clobbers: usize,
    /// Foreign entries at the start.
    pub foreign_entries: usize,
    /// Files of a foreign site: enough of them, and no single listing shows the store.
    pub files: usize,
    pub provisioning: Duration,
    pub deleted_at: Option<Duration>,
    /// Long pauses, so that retired metadata becomes due.
    pub pauses: bool,
    /// Requests in both directions take 1 ms up to this.
    pub latency_ms: u64,
    /// Owners declare sites, too.
    pub sites: bool,
    /// Owners take over, adopt, remove, prune and repair, too.
    pub owning: bool,
    /// Owners keep histories and roll back, too.
    pub history: bool,
    /// Processes deploy SST's resources, too.
    pub raw: bool,
    /// Owners want an index.
    pub index: bool,
}

impl Config {
    /// The make-up of `seed`.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut chance = |percent: u32| rng.u32(0..100) < percent;
        let routers: Vec<String> = if chance(25) { vec!["f2de", "01ab"] } else { vec!["f2de"] }
            .into_iter()
            .map(str::to_owned)
            .collect();
        let failing = chance(60);
        let heavy = failing && chance(30);
        let lagging = chance(30);
        let miscounting = !lagging && chance(8);
        let crashes = chance(40);
        let hasty = chance(30);
        let (sst, edits, clobbers) = (chance(45), chance(40), !lagging && chance(20));
        let (provisioning, deleted, pauses, large) = (chance(4), chance(3), chance(60), chance(3));
        let parts = chance(35);
        let owners = (0..rng.usize(1..=4))
            .map(|n| {
                (format!("app/{n}"), rng.choice(&routers).cloned().unwrap_or_default(), parts && n % 2 == 0)
            })
            .collect();
        let rate = if heavy { 80 } else { 15 };
        let faults = if failing {
            Faults {
                throttle: rng.u32(0..=rate),
                broken: rng.u32(0..=rate),
                timeout: rng.u32(0..=rate / 2),
                refused: rng.u32(0..=rate / 4),
                lagging: 0,
            }
        } else {
            Faults::default()
        };
        // Drawn apart: the other seeds stay what they were.
        let mut indexing = Rng::with_seed(seed ^ 0x1656_67b1);
        let index = indexing.u32(0..100) < 50;
        // An index of this table takes more than one write.
        let large = large || index && indexing.u32(0..100) < 12;
        Self {
            seed,
            routers,
            owners,
            processes: rng.usize(1..=5),
            steps: rng.usize(3..=12),
            faults: Faults { lagging: if lagging { rng.u32(20..=250) } else { 0 }, ..faults },
            lag: Duration::from_millis(if lagging { rng.u64(20..=1_500) } else { 0 }),
            miscount: match (miscounting, rng.bool()) {
                (false, _) => Miscount::Never,
                (true, true) => Miscount::Constant,
                (true, false) => Miscount::Random,
            },
            crashes,
            hasty,
            sst: if sst { rng.usize(1..=2) } else { 0 },
            sst_steps: rng.usize(2..=8),
            edits: if edits { rng.usize(1..=8) } else { 0 },
            clobbers: if clobbers { rng.usize(1..=5) } else { 0 },
            foreign_entries: if large { 600 } else { rng.usize(0..=40) },
            files: if seed.is_multiple_of(2) { 60 } else { 0 },
            provisioning: Duration::from_secs(if provisioning { rng.u64(1..=20) } else { 0 }),
            deleted_at: deleted.then(|| Duration::from_millis(rng.u64(500..=20_000))),
            pauses,
            latency_ms: rng.u64(2..=40),
            sites: rng.u32(0..100) < 30,
            // Drawn apart: the other seeds stay what they were.
            owning: Rng::with_seed(!seed).u32(0..100) < 40,
            history: Rng::with_seed(seed ^ 0x5bd1_e995).u32(0..100) < 30,
            raw: Rng::with_seed(seed ^ 0x2545_f491).u32(0..100) < 30,
            index,
        }
    }

    /// Nothing gets in the way but other writers: every call must settle well before its deadline.
    pub fn calm(&self) -> bool {
        let Faults { throttle, broken, timeout, refused, .. } = self.faults;
        throttle + broken + timeout + refused == 0 && self.provisioning.is_zero() && self.deleted_at.is_none()
    }
}
