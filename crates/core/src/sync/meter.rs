//! Counts the requests of a commit or a query, and measures round trips.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::kvs::{Batch, Described, ETag, Endpoint, Failure, Got, Page, Requests, Store, Updated};

/// A store that counts its requests.
#[derive(Debug)]
pub(crate) struct Meter<S> {
    store: Arc<S>,
    requests: Mutex<Requests>,
    round_trip: Arc<Mutex<Option<Duration>>>,
}

impl<S: Store> Meter<S> {
    pub(crate) fn new(store: S) -> Self {
        Self { store: Arc::new(store), requests: Mutex::default(), round_trip: Arc::default() }
    }

    /// A meter of the same store with its own counts, from zero. It shares the measured round trip.
    pub(crate) fn fork(&self) -> Self {
        let (store, round_trip) = (Arc::clone(&self.store), Arc::clone(&self.round_trip));
        Self { store, requests: Mutex::default(), round_trip }
    }

    /// The endpoint of the requests, if it is not AWS's own.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.store.endpoint()
    }

    /// Sets the counts to zero.
    pub(crate) fn reset(&self) {
        self.count(|requests| *requests = Requests::default());
    }

    pub(crate) fn requests(&self) -> Requests {
        self.count(|requests| *requests)
    }

    /// The smoothed duration of a round trip. `None` before the first answer.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        *self.round_trip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count<T>(&self, count: impl FnOnce(&mut Requests) -> T) -> T {
        count(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn timed<T>(
        &self,
        count: impl FnOnce(&mut Requests),
        request: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        self.count(count);
        let start = Instant::now();
        let answer = request.await;
        if answer.is_ok() {
            let took = start.elapsed();
            let mut round_trip = self.round_trip.lock().unwrap_or_else(PoisonError::into_inner);
            *round_trip = Some(round_trip.map_or(took, |smooth| (smooth * 3 + took) / 4));
        }
        answer
    }

    pub(crate) async fn describe(&self) -> Result<Described, Failure> {
        self.timed(|requests| requests.describe += 1, self.store.describe()).await
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Option<Got>, Failure> {
        self.timed(|requests| requests.get += 1, self.store.get(key)).await
    }

    pub(crate) async fn list(&self, token: Option<&str>) -> Result<Page, Failure> {
        self.timed(|requests| requests.list += 1, self.store.list(token)).await
    }

    pub(crate) async fn update(&self, etag: &ETag, batch: &Batch) -> Result<Updated, Failure> {
        self.timed(|requests| requests.update += 1, self.store.update(etag, batch)).await
    }
}
