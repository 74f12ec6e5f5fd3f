//! How long a commit waits before its next round: for other writers, and for a service in trouble.

use std::time::Duration;

use tokio::time::Instant;

use super::backoff::{Backoff, FIRST_ROUND_TRIPS, millis};
use super::context::{Context, RoundEnd};
use super::members::Members;
use super::reader::unless_abandoned;
use crate::event::Event;
use crate::fault_points;
use crate::kvs::Store;

/// Round trips of the wait after a conflict at first, and at least: in the model, 16 processes × 25 deploys
/// take 3.3 attempts each and the slowest takes six times as long as the median. With waits that double it
/// took a hundred times as long: the process that had come last, or had just written, was always the faster one.
const YIELD_ROUND_TRIPS: u32 = 8;
const YIELD_ROUND_TRIPS_LEAST: u32 = 2;
/// Conflicts after which the wait is halved.
const CONFLICTS_PER_HALVING: u32 = 4;
/// Rounds in a row on one state after which other writers are no longer the cause, but reads that lag for long.
const UNCHANGED_ROUNDS: u32 = 20;
/// The longest wait for lagging reads.
const LONGEST_YIELD: Duration = Duration::from_secs(1);
/// Round trips after our last write in which another write counts as contention.
const CONTENTION_ROUND_TRIPS: u32 = 64;

/// What the writes of earlier commits of this process say about when to write next.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last commit began to write.
    pub(crate) wrote: Option<Instant>,
    /// Sequential reads that a cold commit takes after Describe.
    pub(crate) rounds: u32,
    /// Writes of the last commit that were refused because somebody else had written.
    pub(crate) conflicts: u32,
}

impl Pace {
    /// Waits until this process may write again without reading first. Writes that followed one another at once would starve
    /// every writer that has to read.
    pub(crate) async fn space<S: Store>(
        &self,
        context: &Context<S>,
        members: &mut Members<'_, S>,
    ) -> Result<(), RoundEnd> {
        let wrote = self.wrote.filter(|_| !fault_points::skips_spacing());
        let (Some(wrote), Some(trip)) = (wrote, context.store.round_trip()) else { return Ok(()) };
        // A process that wrote against others holds back, as long as they wait.
        let yielding = match self.conflicts {
            0 => Duration::ZERO,
            n => context.env.jitter(trip * (FIRST_ROUND_TRIPS << n.min(4))),
        };
        let until = wrote + trip * (3 + self.rounds) + yielding;
        unless_abandoned(members, tokio::time::sleep_until(until)).await
    }

    /// Whether another process writes at the same time: our own last write is not long ago, and somebody else has written since.
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
    /// Rounds so far that others spoiled.
    spoiled: u32,
}

impl<'a, S: Store> Pacer<'a, S> {
    pub(crate) fn new(context: &'a Context<S>) -> Self {
        Self { context, backoff: Backoff::default(), spoiled: 0 }
    }

    /// Waits because others write. The wait does not grow: a process that has waited long must not wait longer than one that
    /// has just come. It shrinks, and those that wrote hold back instead ([`Pace::space`]). `unchanged` is how many rounds in
    /// a row saw one state.
    pub(crate) async fn yield_to_writers(
        &mut self,
        members: &mut Members<'_, S>,
        unchanged: u32,
        event: impl FnOnce(u64) -> Event,
    ) {
        let (trip, retry) = (self.context.store.round_trip(), &self.context.retry);
        let shrunk =
            (YIELD_ROUND_TRIPS >> (self.spoiled / CONFLICTS_PER_HALVING).min(8)).max(YIELD_ROUND_TRIPS_LEAST);
        let most = trip.filter(|_| unchanged < UNCHANGED_ROUNDS).map_or(LONGEST_YIELD, |trip| trip * shrunk);
        let asked = retry.first_wait.map(|first| first.saturating_mul(1 << self.spoiled.min(20)));
        let most = most.min(asked.unwrap_or(most)).min(retry.max_wait);
        self.spoiled += 1;
        // With waits from zero on, each commit takes a tenth more attempts.
        let wait = most / 2 + self.context.env.jitter(most / 2);
        self.sleep(members, wait, event).await;
    }

    /// Waits before the next round, since the service is in trouble.
    pub(crate) async fn pause(&mut self, members: &mut Members<'_, S>, event: impl FnOnce(u64) -> Event) {
        let Context { retry, store, env, .. } = self.context;
        let wait = self.backoff.next(retry, store.round_trip(), env);
        self.sleep(members, wait, event).await;
    }

    async fn sleep(&self, members: &mut Members<'_, S>, wait: Duration, event: impl FnOnce(u64) -> Event) {
        self.context.emit(event(millis(wait)));
        // When all have left, the next round finds nobody.
        let _ = unless_abandoned(members, tokio::time::sleep(wait)).await;
    }
}
