//! The plan: the pure difference between what is live and what is declared, cut into batches.
//!
//! [`plan`] is a function of a snapshot, the calls, the time and the commit's id. It has no I/O, no clock and no
//! randomness. A call passes through these modules:
//!
//! * `compose` checks the call and lets `actions` change a `draft` of the table
//! * `layout` assigns entries to chunks
//! * `transition` computes the old and new text of each entry, and the effects on metadata, history and sites
//! * `stage` orders the changes of the table in steps
//! * `batches` packs the steps, the metadata and the owner records
//!
//! `site` computes which files of a site to put and delete, `reads` which keys a plan needs, and `refusals` refuses plans
//! that the store or SST's writers could not hold.

mod actions;
pub(crate) mod batches;
pub(crate) mod compose;
mod conflicts;
mod direction;
pub(crate) mod draft;
pub(crate) mod error;
pub(crate) mod index;
pub(crate) mod indexing;
pub(crate) mod journal;
pub mod layout;
mod lint;
pub(crate) mod outcome;
pub(crate) mod reads;
mod refusals;
pub(crate) mod rewrite;
mod router;
pub(crate) mod site;
pub(crate) mod snapshot;
pub(crate) mod stage;
pub(crate) mod store_index;
mod sweep;
mod transition;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use typed_index_collections::TiVec;

pub(crate) use batches::Staged;
pub(crate) use error::{PlanError, Reason};
pub(crate) use outcome::Outcome;
pub use reads::missing;
pub(crate) use refusals::{SST_TABLE_BYTES, corrupt};
pub use snapshot::Snapshot;

use actions::keys::{self, KeyChanges};
use actions::{entries, prune, rollback};
use batches::Packer;
use draft::{DraftCall, Records};
use index::{CallIndex, JournalIndex};
use indexing::Indexing;
use journal::OwnerJournal;
use outcome::{Outcomes, Refusal};
use refusals::{
    SST_WARN_BYTES, blame, grows, index_too_large, note_index, sst_limit, store_full, warn_repaired, warn_sst,
};
use router::Router;
use stage::Stage;
use transition::Transition;

use crate::edge::{Root, Trouble};
use crate::error::{Code, Result, RouteSyncError};
use crate::fault_points;
use crate::kvs::limits::{BATCH_KEYS, STORE_BYTES};
use crate::options::{Action, Call, Progress, RawEntries};
use crate::table::decode::Table;
use crate::table::id::OwnerId;
use crate::table::owner_record::Record;
use crate::table::{SST_PARTS, key};

/// The plan of one commit.
#[derive(Debug)]
pub struct Plan {
    /// The outcomes, in the order of the calls.
    pub outcomes: Vec<Result<Outcome, PlanError>>,
    /// The batches, to be applied in order; none when there is nothing to write.
    pub batches: Vec<Staged>,
    /// The plan writes a damaged table again.
    pub repairs: bool,
}

impl Plan {
    /// Keys that the plan still needs to have read: those that show who holds a pattern.
    pub(crate) fn needs(&self, snapshot: &Snapshot) -> Vec<String> {
        let refused = self.outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
        let mut keys = snapshot.unread(refused.filter_map(PlanError::needs).map(str::to_owned).collect());
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Whether the plan repairs a table, or refuses a call because of damage. An inconsistent read looks the same.
    pub(crate) fn meets_damage(&self) -> bool {
        let damage = |outcome: &Result<Outcome, PlanError>| {
            outcome.as_ref().is_err_and(|refused| refused.reason == Reason::Damage)
        };
        self.repairs || self.outcomes.iter().any(damage)
    }

    /// Whether the call at `index` has nothing to change. Sweeps may still be due.
    #[must_use]
    pub fn stands(&self, index: usize) -> bool {
        self.outcomes[index].as_ref().is_ok_and(|outcome| outcome.superseded_by.is_some() || outcome.stands())
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub(crate) declared: &'a Call,
    /// Check the call's guards. They apply to the first state that a call finds, not to those that a retry finds.
    pub(crate) guarded: bool,
    /// How far the call's raw keys are written.
    pub(crate) progress: Progress,
}

impl<'a> From<&'a Call> for Input<'a> {
    fn from(declared: &'a Call) -> Self {
        Self { declared, guarded: true, progress: Progress::default() }
    }
}

/// Plans `calls` on `snapshot`, which must hold all keys that they need ([`missing`] returns none). `now` is in seconds since
/// the epoch. `commit` is a new random id.
#[must_use]
pub fn plan<'a, C: Into<Input<'a>> + Copy>(snapshot: &Snapshot, calls: &[C], now: u64, commit: &str) -> Plan {
    let inputs: Vec<Input<'_>> = calls.iter().copied().map(Into::into).collect();
    let owners: Vec<OwnerId> = inputs.iter().map(|call| OwnerId::of(call.declared.owner.as_str())).collect();
    let mut refused: BTreeMap<CallIndex, PlanError> = BTreeMap::new();
    // If all calls together would exceed a limit, the last call that adds to it is refused and the others are planned
    // again. Each round refuses one call, so the loop ends.
    loop {
        let mut calls: BTreeMap<&str, Vec<DraftCall<'_>>> = BTreeMap::new();
        let mut keys: Vec<DraftCall<'_>> = Vec::new();
        for (index, (input, owner_id)) in inputs.iter().copied().zip(&owners).enumerate() {
            let index = CallIndex::from(index);
            if refused.contains_key(&index) {
                continue;
            }
            let Input { declared, guarded, progress } = input;
            let call = DraftCall { index, declared, owner_id, guarded, progress };
            match declared.table() {
                Some(router) => calls.entry(router).or_default().push(call),
                None => keys.push(call),
            }
        }
        match attempt(snapshot, &calls, &keys, now, commit) {
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

/// Plans all calls, or returns the one that must be left out.
fn attempt<'a>(
    snapshot: &Snapshot,
    calls: &BTreeMap<&'a str, Vec<DraftCall<'a>>>,
    keys: &[DraftCall<'a>],
    now: u64,
    commit: &str,
) -> Result<(Outcomes, Vec<Staged>, bool), Refusal> {
    let mut outcomes = Outcomes::new();
    let tables = read_tables(snapshot, calls, &mut outcomes);
    let records = read_records(snapshot, calls, &mut outcomes);
    let undone = read_undone(snapshot, calls, &mut outcomes);
    let mut journals: TiVec<JournalIndex, OwnerJournal> = TiVec::new();
    let mut routers = Vec::new();
    for (router, table) in &tables {
        let able: Vec<_> =
            calls[router].iter().filter(|call| !outcomes.contains_key(&call.index)).copied().collect();
        let of_owner = |call: &DraftCall<'a>| (call.owner_id, records[&(*router, call.owner_id)].as_ref());
        let of_calls = able.iter().map(of_owner).collect();
        let elsewhere = named_elsewhere(calls, keys, router, &undone);
        let known = Records { router, snapshot, now, of_calls, undone: &undone, elsewhere };
        let mut composed = compose::compose(table, &able, &known);
        let met: Vec<_> =
            able.iter().filter(|call| composed.outcomes[&call.index].is_ok()).copied().collect();
        outcomes.append(&mut composed.outcomes);
        if !met.is_empty() {
            let load =
                |owner: &OwnerId, name: &str| OwnerJournal::load(snapshot, router, owner, name, commit);
            let owned: Vec<_> = met.into_iter().filter(|call| !call.action.is_raw()).collect();
            let witness = (!owned.is_empty()).then(|| journals.next_key());
            let mut router = Router::new(router, table, composed, able, witness);
            router.open_journals(&owned, &undone, &mut journals, load);
            routers.push(router);
        }
    }
    // Raw changes leave no record. Where a batch has them alone, the last batch of a plan with owners must still be an owner's.
    routers.sort_by_key(|router| router.witness.is_some());
    let others = other_tables(snapshot, &routers, keys);
    // Requests through a late index may need metadata that no entry names any more.
    let late = others.iter().any(|table| Root::of(table).is_some_and(|root| root.digest.is_none()));
    let others = others.iter().flat_map(|table| &table.entries).map(|stored| stored.entry.id());
    let named = routers.iter().flat_map(Router::finally).chain(others).collect();
    let keys = keys::change(snapshot, keys, &named, late, &mut outcomes);
    let staged = stage(snapshot, &routers, keys, journals, now, commit, &mut outcomes)?;
    check_limits(snapshot, &staged, &outcomes)?;
    let repairs = tables.iter().any(|(_, table)| table.salvaged.is_some());
    Ok((outcomes, staged, repairs))
}

/// Refuses batches that would exceed a limit of the store or the service.
fn check_limits(snapshot: &Snapshot, staged: &[Staged], outcomes: &Outcomes) -> Result<(), Refusal> {
    let most = i64::try_from(STORE_BYTES).unwrap_or(i64::MAX);
    let mut total = i64::try_from(snapshot.counts.bytes).unwrap_or(i64::MAX);
    for staged in staged {
        total = total.saturating_add(staged.bytes);
        if staged.bytes > 0 && total > most {
            return Err(blame(outcomes, None, store_full(total).into()));
        }
    }
    if let Some(staged) = staged.iter().find(|staged| staged.batch.keys() > BATCH_KEYS) {
        let error = RouteSyncError::new(
            Code::Internal,
            format!("a step of this change needs {} keys at once; please report this", staged.batch.keys()),
        );
        return Err(blame(outcomes, None, error.into()));
    }
    Ok(())
}

/// Decodes the routers' tables. Refuses the calls of a router whose table is damaged, unless one of them repairs it.
fn read_tables<'a>(
    snapshot: &Snapshot,
    calls: &BTreeMap<&'a str, Vec<DraftCall<'a>>>,
    outcomes: &mut Outcomes,
) -> Vec<(&'a str, Arc<Table>)> {
    let mut tables = Vec::new();
    for (router, calls) in calls {
        match snapshot.table(router) {
            Ok(table) => tables.push((*router, table)),
            Err(_) if calls.iter().any(|call| call.rewrites_damaged()) => {
                tables.push((router, Arc::new(snapshot.salvage(router))));
            }
            Err(damage) => {
                let refused = || PlanError::new(Reason::Damage, corrupt(router, &damage));
                outcomes.extend(calls.iter().map(|call| (call.index, Err(refused()))));
            }
        }
    }
    tables
}

/// The tables that the plan does not change, if a call may delete metadata that their entries name. Those whose calls are all
/// refused are among them.
fn other_tables(snapshot: &Snapshot, changed: &[Router<'_>], keys: &[DraftCall<'_>]) -> Vec<Arc<Table>> {
    let drops = |call: &DraftCall<'_>| matches!(&call.action, Action::Keys(keys) if keys.drops_metadata());
    if !keys.iter().any(drops) {
        return Vec::new();
    }
    // The edge serves no entry of a damaged table.
    let is_changed = |router: &str| changed.iter().any(|other| other.name == router);
    let others = snapshot.routers().into_iter().filter(|router| !is_changed(router));
    others.filter_map(|router| snapshot.table(router).ok()).collect()
}

/// For each call that rolls back, the changes to undo. Refuses the calls that cannot roll back.
fn read_undone(
    snapshot: &Snapshot,
    calls: &BTreeMap<&str, Vec<DraftCall<'_>>>,
    outcomes: &mut Outcomes,
) -> BTreeMap<CallIndex, outcome::Undone> {
    let mut undone = BTreeMap::new();
    for call in calls.values().flatten() {
        let Action::Rollback(rollback) = call.action else { continue };
        match rollback::undone(snapshot, call.declared, call.owner_id, rollback) {
            Ok(found) => {
                undone.insert(call.index, found);
            }
            Err(error) => {
                outcomes.insert(call.index, Err(error.into()));
            }
        }
    }
    undone
}

/// The ids that calls name in other routers: they declare them, or they restore or add entries that have them. The namespaces of calls
/// for raw keys are among them. Empty unless a call of `router` repairs the store.
fn named_elsewhere(
    calls: &BTreeMap<&str, Vec<DraftCall<'_>>>,
    keys: &[DraftCall<'_>],
    router: &str,
    undone: &BTreeMap<CallIndex, outcome::Undone>,
) -> HashSet<String> {
    if !calls[router].iter().any(|call| call.action.repairs()) {
        return HashSet::new();
    }
    let others = calls.iter().filter(|(other, _)| **other != router);
    let named = others.flat_map(|(_, calls)| calls).flat_map(|call| {
        let declared = call.routes.iter().map(|route| call.id(call.owner_id, route).as_str().to_owned());
        let restored = undone.get(&call.index).into_iter().flat_map(|undone| &undone.entries);
        let raw = entries::of(call).into_iter().flat_map(RawEntries::wanted);
        declared.chain(restored.chain(raw).map(|entry| entry.id().to_owned()))
    });
    let namespaces = keys.iter().filter_map(keys::of).map(|keys| keys.namespace.as_str().to_owned());
    named.chain(namespaces).collect()
}

/// The records of the calls' owners, by router and owner. Refuses the calls whose record cannot be read.
fn read_records<'a>(
    snapshot: &Snapshot,
    calls: &BTreeMap<&'a str, Vec<DraftCall<'a>>>,
    outcomes: &mut Outcomes,
) -> HashMap<(&'a str, &'a OwnerId), Option<Record>> {
    let mut read = HashMap::new();
    for (router, calls) in calls {
        for call in calls {
            let record = read
                .entry((*router, call.owner_id))
                .or_insert_with(|| snapshot.own_record(router, call.owner_id));
            if let Err(error) = record {
                outcomes.entry(call.index).or_insert_with(|| Err(error.clone().into()));
            }
        }
    }
    read.into_iter().filter_map(|(owner, record)| Some((owner, record.ok()?))).collect()
}

/// Lays out every table and packs the batches.
fn stage(
    snapshot: &Snapshot,
    routers: &[Router<'_>],
    keys: KeyChanges,
    journals: TiVec<JournalIndex, OwnerJournal>,
    now: u64,
    commit: &str,
    outcomes: &mut Outcomes,
) -> Result<Vec<Staged>, Refusal> {
    let (mut transitions, mut indexings) = (Vec::new(), Vec::new());
    for router in routers {
        let transition = Transition::new(router, snapshot);
        let bytes = transition.bytes();
        if transition.foreign && bytes > SST_WARN_BYTES {
            let growing = bytes > router.table.bytes();
            // Cuts are between characters, so a chunk may be a few bytes short.
            if growing && !router.beyond_sst && (bytes > SST_TABLE_BYTES || transition.parts > SST_PARTS) {
                return Err(blame(outcomes, Some(&router.composed), sst_limit(router.name, bytes).into()));
            }
            warn_sst(outcomes, &router.composed, bytes);
        }
        if router.table.salvaged.is_some() {
            warn_repaired(outcomes, router);
        }
        let indexing = Indexing::of(router, snapshot, transition.parts, now, commit);
        if let Some(indexing) = &indexing {
            let lost = indexing.had && indexing.trouble == Some(Trouble::TooLarge);
            if lost && grows(outcomes, &router.composed) {
                return Err(blame(outcomes, Some(&router.composed), index_too_large(router.name).into()));
            }
            note_index(outcomes, router, indexing);
        }
        indexings.push(indexing);
        transitions.push(transition);
    }
    let mut packer = Packer::new(snapshot, journals, now, commit);
    packer.keep_raw(keys.wanted);
    if !fault_points::writes_raw_entries_first() {
        packer.put_raw(&keys.puts);
    }
    let has_index = |indexing: &Option<Indexing>| indexing.as_ref().is_some_and(|it| it.after.is_some());
    let indexed: Vec<bool> = indexings.iter().map(has_index).collect();
    for ((router, transition), indexing) in routers.iter().zip(&transitions).zip(indexings) {
        pack(&mut packer, snapshot, router, transition, indexing);
    }
    if fault_points::writes_raw_entries_first() {
        packer.cut();
        packer.put_raw(&keys.puts);
    }
    packer.delete_raw(&keys.deletes);
    let by_name = || routers.iter().map(|router| router.name).zip(&transitions);
    let finally = by_name().map(|(name, transition)| (name, &transition.finally)).collect();
    let staged = packer.finish(&finally);
    let added: i64 = staged.iter().map(|staged| staged.bytes.max(0)).sum();
    let store_bytes = snapshot.counts.bytes.saturating_add_signed(added);
    for ((router, transition), indexed) in routers.iter().zip(&transitions).zip(indexed) {
        let Router { table, composed, .. } = router;
        let subject = lint::Subject {
            table,
            composed,
            router: router.name,
            parts: transition.parts,
            indexed,
            store_bytes,
        };
        lint::lint(&subject, &router.calls, outcomes)?;
    }
    Ok(staged)
}

/// Packs the batches of one router.
fn pack(
    packer: &mut Packer<'_>,
    snapshot: &Snapshot,
    router: &Router<'_>,
    transition: &Transition<'_>,
    indexing: Option<Indexing>,
) {
    let mut stage =
        Stage::new(router.name, router.table, &transition.joined, &transition.items, transition.parts);
    if router.witness.is_none() {
        stage.pad_root();
    }
    stage.describe(indexing.as_ref().and_then(|indexing| indexing.during.as_ref()));
    let mut table = batches::Table {
        stage,
        effects: &transition.effects,
        named: counts(router.table),
        finally: &transition.finally,
        witness: router.witness,
        index_keys: indexing.as_ref().map_or(0, Indexing::keys),
        late: false,
    };
    if let Some(indexing) = &indexing {
        for journal in router.journal_by_owner.values() {
            packer.note_index(*journal, !indexing.ledger.is_spent());
        }
    }
    for (journal, entries) in &transition.undo {
        packer.remember(*journal, entries);
    }
    // Trims the history before the metadata that it refers to can be deleted.
    let journals: BTreeSet<JournalIndex> = router.journal_by_owner.values().copied().collect();
    for journal in journals {
        packer.trim(journal, router.needed.get(&journal).copied());
    }
    for (journal, id, wanted) in &transition.sites {
        packer.site(*journal, id, *wanted, table.named.contains_key(id));
    }
    packer.table(&mut table);
    if let Some(indexing) = indexing {
        packer.index(router.name, transition.parts, indexing, router.witness, table.late);
    }
    let chunks =
        if transition.parts > 1 { transition.parts } else { 0 }..router.table.salvaged.unwrap_or_default();
    packer.discard(chunks.map(|index| key::chunk(router.name, index)), router.witness);
    if transition.parts == 0 && router.table.salvaged.is_some() {
        // No entry is left that would be written over the damaged root.
        packer.discard(std::iter::once(key::routes(router.name)), router.witness);
    }
    if let Some((call, repair)) = &router.composed.repair {
        let at = router.journal_of.get(call).copied().or(router.witness);
        let written = transition.parts.max(router.table.salvaged.unwrap_or_default());
        let chunks = repair.chunks.iter().filter(|chunk| **chunk >= written);
        packer.discard(chunks.map(|chunk| key::chunk(router.name, *chunk)), at);
        if let Some(at) = at {
            packer.repair(repair, at);
        }
    }
    let releases = |call: &&DraftCall<'_>| matches!(call.action, Action::Release(_));
    for call in router.calls.iter().filter(releases) {
        if let Some(journal) = router.journal_of.get(&call.index) {
            packer.release(*journal, &transition.named, &transition.finally);
        }
    }
    for owner in &router.composed.pruned {
        let left = prune::leftovers(snapshot, router.name, owner, &transition.named);
        packer.mark_gone(router.name, owner);
        if let Some(pruner) = router.pruner() {
            packer.inherit(&left.inherited, pruner);
        }
        packer.discard(left.keys.into_iter(), router.pruner());
    }
}

/// The number of entries with each id.
fn counts(table: &Table) -> HashMap<&str, usize> {
    let mut counts: HashMap<&str, usize> = HashMap::with_capacity(table.entries.len());
    for stored in &table.entries {
        *counts.entry(stored.entry.id()).or_default() += 1;
    }
    counts
}
