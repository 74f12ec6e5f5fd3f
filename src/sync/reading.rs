//! A snapshot under one `ETag`: Describe first, and only after its answer the keys.
//!
//! Reads carry no `ETag`, but each tells how much the store held as it saw it. Where that differs from
//! Describe's, the read lags or the store moved, and the snapshot is thrown away. Nobody has shown that
//! the service's counts are exact, so when none of many reads under one unchanged `ETag` agrees they are
//! not trusted any more. One that agrees shows that they are exact, and that the others lag.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use futures_util::stream::{self, StreamExt};

use super::commit::{Commit, Halt, unless_all_leave};
use crate::event::Event;
use crate::mutation::{Mutation, broken};
use crate::plan::{self, Snapshot};
use crate::store::client::IN_FLIGHT;
use crate::store::{ETag, Failure, Got, Store};

/// Snapshots in a row without one read that agrees, each under the `ETag` of the one before, until the
/// counts are not trusted: with the waits between them longer than a replica lags behind. With three, and
/// reads that agreed not counted, other processes' routes were lost where a quarter of the reads lags.
const STRIKES: u32 = 6;

/// How often no read agreed with Describe although nobody wrote.
#[derive(Debug, Default)]
pub struct Strikes {
    etag: Option<ETag>,
    count: u32,
}

impl Strikes {
    /// Notes a torn snapshot, and whether any of its reads agreed; `true` when the counts cannot be right.
    fn note(&mut self, etag: &ETag, agreed: bool) -> bool {
        if agreed {
            *self = Self::default();
        } else if self.etag.as_ref() == Some(etag) {
            self.count += 1;
        } else {
            // The store may have moved while it was read: this one tells nothing.
            self.etag = Some(etag.clone());
        }
        self.count >= STRIKES
    }
}

/// How often a key must be found absent. A table that is taken for absent by mistake is written over,
/// with everybody's routes in it; it is really absent once in a router's life, so that looking more often
/// costs nothing in the long run.
pub(super) fn looks_at(key: &str) -> u32 {
    if broken(Mutation::TrustOne404) {
        return 1;
    }
    if key.ends_with(":routes") { 4 } else { 2 }
}

impl<S: Store> Commit<'_, S> {
    /// Reads what the members need, Describe first. More calls join on the way.
    pub(super) async fn read(&mut self) -> Result<Snapshot, Halt> {
        let described = self.describe().await?;
        // Until reading has begun, every call may join.
        self.join(|_| true);
        let mut snapshot = Snapshot::new(described.etag, described.counts);
        let rounds = self.fill(&mut snapshot).await?;
        if broken(Mutation::ReadBeforeDescribe) {
            snapshot.etag = self.describe().await?.etag;
        }
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
        let mut looks: HashMap<String, u32> = HashMap::new();
        loop {
            let scopes = self.scopes();
            self.join(|member| {
                scopes.contains(&(member.intent.router.as_str().to_owned(), member.owner.clone()))
            });
            let calls = self.members.iter().map(|member| (&member.intent, &member.owner));
            let missing = plan::missing(snapshot, calls, self.engine.env.unix());
            if missing.is_empty() && doubted.is_empty() {
                if read > 0 {
                    self.engine.tell(Event::Read { keys: read });
                }
                return Ok(rounds);
            }
            rounds += 1;
            let keys: Vec<String> = missing.into_iter().chain(std::mem::take(&mut doubted)).collect();
            read += keys.len();
            let answers = self.get_all(keys).await?;
            self.agree(snapshot, answers.iter().filter_map(|(_, got)| got.as_ref()))?;
            for (key, got) in answers {
                if got.is_none() && snapshot.counts.items > 0 {
                    let looks = looks.entry(key.clone()).or_default();
                    *looks += 1;
                    if *looks < looks_at(&key) {
                        doubted.push(key.clone());
                    }
                }
                snapshot.set(key, got.map(|got| got.value));
            }
        }
    }

    /// Checks what reads saw of the store against Describe.
    fn agree<'g>(&mut self, snapshot: &Snapshot, answers: impl Iterator<Item = &'g Got>) -> Result<(), Halt> {
        if !self.engine.counts_trusted.load(Ordering::Relaxed) || broken(Mutation::IgnoreCounts) {
            return Ok(());
        }
        let (agreeing, differing): (Vec<&Got>, Vec<&Got>) =
            answers.partition(|got| got.counts == snapshot.counts);
        if differing.is_empty() {
            return Ok(());
        }
        if self.strikes.note(&snapshot.etag, !agreeing.is_empty()) {
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
