//! Checks that refuse a call: another holder of a pattern, a newer generation, too many removals.

use serde_json::Value;

use super::draft::{Draft, DraftCall, Holder, Records};
use super::error::{PlanError, Reason};
use super::index::SlotIndex;
use super::snapshot::Read;
use crate::error::{Code, RouteSyncError};
use crate::fault_points;
use crate::options::{MaxRemoved, Policy, Scope};
use crate::route::{Route, counted, effect};
use crate::table::entry::Entry;
use crate::table::owner_record::Record;
use crate::table::{SST_HOLDER, key};

/// Refuses a route whose pattern is taken. `key` holds more about the holder.
pub(super) fn conflict(route: &Route, holder: &str, what: &str, key: Option<String>) -> PlanError {
    let error = RouteSyncError::at(
        Code::RouteConflict,
        format!("routes[{:?}]", route.pattern),
        format!("{what}; remove it there first, choose another pattern, or name it in `takeover`"),
    );
    let reason = Reason::Conflict { by_sst: holder == SST_HOLDER, key: key.clone() };
    PlanError::new(
        reason,
        error.with(|details| {
            details.holder = Some(holder.to_owned());
            details.key = key;
        }),
    )
}

/// Checks that the call may take over the entry `live` of another holder.
pub(super) fn check_foreign(
    call: &DraftCall<'_>,
    records: &Records<'_>,
    route: &Route,
    live: &Entry,
) -> Result<(), PlanError> {
    let safety = &call.safety;
    let Holder { name, key } = records.holder(live);
    if safety.takeover.takes(&route.entry) {
        // The report names the former owner, so its record must have been read.
        return match key.filter(|key| records.snapshot.get(key) == Read::Unread) {
            Some(key) => Err(unread(key)),
            None => Ok(()),
        };
    }
    if key.is_some() {
        return Err(conflict(route, &name, &format!("the pattern is held by another owner, {name:?}"), key));
    }
    let what = format!("the pattern is held by an entry of SST ({})", live.id());
    if !safety.adopt {
        let what = format!("{what}: `adopt` takes it where it leads to the declared target already");
        return Err(conflict(route, &name, &what, None));
    }
    let key = key::metadata(live.id());
    let Some(why) = differs(records, route, live, &key) else { return Ok(()) };
    let what = format!("{what}, which leads elsewhere than declared, so it is not adopted: {why}");
    Err(conflict(route, &name, &what, route.target.refers_to().is_none().then_some(key)))
}

/// Refuses a call because the plan needs the value of `key`.
fn unread(key: String) -> PlanError {
    let error = RouteSyncError::new(Code::Internal, format!("{key} was not read; please report this"));
    PlanError::new(Reason::Unread(key), error)
}

/// How the edge function's behaviour for the entry `live`, whose metadata is at `key`, differs from the declared one.
fn differs(records: &Records<'_>, route: &Route, live: &Entry, key: &str) -> Option<String> {
    let kind = route.target.kind().as_str();
    if live.kind() != kind {
        return Some(format!("it is a {}, declared is a {kind}", live.kind()));
    }
    if let Some(namespace) = route.target.refers_to() {
        return (namespace != live.id())
            .then(|| format!("its namespace is {}, declared is {namespace}", live.id()));
    }
    let Some(stored) = records.snapshot.get(key).value() else {
        return Some(format!("its metadata, {key}, is not there"));
    };
    if !serde_json::from_str::<Value>(stored).is_ok_and(|metadata| metadata.is_object()) {
        return Some(format!("its metadata, {key}, is no JSON object"));
    }
    let found = effect::differences(kind, stored, route.target.metadata());
    (!found.is_empty()).then(|| effect::sentence(&found))
}

/// Checks that no later generation of the owner has deployed.
pub(super) fn check_generation(call: &DraftCall<'_>, record: &Record) -> Result<(), PlanError> {
    let (own, live) = (call.safety.generation, record.generation);
    if own == 0 || own >= live || fault_points::ignores_generation() {
        return Ok(());
    }
    let error = RouteSyncError::new(
        Code::Superseded,
        format!(
            "generation {live} of owner {:?} has been here, and this call is generation {own}; nothing was written; deploy the newest state instead of this one",
            record.owner
        ),
    )
    .with(|details| {
        details.limit = Some(live);
        details.actual = Some(own);
    });
    Err(error.into())
}

/// Checks that the call removes no more routes than its guards allow. `declared` are the slots at its patterns.
pub(super) fn check_removals<'s>(
    draft: &Draft<'_>,
    call: &DraftCall<'_>,
    declared: impl Iterator<Item = &'s SlotIndex>,
) -> Result<(), PlanError> {
    let safety = &call.safety;
    let empties = matches!(call.scope, Scope::Whole) && call.routes.is_empty() && !safety.allow_empty;
    if safety.policy != Policy::Sync || !empties && safety.max_removed.is_none() {
        return Ok(());
    }
    let own = draft.by_owner.get(call.owner_id).into_iter().flatten();
    let live = own.filter(|slot| draft.entry(**slot).is_some_and(|entry| entry.is_of(call.owner_id))).count();
    let removed = removals(draft, call, live, declared);
    let most = safety.max_removed.unwrap_or(MaxRemoved::Percent(100.0)).of(live);
    if empties && live > 0 {
        let undefined = match &call.undefined[..] {
            [] => String::new(),
            [one, ..] => format!(" (the target of {:?} is undefined)", one.display()),
        };
        let message = format!(
            "the set is empty{undefined}, and owner {:?} has {} in router {:?}: all of them would be removed; nothing was written; set `allowEmpty: true` if that is meant",
            call.owner.as_str(),
            counted(live as u64, "route"),
            call.router.as_str()
        );
        return Err(unsafe_plan(message, 0, live as u64));
    }
    if removed as u64 > most {
        let message = format!(
            "{removed} of the {} of owner {:?} in router {:?} would be removed, and `maxRemoved` allows {most}; nothing was written; raise it if that is meant",
            counted(live as u64, "route"),
            call.owner.as_str(),
            call.router.as_str()
        );
        return Err(unsafe_plan(message, most, removed as u64));
    }
    Ok(())
}

/// The number of the owner's `live` routes that the call would remove.
fn removals<'s>(
    draft: &Draft<'_>,
    call: &DraftCall<'_>,
    live: usize,
    declared: impl Iterator<Item = &'s SlotIndex>,
) -> usize {
    let owned = |slot: &SlotIndex| draft.entry(*slot).is_some_and(|entry| entry.is_of(call.owner_id));
    match &call.scope {
        Scope::Whole => live.saturating_sub(declared.filter(|slot| owned(slot)).count()),
        Scope::Previous(previous) => {
            let goes = |slot: &SlotIndex, id: &str| draft.id(*slot) == Some(id) && owned(slot);
            let gone = previous
                .iter()
                .filter(|gone| draft.at(&gone.entry).iter().any(|slot| goes(slot, &gone.id)))
                .map(|gone| &gone.entry);
            let declared: hashbrown::HashSet<_> = call.routes.iter().map(|route| &route.entry).collect();
            gone.filter(|entry| !declared.contains(entry)).count()
        }
    }
}

fn unsafe_plan(message: String, limit: u64, actual: u64) -> PlanError {
    let error = RouteSyncError::new(Code::UnsafePlan, message).with(|details| {
        details.limit = Some(limit);
        details.actual = Some(actual);
    });
    PlanError::new(Reason::Unsafe, error)
}
