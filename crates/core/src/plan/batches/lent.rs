//! Which owner may delete the metadata of a lent id: one whose last entry was taken over from the owner that made it.

use super::Packer;
use crate::fault_points;
use crate::kvs::limits;
use crate::plan::index::JournalIndex;
use crate::plan::journal::OwnerJournal;
use crate::plan::snapshot::Read;
use crate::plan::sweep::{Sweep, is_remembered};
use crate::table::id::{OwnerId, target_of};
use crate::table::key;

/// A retired id that moves to the list of another owner, because its owner is pruned.
#[derive(Debug)]
pub(crate) struct Inherited {
    pub(crate) id: String,
    pub(crate) site: bool,
    /// When it was retired, in seconds since the epoch. 0 if it is due now.
    pub(crate) retired: u64,
}

impl Packer<'_> {
    /// What a sweep by the owner of the journal `at` does with the metadata of `id`, which is due on its list. If another owner made
    /// the id, several owners may list it.
    pub(super) fn sweep_of(&self, at: JournalIndex, id: &str) -> Sweep {
        let (router, owner) = (self.journals[at].router(), self.journals[at].owner());
        let maker = target_of(id).and_then(|(maker, _)| OwnerId::from_key(maker));
        let Some(maker) = maker.filter(|maker| maker != owner) else { return Sweep::Delete };
        let retired = self.journals[at].retired_at(id).unwrap_or_default();
        if is_remembered(self.snapshot, router, id, retired) {
            return Sweep::Wait;
        }
        let stays = |owner: &OwnerId| !self.gone.contains(&(router.to_owned(), owner.clone()));
        match self.maker_lists(router, &maker, id) {
            None => Sweep::Wait,
            _ if fault_points::sweeps_relisted() => Sweep::Delete,
            // The maker used the id again and dropped it again, so the maker sweeps it.
            Some(true) if stays(&maker) => Sweep::Unlist,
            // A third owner that took it over later sweeps it. Only records that were read can show that.
            Some(_) => {
                let later =
                    |it: &OwnerJournal| it.retired_at(id).map(|at| (at, it.owner())) > Some((retired, owner));
                let others = self.journals.iter().chain(self.others());
                let mut others = others.filter(|it| it.router() == router && *it.owner() != maker);
                if others.any(|it| stays(it.owner()) && later(it)) { Sweep::Unlist } else { Sweep::Delete }
            }
        }
    }

    /// Whether the owner that made `id` lists it, in the store or by this plan. `None` if its record was not read.
    fn maker_lists(&self, router: &str, maker: &OwnerId, id: &str) -> Option<bool> {
        let here = self.journals.iter().find(|it| it.router() == router && it.owner() == maker);
        if let Some(journal) = here.filter(|_| !fault_points::ignores_lists_of_this_commit()) {
            return Some(journal.lists(id));
        }
        if self.snapshot.get(&key::owner(router, maker)) == Read::Unread {
            return None;
        }
        // This version cannot read the list of a record in a newer form.
        let newer = self.snapshot.own_record(router, maker).is_err();
        Some(newer || OwnerJournal::load(self.snapshot, router, maker, "", "").lists(id))
    }

    /// The journals of all other owners whose records were read. They are loaded when they are first needed.
    fn others(&self) -> &[OwnerJournal] {
        self.others.get_or_init(|| {
            let here = |router: &str, owner: &OwnerId| {
                self.journals.iter().any(|it| it.router() == router && it.owner() == owner)
            };
            let mut routers: Vec<&str> = self.journals.iter().map(OwnerJournal::router).collect();
            routers.sort_unstable();
            routers.dedup();
            let owners = routers.into_iter().flat_map(|router| {
                self.snapshot
                    .owners(router)
                    .filter(move |owner| !here(router, owner))
                    .map(move |it| (router, it))
            });
            owners.map(|(router, owner)| OwnerJournal::load(self.snapshot, router, &owner, "", "")).collect()
        })
    }

    /// Lists the retired ids of a pruned owner in the journal `at`.
    pub(crate) fn inherit(&mut self, inherited: &[Inherited], at: JournalIndex) {
        for Inherited { id, site, retired } in inherited {
            let journal = &self.journals[at];
            let more = journal.keys(journal.weight(id, *site)) - journal.keys(0);
            if self.used() + more > limits::BATCH_KEYS {
                self.close(false);
            }
            self.journals[at].inherit(id, *site, *retired, &mut self.batch);
        }
    }
}
