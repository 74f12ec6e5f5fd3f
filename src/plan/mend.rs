//! Putting metadata again that was found missing or altered.

use super::Staged;
use super::batches::{Ledgers, Packer};
use super::ledger::Ledger;
use super::snapshot::Snapshot;
use crate::options::Intent;
use crate::table::id::{OwnerId, RouteId};

/// A record that is not as declared.
#[derive(Debug, Clone, Copy)]
pub struct Damaged<'a> {
    /// The call that declares it.
    pub intent: &'a Intent,
    /// Its id.
    pub id: &'a RouteId,
    /// What it should say.
    pub metadata: &'a str,
}

/// Batches that put `damaged` records again, each witnessed by its owner's record.
#[must_use]
pub fn mend(snapshot: &Snapshot, damaged: &[Damaged<'_>], now: u64, commit: &str) -> Vec<Staged> {
    let mut ledgers = Ledgers::new();
    for Damaged { intent, .. } in damaged {
        let (router, name) = (intent.router.as_str(), intent.owner.as_str());
        let owner = OwnerId::of(name);
        ledgers
            .entry((router.to_owned(), owner.clone()))
            .or_insert_with(|| Ledger::load(snapshot, router, &owner, name, intent.grace.as_secs()));
    }
    let mut packer = Packer::new(snapshot, ledgers, now, commit);
    for Damaged { intent, id, metadata } in damaged {
        packer.mend(intent.router.as_str(), id, metadata);
    }
    packer.close_all()
}
