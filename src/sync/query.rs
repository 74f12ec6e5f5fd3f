//! Runs a query: reads what it needs under one `ETag`, without writing.
//!
//! A query runs beside the commits of its engine, and neither waits for the other. Its reads count only if a second Describe
//! shows the `ETag` of the first. Otherwise the query reads again, until its deadline.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::backoff::{Backoff, millis};
use super::engine::{Control, Engine, Known};
use super::patience::many;
use super::verdict;
use crate::error::{Code, Result};
use crate::event::{Event, Listener};
use crate::kvs::{Described, ETag, Failure, FailureKind, Listing, Requests, Store};
use crate::plan::Snapshot;
use crate::plan::reads::{confirmations, pages};
use crate::query::{Needs, Query};

/// Torn reads in a row under one `ETag` until the counts are not compared any more: see `reading`.
const STRIKES: u32 = 6;

/// Why a query must read again.
enum Again {
    /// The store moved, or a read lags.
    Torn,
    /// A request failed.
    Failed(Failure),
}

/// A query under way.
struct Running<'a, S: Store> {
    engine: &'a Engine<S>,
    listener: Option<Listener>,
    took: Requests,
    strikes: u32,
    torn_at: Option<ETag>,
}

impl<S: Store> Engine<S> {
    /// Answers a query. Must be awaited within a tokio runtime; dropping the future ends the query.
    ///
    /// # Errors
    /// The future's: what kept the query from reading one state, and what [`Query::answer`] rejects with.
    pub fn query<Q: Query>(
        self: &Arc<Self>,
        query: Q,
        control: Control,
    ) -> impl Future<Output = Result<Q::Answer>> + Send + use<S, Q> {
        let engine = Arc::clone(self);
        let since = Instant::now();
        async move {
            let gave_up = |code| engine.gave_up(code, &Known::default(), since, control.deadline);
            let running = Running {
                engine: &engine,
                listener: control.listener.clone(),
                took: Requests::default(),
                strikes: 0,
                torn_at: None,
            };
            tokio::select! {
                biased;
                () = control.cancel.cancelled() => Err(gave_up(Code::Aborted)),
                answer = running.run(&query) => answer,
                () = tokio::time::sleep_until(since + control.deadline) => Err(gave_up(Code::DeadlineExceeded)),
            }
        }
    }
}

impl<S: Store> Running<'_, S> {
    fn tell(&self, event: Event) {
        if let Some(listener) = &self.listener {
            listener.tell(event);
        }
    }

    async fn run<Q: Query>(mut self, query: &Q) -> Result<Q::Answer> {
        let mut backoff = Backoff::default();
        let mut unusable = 0;
        loop {
            let failure = match self.once(query).await {
                Ok(snapshot) => return query.answer(&snapshot, self.engine.env.unix(), self.took),
                Err(Again::Torn) => None,
                Err(Again::Failed(failure)) => Some(failure),
            };
            if let Some(failure) = failure {
                *self.engine.trouble() = Some(failure.clone());
                unusable += u32::from(failure.kind == FailureKind::NotReady);
                if let Some(code) = verdict::code(&failure, 1, unusable) {
                    return Err(verdict::error(code, failure));
                }
            }
            let wait = backoff.next(&self.engine.retry, self.engine.store.round_trip(), &self.engine.env);
            self.tell(Event::Retry { wait_ms: millis(wait) });
            tokio::time::sleep(wait).await;
        }
    }

    /// One state of the store, with all that `query` needs of it.
    async fn once<Q: Query>(&mut self, query: &Q) -> Result<Snapshot, Again> {
        let described = self.describe().await?;
        let counts = described.counts;
        self.tell(Event::Described { items: counts.items, bytes: counts.bytes });
        let mut snapshot = Snapshot::new(described.etag, counts);
        let mut seen: HashMap<String, u32> = HashMap::new();
        let mut doubted: Vec<String> = Vec::new();
        let mut read = 0;
        loop {
            let keys = match query.needs(&snapshot) {
                Needs::All if snapshot.complete() => Vec::new(),
                Needs::All => {
                    self.list(&mut snapshot).await?;
                    continue;
                }
                Needs::Keys(keys) => keys,
            };
            if keys.is_empty() && doubted.is_empty() {
                break;
            }
            if keys.len() as u64 > pages(counts.items) {
                self.list(&mut snapshot).await?;
                doubted.clear();
                continue;
            }
            let keys: Vec<String> = keys.into_iter().chain(std::mem::take(&mut doubted)).collect();
            read += keys.len();
            for (key, got) in self.get_all(keys, &snapshot).await? {
                if got.is_none() && counts.items > 0 {
                    let times = seen.entry(key.clone()).or_default();
                    *times += 1;
                    if *times < confirmations(&key) {
                        doubted.push(key.clone());
                    }
                }
                snapshot.set(key, got);
            }
        }
        self.tell(Event::Read { keys: read });
        if self.describe().await?.etag != snapshot.etag {
            return Err(Again::Torn);
        }
        self.tell(Event::Verified);
        Ok(snapshot)
    }

    async fn describe(&mut self) -> Result<Described, Again> {
        self.took.describe += 1;
        let store = self.engine.store.uncounted();
        self.engine
            .patiently_telling(|event| self.tell(event), || store.describe())
            .await
            .map_err(Again::Failed)
    }

    /// Reads keys, many at a time.
    async fn get_all(
        &mut self,
        keys: Vec<String>,
        snapshot: &Snapshot,
    ) -> Result<Vec<(String, Option<String>)>, Again> {
        self.took.get += u32::try_from(keys.len()).unwrap_or(u32::MAX);
        let (engine, tell) = (self.engine, |event| self.tell(event));
        let reads = keys.into_iter().map(|key| async move {
            let got = engine.patiently_telling(tell, || engine.store.uncounted().get(&key)).await?;
            Ok((key, got))
        });
        let answers = many(reads).await.map_err(Again::Failed)?;
        let trusted = engine.counts_trusted.load(Ordering::Relaxed) && self.strikes < STRIKES;
        if trusted
            && answers.iter().any(|(_, got)| got.as_ref().is_some_and(|got| got.counts != snapshot.counts))
        {
            return Err(self.torn(snapshot));
        }
        Ok(answers.into_iter().map(|(key, got)| (key, got.map(|got| got.value))).collect())
    }

    /// Reads the whole store. A listing carries no state: its sum must be what Describe said.
    async fn list(&mut self, snapshot: &mut Snapshot) -> Result<(), Again> {
        let mut listing = Listing::default();
        loop {
            self.took.list += 1;
            let store = self.engine.store.uncounted();
            let page = self
                .engine
                .patiently_telling(|event| self.tell(event), || store.list(listing.token()))
                .await
                .map_err(Again::Failed)?;
            if !listing.take(page).map_err(Again::Failed)? {
                break;
            }
        }
        let found = listing.found;
        let bytes: u64 = found.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
        let trusted = self.engine.counts_trusted.load(Ordering::Relaxed) && self.strikes < STRIKES;
        if trusted && (found.len() as u64, bytes) != (snapshot.counts.items, snapshot.counts.bytes) {
            return Err(self.torn(snapshot));
        }
        snapshot.set_all(found);
        Ok(())
    }

    fn torn(&mut self, snapshot: &Snapshot) -> Again {
        if self.torn_at.as_ref() == Some(&snapshot.etag) {
            self.strikes += 1;
        } else {
            (self.torn_at, self.strikes) = (Some(snapshot.etag.clone()), 0);
        }
        Again::Torn
    }
}
