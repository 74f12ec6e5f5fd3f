//! Owners that go with all that they have: their routes, the metadata, the list of what is retired, the record.
//!
//! Nobody asks for their routes any more, so nothing is kept for requests under way. The record goes last: while
//! any of its owner's routes stands, it says whose they are.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use super::Steps;
use crate::mutation::{Mutation, broken};
use crate::options::Prune;
use crate::plan::draft::{Call, Draft, Records, SlotChange};
use crate::plan::ledger::Ledger;
use crate::plan::outcome::{Outcome, Pruned};
use crate::plan::reads;
use crate::plan::snapshot::Snapshot;
use crate::plan::sweep::is_remembered;
use crate::route::EntryPattern;
use crate::table::id::OwnerId;

impl Steps for Prune {
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

    /// Removes the owners that match, except those that take part in this commit: they are alive.
    fn apply<'a>(
        &self,
        draft: &mut Draft<'a>,
        call: &Call<'a>,
        records: &Records<'a>,
        outcome: &mut Outcome,
    ) {
        let entries = draft.table.entries.iter().filter_map(|stored| stored.entry.owner_id());
        let owners: BTreeSet<OwnerId> = entries.chain(records.snapshot.owners(records.router)).collect();
        for owner in owners {
            let Some(record) = records.snapshot.record(records.router, &owner) else { continue };
            let takes_part = draft.by_owner.contains_key(&owner) && !broken(Mutation::PruneAlive);
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

/// What an owner that went leaves, apart from its routes, which go with the table's entries.
pub(in crate::plan) struct Leftovers {
    /// Sites that it had retired, whose files go with them.
    pub sites: Vec<String>,
    /// Ids that it had taken over and that their maker's history may lead back to, each with the time at which it was retired.
    pub lent: Vec<(String, u64)>,
    /// The keys to delete.
    pub keys: Vec<String>,
}

pub(in crate::plan) fn leftovers(
    snapshot: &Snapshot,
    router: &str,
    owner: &OwnerId,
    named: &HashSet<&str>,
) -> Leftovers {
    let ledger = Ledger::load(snapshot, router, owner, "", "");
    // Also what it had taken from others: nobody else lists that.
    let left = |id: &str| !named.contains(id);
    let mut sites = ledger.sites();
    sites.retain(|id| left(id));
    let mut lent = ledger.lent();
    lent.retain(|(id, retired)| left(id) && is_remembered(snapshot, router, id, *retired));
    let kept = |id: &str| sites.iter().any(|site| site == id) || lent.iter().any(|(other, _)| other == id);
    let keys = ledger.all_keys(|id| left(id) && !kept(id));
    Leftovers { sites, lent, keys }
}
