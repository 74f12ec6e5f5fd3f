//! Restores an owner's former routes by undoing its last changes.
//!
//! The history keeps the former entry of each pattern that a change touched. The entries' metadata is kept as long
//! ([`crate::plan::journal`]). So a rollback writes entries and no metadata. It only checks that the metadata exists.

use std::ops::Range;

use hashbrown::HashSet;

use super::PlanAction;
use super::declare::stale_cache;
use crate::error::{Code, Result, RouteSyncError};
use crate::options::{Call, Rollback};
use crate::plan::draft::{Draft, DraftCall, Records, Slot, SlotChange};
use crate::plan::error::{PlanError, Reason};
use crate::plan::index::SlotIndex;
use crate::plan::outcome::{Outcome, Undone};
use crate::plan::snapshot::Snapshot;
use crate::route::EntryPattern;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};
use crate::table::owner_record::{History, Record};
use crate::table::{history, key};

impl PlanAction for Rollback {
    fn missing(&self, snapshot: &Snapshot, call: &Call, owner: &OwnerId) -> Vec<String> {
        missing(snapshot, call, owner, *self)
    }

    fn check<'a>(
        &self,
        draft: &Draft<'a>,
        call: &DraftCall<'a>,
        records: &Records<'a>,
    ) -> Result<(), PlanError> {
        let undone = records.undone.get(&call.index);
        undone.map_or(Ok(()), |undone| check(draft, call, &undone.entries, records))
    }

    fn apply<'a>(
        &self,
        draft: &mut Draft<'a>,
        call: &DraftCall<'a>,
        records: &Records<'a>,
        outcome: &mut Outcome,
    ) {
        if let Some(undone) = records.undone.get(&call.index) {
            roll_back(draft, call, &undone.entries, outcome);
        }
    }
}

/// The numbers of the changes to undo that are in the history.
fn numbers(history: &History, rollback: Rollback) -> Range<u64> {
    let from = match rollback {
        Rollback::Last => history.end().saturating_sub(1),
        Rollback::To(to) => to,
    };
    from.max(history.from)..history.end()
}

/// The unread keys that a rollback needs: the parts of the changes, then the metadata of the entries to restore. None until the
/// owner's record has been read.
fn missing(snapshot: &Snapshot, call: &Call, owner: &OwnerId, rollback: Rollback) -> Vec<String> {
    let router = call.router.as_str();
    let Some(Record { history: Some(history), .. }) = snapshot.record(router, owner) else {
        return Vec::new();
    };
    let parts = numbers(&history, rollback)
        .flat_map(|number| history.parts(number).map(move |part| key::history(router, owner, number, part)));
    let unread = snapshot.unread(parts.collect());
    if !unread.is_empty() {
        return unread;
    }
    let Ok(undone) = undone(snapshot, call, owner, rollback) else { return Vec::new() };
    snapshot.unread(undone.entries.iter().filter_map(Entry::made).map(key::metadata).collect())
}

/// The entries before the changes that `call` undoes, and the number of the oldest of these changes.
pub(in crate::plan) fn undone(
    snapshot: &Snapshot,
    call: &Call,
    owner: &OwnerId,
    rollback: Rollback,
) -> Result<Undone> {
    let router = call.router.as_str();
    let Some(Record { history: Some(history), .. }) = snapshot.own_record(router, owner)? else {
        return Err(no_history(call, "no history is kept; call `syncRoutes` with `history` from now on"));
    };
    let numbers = numbers(&history, rollback);
    let wanted = match rollback {
        Rollback::Last => numbers.start,
        Rollback::To(to) => to,
    };
    if numbers.is_empty() || numbers.start != wanted {
        let kept = if history.changes.is_empty() {
            "the history is empty".to_owned()
        } else {
            format!("the history goes from change {} to {}", history.from, history.end() - 1)
        };
        let what = match rollback {
            Rollback::Last => kept,
            Rollback::To(to) => format!("there is no change {to}: {kept}"),
        };
        return Err(no_history(call, &what));
    }
    let oldest = numbers.start;
    // If several changes touched a pattern, the oldest one has the entry from before all of them.
    let mut seen = HashSet::new();
    let mut entries = Vec::new();
    for number in numbers {
        // An interrupted change may lack its last parts. It has not changed their patterns.
        let mut interrupted = false;
        for part in history.parts(number) {
            let Some(value) = snapshot.get(&key::history(router, owner, number, part)).value() else {
                interrupted = true;
                continue;
            };
            let Some(part) = history::decode(value).filter(|_| !interrupted) else {
                return Err(no_history(call, &format!("the stored change {number} is damaged")));
            };
            entries.extend(part.into_iter().filter(|entry| {
                let whose = history::is_nothing(entry) || entry.is_of(owner);
                whose && seen.insert((entry.host().to_owned(), entry.path().to_owned()))
            }));
        }
    }
    Ok(Undone { oldest, entries })
}

fn no_history(call: &Call, what: &str) -> RouteSyncError {
    let (owner, router) = (call.owner.as_str(), call.router.as_str());
    RouteSyncError::new(
        Code::NoHistory,
        format!("owner {owner:?} in router {router:?} cannot be rolled back: {what}; nothing was written"),
    )
}

/// Checks that nobody else holds the patterns that `call` restores, and that their metadata still exists.
fn check<'a>(
    draft: &Draft<'a>,
    call: &DraftCall<'a>,
    undone: &[Entry],
    records: &Records<'a>,
) -> Result<(), PlanError> {
    for entry in undone.iter().filter(|entry| !history::is_nothing(entry)) {
        check_free(draft, call, entry, records)?;
        // The metadata is kept with the change, but other programs can write to the store, too.
        let stands = |id: &str| records.snapshot.get(&key::metadata(id)).value().is_some();
        if entry.made().is_some_and(|id| !stands(id)) {
            let pattern = EntryPattern::from_stored(entry.host(), entry.path());
            let what = format!("the former metadata of {} no longer exists", pattern.display());
            return Err(no_history(call.declared, &what).into());
        }
    }
    // What earlier calls of this commit have removed comes back, too.
    for entry in removed_earlier(draft, call) {
        check_free(draft, call, entry, records)?;
    }
    Ok(())
}

/// Checks that nobody else holds the pattern of `entry`, which the call restores.
fn check_free<'a>(
    draft: &Draft<'a>,
    call: &DraftCall<'a>,
    entry: &Entry,
    records: &Records<'a>,
) -> Result<(), PlanError> {
    let pattern = EntryPattern::from_stored(entry.host(), entry.path());
    let live = draft.at(&pattern).into_iter().filter_map(|slot| draft.entry(slot));
    let Some(other) = live.into_iter().find(|live| !live.is_of(call.owner_id)) else { return Ok(()) };
    let holder = records.holder(other);
    let shown = pattern.display();
    let message = format!(
        "{shown} was live before that change, and {:?} holds it now; nothing was written; remove it there first",
        holder.name
    );
    let reason = Reason::Conflict { by_sst: holder.is_sst(), key: holder.key.clone() };
    let error = RouteSyncError::new(Code::RouteConflict, message).with(|details| {
        details.holder = Some(holder.name);
        details.key = holder.key;
    });
    Err(PlanError::new(reason, error))
}

/// The stored entries of the owner that earlier calls of this commit remove.
fn removed_earlier<'d>(draft: &'d Draft<'_>, call: &DraftCall<'_>) -> impl Iterator<Item = &'d Entry> {
    let own = draft.by_owner.get(call.owner_id).into_iter().flatten().copied();
    let removed = own.filter(|slot| draft.entry(*slot).is_none() && draft.was_of(call, *slot));
    removed.filter_map(|slot| draft.slots[slot].stored.map(|at| &draft.table.entries[at].entry))
}

/// Restores the entries.
fn roll_back<'a>(draft: &mut Draft<'a>, call: &DraftCall<'a>, undone: &'a [Entry], outcome: &mut Outcome) {
    undo_earlier(draft, call);
    for entry in undone {
        let pattern = EntryPattern::from_stored(entry.host(), entry.path());
        let slots = draft.taken_up(call, draft.at(&pattern));
        if history::is_nothing(entry) {
            for slot in slots {
                if draft.entry(slot).is_some_and(|live| live.is_of(call.owner_id)) {
                    draft.remove(call, slot, None, outcome);
                }
            }
            continue;
        }
        let shown = pattern.display();
        let slot = restore(draft, call, entry, &slots);
        let live = draft.slots[slot].stored.map(|at| &draft.table.entries[at].entry);
        match live {
            None => outcome.added.push(shown.clone()),
            Some(live) if live.text() == entry.text() => outcome.unchanged.push(shown.clone()),
            Some(_) => {
                outcome.changed.push(shown.clone());
                outcome.warnings.extend(stale_cache(draft, call, &shown, entry.path()));
            }
        }
        outcome.ids.push((shown, RouteId::named(entry.id())));
        draft.restored.push((call.index, slot, RouteId::named(entry.id())));
    }
}

/// Undoes what earlier calls of this commit have changed of the owner's entries. They are later than the changes in the history, so the
/// rollback covers them: without that, the same rollback would find more to undo once the commit is in the history.
fn undo_earlier(draft: &mut Draft<'_>, call: &DraftCall<'_>) {
    let own = draft.by_owner.get(call.owner_id).cloned().unwrap_or_default();
    for slot in own {
        let holds = draft.entry(slot).is_none_or(|entry| entry.is_of(call.owner_id));
        let (was_own, is_new) = (draft.was_of(call, slot), draft.slots[slot].stored.is_none());
        if !holds || !was_own && !is_new {
            // Another owner has taken the entry over, or it was taken from one: that is not given back.
            continue;
        }
        let Slot { change, site, claimed, dropped, .. } = &mut draft.slots[slot];
        if is_new {
            if !matches!(change, SlotChange::Remove) {
                *dropped = Some(call.index);
            }
            *change = SlotChange::Remove;
        } else if !matches!(change, SlotChange::Keep) {
            *change = SlotChange::Keep;
            *dropped = Some(call.index);
        }
        (*site, *claimed) = (None, None);
    }
}

/// Restores `entry` in one of `slots`, which the owner has or had at its pattern, or in a new slot. Returns that slot.
fn restore<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    entry: &'a Entry,
    slots: &[SlotIndex],
) -> SlotIndex {
    let slot = match slots.split_last() {
        Some((slot, doubles)) => {
            for double in doubles {
                draft.slots[*double].change = SlotChange::Remove;
                draft.slots[*double].site = None;
            }
            *slot
        }
        None => draft.push(call, entry.host(), entry.path()),
    };
    // The entry of a site may be here already, with files that an earlier call of this commit declares. Files are not restored.
    if draft.entry(slot).is_some_and(|live| live.text() == entry.text()) {
        return slot;
    }
    let stored = draft.slots[slot].stored.map(|at| &draft.table.entries[at].entry);
    let stands = stored.is_some_and(|stored| stored.text() == entry.text());
    let id = RouteId::named(entry.id());
    let becomes = || SlotChange::Replace { entry: entry.clone(), id, metadata: "", adopts: false };
    let Slot { change, site, claimed, dropped, .. } = &mut draft.slots[slot];
    *change = if stands { SlotChange::Keep } else { becomes() };
    // This call supersedes the one that declared the slot earlier in this commit.
    (*site, *claimed, *dropped) = (None, None, Some(call.index));
    slot
}
