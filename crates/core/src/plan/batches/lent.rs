//! Ids that an owner has taken over from the owner that made them: who may delete their metadata.

use super::Packer;
use crate::fault_points;
use crate::kvs::limits;
use crate::plan::index::JournalIndex;
use crate::plan::journal::OwnerJournal;
use crate::plan::snapshot::Read;
use crate::plan::sweep::{Sweep, is_remembered};
use crate::table::id::{OwnerId, target_of};
use crate::table::key;

/// A retired id that another owner goes on listing, since the owner that listed it is pruned.
#[derive(Debug)]
pub(crate) struct Inherited {
    /// The route id.
    pub(crate) id: String,
    /// It is a site.
    pub(crate) site: bool,
    /// When it was retired, in seconds since the epoch; 0 where it is due now.
    pub(crate) retired: u64,
}

impl Packer<'_> {
    /// What a sweep by the owner of the journal `at` does with the metadata of `id`, which is on its list and due. An owner other
    /// than that of the journal may have made it: then more than one owner may list it.
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
            // The maker named it again and dropped it again, so the maker sweeps it.
            Some(true) if stays(&maker) => Sweep::Unlist,
            // A third owner that took it over after that sweeps it. Only records that were read can show that.
            Some(_) => {
                let later =
                    |it: &OwnerJournal| it.retired_at(id).map(|at| (at, it.owner())) > Some((retired, owner));
                let others = self.journals.iter().chain(self.others());
                let mut others = others.filter(|it| it.router() == router && *it.owner() != maker);
                if others.any(|it| stays(it.owner()) && later(it)) { Sweep::Unlist } else { Sweep::Delete }
            }
        }
    }

    /// Whether the owner that made `id` lists it, perhaps since this plan. `None` where its record was not read.
    fn maker_lists(&self, router: &str, maker: &OwnerId, id: &str) -> Option<bool> {
        let here = self.journals.iter().find(|it| it.router() == router && it.owner() == maker);
        if let Some(journal) = here.filter(|_| !fault_points::ignores_lists_of_this_commit()) {
            return Some(journal.lists(id));
        }
        if self.snapshot.get(&key::owner(router, maker)) == Read::Unread {
            return None;
        }
        // What a record in a newer form lists cannot be read here.
        let newer = self.snapshot.own_record(router, maker).is_err();
        Some(newer || OwnerJournal::load(self.snapshot, router, maker, "", "").lists(id))
    }

    /// The journals of all other owners whose records were read. They are loaded once, when the first is asked for.
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

    /// Lists in the journal `at` what an owner that is pruned had retired.
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
