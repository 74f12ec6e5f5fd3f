//! Putting metadata again that was found missing or altered.

use hashbrown::HashMap;

use super::Staged;
use super::batches::Packer;
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
    let mut ledgers = Vec::new();
    let mut books: HashMap<(&str, OwnerId), usize> = HashMap::new();
    let mut records: Vec<(usize, &RouteId, &str)> = Vec::new();
    for Damaged { intent, id, metadata } in damaged {
        // Routes of a part that lead to the same target share one record.
        if records.iter().any(|(_, other, _)| other == id) {
            continue;
        }
        let (router, name) = (intent.router.as_str(), intent.owner.as_str());
        let at = *books.entry((router, OwnerId::of(name))).or_insert_with_key(|(_, owner)| {
            ledgers.push(Ledger::load(snapshot, router, owner, name, commit));
            ledgers.len() - 1
        });
        records.push((at, id, metadata));
    }
    let mut packer = Packer::new(snapshot, ledgers, now, commit);
    for (at, id, metadata) in records {
        packer.mend(at, id, metadata);
    }
    packer.close_all()
}
