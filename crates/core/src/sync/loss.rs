//! How written routes were lost: by a change that somebody declared, or because a foreign writer restored an old table.

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
use crate::table::owner_record::Record;

/// How a written call has lost the routes that are no longer live.
pub(super) struct Loss {
    own: Own,
    /// Entries of other owners at patterns of the call.
    foreign: Vec<ForeignEntry>,
}

/// What the call's own owner has done since.
enum Own {
    /// It has declared a change.
    Changed,
    /// Nothing that affects the routes.
    Nothing,
    /// The record does not list these ids, and no entry has them. If their metadata is deleted, a declared change with a grace
    /// period of zero removed them. Otherwise they were clobbered.
    Unlisted(Vec<RouteId>),
}

/// An entry of another owner at a pattern of the call.
struct ForeignEntry {
    router: String,
    owner: OwnerId,
    id: String,
    /// The id has metadata of routesync, which exists as long as its owner declares it.
    made: bool,
    /// The `seq` of the owner's record when the call was written, if known.
    before: Option<u64>,
    /// The call's own id, if this is the entry that the call replaced and no other entry has the call's id. An owner that takes the
    /// pattern back lists the id. A foreign writer that restores an old table does not.
    restored: Option<RouteId>,
}

impl Loss {
    pub(crate) fn none() -> Self {
        Self { own: Own::Nothing, foreign: Vec::new() }
    }

    /// How `member`, which has `written` its routes, has lost some of them in `snapshot`. A plan on that snapshot has the `outcome`.
    /// `later` is set if its owner's record was written again since. The later calls `after` of its commit may have taken routes.
    pub(crate) fn of(
        snapshot: &Snapshot,
        written: &PendingCommit,
        member: &Member,
        outcome: &Result<Outcome, PlanError>,
        after: &[&Call],
        later: bool,
    ) -> Self {
        let foreign = foreign_entries(snapshot, written, member, after);
        // A rollback declares no patterns, so only its refusal shows that another owner has them. An entry of SST at our pattern is a
        // clobber that the plan refuses to undo.
        let conflict = foreign.is_empty()
            && outcome
                .as_ref()
                .is_err_and(|refused| matches!(refused.reason, Reason::Conflict { by_sst: false, .. }));
        let own = match (conflict, later) {
            (true, _) => Own::Changed,
            (false, true) => Own::of(snapshot, &written.base, member, outcome),
            (false, false) => Own::Nothing,
        };
        Self { own, foreign }
    }

    /// The keys that show whether it was a declared change.
    fn needs(&self) -> Vec<String> {
        let unlisted = match &self.own {
            Own::Unlisted(ids) => ids.as_slice(),
            Own::Changed | Own::Nothing => &[],
        };
        let mut keys: Vec<String> = unlisted.iter().map(key::metadata).collect();
        for entry in &self.foreign {
            keys.push(key::owner(&entry.router, &entry.owner));
            keys.extend(entry.made.then(|| key::metadata(&entry.id)));
            keys.extend(entry.restored.iter().map(key::metadata));
        }
        keys
    }

    /// Whether it was a declared change. `known` must hold the keys that [`Self::needs`] returns.
    pub(crate) fn is_declared(&self, known: &Snapshot) -> bool {
        let own = match &self.own {
            Own::Changed => true,
            Own::Nothing => false,
            Own::Unlisted(ids) => ids.iter().any(|id| known.get(&key::metadata(id)) == Read::Absent),
        };
        own || self.foreign.iter().any(|entry| entry.is_declared(known))
    }
}

impl Own {
    /// A call with the whole set loses its routes only by a later declaration of its owner. For a part, a later record alone shows
    /// nothing, since other parts write it, too. But a declaration lists each id that loses its last entry, and removes each id that
    /// gets an entry from the list. A writer that restores an old table does neither, so an id that it has restored is listed, or
    /// also had an entry in `base`, the state on which the call was planned. The table may be older than `base`, so that entry may
    /// have had another pattern.
    fn of(
        snapshot: &Snapshot,
        base: &Snapshot,
        member: &Member,
        outcome: &Result<Outcome, PlanError>,
    ) -> Self {
        let Call { router, owner, routes, scope, action, .. } = &member.call;
        // A second rollback would also undo later changes, and a second release would also release later routes.
        if *scope == Scope::Whole || action.follows_live() {
            return Self::Changed;
        }
        let router = router.as_str();
        // The plan handles damage.
        let (Ok(outcome), Ok(table)) = (outcome, snapshot.table(router)) else { return Self::Nothing };
        let before = base.table(router).unwrap_or_default();
        let (live, before) = (by_pattern(&table), by_pattern(&before));
        let named: HashSet<&str> = live.values().map(|entry| entry.id()).collect();
        let former: HashSet<&str> = before.values().map(|entry| entry.id()).collect();
        let journal = OwnerJournal::load(snapshot, router, &member.owner, owner.as_str(), "");
        let mut unlisted = Vec::new();
        for (at, ((_, id), route)) in outcome.ids.iter().zip(routes).enumerate() {
            let pattern = (route.entry.host(), route.entry.path());
            let now = live.get(&pattern).copied();
            if now.is_some_and(|now| now.id() == id.as_str()) {
                // Only a declaration changes a site's record.
                let site = Wanted::of(&member.call, at);
                if site.is_some_and(|site| site.differs(snapshot, id.as_str())) {
                    return Self::Changed;
                }
                continue;
            }
            let declared = now.filter(|now| now.is_of(&member.owner) && !journal.lists(now.id()));
            let named = named.contains(id.as_str());
            // If `id` is neither named nor listed, a foreign writer dropped it. Then only a new id shows that the pattern was
            // declared after that. Namespaces of others are never listed, so for these any other id shows it.
            let is_new = |now: &Entry| match route.target.refers_to() {
                Some(_) => before.get(&pattern).is_none_or(|before| before.id() != now.id()),
                None => now.made().is_some_and(|made| !former.contains(made)),
            };
            if journal.lists(id.as_str()) || declared.is_some_and(|now| named || is_new(now)) {
                return Self::Changed;
            }
            if !named {
                unlisted.push(id.clone());
            }
        }
        if unlisted.is_empty() { Self::Nothing } else { Self::Unlisted(unlisted) }
    }
}

impl ForeignEntry {
    /// The keys of the spills of its owner's record.
    fn spills(&self, known: &Snapshot) -> Vec<String> {
        let spills = known.record(&self.router, &self.owner).and_then(|record| record.spills);
        let (from, end) = spills.unwrap_or_default();
        (from..end).map(|index| key::spill(&self.router, &self.owner, index)).collect()
    }

    /// Whether its owner declares the entry. An owner that has dropped it lists it or has deleted its metadata. An owner whose record
    /// is unchanged since the call was written has declared nothing.
    fn is_declared(&self, known: &Snapshot) -> bool {
        let Some(value) = known.get(&key::owner(&self.router, &self.owner)).value() else { return false };
        // A record that this version cannot read may declare it.
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

fn foreign_entries(
    snapshot: &Snapshot,
    written: &PendingCommit,
    member: &Member,
    after: &[&Call],
) -> Vec<ForeignEntry> {
    let call = &member.call;
    let router = call.router.as_str();
    let Ok(table) = snapshot.table(router) else { return Vec::new() };
    let before = written.base.table(router).unwrap_or_default();
    let (live, before) = (by_pattern(&table), by_pattern(&before));
    let named: HashSet<&str> = live.values().map(|entry| entry.id()).collect();
    let lost = call.routes.iter().filter(|route| !after.iter().any(|it| takes(it, call, route)));
    let others = lost.filter_map(|route| {
        let pattern = (route.entry.host(), route.entry.path());
        let entry = live.get(&pattern)?;
        let owner = entry.owner_id().filter(|owner| *owner != member.owner)?;
        let seq = written.seq(router, &owner);
        let own = call.id(&member.owner, route);
        let restored = before.get(&pattern).is_some_and(|before| before.id() == entry.id())
            && route.target.refers_to().is_none()
            && !named.contains(own.as_str());
        Some(ForeignEntry {
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
    /// `snapshot` with the keys that the losses need, read in the same state: a record of a later state may belong to a change that
    /// `snapshot` does not show.
    pub(super) async fn look_up<'l>(
        &mut self,
        snapshot: Snapshot,
        losses: impl Iterator<Item = &'l Loss> + Clone,
    ) -> Result<Snapshot, RoundEnd> {
        let needs: BTreeSet<String> = losses.clone().flat_map(Loss::needs).collect();
        let known = self.add(snapshot, needs).await?;
        let spills: BTreeSet<String> =
            losses.flat_map(|loss| &loss.foreign).flat_map(|entry| entry.spills(&known)).collect();
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

/// Whether `later`, a later call of the commit, takes `route` of `call`. A call of the same owner takes the routes that it declares,
/// unless it only adds routes. A call of another owner takes those that it takes over.
fn takes(later: &Call, call: &Call, route: &Route) -> bool {
    later.router == call.router
        && later.routes.iter().any(|other| other.entry == route.entry)
        && (later.owner == call.owner && later.safety.policy != Policy::CreateOnly
            || later.owner != call.owner && later.safety.takeover.takes(&route.entry))
}

/// Whether the declared routes of `call` are live, except those that `later` calls of its commit have taken. A later whole set of
/// its owner takes all.
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

/// The entry that the edge function uses for each pattern: the last of equal ones.
fn by_pattern(table: &Table) -> HashMap<(&str, &str), &Entry> {
    let entries = table.entries.iter().map(|stored| &stored.entry);
    entries.map(|entry| ((entry.host(), entry.path()), entry)).collect()
}
