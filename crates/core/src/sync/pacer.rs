//! How long a commit waits before its next round: for other writers, and after failures of the service.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff::{Backoff, FIRST_ROUND_TRIPS, millis};
use super::context::{Context, RoundEnd};
use super::members::Members;
use super::reader::unless_abandoned;
use crate::event::Event;
use crate::fault_points;
use crate::kvs::Store;

/// Round trips of the first wait after a conflict. In the model, 16 processes × 25 deploys take 3.3 attempts each, and the slowest
/// takes six times as long as the median. With doubling waits it took a hundred times as long: a process that had just started, or
/// had just written, was always faster.
const YIELD_ROUND_TRIPS: u32 = 8;
/// Round trips of the shortest wait after a conflict.
const YIELD_ROUND_TRIPS_LEAST: u32 = 2;
/// The wait is halved after this many conflicts.
const CONFLICTS_PER_HALVING: u32 = 4;
/// After this many rounds in a row on one state, the cause is not other writers but reads that lag for long.
const UNCHANGED_ROUNDS: u32 = 20;
/// The longest wait for lagging reads.
const LONGEST_YIELD: Duration = Duration::from_secs(1);
/// Another write counts as contention within this many round trips after our last write.
const CONTENTION_ROUND_TRIPS: u32 = 64;

/// What earlier commits of this process have shown about when to write next.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last commit began to write.
    pub(crate) wrote: Option<Instant>,
    /// Sequential reads that a cold commit takes after Describe.
    pub(crate) rounds: u32,
    /// Conflicts of the last commit.
    pub(crate) conflicts: u32,
}

impl Pace {
    /// Waits until this process may write again without reading first. Writes without a pause would starve every writer that has to
    /// read.
    pub(crate) async fn space<S: Store>(
        &self,
        context: &Context<S>,
        members: &mut Members<'_, S>,
    ) -> Result<(), RoundEnd> {
        let wrote = self.wrote.filter(|_| !fault_points::skips_spacing());
        let (Some(wrote), Some(trip)) = (wrote, context.store.round_trip()) else { return Ok(()) };
        // A process whose last commit had conflicts holds back as long as the others wait.
        let yielding = match self.conflicts {
            0 => Duration::ZERO,
            n => context.env.jitter(trip * (FIRST_ROUND_TRIPS << n.min(4))),
        };
        let until = wrote + trip * (3 + self.rounds) + yielding;
        unless_abandoned(members, tokio::time::sleep_until(until)).await
    }

    /// Whether other processes write at the same time, given that one has written since our last write: then ours was recent.
    pub(crate) fn contended<S: Store>(&self, context: &Context<S>) -> bool {
        let trip = context.store.round_trip().unwrap_or_default();
        self.wrote.is_some_and(|wrote| wrote.elapsed() < trip * CONTENTION_ROUND_TRIPS)
    }
}

/// The waits of one commit.
#[derive(Debug)]
pub(super) struct Pacer<'a, S> {
    context: &'a Context<S>,
    pub(crate) backoff: Backoff,
    /// The number of rounds that failed because of other writers.
    conflicts: u32,
}

impl<'a, S: Store> Pacer<'a, S> {
    pub(crate) fn new(context: &'a Context<S>) -> Self {
        Self { context, backoff: Backoff::default(), conflicts: 0 }
    }

    /// Waits because others write. The wait does not grow, since a process that has waited long must not wait longer than one that has
    /// just started. It shrinks, and processes that wrote hold back instead ([`Pace::space`]). `unchanged` is the number of rounds in
    /// a row that saw the same state.
    pub(crate) async fn yield_to_writers(
        &mut self,
        members: &mut Members<'_, S>,
        unchanged: u32,
        event: impl FnOnce(u64) -> Event,
    ) {
        let (trip, retry) = (self.context.store.round_trip(), &self.context.retry);
        let shrunk = (YIELD_ROUND_TRIPS >> (self.conflicts / CONFLICTS_PER_HALVING).min(8))
            .max(YIELD_ROUND_TRIPS_LEAST);
        let most = trip.filter(|_| unchanged < UNCHANGED_ROUNDS).map_or(LONGEST_YIELD, |trip| trip * shrunk);
        let asked = retry.first_wait.map(|first| first.saturating_mul(1 << self.conflicts.min(20)));
        let most = most.min(asked.unwrap_or(most)).min(retry.max_wait);
        self.conflicts += 1;
        // At least half of the longest wait. With random waits from zero, each commit takes a tenth more attempts.
        let wait = most / 2 + self.context.env.jitter(most / 2);
        self.sleep(members, wait, event).await;
    }

    /// Waits before the next round after a failure of the service.
    pub(crate) async fn pause(&mut self, members: &mut Members<'_, S>, event: impl FnOnce(u64) -> Event) {
        let Context { retry, store, env, .. } = self.context;
        let wait = self.backoff.next(retry, store.round_trip(), env);
        self.sleep(members, wait, event).await;
    }

    async fn sleep(&self, members: &mut Members<'_, S>, wait: Duration, event: impl FnOnce(u64) -> Event) {
        self.context.emit(event(millis(wait)));
        // If all callers have left, the next round ends the commit.
        let _ = unless_abandoned(members, tokio::time::sleep(wait)).await;
    }
}
