//! Ids that an owner has taken over from their maker: who may delete their metadata.

use super::Packer;
use crate::kvs::limits;
use crate::mutation::{Mutation, broken};
use crate::plan::ledger::Ledger;
use crate::plan::snapshot::Read;
use crate::plan::sweep;
use crate::table::id::{OwnerId, target_of};
use crate::table::key;

impl Packer<'_> {
    /// Whether `id`, on the list of the ledger `at` since it was taken over, is on the list of the owner that made it as
    /// well: named again by that one, and dropped again, perhaps in this plan, it is that one's to sweep. `None` where that
    /// owner's record has not been read.
    pub(super) fn relists(&self, at: usize, id: &str) -> Option<bool> {
        let (router, owner) = (self.ledgers[at].router(), self.ledgers[at].owner());
        let maker = target_of(id).and_then(|(maker, _)| OwnerId::from_key(maker));
        let Some(maker) = maker.filter(|maker| maker != owner) else { return Some(false) };
        let here = self.ledgers.iter().find(|it| it.router() == router && *it.owner() == maker);
        let lists = match here.filter(|_| !broken(Mutation::SweepDropped)) {
            Some(ledger) => ledger.lists(id),
            None if self.snapshot.get(&key::owner(router, &maker)) == Read::Unread => return None,
            // Of a record in a newer form nobody here knows what it lists.
            None => {
                self.snapshot.own_record(router, &maker).is_err()
                    || Ledger::load(self.snapshot, router, &maker, "", "").lists(id)
            }
        };
        let stays = |owner: &OwnerId| !self.gone.contains(&(router.to_owned(), owner.clone()));
        let relists = lists && stays(&maker) || self.is_taken_later(at, id, |it| *it != maker && stays(it));
        Some(relists && !broken(Mutation::SweepRelisted))
    }

    /// Whether a further owner, of those that `counts` accepts, has taken `id` over later than the owner of the ledger `at`, after
    /// its maker had named it again. The records that were read tell, and nothing is read for it.
    pub(super) fn is_taken_later(&self, at: usize, id: &str, counts: impl Fn(&OwnerId) -> bool) -> bool {
        let (router, owner) = (self.ledgers[at].router(), self.ledgers[at].owner());
        let own = self.ledgers[at].retired_at(id).map(|retired| (retired, owner));
        let later = |it: &Ledger| it.retired_at(id).map(|retired| (retired, it.owner())) > own;
        let here =
            |owner: &OwnerId| self.ledgers.iter().any(|it| it.router() == router && it.owner() == owner);
        let mut read = self.snapshot.owners(router).filter(|owner| !here(owner) && counts(owner));
        self.ledgers.iter().any(|it| it.router() == router && counts(it.owner()) && later(it))
            || read.any(|owner| later(&Ledger::load(self.snapshot, router, &owner, "", "")))
    }

    pub(super) fn is_relisted(&self, at: usize, id: &str) -> bool {
        self.relists(at, id) == Some(true)
    }

    /// Whether a change that the maker of `id` keeps in its history may lead back to it. `id` was `retired` at that time by
    /// the owner of the ledger `at`, who had taken it over: its maker does not list it.
    pub(super) fn is_remembered(&self, at: usize, id: &str, retired: u64) -> bool {
        sweep::is_remembered(self.snapshot, self.ledgers[at].router(), id, retired)
    }

    /// Lists ids that an owner who is no more had taken over, each with the time at which it was retired: the ledger `at` has
    /// them now.
    pub fn keep(&mut self, lent: Vec<(String, u64)>, at: usize) {
        for (id, retired) in lent {
            let ledger = &self.ledgers[at];
            let more = ledger.keys(ledger.weight(&id, false)) - ledger.keys(0);
            if self.used() + more > limits::BATCH_KEYS {
                self.close(false);
            }
            self.ledgers[at].inherit(&id, false, retired, &mut self.batch);
        }
    }
}
