//! What a repair does in addition to declaring routes: it puts missing metadata, files and records again, and deletes what cannot
//! be served and what nothing refers to. It deletes entries and keys of others only with `foreign`.

use hashbrown::HashSet;

use super::PlanAction;
use crate::options;
use crate::plan::draft::{Draft, DraftCall, Records, Repair, SlotChange};
use crate::plan::outcome::{Outcome, RepairAction, Repaired};
use crate::plan::site::Wanted;
use crate::plan::store_index::StoreIndex;
use crate::route::matcher::broken_host;
use crate::route::{EntryPattern, Files};
use crate::table::id::OwnerId;
use crate::table::{FILE_VALUE, key};

impl PlanAction for options::Repair {
    fn repair<'a>(
        &self,
        draft: &mut Draft<'a>,
        call: &DraftCall<'a>,
        records: &Records<'a>,
        outcome: &mut Outcome,
    ) -> Option<Repair<'a>> {
        Some(repair(draft, call, *self, records, outcome))
    }
}

/// The repair of `call`, after its declared routes have been applied.
fn repair<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    reach: options::Repair,
    records: &Records<'a>,
    outcome: &mut Outcome,
) -> Repair<'a> {
    let snapshot = records.snapshot;
    let index = StoreIndex::of(snapshot);
    let mut repair = Repair::default();
    put_declared(draft, call, records, &mut repair, outcome);
    if reach.foreign {
        drop_foreign(draft, call, records, outcome);
    }
    let live = draft.by_owner.get(call.owner_id).is_some_and(|slots| !slots.is_empty());
    if live && snapshot.record(records.router, call.owner_id).is_none() {
        repair.record = true;
        let why = "the owner's record is missing or cannot be read";
        outcome.repaired.push(Repaired::put(key::owner(records.router, call.owner_id), why));
    }
    let named: HashSet<&str> = draft.slots.keys().filter_map(|slot| draft.id(slot)).collect();
    if let Some(router) = index.routers.get(records.router) {
        repair.chunks = router.leftover().collect();
        // A damaged table is written again, which overwrites or deletes its chunks.
        if router.damage.is_none() {
            let keys = repair.chunks.iter().map(|chunk| key::chunk(records.router, *chunk));
            outcome.repaired.extend(keys.map(|key| delete(key, "no table has this chunk")));
        }
    }
    if let Some(router) = index.routers.get(records.router) {
        // A call of this commit may write a change with a new number: its keys stay.
        let next = |owner: &OwnerId, change| {
            let record = snapshot.record(records.router, owner);
            draft.by_owner.contains_key(owner) && change >= record.map_or(0, |record| record.oldest_change())
        };
        for (owner, change, part) in router.forgotten().filter(|(owner, change, _)| !next(owner, *change)) {
            let key = key::history(records.router, owner, *change, *part);
            outcome.repaired.push(delete(key.clone(), "no owner's history has it"));
            repair.deletes.push(key);
        }
    }
    if let Some(router) = index.routers.get(records.router) {
        for (epoch, page) in router.unaccounted() {
            let key = match page {
                Some(page) => key::page(records.router, epoch, page),
                None => key::root_copy(records.router, epoch),
            };
            outcome.repaired.push(delete(key.clone(), "no ledger accounts for it"));
            repair.deletes.push(key);
        }
    }
    // Ids that a call of the commit names, here or in another router, are not orphans.
    let named_now = |id: &str| named.contains(id) || records.elsewhere.contains(id);
    let orphans = index.orphans().into_iter().filter(|(id, _)| !named_now(id.as_str()));
    for key in orphans.flat_map(|(_, keys)| keys) {
        outcome.repaired.push(delete(key.to_owned(), "no entry and no list names it"));
        repair.deletes.push(key.to_owned());
    }
    // A site's record is deleted no later than its files: a call that declares the site in between trusts the record.
    repair.deletes.sort_by_key(|key| !key::is_site(key));
    if reach.foreign {
        for ns in index.unnamed().into_iter().filter(|ns| !named_now(ns)) {
            let key = key::metadata(ns);
            outcome.repaired.push(delete(key.clone(), "no entry names it"));
            repair.deletes.push(key);
        }
    }
    repair
}

/// Puts metadata, files and tree nodes of declared routes that are missing or altered.
fn put_declared<'a>(
    draft: &Draft<'a>,
    call: &DraftCall<'a>,
    records: &Records<'a>,
    repair: &mut Repair<'a>,
    outcome: &mut Outcome,
) {
    for (at, (route, (_, id))) in call.declared.routes.iter().zip(&outcome.ids).enumerate() {
        // Foreign namespaces are not repaired, and a site that changes is written anyway.
        let site = Wanted::of(call.declared, at);
        let changes = site.is_some_and(|site| site.differs(records.snapshot, id.as_str()));
        if changes || route.target.refers_to().is_some() {
            continue;
        }
        let stands = draft.at(&route.entry).into_iter().any(|slot| {
            matches!(draft.slots[slot].change, SlotChange::Keep) && draft.id(slot) == Some(id.as_str())
        });
        let names = route.target.files().map(Files::names).unwrap_or_default();
        let files = names.iter().map(|name| (key::file(id, name), FILE_VALUE));
        let nodes = site.into_iter().flat_map(|site| site.tree().nodes());
        let nodes = nodes.map(|(digest, text)| (key::node(id, digest), text));
        let metadata = [(key::metadata(id), route.target.metadata())];
        for (key, value) in metadata.into_iter().chain(nodes).chain(files).filter(|_| stands) {
            let stored = records.snapshot.get(&key).value();
            if stored != Some(value) && repair.puts.insert(key.clone(), (id.clone(), value)).is_none() {
                let why =
                    if stored.is_none() { "it is missing" } else { "it differs from the declared value" };
                outcome.repaired.push(Repaired::put(key, why));
            }
        }
    }
}

/// Removes entries of others that cannot be served: requests for them fail.
fn drop_foreign<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    records: &Records<'a>,
    outcome: &mut Outcome,
) {
    for slot in &mut draft.slots {
        let Some(entry) = slot.stored.map(|stored| &draft.table.entries[stored].entry) else { continue };
        let missing = records.snapshot.get(&key::metadata(entry.id())).value().is_none();
        let broken = broken_host(entry.host()).is_some();
        if matches!(slot.change, SlotChange::Keep) && (missing || broken) && !entry.is_of(call.owner_id) {
            slot.change = SlotChange::Remove;
            outcome.repaired.push(Repaired {
                action: RepairAction::Drop,
                key: None,
                pattern: Some(EntryPattern::from_stored(entry.host(), entry.path()).display()),
                why: if broken {
                    "its host is no regular expression, and it is not the owner's"
                } else {
                    "its metadata is missing, and it is not the owner's"
                },
            });
        }
    }
}

fn delete(key: String, why: &'static str) -> Repaired {
    Repaired { action: RepairAction::Delete, key: Some(key), pattern: None, why }
}
