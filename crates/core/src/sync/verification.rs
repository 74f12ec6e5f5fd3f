//! Checks that the written routes are live: with Describe and one changed key, or by reading back every declared route.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::commit::Commit;
use super::context::RoundEnd;
use super::members::Seqs;
use super::pending::InDoubtWrite;
use super::reader::unless_abandoned;
use crate::event::Event;
use crate::kvs::{FailureKind, Got, Store, limits};
use crate::options::{Call, Verify};
use crate::plan::{
    Snapshot,
    rewrite::{self, Damaged},
    site::Wanted,
};
use crate::table::id::RouteId;
use crate::table::owner_record::Record;
use crate::table::{FILE_VALUE, key};

/// After this many reads that disagree, the counts are not trusted, or a value is no longer expected to appear. With the waits between
/// them this takes several seconds.
const MOST_READS: u32 = 8;

/// The keys that were read back.
struct Back {
    found: BTreeMap<String, String>,
    /// The whole store was read.
    listed: bool,
    /// Another writer changed the store meanwhile, so nothing is known about the tables.
    moved: bool,
}

/// A key of a declared route, with the declared value.
struct Declared {
    /// The index of the member that declares it.
    member: usize,
    id: RouteId,
    key: String,
    value: String,
}

impl<S: Store> Commit<'_, S> {
    /// Whether the store is still in the state that the last batch made, by Describe and one key that it wrote, with its value.
    /// `false` if the store has changed since. A lagging read shows an older record or the state before the batch, and is repeated.
    pub(super) async fn stands(
        &mut self,
        snapshot: &Snapshot,
        mark: Option<(String, Option<String>)>,
    ) -> Result<bool, RoundEnd> {
        let (mark, written) = mark.map_or((None, None), |(key, value)| (Some(key), value));
        let seq =
            |value: Option<&str>| value.and_then(|it| Record::decode(it).ok()).map_or(0, |record| record.seq);
        let context = self.context;
        for read_before in 0.. {
            let read = async {
                match &mark {
                    Some(key) => {
                        context.with_retry(|event| context.emit(event), || context.store.get(key)).await
                    }
                    None => Ok(None),
                }
            };
            let both = futures_util::future::join(
                context.with_retry(|event| context.emit(event), || context.store.describe()),
                read,
            );
            let (described, got) = unless_abandoned(&mut self.members, both).await?;
            let (described, got) = (described.map_err(RoundEnd::Failed)?, got.map_err(RoundEnd::Failed)?);
            let value = got.map(|got| got.value);
            if described.etag == snapshot.etag {
                let counted = described.counts == snapshot.counts || !context.counts_trusted();
                if value == written && (counted || read_before >= MOST_READS) {
                    if !counted {
                        context.distrust_counts();
                    }
                    return Ok(true);
                }
            } else if seq(value.as_deref()) >= seq(written.as_deref()) || read_before >= MOST_READS {
                return Ok(false);
            }
            self.pacer.pause(&mut self.members, |wait_ms| Event::Retry { wait_ms }).await;
        }
        Ok(false)
    }

    /// Reads back the tables and the metadata of the members' routes, and puts missing or altered metadata again. Returns `false` if
    /// it had to: the next round checks again.
    ///
    /// The files of sites are checked only if the store is listed anyway. Otherwise each would take a request.
    pub(super) async fn check_full(&mut self, snapshot: &Snapshot) -> Result<bool, RoundEnd> {
        let mut wanted: Vec<(String, Option<String>)> = Vec::new();
        let (mut ours, files) = self.declared(snapshot);
        for router in self.members.routers() {
            let keys = snapshot.table_keys(&router);
            wanted.extend(keys.into_iter().map(|key| {
                let value = snapshot.get(&key).value().map(str::to_owned);
                (key, value)
            }));
        }
        wanted.extend(ours.iter().map(|one| (one.key.clone(), Some(one.value.clone()))));
        wanted.sort_unstable();
        wanted.dedup();
        let keys = wanted.iter().map(|(key, _)| key.clone()).collect();
        let Back { mut found, listed, moved } = self.read_back(keys, snapshot).await?;
        if moved {
            let tables: HashSet<String> =
                self.members.routers().iter().flat_map(|router| snapshot.table_keys(router)).collect();
            wanted.retain(|(key, _)| !tables.contains(key));
        }
        if listed {
            wanted.extend(files.iter().map(|one| (one.key.clone(), Some(one.value.clone()))));
            ours.extend(files);
        }
        let differing = |found: &BTreeMap<String, String>| -> Vec<String> {
            let differs = wanted.iter().filter(|(key, value)| found.get(key) != value.as_ref());
            differs.map(|(key, _)| key.clone()).collect()
        };
        let mut differs = differing(&found);
        if !differs.is_empty() {
            // The listing may lag, so single reads decide.
            for (key, got) in self.reader.get_all(differs, &mut self.members).await? {
                match got {
                    Some(got) => found.insert(key, got.value),
                    None => found.remove(&key),
                };
            }
            differs = differing(&found);
        }
        if differs.is_empty() && !moved {
            return Ok(true);
        }
        let differs: HashSet<&str> = differs.iter().map(String::as_str).collect();
        let ours: Vec<Declared> = ours.into_iter().filter(|one| differs.contains(one.key.as_str())).collect();
        let damaged: Vec<Damaged<'_>> = ours
            .iter()
            .map(|Declared { member, id, key, value }| Damaged {
                declared: &self.members.list[*member].call,
                id,
                key,
                value,
            })
            .collect();
        if damaged.is_empty() {
            // Only the tables differ: another writer has changed them, or a read lags. The metadata need not be read again. With a
            // writer that never pauses, that would never end.
            let trusted = self.context.counts_trusted();
            self.members.list.iter_mut().for_each(|member| member.checked = trusted);
            return Err(RoundEnd::InconsistentRead);
        }
        tracing::warn!(keys = damaged.len(), "metadata or files are missing or altered, and are put again");
        let batches =
            rewrite::rewrite(snapshot, &damaged, self.context.env.unix(), &self.context.env.commit_id());
        let mut etag = snapshot.etag.clone();
        for staged in &batches {
            let sent = self.context.store.update(&etag, &staged.batch);
            let sent = unless_abandoned(&mut self.members, sent).await?;
            if sent.as_ref().is_err_and(|failure| failure.kind == FailureKind::Unknown) {
                let calls = self.members.list.iter().map(|member| member.number).collect();
                let (base, seqs) = (Arc::new(snapshot.clone()), Seqs::default());
                self.pending.writes.push(InDoubtWrite::new(staged, calls, false, &etag, &base, seqs));
                self.pending.note_in_doubt(&self.members.list);
            }
            etag = sent.map_err(RoundEnd::Failed)?.etag;
            self.pending.refresh_written(staged);
        }
        for Declared { member, key, .. } in ours {
            self.members.list[member].put_again.insert(key);
        }
        Ok(false)
    }

    /// The declared metadata of the members' routes, and the files of their sites.
    fn declared(&self, snapshot: &Snapshot) -> (Vec<Declared>, Vec<Declared>) {
        let tables: Vec<_> =
            self.members.routers().iter().filter_map(|router| snapshot.table(router).ok()).collect();
        let named: HashSet<&str> =
            tables.iter().flat_map(|table| &table.entries).map(|stored| stored.entry.id()).collect();
        let (mut records, mut files) = (Vec::new(), Vec::new());
        for (index, member) in self.members.list.iter().enumerate() {
            let Call { routes, verify, .. } = &member.call;
            if *verify == Verify::Off {
                continue;
            }
            for (at, route) in
                routes.iter().enumerate().filter(|(_, route)| route.target.refers_to().is_none())
            {
                let id = member.call.id(&member.owner, route);
                // If a later call removed the route, its metadata would be an orphan. If a later call changed the site, that call
                // checks it.
                let site = Wanted::of(&member.call, at);
                if !named.contains(id.as_str())
                    || site.is_some_and(|site| site.differs(snapshot, id.as_str()))
                {
                    continue;
                }
                let declared = |key, value: &str| Declared {
                    member: index,
                    id: id.clone(),
                    key,
                    value: value.to_owned(),
                };
                records.push(declared(key::metadata(&id), route.target.metadata()));
                let names = route.target.files().map(crate::route::Files::names).unwrap_or_default();
                files.extend(names.iter().map(|name| declared(key::file(&id, name), FILE_VALUE)));
            }
        }
        (records, files)
    }

    /// Reads `keys` back, by single reads or by listing the store, whichever takes fewer requests.
    async fn read_back(&mut self, keys: Vec<String>, snapshot: &Snapshot) -> Result<Back, RoundEnd> {
        let pages = snapshot.counts.items.div_ceil(u64::from(limits::PAGE_KEYS));
        if keys.len() as u64 <= pages {
            let answers = self.reader.get_all(keys, &mut self.members).await?;
            let found =
                answers.into_iter().filter_map(|(key, got)| got.map(|Got { value, .. }| (key, value)));
            return Ok(Back { found: found.collect(), listed: false, moved: false });
        }
        let found = self.reader.list(&mut self.members).await?;
        // A listing carries no `ETag`. Its tables count only if Describe shows the same state before and after it.
        let moved = self.reader.describe(&mut self.members).await?.etag != snapshot.etag;
        Ok(Back { found, listed: true, moved })
    }
}
