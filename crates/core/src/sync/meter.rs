//! Counts the requests of a commit or a query, and measures the duration of a round trip.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::kvs::{Batch, Described, ETag, Endpoint, Failure, Got, Page, Requests, Store, Updated};

/// A store whose requests are counted.
#[derive(Debug)]
pub(crate) struct Meter<S> {
    store: Arc<S>,
    requests: Mutex<Requests>,
    round_trip: Arc<Mutex<Option<Duration>>>,
}

impl<S: Store> Meter<S> {
    /// Counts the requests to `store`.
    pub(crate) fn new(store: S) -> Self {
        Self { store: Arc::new(store), requests: Mutex::default(), round_trip: Arc::default() }
    }

    /// Counts from zero the requests of somebody else to the same store.
    pub(crate) fn fork(&self) -> Self {
        let (store, round_trip) = (Arc::clone(&self.store), Arc::clone(&self.round_trip));
        Self { store, requests: Mutex::default(), round_trip }
    }

    /// Where requests went, where that is not AWS's own endpoint.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.store.endpoint()
    }

    /// Starts to count from zero.
    pub(crate) fn reset(&self) {
        self.count(|requests| *requests = Requests::default());
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> Requests {
        self.count(|requests| *requests)
    }

    /// The duration of a round trip, smoothed; `None` before the first answer.
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

    /// `DescribeKeyValueStore`.
    ///
    /// # Errors
    /// The request's failure.
    pub(crate) async fn describe(&self) -> Result<Described, Failure> {
        self.timed(|requests| requests.describe += 1, self.store.describe()).await
    }

    /// `GetKey`.
    ///
    /// # Errors
    /// The request's failure.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Got>, Failure> {
        self.timed(|requests| requests.get += 1, self.store.get(key)).await
    }

    /// `ListKeys`.
    ///
    /// # Errors
    /// The request's failure.
    pub(crate) async fn list(&self, token: Option<&str>) -> Result<Page, Failure> {
        self.timed(|requests| requests.list += 1, self.store.list(token)).await
    }

    /// `UpdateKeys`.
    ///
    /// # Errors
    /// The request's failure.
    pub(crate) async fn update(&self, etag: &ETag, batch: &Batch) -> Result<Updated, Failure> {
        self.timed(|requests| requests.update += 1, self.store.update(etag, batch)).await
    }
}
