//! How long a commit waits before its next round: for other writers, and for a service in trouble.

use std::future::Future;
use std::time::Duration;

use futures_util::future;

use super::backoff::millis;
use super::commit::{Commit, Halt};
use super::engine::Member;
use crate::event::Event;
use crate::kvs::Store;

/// Round trips of the wait after a conflict at first, and at least: in the model, 16 processes × 25 deploys
/// take 3.3 attempts each and the slowest takes six times as long as the median. With waits that double it
/// took a hundred times as long: who had come last, or had just been through, was always the faster one.
const GIVE_WAY: u32 = 8;
const GIVE_WAY_LEAST: u32 = 2;
/// Conflicts after which the wait is halved.
const AGE: u32 = 4;
/// Rounds in a row on one state that are no other writers any more, but reads that lag for long.
const PATIENCE: u32 = 20;
/// The longest wait for these.
const LONGEST_WAY: Duration = Duration::from_secs(1);

impl<S: Store> Commit<'_, S> {
    /// Somebody else has written since our own last write, which is not long ago.
    pub(super) fn has_rivals(&self) -> bool {
        let trip = self.engine.store.round_trip().unwrap_or_default();
        self.warm.wrote.is_some_and(|wrote| wrote.elapsed() < trip * 64)
    }

    /// Waits because others write. The wait does not grow: whoever has waited long must not wait longer
    /// than who has just come; it shrinks, and those that got through hold back instead
    /// ([`Self::snapshot`]).
    pub(super) async fn give_way(&mut self, event: impl FnOnce(u64) -> Event) {
        let (trip, retry) = (self.engine.store.round_trip(), &self.engine.retry);
        let shrunk = (GIVE_WAY >> (self.rivals / AGE).min(8)).max(GIVE_WAY_LEAST);
        let most = trip.filter(|_| self.still < PATIENCE).map_or(LONGEST_WAY, |trip| trip * shrunk);
        let asked = retry.first_wait.map(|first| first.saturating_mul(1 << self.rivals.min(20)));
        let most = most.min(asked.unwrap_or(most)).min(retry.max_wait);
        self.rivals += 1;
        // With waits from zero on, each commit takes a tenth more attempts.
        let wait = most / 2 + self.engine.env.jitter(most / 2);
        self.engine.tell(event(millis(wait)));
        self.sleep(wait).await;
    }

    /// Waits before the next round, since the service is in trouble.
    pub(super) async fn pause(&mut self, event: impl FnOnce(u64) -> Event) {
        let wait = self.backoff.next(&self.engine.retry, self.engine.store.round_trip(), &self.engine.env);
        self.engine.tell(event(millis(wait)));
        self.sleep(wait).await;
    }

    pub(super) async fn sleep(&mut self, wait: Duration) {
        // When all have left, the next round finds nobody.
        let _ = unless_all_leave(&mut self.members, tokio::time::sleep(wait)).await;
    }
}

/// `work`, unless every caller leaves before it is done.
pub(super) async fn unless_all_leave<T>(
    members: &mut [Member],
    work: impl Future<Output = T>,
) -> Result<T, Halt> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        _ = future::join_all(members.iter_mut().map(Member::leaves)) => Err(Halt::Left),
    }
}
