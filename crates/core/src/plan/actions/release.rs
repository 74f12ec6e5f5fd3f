//! Releases an owner's routes: its entries become plain entries without an owner, and its records are deleted.

use hashbrown::HashMap;

use super::PlanAction;
use crate::error::{Code, RouteSyncError};
use crate::options::{Call, Release};
use crate::plan::draft::{Draft, DraftCall, Records, SlotChange};
use crate::plan::error::PlanError;
use crate::plan::outcome::Outcome;
use crate::plan::snapshot::{Read, Snapshot};
use crate::route::{EntryPattern, TargetKind};
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId, plain};
use crate::table::key;

impl PlanAction for Release {
    fn missing(&self, snapshot: &Snapshot, call: &Call, owner: &OwnerId) -> Vec<String> {
        if *self == Self::Routes { missing(snapshot, call, owner) } else { Vec::new() }
    }

    fn check<'a>(
        &self,
        draft: &Draft<'a>,
        call: &DraftCall<'a>,
        records: &Records<'a>,
    ) -> Result<(), PlanError> {
        if *self == Self::Routes { check(draft, call, records) } else { Ok(()) }
    }

    fn apply<'a>(
        &self,
        draft: &mut Draft<'a>,
        call: &DraftCall<'a>,
        records: &Records<'a>,
        outcome: &mut Outcome,
    ) {
        if *self == Self::Routes {
            release(draft, call, records, outcome);
        }
    }
}

/// The unread keys that a release needs: the metadata of the owner's routes, and the keys that show which plain ids are free.
fn missing(snapshot: &Snapshot, call: &Call, owner: &OwnerId) -> Vec<String> {
    let Ok(table) = snapshot.table(call.router.as_str()) else { return Vec::new() };
    let made =
        table.entries.iter().filter(|stored| stored.entry.is_of(owner)).filter_map(|it| it.entry.made());
    let mut keys: Vec<String> = made
        .flat_map(|id| {
            let free = free(snapshot, id).map_or_else(|key| key, key::metadata);
            [key::metadata(id), free]
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    snapshot.unread(keys)
}

/// The plain id for a route's id: the first that has no metadata. `Err` is the key that must be read first.
fn free(snapshot: &Snapshot, id: &str) -> Result<String, String> {
    let mut attempt = 0;
    loop {
        let plain = plain(id, attempt);
        let key = key::metadata(&plain);
        match snapshot.get(&key) {
            Read::Absent => return Ok(plain),
            Read::Unread => return Err(key),
            Read::Found(_) => attempt += 1,
        }
    }
}

/// Checks that all routes of the call's owner can be released.
fn check<'a>(draft: &Draft<'a>, call: &DraftCall<'a>, records: &Records<'a>) -> Result<(), PlanError> {
    for entry in draft.by_owner.get(call.owner_id).into_iter().flatten().filter_map(|slot| draft.entry(*slot))
    {
        let Some(id) = entry.made().filter(|_| entry.is_of(call.owner_id)) else { continue };
        let pattern = EntryPattern::from_stored(entry.host(), entry.path()).display();
        let why = if entry.kind() == TargetKind::SITE {
            "is a site, whose files are stored under its id: remove it, and deploy it with the tool that takes it over"
        } else if records.snapshot.get(&key::metadata(id)).value().is_none() {
            "has lost its metadata: repair it with `repairRoutes`, or remove it"
        } else {
            continue;
        };
        let message = format!("{pattern} of owner {:?} {why}; nothing was written", call.owner.as_str());
        return Err(RouteSyncError::new(Code::NotReleasable, message).into());
    }
    Ok(())
}

/// Replaces the owner's entries by plain ones.
fn release<'a>(draft: &mut Draft<'a>, call: &DraftCall<'a>, records: &Records<'a>, outcome: &mut Outcome) {
    let snapshot = records.snapshot;
    let mut plain: HashMap<String, String> = HashMap::new();
    for slot in draft.by_owner.get(call.owner_id).cloned().unwrap_or_default() {
        // Entries that an earlier call of this commit adds or changes wait for the next release.
        if !matches!(draft.slots[slot].change, SlotChange::Keep) {
            continue;
        }
        let Some(live) = draft.entry(slot).filter(|entry| entry.is_of(call.owner_id)).cloned() else {
            continue;
        };
        let (id, metadata) = match live.made() {
            // A reference to a foreign namespace only loses its owner field.
            None => (live.id().to_owned(), ""),
            Some(made) => {
                let free = || free(snapshot, made).unwrap_or_else(|_| made.to_owned());
                let id = plain.entry(made.to_owned()).or_insert_with(free).clone();
                (id, snapshot.get(&key::metadata(made)).value().unwrap_or_default())
            }
        };
        let entry = Entry::new(live.kind(), &id, live.host(), live.path());
        let id = RouteId::named(&id);
        let shown = EntryPattern::from_stored(live.host(), live.path()).display();
        outcome.changed.push(shown.clone());
        outcome.ids.push((shown, id.clone()));
        let slot = &mut draft.slots[slot];
        slot.change = SlotChange::Replace { entry, id, metadata, adopts: false };
        (slot.site, slot.claimed, slot.dropped) = (None, None, Some(call.index));
    }
}
