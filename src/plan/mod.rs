//! The plan: the pure difference between what is live and what is declared, cut into batches.
//!
//! A function of a snapshot, the intents, the time and the commit's id; no I/O, no clock, no
//! randomness. An intent flows through [`compose`] (what becomes of each line), [`layout`] (which chunk
//! it goes to), [`stage`] (in which steps) and [`batches`] (with which metadata and records); [`site`] says
//! which files of a site come and go, [`reads`] what must have been read before.

pub mod batches;
pub mod census;
mod claims;
pub mod compose;
pub mod layout;
pub mod ledger;
mod lint;
pub mod mend;
mod prune;
pub mod reads;
mod release;
pub mod repair;
mod rollback;
pub mod site;
pub mod snapshot;
pub mod stage;

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};

pub use batches::Staged;
pub use compose::Outcome;
pub use reads::missing;
pub use snapshot::Snapshot;

use batches::{Effect, Packer};
use compose::{Call, Composed, Fate, Records};
use ledger::Ledger;
use site::Wanted;
use stage::{Item, Stage};

use crate::error::{Code, Result, RouteSyncError};
use crate::options::Intent;
use crate::route::TargetKind;
use crate::route::lint::Levels;
use crate::store::limits;
use crate::table::decode::{Damage, Table};
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, target_of};
use crate::table::record::{self, Record};
use crate::table::{CHUNK_BYTES, SST_PARTS, history, key};

/// Bytes of a table that SST's writers can still handle: [`SST_PARTS`] chunks of 1,000 bytes.
pub const SST_TABLE_BYTES: usize = SST_PARTS * CHUNK_BYTES;

/// Bytes of a table from which on a warning says that SST's limit is near.
pub const SST_WARN_BYTES: usize = 45_000;

/// A plan of one commit.
#[derive(Debug)]
pub struct Plan {
    /// What each intent comes to, in their order.
    pub outcomes: Vec<Result<Outcome>>,
    /// The batches, to be applied in order; none when there is nothing to write.
    pub batches: Vec<Staged>,
    /// A damaged table is written anew.
    pub repairs: bool,
}

impl Plan {
    /// Keys that would tell who holds a pattern that a call was refused for, and that were not read.
    #[must_use]
    pub fn wants(&self, snapshot: &Snapshot) -> Vec<String> {
        let errors = self.outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        let conflicts = errors.filter(|error| error.code == Code::RouteConflict);
        let mut keys = snapshot.unread(conflicts.filter_map(|error| error.details.key.clone()).collect());
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether every intent stands already, so that at most sweeps are left to write.
    #[must_use]
    pub fn stands(&self, index: usize) -> bool {
        self.outcomes[index].as_ref().is_ok_and(|outcome| outcome.superseded_by.is_some() || outcome.stands())
    }
}

/// Plans `intents` on `snapshot`, which must have been read completely for them ([`missing`]). `now` is seconds since the epoch; `commit` a fresh random id.
#[must_use]
pub fn plan(snapshot: &Snapshot, intents: &[&Intent], now: u64, commit: &str) -> Plan {
    let owners: Vec<OwnerId> = intents.iter().map(|intent| OwnerId::of(intent.owner.as_str())).collect();
    let mut refused: BTreeMap<usize, RouteSyncError> = BTreeMap::new();
    // A limit that the whole would pass rejects the last call that adds to it, and the rest is planned
    // again: each round rejects one, so it ends.
    loop {
        let mut calls: BTreeMap<&str, Vec<Call<'_>>> = BTreeMap::new();
        for (index, (intent, owner)) in intents.iter().copied().zip(&owners).enumerate() {
            if !refused.contains_key(&index) {
                calls.entry(intent.router.as_str()).or_default().push(Call { index, intent, owner });
            }
        }
        match attempt(snapshot, &calls, now, commit) {
            Ok((mut outcomes, batches, repairs)) => {
                outcomes.extend(refused.into_iter().map(|(index, error)| (index, Err(error))));
                return Plan { outcomes: outcomes.into_values().collect(), batches, repairs };
            }
            Err((index, error)) => {
                refused.insert(index, error);
            }
        }
    }
}

type Outcomes = BTreeMap<usize, Result<Outcome>>;
type Refusal = (usize, RouteSyncError);

/// Plans all calls, or says which one must be left out.
fn attempt<'a>(
    snapshot: &Snapshot,
    calls: &BTreeMap<&'a str, Vec<Call<'a>>>,
    now: u64,
    commit: &str,
) -> Result<(Outcomes, Vec<Staged>, bool), Refusal> {
    let mut outcomes = Outcomes::new();
    let mut tables: Vec<(&str, Table)> = Vec::new();
    for (router, calls) in calls {
        match snapshot.table(router) {
            Ok(table) => tables.push((router, table)),
            Err(_) if calls.iter().any(|call| call.intent.repair) => {
                tables.push((router, snapshot.salvage(router)));
            }
            Err(damage) => {
                outcomes.extend(calls.iter().map(|call| (call.index, Err(corrupt(router, &damage)))));
            }
        }
    }
    let records = read_records(snapshot, calls);
    let undone = read_undone(snapshot, calls, &mut outcomes);
    let mut ledgers = Vec::new();
    let mut routers = Vec::new();
    for (router, table) in &tables {
        let mut known = Records { router, snapshot, now, of_calls: HashMap::new(), undone: &undone };
        let mut able = Vec::new();
        for call in &calls[router] {
            if outcomes.contains_key(&call.index) {
                continue;
            }
            match &records[&(*router, call.owner)] {
                Ok(record) => {
                    known.of_calls.insert(call.owner, record.as_ref());
                    able.push(*call);
                }
                Err(error) => {
                    outcomes.insert(call.index, Err(error.clone()));
                }
            }
        }
        let mut composed = compose::compose(table, &able, &known);
        let witness = ledgers.len();
        let mut books: HashMap<&str, usize> = HashMap::new();
        let mut ledger_of: HashMap<usize, usize> = HashMap::new();
        let mut needed: HashMap<usize, u64> = HashMap::new();
        for call in able.iter().filter(|call| composed.outcomes[&call.index].is_ok()) {
            let at = *books.entry(call.owner.as_str()).or_insert_with(|| {
                let name = call.intent.owner.as_str();
                ledgers.push(Ledger::load(snapshot, router, call.owner, name, commit));
                ledgers.len() - 1
            });
            ledger_of.insert(call.index, at);
            ledgers[at].wait(call.intent.grace.as_secs());
            ledgers[at].remember(call.intent.history);
            ledgers[at].raise(call.intent.safety.generation);
            if let Some(undone) = undone.get(&call.index) {
                let oldest = needed.entry(at).or_insert(undone.oldest);
                *oldest = undone.oldest.min(*oldest);
            }
        }
        outcomes.append(&mut composed.outcomes);
        if !books.is_empty() {
            let wants = |flag: fn(&Intent) -> bool| able.iter().any(|call| flag(call.intent));
            routers.push(Router {
                name: router,
                table,
                composed,
                books,
                ledger_of,
                needed,
                calls: able.clone(),
                levels: able.iter().map(|call| (call.index, &call.intent.lint)).collect(),
                witness,
                metadata_first: wants(|intent| intent.metadata_first),
                beyond_sst: wants(|intent| intent.allow_beyond_sst),
            });
        }
    }
    let staged = stage(snapshot, &routers, ledgers, now, commit, &mut outcomes)?;
    let most = i64::try_from(limits::STORE_BYTES).unwrap_or(i64::MAX);
    let mut total = i64::try_from(snapshot.counts.bytes).unwrap_or(i64::MAX);
    for staged in &staged {
        total = total.saturating_add(staged.bytes);
        if staged.bytes > 0 && total > most {
            return Err(blame(&outcomes, None, store_full(total)));
        }
    }
    if let Some(staged) = staged.iter().find(|staged| staged.batch.keys() > limits::BATCH_KEYS) {
        let error = RouteSyncError::new(
            Code::Internal,
            format!("a step of this change needs {} keys at once; please report this", staged.batch.keys()),
        );
        return Err(blame(&outcomes, None, error));
    }
    let repairs = tables.iter().any(|(_, table)| table.salvaged.is_some());
    Ok((outcomes, staged, repairs))
}

/// By call that rolls back, what it undoes; those that cannot are rejected.
fn read_undone(
    snapshot: &Snapshot,
    calls: &BTreeMap<&str, Vec<Call<'_>>>,
    outcomes: &mut Outcomes,
) -> BTreeMap<usize, rollback::Undone> {
    let mut undone = BTreeMap::new();
    for call in calls.values().flatten() {
        let Some(rollback) = call.intent.rolls_back else { continue };
        match rollback::undone(snapshot, call.intent, call.owner, rollback) {
            Ok(found) => {
                undone.insert(call.index, found);
            }
            Err(error) => {
                outcomes.insert(call.index, Err(error));
            }
        }
    }
    undone
}

type RecordResults<'a> = HashMap<(&'a str, &'a OwnerId), Result<Option<Record>>>;

fn read_records<'a>(snapshot: &Snapshot, calls: &BTreeMap<&'a str, Vec<Call<'a>>>) -> RecordResults<'a> {
    let mut records = RecordResults::new();
    for (router, calls) in calls {
        for call in calls {
            records.entry((router, call.owner)).or_insert_with(|| snapshot.own_record(router, call.owner));
        }
    }
    records
}

/// A router that some call changes or may change.
struct Router<'a> {
    name: &'a str,
    table: &'a Table,
    composed: Composed<'a>,
    /// By owner id, the ledgers of the calls.
    books: HashMap<&'a str, usize>,
    /// By call, its owner's.
    ledger_of: HashMap<usize, usize>,
    /// By ledger, the oldest change that a call undoes: it must stay until that call is done.
    needed: HashMap<usize, u64>,
    /// The calls that are not refused.
    calls: Vec<Call<'a>>,
    /// By call, what the lint rules do.
    levels: BTreeMap<usize, &'a Levels>,
    /// The first of them.
    witness: usize,
    /// Some call wants records of changed targets put ahead of the table.
    metadata_first: bool,
    /// Some call lets the table grow beyond what SST's writers can handle.
    beyond_sst: bool,
}

impl Router<'_> {
    /// The ledger that witnesses what is pruned.
    fn pruner(&self) -> usize {
        let by = self.composed.slots.iter().find_map(|slot| slot.pruned);
        by.and_then(|call| self.ledger_of.get(&call)).copied().unwrap_or(self.witness)
    }
}

/// Lays every table out and packs the batches.
fn stage(
    snapshot: &Snapshot,
    routers: &[Router<'_>],
    ledgers: Vec<Ledger>,
    now: u64,
    commit: &str,
    outcomes: &mut Outcomes,
) -> Result<Vec<Staged>, Refusal> {
    let mut ways = Vec::new();
    for router in routers {
        let way = Way::new(router, snapshot);
        let bytes = way.bytes();
        if way.foreign && bytes > SST_WARN_BYTES {
            let growing = bytes > router.table.bytes();
            // Cuts fall between characters, so that a chunk may lack a few bytes.
            if growing && !router.beyond_sst && (bytes > SST_TABLE_BYTES || way.parts > SST_PARTS) {
                return Err(blame(outcomes, Some(&router.composed), sst_limit(router.name, bytes)));
            }
            warn_sst(outcomes, &router.composed, bytes);
        }
        if router.table.salvaged.is_some() {
            warn_repaired(outcomes, router);
        }
        ways.push(way);
    }
    let mut packer = Packer::new(snapshot, ledgers, now, commit);
    for (router, way) in routers.iter().zip(&ways) {
        let stage = Stage::new(router.name, router.table, &way.joined, &way.items, way.parts);
        let mut table = batches::Table {
            stage,
            effects: &way.effects,
            named: counts(router.table),
            finally: &way.finally,
            witness: router.witness,
        };
        for (ledger, entries) in &way.undo {
            packer.remember(*ledger, entries);
        }
        // Before what they lead to can go.
        let ledgers: BTreeSet<usize> = router.books.values().copied().collect();
        for ledger in ledgers {
            packer.trim(ledger, router.needed.get(&ledger).copied());
        }
        for (ledger, id, wanted) in &way.sites {
            packer.site(*ledger, id, *wanted, table.named.contains_key(id));
        }
        if router.metadata_first {
            packer.ahead(&table);
        }
        packer.table(&mut table);
        let chunks = if way.parts > 1 { way.parts } else { 0 }..router.table.salvaged.unwrap_or_default();
        packer.discard(chunks.map(|index| key::chunk(router.name, index)), router.witness);
        if let Some((call, repair)) = &router.composed.repair {
            let at = router.ledger_of.get(call).copied().unwrap_or(router.witness);
            let written = way.parts.max(router.table.salvaged.unwrap_or_default());
            let chunks = repair.chunks.iter().filter(|chunk| **chunk >= written);
            packer.discard(chunks.map(|chunk| key::chunk(router.name, *chunk)), at);
            packer.repair(repair, at);
        }
        for call in router.calls.iter().filter(|call| call.intent.releases.is_some()) {
            if let Some(ledger) = router.ledger_of.get(&call.index) {
                packer.release(*ledger, &way.named);
            }
        }
        for owner in &router.composed.pruned {
            let (sites, keys) = prune::leftovers(snapshot, router.name, owner, &way.named);
            packer.goes(router.name, owner);
            packer.inherit(&sites, router.pruner());
            packer.discard(keys.into_iter(), router.pruner());
        }
    }
    let by_name = || routers.iter().map(|router| router.name).zip(&ways);
    let named = by_name().map(|(name, way)| (name, &way.named)).collect();
    let finally = by_name().map(|(name, way)| (name, &way.finally)).collect();
    let staged = packer.finish(&named, &finally);
    let added: i64 = staged.iter().map(|staged| staged.bytes.max(0)).sum();
    let store_bytes = snapshot.counts.bytes.saturating_add_signed(added);
    for (router, way) in routers.iter().zip(&ways) {
        let Router { table, composed, .. } = router;
        let subject = lint::Subject { table, composed, router: router.name, parts: way.parts, store_bytes };
        lint::lint(&subject, &router.levels, outcomes)?;
    }
    Ok(staged)
}

/// One table's way: its items with their old and new places.
struct Way<'a> {
    /// The table's text as it stands.
    joined: String,
    items: Vec<Item>,
    effects: Vec<Effect<'a>>,
    parts: usize,
    /// Entries of SST (or of anyone whose form is not ours) stand in it.
    foreign: bool,
    /// The ids that entries name now or in the end.
    named: HashSet<&'a str>,
    /// The ids that entries name in the end.
    finally: HashSet<&'a str>,
    /// The sites that calls declare: the ledger of the owner, the id, and what it is to be.
    sites: Vec<(usize, &'a str, Wanted<'a>)>,
    /// By ledger, the entries that undo what the plan changes.
    undo: BTreeMap<usize, Vec<Entry>>,
}

impl<'a> Way<'a> {
    fn new(router: &'a Router<'a>, snapshot: &Snapshot) -> Self {
        let Router { table, composed, books, .. } = router;
        let joined = table.chunks.concat();
        let mut standing = stage::fragments(table);
        let mut items = Vec::with_capacity(composed.slots.len());
        let mut effects = Vec::with_capacity(composed.slots.len());
        let (mut named, mut finally) = (HashSet::new(), HashSet::new());
        let mut foreign = false;
        let mut sites = Vec::new();
        let mut undo: BTreeMap<usize, Vec<Entry>> = BTreeMap::new();
        for slot in &composed.slots {
            let stored = slot.stored.map(|index| &table.entries[index]);
            let before = stored.map(|stored| stored.entry.id());
            // Whose it will be, or was.
            let owner = match &slot.fate {
                Fate::Becomes { entry, .. } => entry.owner(),
                Fate::Stays | Fate::Goes => stored.and_then(|stored| stored.entry.owner()),
            };
            // What is handed back is nobody's, and its former owner keeps the list.
            let by = slot.dropped.filter(|_| match &slot.fate {
                Fate::Becomes { entry, .. } => entry.owner().is_none(),
                Fate::Goes => true,
                Fate::Stays => false,
            });
            let by = by.and_then(|call| router.ledger_of.get(&call)).copied();
            let ledger = by.or_else(|| owner.and_then(|owner| books.get(owner)).copied());
            named.extend(before);
            if let Some(ledger) = ledger.filter(|_| slot.pruned.is_none()) {
                let own = stored.map(|stored| &stored.entry);
                let own =
                    own.filter(|entry| entry.owner().and_then(|owner| books.get(owner)) == Some(&ledger));
                let before = match &slot.fate {
                    Fate::Becomes { entry, .. } if own.is_none_or(|own| own.text() != entry.text()) => {
                        Some(own.cloned().unwrap_or_else(|| history::nothing(entry)))
                    }
                    Fate::Goes => own.cloned(),
                    // What a site was is not kept; that it changed is, so that undoing this undoes nothing older.
                    Fate::Stays => {
                        let differs =
                            |own: &&Entry| slot.site.is_some_and(|site| site.differs(snapshot, own.id()));
                        own.filter(differs).cloned()
                    }
                    Fate::Becomes { .. } => None,
                };
                if let Some(before) = before {
                    undo.entry(ledger).or_default().push(before);
                }
            }
            let mut effect = Effect::default();
            let new_text = match &slot.fate {
                Fate::Stays => {
                    finally.extend(before);
                    foreign |= owner.is_none();
                    stored
                        .filter(|_| table.salvaged.is_some())
                        .map(|stored| format!(",{}", stored.entry.raw()))
                }
                Fate::Goes => {
                    effect.drops = stored.and_then(|stored| stored.entry.made());
                    // What one call adds and a later one takes away never stood.
                    before.map(|_| String::new())
                }
                Fate::Becomes { entry, id, metadata, adopts } => {
                    named.insert(id.as_str());
                    finally.insert(id.as_str());
                    foreign |= entry.owner().is_none();
                    if before != Some(id.as_str()) {
                        effect.names =
                            Some((id, *metadata)).filter(|_| entry.made().is_some() || !metadata.is_empty());
                        // The record of an entry of SST is SST's, unless it was adopted with the entry.
                        effect.drops = before
                            .filter(|id| target_of(id).is_some() || *adopts && record::can_be_listed(id));
                    }
                    Some(format!(",{}", entry.raw()))
                }
            };
            effect.site = effect.drops.is_some()
                && stored.is_some_and(|stored| stored.entry.kind() == TargetKind::SITE);
            if new_text.is_some() && !matches!(slot.fate, Fate::Stays) {
                effect.ledger = ledger;
                if let Some(call) = slot.pruned {
                    effect.ledger = router.ledger_of.get(&call).copied();
                    effect.at_once = true;
                }
            }
            if let (Some(ledger), Some(wanted)) = (ledger, slot.site) {
                let id = match &slot.fate {
                    Fate::Becomes { id, .. } => Some(id.as_str()),
                    Fate::Stays | Fate::Goes => before,
                };
                sites.extend(id.map(|id| (ledger, id, wanted)));
            }
            effects.push(effect);
            items.push(Item {
                old: slot.stored.map(|index| std::mem::take(&mut standing[index])).unwrap_or_default(),
                old_text: stored.map_or(0..0, |stored| stored.start..stored.end),
                new: layout::Fragments::new(),
                new_text,
            });
        }
        let shapes: Vec<_> = items.iter().map(|item| item.shape(&joined)).collect();
        let layout = layout::layout(&shapes, table.chunks.len(), foreign && !router.beyond_sst);
        for (item, place) in items.iter_mut().zip(layout.places) {
            item.new = place;
        }
        Self { joined, items, effects, parts: layout.parts, foreign, named, finally, sites, undo }
    }

    /// Bytes of the table in the end.
    fn bytes(&self) -> usize {
        1 + self.items.iter().flat_map(|item| &item.new).map(layout::Fragment::len).sum::<usize>()
    }
}

/// How often ids are named.
fn counts(table: &Table) -> HashMap<&str, usize> {
    let mut counts: HashMap<&str, usize> = HashMap::with_capacity(table.entries.len());
    for stored in &table.entries {
        *counts.entry(stored.entry.id()).or_default() += 1;
    }
    counts
}

/// The last call that adds or changes a route (of `only` one router): it bears a limit's error.
fn blame(outcomes: &Outcomes, only: Option<&Composed<'_>>, error: RouteSyncError) -> Refusal {
    let of_router = |index: &usize| only.is_none_or(|composed| composed.calls.contains(index));
    let grows = |outcome: &Result<Outcome>| {
        outcome.as_ref().is_ok_and(|outcome| !outcome.added.is_empty() || !outcome.changed.is_empty())
    };
    let ok = || outcomes.iter().rev().filter(|(_, outcome)| outcome.is_ok());
    let index = ok()
        .find(|(index, outcome)| grows(outcome) && of_router(index))
        .or_else(|| ok().next())
        .map_or(0, |(index, _)| *index);
    (index, error)
}

/// The error of a live table that does not decode.
#[must_use]
pub fn corrupt(router: &str, damage: &Damage) -> RouteSyncError {
    RouteSyncError::new(
        Code::TableCorrupt,
        format!(
            "the live table in {router}:routes is damaged, and SST's edge function answers 503 to every request: {damage}; nothing was written; restore the value, or call with `repair: true` to keep the entries that can still be read"
        ),
    )
    .with(|details| {
        details.key = Some(match damage {
            Damage::MissingChunk(key) | Damage::Root(key) => key.clone(),
            Damage::Syntax(_) | Damage::Entry { .. } => key::routes(router),
        });
    })
}

fn store_full(total: i64) -> RouteSyncError {
    let actual = u64::try_from(total).unwrap_or_default();
    RouteSyncError::new(
        Code::StoreFull,
        format!(
            "the store would hold {actual} bytes, and a KeyValueStore holds at most {}; nothing was written for this call; remove routes or use another store",
            limits::STORE_BYTES
        ),
    )
    .with(|details| {
        details.limit = Some(limits::STORE_BYTES);
        details.actual = Some(actual);
    })
}

fn sst_limit(router: &str, bytes: usize) -> RouteSyncError {
    RouteSyncError::new(
        Code::SstTableLimit,
        format!(
            "the table of router {router:?} would have {bytes} bytes while entries of SST stand in it, and SST's writers cannot handle more than {SST_TABLE_BYTES}; nothing was written for this call; move SST's routes to routesync or declare fewer"
        ),
    )
    .with(|details| {
        details.limit = Some(SST_TABLE_BYTES as u64);
        details.actual = Some(bytes as u64);
    })
}

fn warn_repaired(outcomes: &mut Outcomes, router: &Router<'_>) {
    for index in &router.composed.calls {
        let Some(Ok(outcome)) = outcomes.get_mut(index) else { continue };
        outcome.warnings.push(crate::route::Warning {
            code: "TABLE_REPAIRED",
            message: format!(
                "the live table of router {:?} was damaged, and was written anew from the {} entries that could still be read; deploy the other owners again",
                router.name,
                router.table.entries.len()
            ),
            pattern: None,
        });
    }
}

fn warn_sst(outcomes: &mut Outcomes, composed: &Composed<'_>, bytes: usize) {
    for index in &composed.calls {
        let Some(Ok(outcome)) = outcomes.get_mut(index) else { continue };
        if !outcome.added.is_empty() || !outcome.changed.is_empty() {
            outcome.warnings.push(crate::route::Warning {
                code: "SST_TABLE_NEAR_LIMIT",
                message: format!(
                    "the table has {bytes} bytes; SST's own writers fail beyond {SST_TABLE_BYTES} while their entries stand in it"
                ),
                pattern: None,
            });
        }
    }
}
