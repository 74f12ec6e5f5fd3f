//! A snapshot under one `ETag`, for a commit or a query: Describe first, and only after its answer the keys.
//!
//! Reads carry no `ETag`, but each carries the counts of the store as it saw it. Where these differ from Describe's, the read
//! lags or the store moved. The reader discards such a read, and with it what agreed, unless the next Describe shows the same
//! `ETag`. Nobody has shown that the service's counts are exact. So when none of many reads under one unchanged `ETag` agrees,
//! the counts are not trusted any more. One that agrees shows that they are exact, and that the others lag.
//!
//! A store that one page holds is listed: one request instead of several. Where the sum is what Describe said, what is not in
//! the page is absent beyond doubt. The pages of a larger store may each be of another state that lags, and their sum may be
//! right by chance (the model found one). So the reader lists such a store twice.

use std::collections::{BTreeMap, HashSet};

use super::context::{Context, RoundEnd};
use super::meter::Meter;
use super::reading::{Reading, without_contradicted};
use super::retry::many;
use crate::event::{Event, Listener};
use crate::fault_points;
use crate::kvs::{Counts, Described, ETag, Got, Listing, Page, Store};
use crate::plan::Snapshot;
use crate::plan::reads::{lists_store, pages};
use crate::plan::snapshot::Read;
use crate::query::Needs;

/// Snapshots in a row without one read that agrees, each under the `ETag` of the one before, until the
/// counts are not trusted: with the waits between them longer than a replica lags behind. With three, and
/// reads that agreed not counted, other processes' routes were lost where a quarter of the reads lags.
const STRIKES: u32 = 6;

/// How often reads that differ are read again at once: while others write, a wait only brings more of them.
const AGAIN: u32 = 4;

/// How often no read agreed with Describe although nobody wrote.
#[derive(Debug, Default)]
pub(crate) struct Strikes {
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

/// Whom a snapshot is read for.
pub(super) trait Requester: Send {
    /// Whether the reader may list a store of several pages where that takes fewer requests than single reads. A commit reads
    /// key by key, so that a write of somebody else does not cost it a whole listing.
    const LISTS: bool;

    /// What is still to be read. Asked after each round of reads.
    fn needs(&mut self, snapshot: &Snapshot) -> Needs;

    /// Resolves when nobody waits for the snapshot any more.
    fn abandoned(&mut self) -> impl Future<Output = ()> + Send;
}

/// `work`, unless the requester abandons it first.
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

/// Who receives the events of reading.
#[derive(Debug)]
pub(super) enum Audience {
    /// The callers of the commit under way.
    Commit,
    /// The caller of a query.
    Query(Option<Listener>),
}

/// Reads snapshots. It keeps across its readings what they have shown of the service.
#[derive(Debug)]
pub(super) struct SnapshotReader<'a, S> {
    context: &'a Context<S>,
    meter: &'a Meter<S>,
    audience: Audience,
    strikes: Strikes,
    /// Reads that stay good if the next Describe shows the same state.
    partial: Option<Reading>,
    /// Keys that did not exist when they were last read.
    absent: HashSet<String>,
    /// The state that the last reading saw.
    seen: Option<ETag>,
    /// Readings in a row that saw no other state.
    pub(crate) unchanged: u32,
    /// Answers in a row that the store is in no usable state.
    pub(crate) unusable: u32,
}

/// A snapshot, and how it was read.
#[derive(Debug)]
pub(super) struct Filled {
    pub(crate) snapshot: Snapshot,
    /// Sequential reads after Describe. `None` where some had been read before.
    pub(crate) rounds: Option<u32>,
    /// What an earlier commit had left was out of date, and all was read again.
    pub(crate) restarted: bool,
}

impl<'a, S: Store> SnapshotReader<'a, S> {
    pub(crate) fn new(context: &'a Context<S>, meter: &'a Meter<S>, audience: Audience) -> Self {
        Self {
            context,
            meter,
            audience,
            strikes: Strikes::default(),
            partial: None,
            absent: HashSet::new(),
            seen: None,
            unchanged: 0,
            unusable: 0,
        }
    }

    /// Sends an event to whom the snapshot is read for.
    pub(crate) fn emit(&self, event: Event) {
        match &self.audience {
            Audience::Commit => self.context.emit(event),
            Audience::Query(Some(listener)) => listener.tell(event),
            Audience::Query(None) => {}
        }
    }

    /// Describe, announced to the callers.
    pub(crate) async fn describe<R: Requester>(&mut self, requester: &mut R) -> Result<Described, RoundEnd> {
        let described = self.state(requester).await?;
        let Counts { items, bytes } = described.counts;
        self.emit(Event::Described { items, bytes });
        Ok(described)
    }

    /// Describe.
    pub(crate) async fn state<R: Requester>(&mut self, requester: &mut R) -> Result<Described, RoundEnd> {
        let (context, meter) = (self.context, self.meter);
        let describe = context.with_retry(|event| self.emit(event), || meter.describe());
        let described = unless_abandoned(requester, describe).await?.map_err(RoundEnd::Failed)?;
        self.unusable = 0;
        Ok(described)
    }

    /// Reads, under the state `described`, what the requester needs.
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

    /// Reads what the requester needs beyond `snapshot`, and the keys `more`, under the state of `snapshot`.
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
            let keys = reading.looks_for(missing, &self.absent);
            read += keys.len();
            let answers = self.get_all(keys, requester).await?;
            if self.note(&mut reading, answers) {
                continue;
            }
            if !reading.agreed || again == AGAIN {
                return Err(self.inconsistent(reading));
            }
            // The counts are exact, so a wait tells nothing new: a read lags, or the store has moved.
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

    /// Notes what keys hold; `false` when some read differs from Describe.
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
        agree
    }

    fn counts_trusted(&self) -> bool {
        self.context.counts_trusted() && !fault_points::ignores_counts()
    }

    /// A listing is not what Describe counted. `mixed`: its pages are of several states, which tells nothing of the counts.
    fn discard(&mut self, reading: Reading, mixed: bool) -> RoundEnd {
        if !mixed {
            return self.inconsistent(reading);
        }
        self.partial = Some(reading).filter(|reading| reading.agreed);
        RoundEnd::InconsistentRead
    }

    /// Some reads differ from Describe. The others are kept for as long as the `ETag` stays.
    fn inconsistent(&mut self, reading: Reading) -> RoundEnd {
        if self.strikes.note(&reading.snapshot.etag, reading.agreed) {
            tracing::warn!(
                "reads and Describe keep disagreeing about the store's size; results are verified in full from now on"
            );
            self.context.distrust_counts();
        }
        // Where none agreed, nothing is known of the counts yet, and all is read again to find out.
        self.partial = Some(reading).filter(|reading| reading.agreed);
        RoundEnd::InconsistentRead
    }

    /// Reads a whole store: one page once, several pages twice.
    async fn list_all<R: Requester>(
        &mut self,
        reading: &Reading,
        requester: &mut R,
    ) -> Result<Listed, RoundEnd> {
        let counts_of = reading.snapshot.counts;
        let found = self.list(requester).await?;
        let trusted = self.counts_trusted();
        // One page is of one state: where its sum is right, it is the state that Describe saw.
        if !trusted || pages(counts_of.items) > 1 {
            let again = self.list(requester).await?;
            if again != found {
                return Ok(Listed::Mixed);
            }
        }
        let counted = !trusted || counts(&found) == counts_of;
        Ok(if counted { Listed::Whole(found) } else { Listed::Miscounted })
    }

    /// Reads the store, if one page shows it as Describe counted it. Where it does not, for any reason, single reads
    /// find out more.
    async fn page<R: Requester>(
        &mut self,
        snapshot: &Snapshot,
        requester: &mut R,
    ) -> Result<Option<BTreeMap<String, String>>, RoundEnd> {
        let page = unless_abandoned(requester, self.meter.list(None)).await?;
        let Ok(Page { items, next: None }) = page else { return Ok(None) };
        let found: BTreeMap<String, String> = items.into_iter().collect();
        // Where counts are not trusted nothing shows that the page does not lag: single reads look again at what is absent.
        Ok(Some(found).filter(|found| counts(found) == snapshot.counts || fault_points::ignores_counts()))
    }

    /// Reads owners' records from a listing, and returns how many keys it found. Where the listing is not what Describe
    /// counted, it lags: the error is whether its pages are of several states.
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

    /// Lists the store, page by page. Pages may be of several states.
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

    /// Reads keys, many at a time, and returns them in their order.
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

/// What a listing of a whole store came to.
enum Listed {
    /// Every key, in the state that Describe saw.
    Whole(BTreeMap<String, String>),
    /// Its pages are of several states.
    Mixed,
    /// It is not what Describe counted.
    Miscounted,
}

/// What the service would count of these keys.
fn counts(found: &BTreeMap<String, String>) -> Counts {
    let bytes: usize = found.iter().map(|(key, value)| key.len() + value.len()).sum();
    Counts { items: found.len() as u64, bytes: bytes as u64 }
}

/// The requests that read a store of `items` keys whole: one page once, several pages twice.
const fn listing_requests(items: u64) -> u64 {
    let pages = pages(items);
    if pages <= 1 { pages } else { 2 * pages }
}

/// Whether all that is missing are owners' records, and a listing takes fewer requests than single reads.
fn lists_records(items: u64, missing: &[String], prefixes: &[String]) -> bool {
    missing.len() as u64 > pages(items)
        && missing.iter().all(|key| prefixes.iter().any(|prefix| key.starts_with(prefix)))
}
