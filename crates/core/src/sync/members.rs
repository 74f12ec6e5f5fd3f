//! The calls of the current commit.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future;

use super::context::Context;
use super::member::{Known, Member};
use super::reader::Requester;
use crate::kvs::Store;
use crate::options::Action;
use crate::plan::{self, Snapshot};
use crate::query::Needs;
use crate::table::id::OwnerId;
use crate::table::key;

/// The `seq` of owners' records, by key.
pub(super) type Seqs = Arc<HashMap<String, u64>>;

/// The calls that have joined a commit and are not settled yet.
#[derive(Debug)]
pub(super) struct Members<'a, S> {
    context: &'a Context<S>,
    pub(crate) list: Vec<Member>,
    /// The largest number of calls at once.
    pub(crate) most: usize,
}

impl<'a, S: Store> Members<'a, S> {
    pub(crate) const fn new(context: &'a Context<S>, list: Vec<Member>) -> Self {
        let most = list.len();
        Self { context, list, most }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn take(&mut self) -> Vec<Member> {
        std::mem::take(&mut self.list)
    }

    /// Whether all callers have left.
    pub(crate) fn all_left(&self) -> bool {
        self.list.iter().all(Member::left)
    }

    /// Drops the calls whose callers have left, except those for which `stays` is true. Returns whether one was dropped.
    pub(crate) fn drop_left(&mut self, stays: impl Fn(&Member) -> bool) -> bool {
        let before = self.list.len();
        self.list.retain(|member| !member.left() || stays(member));
        self.list.len() < before
    }

    /// Turns repairs whose callers have left into plain declarations: their routes are live and stay, but nobody waits for the rest of
    /// the repair.
    pub(crate) fn end_left_repairs(&mut self) {
        for member in self.list.iter_mut().filter(|member| member.left() && member.call.action.repairs()) {
            member.call.action = Action::Declare;
        }
    }

    /// Adds the waiting calls that `joins` accepts.
    pub(crate) fn join(&mut self, joins: impl FnMut(&Member) -> bool) {
        self.context.join(&mut self.list, joins);
        self.most = self.most.max(self.list.len());
    }

    /// The routers whose tables members change.
    pub(crate) fn routers(&self) -> BTreeSet<String> {
        self.list.iter().filter_map(|member| member.call.table()).map(str::to_owned).collect()
    }

    /// The routers and owners of the members.
    pub(crate) fn scopes(&self) -> BTreeSet<(String, OwnerId)> {
        let scope = |member: &Member| (member.call.router.as_str().to_owned(), member.owner.clone());
        self.list.iter().map(scope).collect()
    }

    /// The `seq` of the records of the members' owners, by key.
    pub(crate) fn seqs(&self, snapshot: &Snapshot) -> Seqs {
        let of = |(router, owner): &(String, OwnerId)| {
            Some((key::owner(router, owner), snapshot.record(router, owner)?.seq))
        };
        Arc::new(self.scopes().iter().filter_map(of).collect())
    }

    /// Updates the facts of each member.
    pub(crate) fn note(&self, note: impl Fn(&mut Known)) {
        for member in &self.list {
            member.facts.note(&note);
        }
    }

    /// The key prefixes of owner records in the routers in which members prune.
    fn pruned_prefixes(&self) -> Vec<String> {
        let prunes = self.list.iter().filter(|member| member.call.action.reads_owners());
        let routers: BTreeSet<&str> = prunes.map(|member| member.call.router.as_str()).collect();
        routers.into_iter().map(|router| format!("{router}:owner:")).collect()
    }
}

impl<S: Store> Requester for Members<'_, S> {
    const LISTS: bool = false;

    /// What the members' plan needs. Waiting calls with the same routers and owners join first, and raw keys that need no reads: the
    /// entries that they belong to may be among the former.
    fn needs(&mut self, snapshot: &Snapshot) -> Needs {
        let scopes = self.scopes();
        let free = |member: &Member| matches!(&member.call.action, Action::Keys(keys) if !keys.purges(member.progress));
        self.join(|member| {
            free(member) || scopes.contains(&(member.call.router.as_str().to_owned(), member.owner.clone()))
        });
        if !snapshot.complete() && self.list.iter().any(|member| member.call.action.reads_store()) {
            return Needs::All;
        }
        let calls = self.list.iter().map(|member| (&member.call, &member.owner));
        let keys = plan::missing(snapshot, calls, self.context.env.unix());
        match self.pruned_prefixes() {
            prefixes if prefixes.is_empty() => Needs::Keys(keys),
            prefixes => Needs::Records { keys, prefixes },
        }
    }

    /// Purges need the names of the store's keys.
    fn needs_names(&self, snapshot: &Snapshot) -> bool {
        let purges = |member: &Member| matches!(&member.call.action, Action::Keys(keys) if keys.purges(member.progress));
        !snapshot.knows_names() && self.list.iter().any(purges)
    }

    async fn abandoned(&mut self) {
        future::join_all(self.list.iter_mut().map(Member::leaves)).await;
    }
}
