//! Counts the requests of a commit and measures what a round trip takes.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::kvs::{Batch, Described, ETag, Failure, Got, Page, Requests, Store, Updated};

/// A store whose requests are counted.
#[derive(Debug)]
pub struct Meter<S> {
    store: S,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: Requests,
    round_trip: Option<Duration>,
}

impl<S: Store> Meter<S> {
    /// Counts the requests to `store`.
    pub fn new(store: S) -> Self {
        Self { store, state: Mutex::default() }
    }

    /// The store itself, for requests that belong to no commit.
    pub const fn uncounted(&self) -> &S {
        &self.store
    }

    /// Requests since the last call: those of one commit, since commits of a store follow one another.
    pub fn take(&self) -> Requests {
        self.with(|state| std::mem::take(&mut state.requests))
    }

    /// Requests so far.
    pub fn requests(&self) -> Requests {
        self.with(|state| state.requests)
    }

    /// What a round trip takes, smoothed; `None` before the first answer.
    pub fn round_trip(&self) -> Option<Duration> {
        self.with(|state| state.round_trip)
    }

    fn with<T>(&self, take: impl FnOnce(&mut State) -> T) -> T {
        take(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    async fn timed<T>(
        &self,
        count: impl FnOnce(&mut Requests),
        request: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.with(|state| count(&mut state.requests));
        let start = Instant::now();
        let answer = request.await;
        if answer.is_ok() {
            let took = start.elapsed();
            self.with(|state| {
                state.round_trip = Some(state.round_trip.map_or(took, |smooth| (smooth * 3 + took) / 4));
            });
        }
        answer
    }

    /// `DescribeKeyValueStore`.
    ///
    /// # Errors
    /// The request's failure.
    pub async fn describe(&self) -> Result<Described, Failure> {
        self.timed(|requests| requests.describe += 1, self.store.describe()).await
    }

    /// `GetKey`.
    ///
    /// # Errors
    /// The request's failure.
    pub async fn get(&self, key: &str) -> Result<Option<Got>, Failure> {
        self.timed(|requests| requests.get += 1, self.store.get(key)).await
    }

    /// `ListKeys`.
    ///
    /// # Errors
    /// The request's failure.
    pub async fn list(&self, token: Option<&str>) -> Result<Page, Failure> {
        self.timed(|requests| requests.list += 1, self.store.list(token)).await
    }

    /// `UpdateKeys`.
    ///
    /// # Errors
    /// The request's failure.
    pub async fn update(&self, etag: &ETag, batch: &Batch) -> Result<Updated, Failure> {
        self.timed(|requests| requests.update += 1, self.store.update(etag, batch)).await
    }
}
