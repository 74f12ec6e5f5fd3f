//! How long to wait before the next try. A value, apart from the loop that uses it.

use std::time::Duration;

use super::env::Env;
use crate::options::RetryOptions;

/// Round trips of the first wait: with sixteen writers a shorter one doubles the attempts (measured).
pub(super) const FIRST_ROUND_TRIPS: u32 = 4;

/// The first wait while no round trip has been measured.
const UNMEASURED: Duration = Duration::from_millis(100);

/// Exponential backoff with full jitter: the nth wait is anything up to the first one doubled n times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Tries so far.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// Starts anew, after a success.
    pub(crate) const fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next wait before a read: the first is one round trip at most, since others write meanwhile and
    /// the longer a snapshot takes, the surer it is thrown away.
    pub(crate) fn next_read(
        &mut self,
        retry: &RetryOptions,
        round_trip: Option<Duration>,
        env: &Env,
    ) -> Duration {
        self.wait(1, retry, round_trip, env)
    }

    /// The next wait, where a request takes `round_trip`.
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

/// Whole milliseconds of `time`.
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
