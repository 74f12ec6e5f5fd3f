//! Writes metadata and files again that were found missing or altered.

use hashbrown::{HashMap, HashSet};
use typed_index_collections::TiVec;

use super::Staged;
use super::batches::Packer;
use super::index::JournalIndex;
use super::journal::OwnerJournal;
use super::snapshot::Snapshot;
use crate::options::Call;
use crate::table::id::{OwnerId, RouteId};

/// A stored value that differs from the declared one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Damaged<'a> {
    pub(crate) declared: &'a Call,
    pub(crate) id: &'a RouteId,
    pub(crate) key: &'a str,
    /// The declared value.
    pub(crate) value: &'a str,
}

/// The batches that write `damaged` values again, each with its owner's record as the witness.
pub(crate) fn rewrite(snapshot: &Snapshot, damaged: &[Damaged<'_>], now: u64, commit: &str) -> Vec<Staged> {
    let mut journals = TiVec::new();
    let mut journal_by_owner: HashMap<(&str, OwnerId), JournalIndex> = HashMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut values: Vec<(JournalIndex, &Damaged<'_>)> = Vec::new();
    for value in damaged {
        // Routes of one part with the same target share one record.
        if !seen.insert(value.key) {
            continue;
        }
        let (router, name) = (value.declared.router.as_str(), value.declared.owner.as_str());
        let at = *journal_by_owner.entry((router, OwnerId::of(name))).or_insert_with_key(|(_, owner)| {
            journals.push_and_get_key(OwnerJournal::load(snapshot, router, owner, name, commit))
        });
        values.push((at, value));
    }
    let mut packer = Packer::new(snapshot, journals, now, commit);
    for (at, Damaged { id, key, value, .. }) in values {
        packer.rewrite(at, id, key, value);
    }
    packer.close_all()
}
