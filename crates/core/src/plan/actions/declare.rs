//! Declares one route: changes the slots at its pattern.

use hashbrown::HashMap;

use super::PlanAction;
use crate::options::Scope;
use crate::plan::draft::{Checked, Draft, DraftCall, Records, Slot, SlotChange};
use crate::plan::index::SlotIndex;
use crate::plan::outcome::{Outcome, Taken};
use crate::plan::site::Wanted;
use crate::route::{CallWarning, EntryPattern, Route, Warning};
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};

/// The action of a call that only declares routes.
pub(in crate::plan) struct Declare;

impl PlanAction for Declare {}

/// Declares route `at` of a call.
pub(in crate::plan) fn declare<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    at: usize,
    Checked { id, slots }: &Checked,
    previous: &HashMap<&EntryPattern, &str>,
    records: &Records<'a>,
    outcome: &mut Outcome,
) {
    let route = &call.declared.routes[at];
    let claimed = Some((call.index, at));
    let site = Wanted::of(call.declared, at);
    let own = draft.taken_up(call, slots.clone());
    // The edge function takes the last of equal entries, so this one stays.
    let Some((&slot, doubles)) = own.split_last() else {
        let entry = entry_of(route, id, call.owner_id);
        let metadata = route.target.metadata();
        let slot = draft.push(call, route.entry.host(), route.entry.path());
        let change = SlotChange::Replace { entry, id: id.clone(), metadata, adopts: false };
        draft.slots[slot] = Slot { stored: None, change, site, claimed, pruned: None, dropped: None };
        outcome.added.push(route.pattern.clone());
        return;
    };
    let taken = !draft.was_of(call, slot);
    for double in doubles {
        draft.slots[*double].change = SlotChange::Remove;
        draft.slots[*double].site = None;
    }
    if taken {
        // The slot was another owner's, or an earlier call added it. A later call of this commit may drop it.
        let of_owner = draft.by_owner.entry(call.owner_id).or_default();
        if !of_owner.contains(&slot) {
            of_owner.push(slot);
        }
    }
    let stored = draft.slots[slot].stored.map(|index| &draft.table.entries[index].entry);
    draft.slots[slot].claimed = claimed;
    draft.slots[slot].site = site;
    let kind = route.target.kind().as_str();
    let equal =
        |entry: &Entry| entry.id() == id.as_str() && entry.kind() == kind && entry.is_of(call.owner_id);
    match stored {
        Some(entry) if equal(entry) => {
            draft.slots[slot].change = SlotChange::Keep;
            let differs = site.is_some_and(|site| site.differs(records.snapshot, id.as_str()));
            let list = if differs { &mut outcome.changed } else { &mut outcome.unchanged };
            list.push(route.pattern.clone());
        }
        _ => {
            let entry = entry_of(route, id, call.owner_id);
            // The files of a site of SST are below its id, so its metadata and files stay where they are.
            let adopts = call.safety.adopt && !call.safety.takeover.takes(&route.entry) && site.is_none();
            draft.slots[slot].change =
                SlotChange::Replace { entry, id: id.clone(), metadata: route.target.metadata(), adopts };
            match stored {
                None => outcome.added.push(route.pattern.clone()),
                Some(before) if !before.is_of(call.owner_id) => {
                    let from = records.holder(before).name;
                    outcome.changed.push(route.pattern.clone());
                    outcome.taken.push(Taken { pattern: route.pattern.clone(), from });
                }
                Some(before) => {
                    outcome.changed.push(route.pattern.clone());
                    outcome.warnings.extend(stale_cache(draft, call, &route.pattern, route.entry.path()));
                    let known = previous.get(&route.entry).is_some_and(|id| *id == before.id());
                    if matches!(call.scope, Scope::Previous(_)) && !known {
                        outcome.warnings.push(replaced(route, before.id()));
                    }
                }
            }
        }
    }
}

/// Keeps route `at` of a call as it is if it has another target, in the live table or from an earlier call of the commit. Returns
/// `false` if there is no such route.
pub(in crate::plan) fn keep<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    at: usize,
    Checked { id, slots }: &Checked,
    records: &Records<'a>,
    outcome: &mut Outcome,
) -> bool {
    let route = &call.declared.routes[at];
    let own = |slot: &SlotIndex| draft.entry(*slot).is_some_and(|entry| entry.is_of(call.owner_id));
    let live = slots.iter().copied().rev().find(own);
    let Some(slot) = live else { return false };
    let Some(stands) = draft.id(slot).map(RouteId::named) else { return false };
    let differs =
        || Wanted::of(call.declared, at).is_some_and(|site| site.differs(records.snapshot, id.as_str()));
    if stands == *id && !differs() {
        return false;
    }
    draft.slots[slot].claimed = Some((call.index, at));
    outcome.kept.push(route.pattern.clone());
    outcome.ids.push((route.pattern.clone(), stands));
    true
}

fn entry_of(route: &Route, id: &RouteId, owner: &OwnerId) -> Entry {
    let (kind, host, path) = (route.target.kind().as_str(), route.entry.host(), route.entry.path());
    match route.target.refers_to() {
        Some(namespace) => Entry::reference(kind, namespace, host, path, owner),
        None => Entry::new(kind, id.as_str(), host, path),
    }
}

/// Warns of a route that leads elsewhere. A table with an index is served by routesync's function, which puts the id of a route into the cache
/// key: another target has another id.
pub(in crate::plan) fn stale_cache(
    draft: &Draft<'_>,
    call: &DraftCall<'_>,
    pattern: &str,
    path: &str,
) -> Option<Warning> {
    if call.declared.index.unwrap_or(!draft.table.members.is_empty()) {
        return None;
    }
    let message = format!(
        "{pattern} leads to another origin now, and CloudFront keeps the objects it cached from the former one: invalidate {path}* where they matter"
    );
    Some(Warning::about(CallWarning::StaleCache, pattern, message))
}

fn replaced(route: &Route, id: &str) -> Warning {
    let message = format!(
        "{} was live with the id {id}, which this call's `previous` does not name (an interrupted deploy, or another part of this owner): it was replaced",
        route.pattern
    );
    Warning::about(CallWarning::ReplacedLiveRoute, &route.pattern, message)
}
