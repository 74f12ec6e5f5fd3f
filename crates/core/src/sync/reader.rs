//! Reads a snapshot under one `ETag`, for a commit or a query: Describe first, and the keys only after its answer.
//!
//! Reads carry no `ETag`, but each carries the counts of the store in the state that it saw. If these differ from Describe's, the
//! read lags or the store has changed. The reader discards such a read. It keeps the reads that agree only if the next Describe
//! shows the same `ETag`. Nobody has shown that the service's counts are exact. So if none of many reads under one unchanged
//! `ETag` agrees, the counts are no longer trusted. If one agrees, they are exact and the other reads lag.
//!
//! A store that fits one page is listed, with one request instead of several. If the page's sum is the one from Describe, all other
//! keys are surely absent. The pages of a larger store may each show another, lagging state, and their sum may be right by chance
//! (the model found such a case). So the reader lists a larger store twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::context::{Context, RoundEnd};
use super::meter::Meter;
use super::read_retry::many;
use super::reading::{Reading, without_contradicted};
use crate::event::{Event, Listener};
use crate::fault_points;
use crate::kvs::{Counts, Described, ETag, Got, Listing, Page, Store};
use crate::plan::Snapshot;
use crate::plan::reads::{lists_store, pages};
use crate::plan::snapshot::Read;
use crate::query::Needs;

/// Counts are not trusted after this many snapshots in a row without a read that agrees, all under the same `ETag`. With the waits
/// between them, this takes longer than a replica lags. With three, and without counting reads that agree, routes of other processes
/// were lost when a quarter of the reads lagged.
const MOST_INCONSISTENCIES: u32 = 6;

/// The number of times that differing reads are repeated without a wait. While others write, a wait only lets them write more.
const AGAIN: u32 = 4;

/// Counts snapshots in a row in which no read agreed with Describe although nobody wrote.
#[derive(Debug, Default)]
struct Inconsistencies {
    etag: Option<ETag>,
    count: u32,
}

impl Inconsistencies {
    /// Notes a snapshot in which no read agreed. Returns whether the counts must be wrong.
    fn note(&mut self, etag: &ETag) -> bool {
        if self.etag.as_ref() == Some(etag) {
            self.count += 1;
        } else {
            // The store may have changed during the reads, so this snapshot shows nothing about the counts.
            self.etag = Some(etag.clone());
        }
        self.count >= MOST_INCONSISTENCIES
    }
}

/// The commit or query for which a snapshot is read.
pub(super) trait Requester: Send {
    /// The reader may list a store of several pages if that takes fewer requests than single reads. A commit reads key by key, so that
    /// another writer's write does not make a whole listing useless.
    const LISTS: bool;

    /// The keys that must still be read. Called after each round of reads.
    fn needs(&mut self, snapshot: &Snapshot) -> Needs;

    /// Whether the names of all keys must be listed first.
    fn needs_names(&self, _snapshot: &Snapshot) -> bool {
        false
    }

    /// Resolves when nobody waits for the snapshot.
    fn abandoned(&mut self) -> impl Future<Output = ()> + Send;
}

/// Awaits `work`, unless the requester abandons it first.
pub(super) async fn unless_abandoned<R: Requester, T>(
    requester: &mut R,
    work: impl Future<Output = T>,
) -> Result<T, RoundEnd> {
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = requester.abandoned() => Err(RoundEnd::Abandoned),
    }
}

/// The most listings of one commit for the names of the store's keys. In a store whose keys change all the time, no listing shows one
/// state, and together they show nearly all keys.
const MOST_LISTINGS: u32 = 3;

/// The receivers of events.
#[derive(Debug)]
pub(super) enum Audience {
    /// The callers of the current commit.
    Commit,
    /// The caller of a query.
    Query(Option<Listener>),
}

/// Reads snapshots for one commit or query.
#[derive(Debug)]
pub(super) struct SnapshotReader<'a, S> {
    context: &'a Context<S>,
    meter: &'a Meter<S>,
    audience: Audience,
    inconsistencies: Inconsistencies,
    /// Reads that count if the next Describe shows the same state.
    partial: Option<Reading>,
    /// Keys that did not exist when they were last read.
    absent: HashSet<String>,
    /// The names of the store's keys, from all listings of the commit.
    names: Option<Arc<BTreeSet<String>>>,
    /// The number of these listings.
    listings: u32,
    /// The state of the last reading.
    seen: Option<ETag>,
    /// The number of earlier readings in a row that saw the same state.
    pub(crate) unchanged: u32,
    /// The number of answers in a row that the store is in no usable state.
    pub(crate) unusable: u32,
}

/// A snapshot and how it was read.
#[derive(Debug)]
pub(super) struct Filled {
    pub(crate) snapshot: Snapshot,
    /// The number of sequential rounds of reads after Describe. `None` if some keys had been read before.
    pub(crate) rounds: Option<u32>,
    /// The snapshot of an earlier commit was out of date, and everything was read again.
    pub(crate) restarted: bool,
}

impl<'a, S: Store> SnapshotReader<'a, S> {
    pub(crate) fn new(context: &'a Context<S>, meter: &'a Meter<S>, audience: Audience) -> Self {
        Self {
            context,
            meter,
            audience,
            inconsistencies: Inconsistencies::default(),
            partial: None,
            absent: HashSet::new(),
            names: None,
            listings: 0,
            seen: None,
            unchanged: 0,
            unusable: 0,
        }
    }

    /// Sends an event to the callers of the commit, or to the caller of the query.
    pub(crate) fn emit(&self, event: Event) {
        match &self.audience {
            Audience::Commit => self.context.emit(event),
            Audience::Query(Some(listener)) => listener.emit(event),
            Audience::Query(None) => {}
        }
    }

    /// Sends Describe and emits an event with its answer.
    pub(crate) async fn describe<R: Requester>(&mut self, requester: &mut R) -> Result<Described, RoundEnd> {
        let described = self.state(requester).await?;
        let Counts { items, bytes } = described.counts;
        self.emit(Event::Described { items, bytes });
        Ok(described)
    }

    /// Sends Describe.
    pub(crate) async fn state<R: Requester>(&mut self, requester: &mut R) -> Result<Described, RoundEnd> {
        let (context, meter) = (self.context, self.meter);
        let describe = context.with_retry(|event| self.emit(event), || meter.describe());
        let described = unless_abandoned(requester, describe).await?.map_err(RoundEnd::Failed)?;
        self.unusable = 0;
        Ok(described)
    }

    /// Reads the keys that the requester needs, in the state `described`.
    pub(crate) async fn read<R: Requester>(
        &mut self,
        described: Described,
        requester: &mut R,
    ) -> Result<Filled, RoundEnd> {
        self.unchanged = if self.seen.as_ref() == Some(&described.etag) { self.unchanged + 1 } else { 0 };
        self.seen = Some(described.etag.clone());
        let partial = self.partial.take().filter(|partial| partial.is_of(&described));
        let goes_on = partial.is_some();
        let reading = partial.unwrap_or_else(|| Reading::new(described));
        let mut filled = self.fill(reading, &[], requester).await?;
        filled.rounds = filled.rounds.filter(|_| !goes_on);
        Ok(filled)
    }

    /// Adds the keys that the requester needs, and the keys `more`, to `snapshot`, in the state of `snapshot`.
    pub(crate) async fn complete<R: Requester>(
        &mut self,
        snapshot: Snapshot,
        more: &[String],
        requester: &mut R,
    ) -> Result<Filled, RoundEnd> {
        self.fill(Reading::of(snapshot), more, requester).await
    }

    async fn fill<R: Requester>(
        &mut self,
        mut reading: Reading,
        more: &[String],
        requester: &mut R,
    ) -> Result<Filled, RoundEnd> {
        let (mut rounds, mut read, mut again, mut restarted) = (0, 0, 0, false);
        loop {
            let needs = requester.needs(&reading.snapshot);
            if requester.needs_names(&reading.snapshot) {
                rounds += 1;
                read += self.name_all(&mut reading, requester).await?;
                continue;
            }
            let all = needs == Needs::All && !reading.snapshot.complete();
            let (mut missing, records) = match needs {
                Needs::All => (Vec::new(), None),
                Needs::Keys(keys) => (keys, None),
                Needs::Records { keys, prefixes } => (keys, Some(prefixes)),
            };
            missing.extend(reading.snapshot.unread(more.to_vec()));
            if missing.is_empty() && !all {
                if read > 0 {
                    self.emit(Event::Read { keys: read });
                }
                return Ok(Filled { snapshot: reading.snapshot, rounds: Some(rounds), restarted });
            }
            rounds += 1;
            let items = reading.snapshot.counts.items;
            if all || R::LISTS && missing.len() as u64 > listing_requests(items) {
                let found = self.list_all(&reading, requester).await;
                match found? {
                    Listed::Whole(found) => {
                        read += found.len();
                        reading.snapshot.set_all(found);
                        continue;
                    }
                    Listed::Mixed => return Err(self.discard(reading, true)),
                    Listed::Miscounted => return Err(self.discard(reading, false)),
                }
            }
            if !R::LISTS && lists_store(items, missing.len()) && !reading.listed {
                reading.listed = true;
                if let Some(found) = self.page(&reading.snapshot, requester).await? {
                    read += found.len();
                    reading.snapshot.set_all(found);
                }
                continue;
            }
            if let Some(prefixes) = records.filter(|prefixes| lists_records(items, &missing, prefixes)) {
                match self.list_records(&mut reading.snapshot, missing, &prefixes, requester).await? {
                    Ok(found) => read += found,
                    Err(mixed) => return Err(self.discard(reading, mixed)),
                }
                continue;
            }
            let keys = reading.repeated(missing, &self.absent);
            read += keys.len();
            let answers = self.get_all(keys, requester).await?;
            if self.note(&mut reading, answers) {
                continue;
            }
            if !reading.agreed || again == AGAIN {
                return Err(self.inconsistent(reading));
            }
            // The counts are exact, so either a read lags or the store has changed. A wait would show nothing new.
            again += 1;
            let described = self.describe(requester).await?;
            if !reading.is_of(&described) {
                if !more.is_empty() {
                    return Err(RoundEnd::InconsistentRead);
                }
                (reading, rounds, restarted) = (Reading::new(described), 0, true);
            }
        }
    }

    /// Adds answers to the reading. Returns `false` if one differs from Describe.
    fn note(&mut self, reading: &mut Reading, answers: Vec<(String, Option<Got>)>) -> bool {
        let trusted = self.counts_trusted();
        let mut agree = true;
        for (key, got) in without_contradicted(answers) {
            if got.is_none() {
                self.absent.insert(key.clone());
            } else {
                self.absent.remove(&key);
            }
            agree &= reading.note(key, got, trusted);
        }
        if reading.agreed {
            // The counts are exact, even if this reading is discarded because a lagging Describe shows another state.
            self.inconsistencies = Inconsistencies::default();
        }
        agree
    }

    fn counts_trusted(&self) -> bool {
        self.context.counts_trusted() && !fault_points::ignores_counts()
    }

    /// Discards a listing that differs from Describe. `mixed` is set if its pages show several states: then it shows nothing about the
    /// counts.
    fn discard(&mut self, reading: Reading, mixed: bool) -> RoundEnd {
        if !mixed {
            return self.inconsistent(reading);
        }
        self.partial = Some(reading).filter(|reading| reading.agreed);
        RoundEnd::InconsistentRead
    }

    /// Discards the reads that differ from Describe. The others are kept as long as the `ETag` is the same.
    fn inconsistent(&mut self, reading: Reading) -> RoundEnd {
        if !reading.agreed && self.inconsistencies.note(&reading.snapshot.etag) {
            tracing::warn!(
                "reads and Describe keep disagreeing about the store's size; results are verified in full from now on"
            );
            self.context.distrust_counts();
        }
        // If no read agreed, it is not known whether the counts are exact. Everything is read again to find out.
        self.partial = Some(reading).filter(|reading| reading.agreed);
        RoundEnd::InconsistentRead
    }

    /// Lists a whole store: a single page once, several pages twice.
    async fn list_all<R: Requester>(
        &mut self,
        reading: &Reading,
        requester: &mut R,
    ) -> Result<Listed, RoundEnd> {
        let counts_of = reading.snapshot.counts;
        let found = self.list(requester).await?;
        let trusted = self.counts_trusted();
        // A single page shows one state. If its sum is right, it is the state that Describe saw.
        if !trusted || pages(counts_of.items) > 1 {
            let again = self.list(requester).await?;
            if again != found {
                return Ok(Listed::Mixed);
            }
        }
        let counted = !trusted || counts(&found) == counts_of;
        Ok(if counted { Listed::Whole(found) } else { Listed::Miscounted })
    }

    /// Lists a store of one page. `None` if the listing fails or differs from Describe: then single reads find out more.
    async fn page<R: Requester>(
        &mut self,
        snapshot: &Snapshot,
        requester: &mut R,
    ) -> Result<Option<BTreeMap<String, String>>, RoundEnd> {
        let page = unless_abandoned(requester, self.meter.list(None)).await?;
        let Ok(Page { items, next: None }) = page else { return Ok(None) };
        let found: BTreeMap<String, String> = items.into_iter().collect();
        // If counts are not trusted, the page may lag unnoticed. Then `None` makes single reads confirm what is absent.
        Ok(Some(found).filter(|found| counts(found) == snapshot.counts || fault_points::ignores_counts()))
    }

    /// Reads owner records from a listing, and returns the number of keys in it. If the listing differs from Describe, it lags. Then
    /// the error is whether its pages show several states.
    async fn list_records<R: Requester>(
        &mut self,
        snapshot: &mut Snapshot,
        missing: Vec<String>,
        prefixes: &[String],
        requester: &mut R,
    ) -> Result<Result<usize, bool>, RoundEnd> {
        let found = self.list(requester).await?;
        if self.counts_trusted() && counts(&found) != snapshot.counts {
            return Ok(Err(self.list(requester).await? != found));
        }
        let count = found.len();
        for (key, value) in found {
            let wanted = prefixes.iter().any(|prefix| key.starts_with(prefix));
            if wanted && snapshot.get(&key) == Read::Unread {
                snapshot.set(key, Some(value));
            }
        }
        for key in snapshot.unread(missing) {
            snapshot.set(key, None);
        }
        Ok(Ok(count))
    }

    /// Lists the store, page by page. The pages may show several states.
    pub(crate) async fn list<R: Requester>(
        &mut self,
        requester: &mut R,
    ) -> Result<BTreeMap<String, String>, RoundEnd> {
        let (context, meter) = (self.context, self.meter);
        let mut listing = Listing::default();
        loop {
            let page = context.with_retry(|event| self.emit(event), || meter.list(listing.token()));
            let page = unless_abandoned(requester, page).await?.map_err(RoundEnd::Failed)?;
            if !listing.take(page).map_err(RoundEnd::Failed)? {
                return Ok(listing.found);
            }
        }
    }

    /// Adds the names of all keys to the reading, and returns how many keys were listed. The listing may lag or mix several states,
    /// so the store is listed again if it has another number of keys. A plan reads every table that the names show key by key. A file
    /// that they lack is left in the store.
    async fn name_all<R: Requester>(
        &mut self,
        reading: &mut Reading,
        requester: &mut R,
    ) -> Result<usize, RoundEnd> {
        let items = reading.snapshot.counts.items;
        if self.names.is_none()
            && pages(items) == 1
            && !std::mem::replace(&mut reading.listed, true)
            && let Some(found) = self.page(&reading.snapshot, requester).await?
        {
            let count = found.len();
            reading.snapshot.set_all(found);
            return Ok(count);
        }
        let (mut names, mut count) = (self.names.take().unwrap_or_default(), 0);
        if names.len() as u64 != items && self.listings < MOST_LISTINGS {
            self.listings += 1;
            let found: BTreeSet<String> = self.list(requester).await?.into_keys().collect();
            count = found.len();
            if found.len() as u64 == items {
                names = Arc::new(found);
            } else {
                Arc::make_mut(&mut names).extend(found);
            }
        }
        self.names = Some(Arc::clone(&names));
        reading.snapshot.set_names(names);
        Ok(count)
    }

    /// Reads keys, many at a time. Returns them in their order.
    pub(crate) async fn get_all<R: Requester>(
        &mut self,
        keys: Vec<String>,
        requester: &mut R,
    ) -> Result<Vec<(String, Option<Got>)>, RoundEnd> {
        let (context, meter, reader) = (self.context, self.meter, &*self);
        let reads = keys.into_iter().map(|key| async move {
            let got = context.with_retry(|event| reader.emit(event), || meter.get(&key)).await?;
            Ok((key, got))
        });
        unless_abandoned(requester, many(reads)).await?.map_err(RoundEnd::Failed)
    }
}

/// The result of listing a whole store.
enum Listed {
    /// All keys, in the state that Describe saw.
    Whole(BTreeMap<String, String>),
    /// The pages show several states.
    Mixed,
    /// The listing differs from Describe.
    Miscounted,
}

/// The counts of a store with these keys.
fn counts(found: &BTreeMap<String, String>) -> Counts {
    let bytes: usize = found.iter().map(|(key, value)| key.len() + value.len()).sum();
    Counts { items: found.len() as u64, bytes: bytes as u64 }
}

/// The number of requests that [`SnapshotReader::list_all`] takes for a store of `items` keys.
const fn listing_requests(items: u64) -> u64 {
    let pages = pages(items);
    if pages <= 1 { pages } else { 2 * pages }
}

/// Whether all missing keys are owner records and a listing takes fewer requests than single reads.
fn lists_records(items: u64, missing: &[String], prefixes: &[String]) -> bool {
    missing.len() as u64 > pages(items)
        && missing.iter().all(|key| prefixes.iter().any(|prefix| key.starts_with(prefix)))
}
