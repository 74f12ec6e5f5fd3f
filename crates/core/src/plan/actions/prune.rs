//! Removes owners with everything that they have: routes, metadata, retired ids, the record.
//!
//! Nobody requests their routes any more, so there is no grace period. The record is deleted last: it names the owner as long as
//! one of its routes is live.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use super::PlanAction;
use crate::fault_points;
use crate::options::Prune;
use crate::plan::batches::lent::Inherited;
use crate::plan::draft::{Draft, DraftCall, Records, SlotChange};
use crate::plan::journal::OwnerJournal;
use crate::plan::outcome::{Outcome, Pruned};
use crate::plan::reads;
use crate::plan::snapshot::Snapshot;
use crate::plan::sweep::is_remembered;
use crate::route::EntryPattern;
use crate::table::id::OwnerId;

impl PlanAction for Prune {
    fn sites(&self, snapshot: &Snapshot, router: &str, now: u64) -> BTreeSet<String> {
        let mut sites = BTreeSet::new();
        let owners: Vec<OwnerId> = snapshot.owners(router).collect();
        for (owner, record) in owners.iter().filter_map(|it| Some((it, snapshot.record(router, it)?))) {
            if self.takes(&record.owner, record.at, now) {
                sites.extend(reads::listed(snapshot, router, owner, &record, 0, u64::MAX, u64::MAX));
                let table = snapshot.table(router).unwrap_or_default();
                sites.extend(reads::sites(&table, |entry| entry.is_of(owner)));
            }
        }
        sites
    }

    /// Removes the matching owners, except those that take part in this commit.
    fn apply<'a>(
        &self,
        draft: &mut Draft<'a>,
        call: &DraftCall<'a>,
        records: &Records<'a>,
        outcome: &mut Outcome,
    ) {
        let entries = draft.table.entries.iter().filter_map(|stored| stored.entry.owner_id());
        let owners: BTreeSet<OwnerId> = entries.chain(records.snapshot.owners(records.router)).collect();
        for owner in owners {
            let Some(record) = records.snapshot.record(records.router, &owner) else { continue };
            let takes_part = draft.by_owner.contains_key(&owner) && !fault_points::prunes_participants();
            let alive = takes_part || OwnerId::of(&record.owner) != owner;
            if alive || draft.pruned.contains(&owner) || !self.takes(&record.owner, record.at, records.now) {
                continue;
            }
            let mut routes = Vec::new();
            for slot in &mut draft.slots {
                let Some(stored) = slot.stored.map(|stored| &draft.table.entries[stored].entry) else {
                    continue;
                };
                if matches!(slot.change, SlotChange::Keep) && stored.is_of(&owner) {
                    slot.change = SlotChange::Remove;
                    slot.pruned = Some(call.index);
                    routes.push(EntryPattern::from_stored(stored.host(), stored.path()).display());
                }
            }
            outcome.pruned.push(Pruned { owner: record.owner, routes });
            draft.pruned.insert(owner);
        }
        outcome.pruned.sort_by(|a, b| a.owner.cmp(&b.owner));
    }
}

/// What a pruned owner leaves in addition to its routes, which are removed with the table's entries.
pub(in crate::plan) struct Leftovers {
    /// The ids that move to the pruner's list: retired sites, whose files are deleted with them, and ids that a rollback may need.
    pub(crate) inherited: Vec<Inherited>,
    /// Keys to delete.
    pub(crate) keys: Vec<String>,
}

/// The leftovers of `owner`. `named` are the ids of entries before or after the commit.
pub(in crate::plan) fn leftovers(
    snapshot: &Snapshot,
    router: &str,
    owner: &OwnerId,
    named: &HashSet<&str>,
) -> Leftovers {
    let journal = OwnerJournal::load(snapshot, router, owner, "", "");
    // Includes ids that the owner took over from others: nobody else lists them.
    let left = |id: &str| !named.contains(id);
    let remembered = |id: &str| {
        let retired = journal.retired_at(id).filter(|_| !journal.made(id));
        retired.filter(|retired| is_remembered(snapshot, router, id, *retired))
    };
    let sites = journal.sites().into_iter().map(|id| (remembered(&id).unwrap_or_default(), id, true));
    let lent = journal.lent().into_iter().filter_map(|id| Some((remembered(&id)?, id, false)));
    let kept = sites.chain(lent).filter(|(_, id, _)| left(id));
    let inherited: Vec<Inherited> = kept.map(|(retired, id, site)| Inherited { id, site, retired }).collect();
    let keys = journal.all_keys(|id| left(id) && !inherited.iter().any(|one| one.id == id));
    Leftovers { inherited, keys }
}
