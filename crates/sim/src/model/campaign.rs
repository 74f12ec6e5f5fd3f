//! Many seeds, on as many threads as there are cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::config::Config;
use super::run::{Ran, run};

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// So many operations of the store.
    Ops(u64),
    Time(Duration),
}

/// What all seeds came to.
#[derive(Debug, Default)]
pub struct Total {
    pub seeds: u64,
    pub ops: u64,
    pub updates: u64,
    pub calls: u64,
    pub resolved: u64,
    /// Requests through an index.
    pub asked: u64,
    /// Operations of seeds with an index.
    pub indexed_ops: u64,
    pub virtual_time: Duration,
    pub took: Duration,
    /// Seeds that failed, with what they violated first.
    pub failed: Vec<(u64, Vec<String>)>,
}

/// Runs seeds from `first` on; stops early when `patience` of them have failed.
pub fn campaign(first: u64, until: Until, patience: usize) -> Total {
    let start = Instant::now();
    let next = AtomicU64::new(first);
    let stop = AtomicBool::new(false);
    let total = Mutex::new(Total::default());
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let ran = run(seed, false);
            let mut total = total.lock().unwrap();
            total.add(seed, ran);
            let enough = match until {
                Until::Ops(ops) => total.ops >= ops,
                Until::Time(time) => start.elapsed() >= time,
            };
            if enough || total.failed.len() >= patience {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut total = total.into_inner().unwrap();
    total.took = start.elapsed();
    total
}

impl Total {
    fn add(&mut self, seed: u64, ran: Ran) {
        self.seeds += 1;
        self.ops += ran.ops;
        self.updates += ran.updates;
        self.calls += ran.calls as u64;
        self.resolved += ran.resolved as u64;
        self.asked += ran.asked;
        if Config::of(seed).index {
            self.indexed_ops += ran.ops;
        }
        self.virtual_time += ran.virtual_time;
        if !ran.violations.is_empty() {
            println!("seed {seed} failed (ROUTESYNC_SEED={seed} replays it): {}", ran.violations[0]);
            self.failed.push((seed, ran.violations));
        }
    }
}
