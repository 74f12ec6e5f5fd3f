//! How long a retry loop waits before its next try.

use std::time::Duration;

use super::env::Env;
use crate::options::RetryOptions;

/// Round trips of the first wait. With sixteen writers a shorter one doubles the attempts (measured).
pub(super) const FIRST_ROUND_TRIPS: u32 = 4;

/// The first wait if no round trip has been measured.
const UNMEASURED: Duration = Duration::from_millis(100);

/// Exponential backoff with full jitter: wait n, from 0, is random between zero and the first wait doubled n times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The number of waits so far.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// Starts again after a success.
    pub(crate) const fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next wait before a read. The first is at most one round trip: the longer a snapshot takes, the more likely another write
    /// makes it useless.
    pub(crate) fn next_read(
        &mut self,
        retry: &RetryOptions,
        round_trip: Option<Duration>,
        env: &Env,
    ) -> Duration {
        self.wait(1, retry, round_trip, env)
    }

    /// The next wait. `round_trip` is the duration of a request.
    pub(crate) fn next(&mut self, retry: &RetryOptions, round_trip: Option<Duration>, env: &Env) -> Duration {
        self.wait(FIRST_ROUND_TRIPS, retry, round_trip, env)
    }

    fn wait(
        &mut self,
        trips: u32,
        retry: &RetryOptions,
        round_trip: Option<Duration>,
        env: &Env,
    ) -> Duration {
        let first = retry.first_wait.unwrap_or_else(|| round_trip.map_or(UNMEASURED, |one| one * trips));
        let doubled = first.saturating_mul(1 << self.tries.min(20));
        self.tries += 1;
        env.jitter(doubled.min(retry.max_wait))
    }
}

/// `time` in whole milliseconds.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let env = Env::new(|| 0, fastrand::Rng::with_seed(1));
        let retry = RetryOptions::default();
        let mut most = [Duration::ZERO; 12];
        for _ in 0..500 {
            let mut backoff = Backoff::default();
            for most in &mut most {
                *most = (*most).max(backoff.next(&retry, Some(Duration::from_millis(20)), &env));
            }
        }
        for (n, most) in most.iter().enumerate() {
            let bound = Duration::from_millis(80 << n).min(Duration::from_secs(10));
            assert!(*most <= bound && *most > bound.mul_f64(0.9), "wait {n}: {most:?}, bound {bound:?}");
        }
    }
}
