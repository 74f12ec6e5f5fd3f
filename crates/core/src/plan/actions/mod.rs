//! What each action does to the draft of its router's table: one file for each, and a line in [`of`].

pub(super) mod declare;
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

/// What an action does besides making the declared routes live. The default of each step is nothing.
pub(super) trait PlanAction {
    /// The keys that the action needs to have read. `owner` is the id of the call's owner.
    fn missing(&self, _snapshot: &Snapshot, _call: &Call, _owner: &OwnerId) -> Vec<String> {
        Vec::new()
    }

    /// The sites that the action may remove with all their files at the time `now`, in seconds since the epoch.
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

    /// Changes the draft of a call that was checked, before its routes are declared.
    fn apply<'a>(
        &self,
        _draft: &mut Draft<'a>,
        _call: &DraftCall<'a>,
        _records: &Records<'a>,
        _outcome: &mut Outcome,
    ) {
    }

    /// What is repaired besides, once all calls have been applied.
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

/// What the action does in the plan.
pub(super) fn of(action: &Action) -> &dyn PlanAction {
    match action {
        Action::Declare | Action::Remove => &declare::Declare,
        Action::Prune(prune) => prune,
        Action::Rollback(rollback) => rollback,
        Action::Release(release) => release,
        Action::Repair(repair) => repair,
    }
}
