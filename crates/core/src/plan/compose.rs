//! Applies the calls of one commit to one router's table. Chunks and batches are made later.
//!
//! Calls apply in the order in which they were made. A refused call changes nothing and does not affect the others.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use typed_index_collections::TiVec;

use super::actions::{self, declare, entries};
use super::conflicts;
use super::draft::{Checked, Draft, DraftCall, Records, Repair, Slot};
use super::error::{PlanError, Reason};
use super::index::{CallIndex, SlotIndex};
use super::outcome::Outcome;
use super::site::{self, Wanted};
use super::snapshot::Snapshot;
use crate::error::{Code, RouteSyncError};
use crate::fault_points;
use crate::options::{Action, Policy, Scope};
use crate::route::{EntryPattern, Route, Target};
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};
use crate::table::owner_record::Record;

/// A router's table after the calls.
#[derive(Debug)]
pub(crate) struct Composed<'a> {
    /// The slots of the live table in order, then the new ones.
    pub(crate) slots: TiVec<SlotIndex, Slot<'a>>,
    pub(crate) calls: Vec<CallIndex>,
    pub(crate) outcomes: BTreeMap<CallIndex, Result<Outcome, PlanError>>,
    /// The owners that are removed with all their routes.
    pub(crate) pruned: BTreeSet<OwnerId>,
    /// The call that repairs, and its repair.
    pub(crate) repair: Option<(CallIndex, Repair<'a>)>,
}

/// Applies `calls` to `table`, in order.
pub(crate) fn compose<'a>(table: &'a Table, calls: &[DraftCall<'a>], records: &Records<'a>) -> Composed<'a> {
    let mut draft = Draft::new(table, calls);
    let mut outcomes = BTreeMap::new();
    // Raw changes apply first. Owners are checked against the result.
    let (raw, owned): (Vec<_>, Vec<_>) = calls.iter().partition(|call| call.action.is_raw());
    for call in raw.into_iter().chain(owned) {
        let outcome = check(&draft, call, records).map(|checked| take(&mut draft, call, checked, records));
        outcomes.insert(call.index, outcome);
    }
    // Runs after all calls are applied: routes that other calls declare in the same commit are not damage.
    let repair = calls.iter().find(|call| call.action.repairs()).and_then(|call| {
        let outcome = outcomes.get_mut(&call.index)?.as_mut().ok()?;
        Some((call.index, actions::of(&call.action).repair(&mut draft, call, records, outcome)?))
    });
    supersede(&draft, records.snapshot, &mut outcomes);
    Composed {
        slots: draft.slots,
        calls: calls.iter().map(|call| call.index).collect(),
        outcomes,
        pruned: draft.pruned,
        repair,
    }
}

/// The call's routes, if no check refuses the call.
fn check<'a>(
    draft: &Draft<'a>,
    call: &DraftCall<'a>,
    records: &Records<'a>,
) -> Result<Vec<Checked>, PlanError> {
    check_owner(draft, call, records.of_calls.get(call.owner_id).copied().flatten())?;
    actions::of(&call.action).check(draft, call, records)?;
    // Many routes may have the same target. It is hashed once.
    let mut by_target: HashMap<&Target, RouteId> = HashMap::new();
    let mut last: Option<(&Target, RouteId)> = None;
    let mut taken: HashMap<RouteId, &Route> = HashMap::new();
    let mut checked = Vec::with_capacity(call.routes.len());
    for route in &call.routes {
        // Each site has its own id, so routes cannot share it.
        let shares = route.target.files().is_none();
        let known = match &last {
            Some((target, id)) if **target == route.target => Some(id),
            _ => by_target.get(&route.target),
        };
        let id = if let Some(id) = known.filter(|_| shares) {
            id.clone()
        } else {
            let id = call.id(call.owner_id, route);
            let other = taken.insert(id.clone(), route);
            if let Some(other) = other.filter(|_| route.target.refers_to().is_none()) {
                let error = RouteSyncError::new(
                    Code::RouteConflict,
                    format!(
                        "the targets of {:?} and {:?} hash to the same id {id}; set or change `part` for this call",
                        other.pattern, route.pattern
                    ),
                );
                let reason = Reason::Conflict { by_sst: false, key: None };
                return Err(PlanError::new(reason, error));
            }
            if shares {
                by_target.insert(&route.target, id.clone());
            } else {
                site::check(&route.pattern, &id, records.snapshot)?;
            }
            id
        };
        if shares {
            last = Some((&route.target, id.clone()));
        }
        let slots = draft.at(&route.entry);
        for slot in &slots {
            check_slot(draft, call, records, route, *slot)?;
        }
        checked.push(Checked { id, slots });
    }
    if call.guarded {
        conflicts::check_removals(draft, call, checked.iter().flat_map(|route| &route.slots))?;
    }
    Ok(checked)
}

/// Checks that the live entries with this owner id belong to this owner.
fn check_owner<'a>(
    draft: &Draft<'a>,
    call: &DraftCall<'a>,
    record: Option<&Record>,
) -> Result<(), PlanError> {
    let owner = call.owner.as_str();
    let holder = match record {
        Some(record) if record.owner == owner => return conflicts::check_generation(call, record),
        Some(record) => format!("{:?}", record.owner),
        // A repair trusts the caller's claim to this owner name and writes the record again.
        None if call.action.repairs() => return Ok(()),
        None => {
            let live = draft.by_owner.get(call.owner_id).into_iter().flatten();
            let mut stored = live.filter_map(|slot| draft.slots[*slot].stored);
            let own = |entry: &usize| draft.table.entries[*entry].entry.is_of(call.owner_id);
            let Some(entry) = stored.find(own) else { return Ok(()) };
            format!(
                "an unknown owner ({:?} is live, but there is no owner record)",
                draft.table.entries[entry].entry.text()
            )
        }
    };
    let error = RouteSyncError::new(
        Code::OwnerIdTaken,
        format!(
            "the id {} of owner {owner:?} is held by {holder} in router {:?}; nothing was written; rename this owner, or restore the record of the one that holds the id",
            call.owner_id,
            call.router.as_str()
        ),
    )
    .with(|details| details.holder = record.map(|record| record.owner.clone()));
    Err(PlanError::new(Reason::Damage, error))
}

fn check_slot<'a>(
    draft: &Draft<'a>,
    call: &DraftCall<'a>,
    records: &Records<'a>,
    route: &Route,
    slot: SlotIndex,
) -> Result<(), PlanError> {
    let Some(live) = draft.entry(slot) else { return Ok(()) };
    if !live.is_of(call.owner_id) {
        let rolls_back = || records.undone.keys().any(|by| live.is_of(draft.calls[by].owner_id));
        if fault_points::takes_beside_rollback() && rolls_back() {
            return Ok(());
        }
        return conflicts::check_foreign(call, records, route, live);
    }
    let other = draft.slots[slot].claimed.map(|(index, at)| (&draft.calls[&index], at));
    match other {
        // A later whole set replaces what its owner declared before. So does a later call of the same part.
        Some((other, at))
            if other.routes[at].target != route.target
                && !matches!(call.scope, Scope::Whole)
                && !(call.part.is_some() && call.part == other.part) =>
        {
            let part = other.part.as_deref().map_or(String::new(), |part| format!(" (part {part:?})"));
            let what = format!(
                "another call of this owner{part} declares the same pattern with another target at the same time"
            );
            Err(conflicts::conflict(route, call.owner.as_str(), &what, None))
        }
        _ => Ok(()),
    }
}

/// Applies a checked call.
fn take<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    checked: Vec<Checked>,
    records: &Records<'a>,
) -> Outcome {
    let mut outcome = Outcome::default();
    actions::of(&call.action).apply(draft, call, records, &mut outcome);
    let previous: HashMap<&EntryPattern, &str> = match &call.scope {
        Scope::Whole => HashMap::new(),
        Scope::Previous(previous) => previous.iter().map(|one| (&one.entry, one.id.as_str())).collect(),
    };
    for (at, (route, checked)) in call.routes.iter().zip(checked).enumerate() {
        debug_assert_eq!(checked.slots, draft.at(&route.entry), "{}", route.pattern);
        let kept = call.safety.policy == Policy::CreateOnly
            && declare::keep(draft, call, at, &checked, records, &mut outcome);
        if !kept {
            declare::declare(draft, call, at, &checked, &previous, records, &mut outcome);
            outcome.ids.push((route.pattern.clone(), checked.id));
        }
    }
    match &call.scope {
        Scope::Whole => {
            let own = draft.by_owner.get(call.owner_id).cloned().unwrap_or_default();
            for slot in own {
                // An entry that another owner takes over in this commit no longer belongs to this owner.
                let owned = |entry: &Entry| entry.is_of(call.owner_id) || fault_points::removes_taken();
                if draft.entry(slot).is_some_and(owned)
                    && draft.slots[slot].claimed.is_none_or(|(index, _)| index != call.index)
                {
                    draft.remove(call, slot, None, &mut outcome);
                }
            }
        }
        Scope::Previous(previous) => {
            for gone in previous {
                for slot in draft.at(&gone.entry) {
                    // Never removes another owner's entry, even if `previous` contains its id.
                    let live = draft
                        .entry(slot)
                        .is_some_and(|entry| entry.id() == gone.id && entry.is_of(call.owner_id));
                    if live && draft.slots[slot].claimed.is_none_or(|(index, _)| index != call.index) {
                        draft.remove(call, slot, Some(&gone.pattern), &mut outcome);
                    }
                }
            }
        }
    }
    outcome
}

/// Marks the calls whose routes are not all live after the commit: a later call of the same owner changed them, or another
/// owner took them over.
fn supersede(
    draft: &Draft<'_>,
    snapshot: &Snapshot,
    outcomes: &mut BTreeMap<CallIndex, Result<Outcome, PlanError>>,
) {
    if outcomes.len() < 2 {
        return;
    }
    // For each owner, the last accepted call and the last accepted one that replaces the whole set.
    let mut latest: HashMap<&OwnerId, (CallIndex, Option<CallIndex>)> = HashMap::new();
    let owned = |index: &CallIndex| !draft.calls[index].action.is_raw();
    for (index, _) in outcomes.iter().filter(|(index, outcome)| outcome.is_ok() && owned(index)) {
        let call = &draft.calls[index];
        let (last, whole) = latest.entry(call.owner_id).or_default();
        *last = *index;
        if call.replaces_set() {
            *whole = Some(*index);
        }
    }
    for (index, outcome) in outcomes.iter_mut() {
        let call = &draft.calls[index];
        let Ok(outcome) = outcome else { continue };
        if let Action::Entries(entries) = &call.action {
            outcome.superseded_by = entries::undone_by(draft, *index, entries);
            continue;
        }
        let (later, whole) = latest[call.owner_id];
        let replaces = matches!(call.scope, Scope::Whole) || matches!(call.action, Action::Rollback(_));
        let replaced = whole.filter(|whole| replaces && whole > index);
        // A takeover sets `claimed` to its own call. A removal clears it and sets `dropped`.
        let by = |slot: SlotIndex| {
            let Slot { claimed, dropped, .. } = &draft.slots[slot];
            claimed.map(|(by, _)| by).or(*dropped)
        };
        let overtaker = || {
            let declared = call.routes.iter().enumerate();
            let mut gone = outcome.ids.iter().zip(declared).filter(|((_, id), (at, route))| {
                let stands = |slot: SlotIndex| {
                    // If no call declares the site in this slot, its files are those in the store.
                    let as_declared = Wanted::of(call.declared, *at).is_none_or(|wanted| {
                        let declared = draft.slots[slot].site.map(|site| site.says(wanted));
                        declared.unwrap_or_else(|| !wanted.differs(snapshot, id.as_str()))
                    });
                    draft.id(slot) == Some(id.as_str()) && as_declared
                };
                !draft.at(&route.entry).into_iter().any(stands)
            });
            let taken = |route: &Route| draft.at(&route.entry).into_iter().rev().find_map(by);
            gone.next().map(|(_, (_, route))| taken(route).unwrap_or(later))
        };
        let mut restored = draft.restored.iter().filter(|(by, ..)| by == index);
        let undone = restored.find(|(_, slot, id)| draft.id(*slot) != Some(id.as_str()));
        let undone = undone.map(|(_, slot, _)| by(*slot).filter(|by| by != index).unwrap_or(later));
        let by = replaced.or(undone).or_else(overtaker);
        outcome.superseded_by = by.filter(|by| by != index);
    }
}
