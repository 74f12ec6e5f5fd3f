//! The time of day and randomness. Waits and measurements use tokio's clock, which tests can pause.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time of day and randomness, both injectable.
pub struct Env {
    unix_ms: Box<dyn Fn() -> u64 + Send + Sync>,
    random: Mutex<fastrand::Rng>,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

impl Default for Env {
    /// The machine's clock and random numbers.
    fn default() -> Self {
        let unix_ms = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
        };
        Self::new(unix_ms, fastrand::Rng::new())
    }
}

impl Env {
    /// An environment for tests. `unix_ms` returns the time of day in milliseconds since the epoch.
    pub fn new(unix_ms: impl Fn() -> u64 + Send + Sync + 'static, random: fastrand::Rng) -> Self {
        Self { unix_ms: Box::new(unix_ms), random: Mutex::new(random) }
    }

    /// Seconds since the epoch.
    pub(crate) fn unix(&self) -> u64 {
        self.unix_ms() / 1_000
    }

    /// Milliseconds since the epoch.
    pub(crate) fn unix_ms(&self) -> u64 {
        (self.unix_ms)()
    }

    /// A random duration between zero and `most`.
    pub(crate) fn jitter(&self, most: Duration) -> Duration {
        self.with(|random| most.mul_f64(random.f64()))
    }

    /// A new random commit id: 12 letters and digits, 71 bits.
    pub(crate) fn commit_id(&self) -> String {
        self.with(|random| (0..12).map(|_| random.alphanumeric()).collect())
    }

    fn with<T>(&self, take: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        // A panic cannot leave the generator in an invalid state.
        take(&mut self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
