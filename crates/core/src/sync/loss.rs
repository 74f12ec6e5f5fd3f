//! How a call whose routes were written has lost what does not stand any more: by a change that somebody declared, or
//! by somebody who put an old table back.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::commit::Commit;
use super::context::RoundEnd;
use super::member::Member;
use super::pending::PendingCommit;
use crate::fault_points;
use crate::kvs::Store;
use crate::options::{Call, Policy, Scope};
use crate::plan::snapshot::Read;
use crate::plan::{Outcome, PlanError, Reason, Snapshot, journal::OwnerJournal, site::Wanted};
use crate::route::Route;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};
use crate::table::key;
use crate::table::record::Record;

/// How a landed call has lost what does not stand.
pub(super) struct Loss {
    own: Own,
    /// Entries of other owners where routes of the call should stand.
    claims: Vec<Claim>,
}

/// What the call's own owner has done.
enum Own {
    /// It has declared something else.
    Changed,
    /// Nothing that took the routes.
    Nothing,
    /// The record does not list these ids, and no entry names them: a declared change that keeps no metadata took
    /// them if that is gone, or else a clobber.
    Unlisted(Vec<RouteId>),
}

/// An entry of another owner where a route of the call should stand.
struct Claim {
    router: String,
    owner: OwnerId,
    id: String,
    /// The id's metadata must stand while its owner declares it.
    made: bool,
    /// The `seq` of the owner's record when the call was written, where that is known.
    before: Option<u64>,
    /// The call's own id, where the claim is the entry that the call replaced and no other entry names that id. An owner who
    /// takes the pattern back lists the id; a foreign writer who puts an old table back does not.
    restored: Option<RouteId>,
}

impl Loss {
    /// All of it stands.
    pub(crate) fn none() -> Self {
        Self { own: Own::Nothing, claims: Vec::new() }
    }

    /// What `member`, which has `landed`, has lost in `snapshot`, where it would come to `outcome`. The record of its
    /// owner was written `later` than that, or not. Calls of the commit `after` it may have taken some of it.
    pub(crate) fn of(
        snapshot: &Snapshot,
        landed: &PendingCommit,
        member: &Member,
        outcome: &Result<Outcome, PlanError>,
        after: &[&Call],
        later: bool,
    ) -> Self {
        let claims = claims(snapshot, landed, member, after);
        // A rollback names no patterns. An entry of SST where ours stood is a clobber that the plan refuses to undo.
        let conflict = claims.is_empty()
            && outcome
                .as_ref()
                .is_err_and(|refused| matches!(refused.reason, Reason::Conflict { by_sst: false, .. }));
        let own = match (conflict, later) {
            (true, _) => Own::Changed,
            (false, true) => Own::of(snapshot, &landed.base, member, outcome),
            (false, false) => Own::Nothing,
        };
        Self { own, claims }
    }

    /// The keys that tell whether it was a declared change.
    fn asks(&self) -> Vec<String> {
        let unlisted = match &self.own {
            Own::Unlisted(ids) => ids.as_slice(),
            Own::Changed | Own::Nothing => &[],
        };
        let mut keys: Vec<String> = unlisted.iter().map(key::metadata).collect();
        for claim in &self.claims {
            keys.push(key::owner(&claim.router, &claim.owner));
            keys.extend(claim.made.then(|| key::metadata(&claim.id)));
            keys.extend(claim.restored.iter().map(key::metadata));
        }
        keys
    }

    /// Whether it was a declared change, by what is `known` of the keys that it asks for.
    pub(crate) fn is_declared(&self, known: &Snapshot) -> bool {
        let own = match &self.own {
            Own::Changed => true,
            Own::Nothing => false,
            Own::Unlisted(ids) => ids.iter().any(|id| known.get(&key::metadata(id)) == Read::Absent),
        };
        own || self.claims.iter().any(|claim| claim.is_declared(known))
    }
}

impl Own {
    /// A later whole set is the owner's word on every pattern. Another part's is one on some, so that a later
    /// record alone tells nothing; but who declares lists every id that loses its last entry and takes every
    /// id that gets one off the list, and who restores an old table does neither, and restores what stood on
    /// `base`, where the call was planned.
    fn of(
        snapshot: &Snapshot,
        base: &Snapshot,
        member: &Member,
        outcome: &Result<Outcome, PlanError>,
    ) -> Self {
        let Call { router, owner, routes, scope, action, .. } = &member.call;
        // To undo changes again would also undo what came after, and to release again would release that.
        if *scope == Scope::Whole || action.follows_live() {
            return Self::Changed;
        }
        let router = router.as_str();
        // What is damaged is for the plan to doubt.
        let (Ok(outcome), Ok(table)) = (outcome, snapshot.table(router)) else { return Self::Nothing };
        let before = base.table(router).unwrap_or_default();
        let (live, before) = (by_pattern(&table), by_pattern(&before));
        let named: HashSet<&str> = live.values().map(|entry| entry.id()).collect();
        let journal = OwnerJournal::load(snapshot, router, &member.owner, owner.as_str(), "");
        let mut unlisted = Vec::new();
        for (at, ((_, id), route)) in outcome.ids.iter().zip(routes).enumerate() {
            let pattern = (route.entry.host(), route.entry.path());
            let now = live.get(&pattern).copied();
            if now.is_some_and(|now| now.id() == id.as_str()) {
                // Of a site only who declares changes the record.
                let site = Wanted::of(&member.call, at);
                if site.is_some_and(|site| site.differs(snapshot, id.as_str())) {
                    return Self::Changed;
                }
                continue;
            }
            let declared = now.is_some_and(|now| now.is_of(&member.owner) && !journal.lists(now.id()));
            let restored = now.map(Entry::id) == before.get(&pattern).map(|entry| entry.id());
            if journal.lists(id.as_str()) || declared && (!restored || named.contains(id.as_str())) {
                return Self::Changed;
            }
            if !named.contains(id.as_str()) {
                unlisted.push(id.clone());
            }
        }
        if unlisted.is_empty() { Self::Nothing } else { Self::Unlisted(unlisted) }
    }
}

impl Claim {
    /// The keys of what its owner's record has no room for.
    fn spills(&self, known: &Snapshot) -> Vec<String> {
        let spills = known.record(&self.router, &self.owner).and_then(|record| record.spills);
        let (from, end) = spills.unwrap_or_default();
        (from..end).map(|index| key::spill(&self.router, &self.owner, index)).collect()
    }

    /// Whether its owner declares the entry. An owner who has dropped it lists it or has deleted its metadata; one whose
    /// record is as it was when the call was written has declared nothing since.
    fn is_declared(&self, known: &Snapshot) -> bool {
        let Some(value) = known.get(&key::owner(&self.router, &self.owner)).value() else { return false };
        // A record that cannot be read here may say so.
        let Ok(record) = Record::decode(value) else { return true };
        let gone = || self.made && known.get(&key::metadata(&self.id)) == Read::Absent;
        let journal = OwnerJournal::load(known, &self.router, &self.owner, "", "");
        let took = |id: &RouteId| journal.lists(id.as_str()) || known.get(&key::metadata(id)) == Read::Absent;
        self.before.is_none_or(|before| record.seq > before)
            && !journal.lists(&self.id)
            && !gone()
            && (self.restored.as_ref().is_none_or(took) || fault_points::takes_restored_for_taken())
    }
}

fn claims(snapshot: &Snapshot, landed: &PendingCommit, member: &Member, after: &[&Call]) -> Vec<Claim> {
    let call = &member.call;
    let router = call.router.as_str();
    let Ok(table) = snapshot.table(router) else { return Vec::new() };
    let before = landed.base.table(router).unwrap_or_default();
    let (live, before) = (by_pattern(&table), by_pattern(&before));
    let named: HashSet<&str> = live.values().map(|entry| entry.id()).collect();
    let lost = call.routes.iter().filter(|route| !after.iter().any(|it| takes(it, call, route)));
    let others = lost.filter_map(|route| {
        let pattern = (route.entry.host(), route.entry.path());
        let entry = live.get(&pattern)?;
        let owner = entry.owner_id().filter(|owner| *owner != member.owner)?;
        let seq = landed.seq(router, &owner);
        let own = call.id(&member.owner, route);
        let restored = before.get(&pattern).is_some_and(|before| before.id() == entry.id())
            && route.target.refers_to().is_none()
            && !named.contains(own.as_str());
        Some(Claim {
            router: router.to_owned(),
            owner,
            id: entry.id().to_owned(),
            made: entry.made().is_some(),
            before: seq,
            restored: restored.then_some(own),
        })
    });
    others.collect()
}

impl<S: Store> Commit<'_, S> {
    /// `snapshot` with what the losses ask for, of the same state: a later state's record would tell of a change that
    /// `snapshot` is too old to show.
    pub(super) async fn look_up<'l>(
        &mut self,
        snapshot: Snapshot,
        losses: impl Iterator<Item = &'l Loss> + Clone,
    ) -> Result<Snapshot, RoundEnd> {
        let asked: BTreeSet<String> = losses.clone().flat_map(Loss::asks).collect();
        let known = self.add(snapshot, asked).await?;
        let spills: BTreeSet<String> =
            losses.flat_map(|loss| &loss.claims).flat_map(|claim| claim.spills(&known)).collect();
        self.add(known, spills).await
    }

    async fn add(&mut self, known: Snapshot, keys: BTreeSet<String>) -> Result<Snapshot, RoundEnd> {
        let keys = known.unread(keys.into_iter().collect());
        if keys.is_empty() {
            return Ok(known);
        }
        Ok(self.reader.complete(known, &keys, &mut self.members).await?.snapshot)
    }
}

/// Whether `later`, a later call of the commit, takes `route` of `call`: a part of the same owner takes what it
/// declares unless it only adds, another owner what it takes over.
fn takes(later: &Call, call: &Call, route: &Route) -> bool {
    later.router == call.router
        && later.routes.iter().any(|other| other.entry == route.entry)
        && (later.owner == call.owner && later.safety.policy != Policy::CreateOnly
            || later.owner != call.owner && later.safety.takeover.takes(&route.entry))
}

/// Whether what `call` declares stands, apart from what `later` calls of its commit have taken. A whole set of its owner
/// takes all.
pub(super) fn rest_stands(snapshot: &Snapshot, outcome: &Outcome, call: &Call, later: &[&Call]) -> bool {
    let whole = |it: &&Call| it.router == call.router && it.owner == call.owner && it.replaces_set();
    if later.iter().any(whole) {
        return true;
    }
    let Ok(table) = snapshot.table(call.router.as_str()) else { return false };
    let live = by_pattern(&table);
    outcome.removed.is_empty()
        && outcome.ids.iter().zip(&call.routes).enumerate().all(|(at, ((_, id), route))| {
            let now = live.get(&(route.entry.host(), route.entry.path()));
            let differs = || Wanted::of(call, at).is_some_and(|site| site.differs(snapshot, id.as_str()));
            now.is_some_and(|now| now.id() == id.as_str()) && !differs()
                || later.iter().any(|it| takes(it, call, route))
        })
}

/// The entry that a reader finds at each pattern: the last of equal ones counts.
fn by_pattern(table: &Table) -> HashMap<(&str, &str), &Entry> {
    let entries = table.entries.iter().map(|stored| &stored.entry);
    entries.map(|entry| ((entry.host(), entry.path()), entry)).collect()
}
