//! Limits of the store and of SST's writers that a plan as a whole may exceed, and the errors and warnings for them.

use super::compose::Composed;
use super::error::PlanError;
use super::index::CallIndex;
use super::indexing::Indexing;
use super::outcome::{Outcome, Outcomes, Refusal, Repaired};
use super::router::Router;
use crate::edge::ledger::MOST_OLD;
use crate::edge::routes::Odd;
use crate::edge::{PAGE_GRACE, Root, Trouble};
use crate::error::{Code, RouteSyncError};
use crate::kvs::limits;
use crate::route::{CallWarning, Warning};
use crate::table::decode::Damage;
use crate::table::{CHUNK_BYTES, SST_PARTS, key};

/// The largest table that SST's writers can handle, in bytes: [`SST_PARTS`] chunks of 1,000 bytes.
pub(crate) const SST_TABLE_BYTES: usize = SST_PARTS * CHUNK_BYTES;

/// A table with more bytes than this gets a warning that SST's limit is near.
pub(crate) const SST_WARN_BYTES: usize = 45_000;

/// Refuses the last call that adds or changes a route, in one router if `only` is given. It gets the error of the limit.
pub(super) fn blame(outcomes: &Outcomes, only: Option<&Composed<'_>>, error: PlanError) -> Refusal {
    let of_router = |index: &CallIndex| only.is_none_or(|composed| composed.calls.contains(index));
    let grows = |outcome: &Result<Outcome, PlanError>| {
        outcome.as_ref().is_ok_and(|outcome| !outcome.added.is_empty() || !outcome.changed.is_empty())
    };
    let ok = || outcomes.iter().rev().filter(|(_, outcome)| outcome.is_ok());
    let index = ok()
        .find(|(index, outcome)| grows(outcome) && of_router(index))
        .or_else(|| ok().next())
        .map_or_else(CallIndex::default, |(index, _)| *index);
    (index, error)
}

/// Whether a call adds or changes a route of the router.
pub(super) fn grows(outcomes: &Outcomes, composed: &Composed<'_>) -> bool {
    let mut outcomes = composed.calls.iter().filter_map(|index| outcomes.get(index)?.as_ref().ok());
    outcomes.any(|outcome| !outcome.added.is_empty() || !outcome.changed.is_empty())
}

/// The error for a table whose index would be too large.
pub(super) fn index_too_large(router: &str) -> RouteSyncError {
    RouteSyncError::new(
        Code::IndexTooLarge,
        format!(
            "the table of router {router:?} would have no index any more, because its patterns with * or its longest paths take too much room; the edge would look at every route for every request; nothing was written for this call; declare fewer of them, or give the index up with `index: false`"
        ),
    )
}

/// Reports the state of a router's index to its calls.
pub(super) fn note_index(outcomes: &mut Outcomes, router: &Router<'_>, indexing: &Indexing) {
    let why = indexing.trouble.as_ref().map(|trouble| match trouble {
        Trouble::Odd(Odd::Host(host)) => {
            format!("the host {host:?} of an entry is a regular expression that the index has no form for")
        }
        Trouble::Odd(Odd::Id(id)) => {
            format!("the id {id:?} of an entry has characters that the index cannot hold")
        }
        Trouble::Odd(Odd::Path(path)) => {
            format!("the path {path:?} of an entry has a quote, a backslash or a control character")
        }
        Trouble::TooLarge => "its patterns with * or its longest paths take too much room".to_owned(),
        Trouble::TooOften => format!(
            "another writer, such as SST, has dropped the index {MOST_OLD} times in {} minutes; a later deploy builds it again",
            PAGE_GRACE / 60
        ),
    });
    let name = router.name;
    for call in &router.calls {
        let Some(Ok(outcome)) = outcomes.get_mut(&call.index) else { continue };
        outcome.index_pages = indexing.after.as_ref().map(Root::all_pages);
        if let Some(why) = &why {
            let message = format!("the table of router {name:?} has no index: {why}");
            outcome.warnings.push(Warning::of_call(CallWarning::IndexMissing, message));
        }
        if call.action.repairs() && indexing.begun.is_some() {
            let why = "the index of the table is missing, late or damaged, and is built again";
            outcome.repaired.push(Repaired::put(key::ledger(name), why));
        }
    }
}

/// The error for a live table that does not decode.
pub(crate) fn corrupt(router: &str, damage: &Damage) -> RouteSyncError {
    RouteSyncError::new(
        Code::TableCorrupt,
        format!(
            "the live table in {router}:routes is damaged, and SST's edge function answers 503 to every request: {damage}; nothing was written; restore the value, or call with `repair: true` to keep the entries that can still be read"
        ),
    )
    .with(|details| {
        details.key = Some(match damage {
            Damage::MissingChunk(key) | Damage::Root(key) => key.clone(),
            Damage::Syntax(_) | Damage::Entry { .. } => key::routes(router),
        });
    })
}

/// The error for a store that would exceed its size limit.
pub(super) fn store_full(total: i64) -> RouteSyncError {
    let actual = u64::try_from(total).unwrap_or_default();
    RouteSyncError::new(
        Code::StoreFull,
        format!(
            "the store would hold {actual} bytes, and a KeyValueStore holds at most {}; nothing was written for this call; remove routes or use another store",
            limits::STORE_BYTES
        ),
    )
    .with(|details| {
        details.limit = Some(limits::STORE_BYTES);
        details.actual = Some(actual);
    })
}

/// The error for a table that SST's writers could not handle.
pub(super) fn sst_limit(router: &str, bytes: usize) -> RouteSyncError {
    RouteSyncError::new(
        Code::SstTableLimit,
        format!(
            "the table of router {router:?} would have {bytes} bytes while it has entries of SST, and SST's writers cannot handle more than {SST_TABLE_BYTES}; nothing was written for this call; move SST's routes to routesync or declare fewer"
        ),
    )
    .with(|details| {
        details.limit = Some(SST_TABLE_BYTES as u64);
        details.actual = Some(bytes as u64);
    })
}

/// Warns the calls of a router that its damaged table is written again.
pub(super) fn warn_repaired(outcomes: &mut Outcomes, router: &Router<'_>) {
    for index in &router.composed.calls {
        let Some(Ok(outcome)) = outcomes.get_mut(index) else { continue };
        outcome.warnings.push(Warning::of_call(CallWarning::TableRepaired, format!(
                "the live table of router {:?} was damaged and was written again from the {} entries that could still be read; deploy the other owners again",
                router.name,
                router.table.entries.len()
            )));
    }
}

/// Warns the calls that add to a table that SST's limit is near.
pub(super) fn warn_sst(outcomes: &mut Outcomes, composed: &Composed<'_>, bytes: usize) {
    for index in &composed.calls {
        let Some(Ok(outcome)) = outcomes.get_mut(index) else { continue };
        if !outcome.added.is_empty() || !outcome.changed.is_empty() {
            outcome.warnings.push(Warning::of_call(CallWarning::SstTableNearLimit, format!(
                    "the table has {bytes} bytes; SST's own writers fail beyond {SST_TABLE_BYTES} while it has their entries"
                )));
        }
    }
}
