//! A snapshot under one `ETag`: Describe first, and only after its answer the keys.
//!
//! Reads carry no `ETag`, but each tells how much the store held as it saw it. Where that differs from
//! Describe's, the read lags or the store moved: it is thrown away, and with it what agreed, unless the next
//! Describe shows the same `ETag`. Nobody has shown that the service's counts are exact, so when none of
//! many reads under one unchanged `ETag` agrees they are not trusted any more. One that agrees shows that
//! they are exact, and that the others lag.
//!
//! A store that one page holds is listed: one request instead of several, and where its sum is what Describe said,
//! what is not in it is absent beyond doubt. Of several pages each may be of another state that lags, and their sum
//! may be right by chance (the model found one): who must read them all reads them twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;

use super::commit::{Commit, Halt};
use super::patience::many;
use super::waiting::unless_all_leave;
use crate::event::Event;
use crate::kvs::{Counts, Described, ETag, Got, Listing, Page, Store};
use crate::mutation::{Mutation, broken};
use crate::plan::reads::{confirmations, lists_store, pages};
use crate::plan::snapshot::Read;
use crate::plan::{self, Snapshot};

/// Snapshots in a row without one read that agrees, each under the `ETag` of the one before, until the
/// counts are not trusted: with the waits between them longer than a replica lags behind. With three, and
/// reads that agreed not counted, other processes' routes were lost where a quarter of the reads lags.
const STRIKES: u32 = 6;

/// How often reads that differ are read again at once: while others write, a wait only brings more of them.
const AGAIN: u32 = 4;

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

/// What has been read under one `ETag` so far.
#[derive(Debug)]
pub(super) struct Reading {
    /// Only what agreed with Describe.
    snapshot: Snapshot,
    /// How often keys were found absent, as long as that is not believed.
    looks: HashMap<String, u32>,
    /// Some read agreed: the counts are exact.
    agreed: bool,
    /// The store was listed, and did not look as Describe counted it: not again.
    listed: bool,
}

impl Reading {
    fn new(Described { etag, counts }: Described) -> Self {
        Self { listed: counts.items == 0, ..Self::of(Snapshot::new(etag, counts)) }
    }

    /// What was read for an earlier commit, to be completed.
    pub(super) fn of(snapshot: Snapshot) -> Self {
        Self { snapshot, looks: HashMap::new(), agreed: false, listed: false }
    }

    fn is_of(&self, described: &Described) -> bool {
        self.snapshot.etag == described.etag && self.snapshot.counts == described.counts
    }

    /// `keys`, each as often as it must be looked at: once, and where it was `absent` when it was last looked
    /// at, all looks at once that it takes to believe it. Who needs a round trip more than all others never
    /// gets in between them: a first deploy beside 15 busy processes took up to 30 times the median.
    fn looks_for(&self, keys: Vec<String>, absent: &HashSet<String>) -> Vec<String> {
        let times = |key: &String| match self.looks.get(key) {
            Some(seen) => confirmations(key).saturating_sub(*seen).max(1),
            None if absent.contains(key) => confirmations(key),
            None => 1,
        };
        keys.into_iter().flat_map(|key| std::iter::repeat_n(key.clone(), times(&key) as usize)).collect()
    }

    /// Notes an answer; `false` when it differs from Describe.
    fn note(&mut self, key: String, got: Option<Got>, trusted: bool) -> bool {
        match got {
            Some(got) if trusted && got.counts != self.snapshot.counts => {
                self.looks.remove(&key);
                return false;
            }
            Some(got) => {
                self.agreed = true;
                self.looks.remove(&key);
                self.snapshot.set(key, Some(got.value));
            }
            // Of several looks at once, one has found it.
            None if self.snapshot.get(&key) != Read::Unread => {}
            None => {
                // A 404 tells no counts: it is looked at again before it is believed. Where Describe says that
                // the store is empty, both agree.
                let seen = self.looks.entry(key.clone()).or_default();
                *seen += 1;
                if self.snapshot.counts.items == 0 || *seen >= confirmations(&key) {
                    self.looks.remove(&key);
                    self.snapshot.set(key, None);
                }
            }
        }
        true
    }
}

impl<S: Store> Commit<'_, S> {
    /// Reads what the members need, Describe first. More calls join on the way.
    pub(super) async fn read(&mut self) -> Result<Snapshot, Halt> {
        let described = self.describe().await?;
        self.still = if self.seen.as_ref() == Some(&described.etag) { self.still + 1 } else { 0 };
        self.seen = Some(described.etag.clone());
        // Until reading has begun, every call may join.
        self.join(|_| true);
        let begun = self.begun.take().filter(|begun| begun.is_of(&described));
        let goes_on = begun.is_some();
        let (mut snapshot, rounds) =
            self.fill(begun.unwrap_or_else(|| Reading::new(described)), Vec::new()).await?;
        if broken(Mutation::ReadBeforeDescribe) {
            snapshot.etag = self.describe().await?.etag;
        }
        if !goes_on {
            self.warm.rounds = rounds;
        }
        Ok(snapshot)
    }

    /// Reads what the members need, as far as it is not read yet, and where a plan needs it `more` of the same
    /// state. Returns the round trips that it took, too.
    pub(super) async fn fill(
        &mut self,
        mut reading: Reading,
        more: Vec<String>,
    ) -> Result<(Snapshot, u32), Halt> {
        let (mut rounds, mut read, mut again) = (0, 0, 0);
        loop {
            let scopes = self.scopes();
            self.join(|member| {
                scopes.contains(&(member.intent.router.as_str().to_owned(), member.owner.clone()))
            });
            let missing = self.missing(&reading.snapshot, &more);
            let all = self.reads_all(&reading.snapshot);
            if missing.is_empty() && !all {
                if read > 0 {
                    self.engine.tell(Event::Read { keys: read });
                }
                return Ok((reading.snapshot, rounds));
            }
            rounds += 1;
            if all {
                let (first, second) = (self.list().await?, self.list().await?);
                if first != second || !self.counted(&reading.snapshot, &first) {
                    return Err(self.torn(reading));
                }
                read += first.len();
                reading.snapshot.set_all(first);
                continue;
            }
            if lists_store(reading.snapshot.counts.items, missing.len()) && !reading.listed {
                reading.listed = true;
                if let Some(found) = self.page(&reading.snapshot).await? {
                    read += found.len();
                    reading.snapshot.set_all(found);
                }
                continue;
            }
            if self.lists_owners(&reading.snapshot, &missing) {
                // The table was read key by key. A listing that lags shows an owner's record as it was a while ago.
                let found = self.list().await?;
                read += found.len();
                let prefixes = self.owner_prefixes();
                for (key, value) in found {
                    let wanted = prefixes.iter().any(|prefix| key.starts_with(prefix));
                    if wanted && reading.snapshot.get(&key) == Read::Unread {
                        reading.snapshot.set(key, Some(value));
                    }
                }
                for key in reading.snapshot.unread(missing) {
                    reading.snapshot.set(key, None);
                }
                continue;
            }
            let keys = reading.looks_for(missing, &self.absent);
            read += keys.len();
            let answers = self.get_all(keys).await?;
            let trusted = self.counts_trusted();
            let mut differs = false;
            for (key, got) in answers {
                if got.is_none() {
                    self.absent.insert(key.clone());
                } else {
                    self.absent.remove(&key);
                }
                differs |= !reading.note(key, got, trusted);
            }
            if !differs {
                continue;
            }
            if !reading.agreed || again == AGAIN {
                return Err(self.torn(reading));
            }
            // The counts are exact, so that waiting tells nothing new: a read lags, or the store has moved.
            again += 1;
            let described = self.describe().await?;
            if !reading.is_of(&described) {
                if !more.is_empty() {
                    return Err(Halt::Torn);
                }
                self.from_warm = false;
                reading = Reading::new(described);
                rounds = 0;
            }
        }
    }

    /// Whether some member's plan needs the whole store, and it has not been read.
    fn reads_all(&self, snapshot: &Snapshot) -> bool {
        !snapshot.complete() && self.members.iter().any(|member| member.intent.reads_all())
    }

    /// The keys that the members' plan needs, and those of `more`, that have not been read.
    fn missing(&self, snapshot: &Snapshot, more: &[String]) -> Vec<String> {
        let calls = self.members.iter().map(|member| (&member.intent, &member.owner));
        let mut missing = plan::missing(snapshot, calls, self.engine.env.unix());
        missing.extend(snapshot.unread(more.to_vec()));
        missing
    }

    /// The routers in which members prune.
    fn pruned_routers(&self) -> BTreeSet<&str> {
        let prunes = self.members.iter().filter(|member| member.intent.prunes.is_some());
        prunes.map(|member| member.intent.router.as_str()).collect()
    }

    fn owner_prefixes(&self) -> Vec<String> {
        self.pruned_routers().into_iter().map(|router| format!("{router}:owner:")).collect()
    }

    /// Whether what is missing is owners' records, and listing the store takes fewer requests than reading them.
    fn lists_owners(&self, snapshot: &Snapshot, missing: &[String]) -> bool {
        let prefixes = self.owner_prefixes();
        missing.len() as u64 > pages(snapshot.counts.items)
            && missing.iter().all(|key| prefixes.iter().any(|prefix| key.starts_with(prefix)))
    }

    fn counts_trusted(&self) -> bool {
        self.engine.counts_trusted.load(Ordering::Relaxed) && !broken(Mutation::IgnoreCounts)
    }

    /// Some reads differ from Describe; the others are kept for as long as the `ETag` stays.
    fn torn(&mut self, reading: Reading) -> Halt {
        if self.strikes.note(&reading.snapshot.etag, reading.agreed) {
            tracing::warn!(
                "reads and Describe keep disagreeing about the store's size; results are verified in full from now on"
            );
            self.engine.counts_trusted.store(false, Ordering::Relaxed);
        }
        // Where none agreed, nothing is known of the counts yet, and all is read again to find out.
        self.begun = Some(reading).filter(|reading| reading.agreed);
        Halt::Torn
    }

    /// Reads the store, if one page shows it as Describe counted it. Where it does not, for any reason, single reads
    /// find out more.
    async fn page(&mut self, snapshot: &Snapshot) -> Result<Option<BTreeMap<String, String>>, Halt> {
        let page = unless_all_leave(&mut self.members, self.engine.store.list(None)).await?;
        let Ok(Page { items, next: None }) = page else { return Ok(None) };
        let found: BTreeMap<String, String> = items.into_iter().collect();
        // Where counts are not trusted nothing shows that it does not lag: single reads look at what is absent again.
        Ok(Some(found).filter(|found| counts(found) == snapshot.counts || broken(Mutation::IgnoreCounts)))
    }

    /// Reads the whole store, page by page. Pages may be of several states.
    pub(super) async fn list(&mut self) -> Result<BTreeMap<String, String>, Halt> {
        let engine = self.engine;
        let mut listing = Listing::default();
        loop {
            let page = engine.patiently(|| engine.store.list(listing.token()));
            let page = unless_all_leave(&mut self.members, page).await?.map_err(Halt::Failed)?;
            if !listing.take(page).map_err(Halt::Failed)? {
                return Ok(listing.found);
            }
        }
    }

    /// Whether a listing is what Describe counted.
    fn counted(&self, snapshot: &Snapshot, found: &BTreeMap<String, String>) -> bool {
        counts(found) == snapshot.counts || !self.counts_trusted()
    }

    /// Reads keys, many at a time, and returns them in their order.
    pub(super) async fn get_all(&mut self, keys: Vec<String>) -> Result<Vec<(String, Option<Got>)>, Halt> {
        let engine = self.engine;
        let reads = keys.into_iter().map(|key| async move {
            let got = engine.patiently(|| engine.store.get(&key)).await?;
            Ok((key, got))
        });
        unless_all_leave(&mut self.members, many(reads)).await?.map_err(Halt::Failed)
    }
}

/// What the service would count of these keys.
fn counts(found: &BTreeMap<String, String>) -> Counts {
    let bytes: usize = found.iter().map(|(key, value)| key.len() + value.len()).sum();
    Counts { items: found.len() as u64, bytes: bytes as u64 }
}
