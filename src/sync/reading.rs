//! A snapshot under one `ETag`: Describe first, and only after its answer the keys.
//!
//! Reads carry no `ETag`, but each tells how much the store held as it saw it. Where that differs from
//! Describe's, the read lags or the store moved, and the snapshot is thrown away. Nobody has shown that
//! the service's counts are exact, so when they keep differing under one unchanged `ETag` they are not
//! trusted any more.

use std::sync::atomic::Ordering;

use futures_util::stream::{self, StreamExt};

use super::commit::{Commit, Halt, unless_all_leave};
use crate::event::Event;
use crate::plan::Snapshot;
use crate::store::client::IN_FLIGHT;
use crate::store::{Counts, ETag, Failure, Got, Store};

/// Snapshots thrown away under one `ETag` before the counts are not trusted.
const STRIKES: u32 = 3;

/// How often reads disagreed with Describe under one `ETag`.
#[derive(Debug, Default)]
pub struct Strikes {
    etag: Option<ETag>,
    count: u32,
}

impl Strikes {
    /// Notes a torn snapshot; `true` when the counts cannot be right.
    fn note(&mut self, etag: &ETag) -> bool {
        if self.etag.as_ref() != Some(etag) {
            *self = Self { etag: Some(etag.clone()), count: 0 };
        }
        self.count += 1;
        self.count >= STRIKES
    }
}

impl<S: Store> Commit<'_, S> {
    /// Reads what the members need, Describe first. More calls join on the way.
    pub(super) async fn read(&mut self) -> Result<Snapshot, Halt> {
        let described = self.describe().await?;
        // Until reading has begun, every call may join.
        self.join(|_| true);
        let mut snapshot = Snapshot::new(described.etag, described.counts);
        let rounds = self.fill(&mut snapshot).await?;
        self.warm.rounds = rounds;
        Ok(snapshot)
    }

    /// Reads what the members need and `snapshot` lacks. Returns the round trips it took.
    pub(super) async fn fill(&mut self, snapshot: &mut Snapshot) -> Result<u32, Halt> {
        let mut rounds = 0;
        let mut read = 0;
        // A 404 tells no counts: it is read again before it is believed. Where Describe says that the
        // store is empty, both agree.
        let mut doubted: Vec<String> = Vec::new();
        loop {
            let scopes = self.scopes();
            self.join(|member| {
                scopes.contains(&(member.intent.router.as_str().to_owned(), member.owner.clone()))
            });
            let scopes = self.scopes();
            let missing = snapshot.missing(scopes.iter().map(|(router, owner)| (router.as_str(), owner)));
            if missing.is_empty() && doubted.is_empty() {
                if read > 0 {
                    self.engine.tell(Event::Read { keys: read });
                }
                return Ok(rounds);
            }
            rounds += 1;
            let first_time = missing.len();
            let keys: Vec<String> = missing.into_iter().chain(std::mem::take(&mut doubted)).collect();
            read += keys.len();
            let answers = self.get_all(keys).await?;
            for (index, (key, got)) in answers.into_iter().enumerate() {
                match got {
                    Some(Got { value, counts }) => {
                        self.agree(snapshot, counts)?;
                        snapshot.set(key, Some(value));
                    }
                    None => {
                        if index < first_time && snapshot.counts.items > 0 {
                            doubted.push(key.clone());
                        }
                        snapshot.set(key, None);
                    }
                }
            }
        }
    }

    /// Checks what a read saw of the store against Describe.
    fn agree(&mut self, snapshot: &Snapshot, counts: Counts) -> Result<(), Halt> {
        if counts == snapshot.counts || !self.engine.counts_trusted.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.strikes.note(&snapshot.etag) {
            tracing::warn!(
                "reads and Describe keep disagreeing about the store's size; results are verified in full from now on"
            );
            self.engine.counts_trusted.store(false, Ordering::Relaxed);
        }
        Err(Halt::Torn)
    }

    /// Reads keys, [`IN_FLIGHT`] at a time, and returns them in their order.
    pub(super) async fn get_all(&mut self, keys: Vec<String>) -> Result<Vec<(String, Option<Got>)>, Halt> {
        let engine = self.engine;
        let reads = stream::iter(keys)
            .map(|key| async move {
                let got = engine.patiently(|| engine.store.get(&key)).await?;
                Ok((key, got))
            })
            .buffered(IN_FLIGHT)
            .collect::<Vec<Result<_, Failure>>>();
        let answers = unless_all_leave(&mut self.members, reads).await?;
        answers.into_iter().collect::<Result<_, Failure>>().map_err(Halt::Failed)
    }
}
