//! How each action changes the draft of its router's table. Each action has a file here and a line in [`of`].

pub(super) mod declare;
pub(super) mod entries;
pub(super) mod keys;
pub(super) mod prune;
pub(super) mod release;
pub(super) mod repair;
pub(super) mod rollback;

use std::collections::BTreeSet;

use super::draft::{Draft, DraftCall, Records, Repair};
use super::error::PlanError;
use super::outcome::Outcome;
use super::snapshot::Snapshot;
use crate::options::{Action, Call};
use crate::table::id::OwnerId;

/// What an action does in addition to declaring the call's routes. The default of each step does nothing.
pub(super) trait PlanAction {
    /// The unread keys that the action needs. `owner` is the id of the call's owner.
    fn missing(&self, _snapshot: &Snapshot, _call: &Call, _owner: &OwnerId) -> Vec<String> {
        Vec::new()
    }

    /// The sites that the action may delete with all their files at the time `now`, in seconds since the epoch.
    fn sites(&self, _snapshot: &Snapshot, _router: &str, _now: u64) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// Refuses a call that cannot be carried out.
    fn check<'a>(
        &self,
        _draft: &Draft<'a>,
        _call: &DraftCall<'a>,
        _records: &Records<'a>,
    ) -> Result<(), PlanError> {
        Ok(())
    }

    /// Changes the draft for a checked call, before its routes are declared.
    fn apply<'a>(
        &self,
        _draft: &mut Draft<'a>,
        _call: &DraftCall<'a>,
        _records: &Records<'a>,
        _outcome: &mut Outcome,
    ) {
    }

    /// The repair in addition to the declared routes. Runs after all calls have been applied.
    fn repair<'a>(
        &self,
        _draft: &mut Draft<'a>,
        _call: &DraftCall<'a>,
        _records: &Records<'a>,
        _outcome: &mut Outcome,
    ) -> Option<Repair<'a>> {
        None
    }
}

/// The implementation of an action.
pub(super) fn of(action: &Action) -> &dyn PlanAction {
    match action {
        Action::Declare | Action::Remove => &declare::Declare,
        Action::Prune(prune) => prune,
        Action::Rollback(rollback) => rollback,
        Action::Release(release) => release,
        Action::Repair(repair) => repair,
        Action::Entries(entries) => entries,
        Action::Keys(keys) => keys,
    }
}
