//! Changes entries of SST's form as text. The changes of all raw calls of a commit apply before owners declare anything, and owners
//! are checked against the result.

use super::PlanAction;
use crate::options::{Action, RawEntries};
use crate::plan::draft::{Draft, DraftCall, Records, SlotChange};
use crate::plan::index::{CallIndex, SlotIndex};
use crate::plan::outcome::Outcome;
use crate::table::entry::Entry;
use crate::table::id::RouteId;

impl PlanAction for RawEntries {
    fn apply<'a>(
        &self,
        draft: &mut Draft<'a>,
        call: &DraftCall<'a>,
        _records: &Records<'a>,
        outcome: &mut Outcome,
    ) {
        // The entries of `self` do not live as long as the draft.
        let Some(entries) = of(call) else { return };
        for (old, new) in &entries.replace {
            replace(draft, call, old, new, outcome);
        }
        for entry in &entries.add {
            add(draft, call, entry, outcome);
        }
        for entry in &entries.remove {
            remove(draft, call, entry, outcome);
        }
    }
}

/// The raw entries of `call`, if it changes any.
pub(in crate::plan) const fn of<'a>(call: &DraftCall<'a>) -> Option<&'a RawEntries> {
    match &call.declared.action {
        Action::Entries(entries) => Some(entries),
        _ => None,
    }
}

fn add<'a>(draft: &mut Draft<'a>, call: &DraftCall<'a>, entry: &'a Entry, outcome: &mut Outcome) {
    if !draft.equal(entry).is_empty() {
        outcome.unchanged.push(entry.text().to_owned());
        return;
    }
    if let Some(slot) = draft.removed(entry) {
        // An earlier call of this commit removes the entry. It keeps its place.
        draft.slots[slot].change = SlotChange::Keep;
        draft.slots[slot].dropped = None;
        outcome.unchanged.push(entry.text().to_owned());
        return;
    }
    let slot = draft.push(call, entry.host(), entry.path());
    draft.slots[slot].change = raw(entry);
    outcome.added.push(entry.text().to_owned());
}

fn remove<'a>(draft: &mut Draft<'a>, call: &DraftCall<'a>, entry: &Entry, outcome: &mut Outcome) {
    let slots = draft.equal(entry);
    if !slots.is_empty() {
        outcome.removed.push(entry.text().to_owned());
    }
    for slot in slots {
        draft.slots[slot].change = SlotChange::Remove;
        draft.slots[slot].dropped = Some(call.index);
    }
}

fn replace<'a>(
    draft: &mut Draft<'a>,
    call: &DraftCall<'a>,
    old: &Entry,
    new: &'a Entry,
    outcome: &mut Outcome,
) {
    let slots = draft.equal(old);
    let Some((first, rest)) = slots.split_first().filter(|_| draft.equal(new).is_empty()) else {
        remove(draft, call, old, outcome);
        return add(draft, call, new, outcome);
    };
    draft.move_to(*first, new.host(), new.path());
    draft.slots[*first].change = raw(new);
    for slot in rest {
        draft.slots[*slot].change = SlotChange::Remove;
        draft.slots[*slot].dropped = Some(call.index);
    }
    outcome.changed.push(new.text().to_owned());
}

/// The change of a slot to a raw entry, whose metadata is not routesync's.
fn raw(entry: &Entry) -> SlotChange<'static> {
    SlotChange::Replace { entry: entry.clone(), id: RouteId::named(entry.id()), metadata: "", adopts: false }
}

/// A later call of the commit that undoes a change of the call `index`: it removes an entry that this call wants, takes it over, or
/// adds one that this call removes.
pub(in crate::plan) fn undone_by(
    draft: &Draft<'_>,
    index: CallIndex,
    entries: &RawEntries,
) -> Option<CallIndex> {
    let raw = |by: &CallIndex| of(&draft.calls[by]);
    let later = |undoes: &dyn Fn(&RawEntries) -> bool| {
        draft.calls.keys().copied().filter(|by| *by > index && raw(by).is_some_and(undoes)).max()
    };
    let takes = |slot: &SlotIndex| draft.slots[*slot].claimed.map(|(by, _)| by);
    let lost = entries.wanted().find(|entry| draft.equal(entry).is_empty());
    let lost = lost.and_then(|lost| {
        let removes = |other: &RawEntries| other.removed().any(|entry| entry.text() == lost.text());
        later(&removes).or_else(|| draft.all(lost).iter().rev().find_map(takes))
    });
    lost.or_else(|| {
        let back = entries.removed().find(|entry| !draft.equal(entry).is_empty())?;
        later(&|other| other.wanted().any(|entry| entry.text() == back.text()))
    })
}
