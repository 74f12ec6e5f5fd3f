//! What the intents of one commit make of one router's table, before anything is cut or written.
//!
//! Intents compose in the order of their calls. An intent that cannot be met is rejected alone: it
//! changes nothing, the others go on.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::claims;
use super::outcome::Outcome;
use super::repair::Repair;
use super::rollback::Undone;
use super::site::{self, Wanted};
use super::snapshot::Snapshot;
use crate::error::{Code, Result, RouteSyncError};
use crate::mutation::{Mutation, broken};
use crate::options::{Intent, Policy, Release, Scope};
use crate::route::{EntryPattern, Route, Target};
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::{OwnerId, RouteId};
use crate::table::record::Record;

/// An intent and its place among the calls of the commit.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Its place in the plan's outcomes.
    pub index: usize,
    /// What it declares.
    pub intent: &'a Intent,
    /// The id of its owner.
    pub owner: &'a OwnerId,
}

/// Lines at one pattern: one, but in damaged tables.
pub(super) type Lines = SmallVec<[usize; 1]>;

/// A declared route that nothing stands against.
#[derive(Debug)]
pub(super) struct Checked {
    /// Its id.
    pub(super) id: RouteId,
    /// The lines at its pattern: no other route of the call has it.
    pub(super) lines: Lines,
}

/// What becomes of a line of the table.
#[derive(Debug, Clone)]
pub enum Fate<'a> {
    /// It stays as it is.
    Stays,
    /// It goes.
    Goes,
    /// It is, or becomes, this entry, with that metadata.
    Becomes {
        /// The entry.
        entry: Entry,
        /// Its id.
        id: RouteId,
        /// The record that it leads to; empty where that stands already, or somebody else fills its namespace.
        metadata: &'a str,
        /// The entry of SST that it replaces comes with its record, which goes in time.
        adopts: bool,
    },
}

/// A line that stands or is to stand.
#[derive(Debug)]
pub struct Slot<'a> {
    /// Its index in the table; `None` for a new one.
    pub stored: Option<usize>,
    /// What becomes of it.
    pub fate: Fate<'a>,
    /// The site that is declared there: its metadata and files may change though the line stays.
    pub site: Option<Wanted<'a>>,
    /// The call that last declared it, changed or not, and which of its routes it is.
    pub(super) claimed: Option<(usize, usize)>,
    /// The call that prunes its owner: nobody keeps a list of what it led to any more.
    pub pruned: Option<usize>,
    /// The call that lets it go: it keeps the list, also of what it had taken from another in the same commit.
    pub dropped: Option<usize>,
}

/// A router's table after the intents.
#[derive(Debug)]
pub struct Composed<'a> {
    /// The lines, in order: those of the table, then new ones.
    pub slots: Vec<Slot<'a>>,
    /// The calls, by their place in the plan.
    pub calls: Vec<usize>,
    /// What each call comes to.
    pub outcomes: BTreeMap<usize, Result<Outcome>>,
    /// The owners that go.
    pub pruned: BTreeSet<OwnerId>,
    /// What a repair adds, and the call that repairs.
    pub repair: Option<(usize, Repair<'a>)>,
}

/// What the plan knows of owners' records: those of the calls, and whatever else was read.
#[derive(Debug)]
pub struct Records<'a> {
    /// The router.
    pub router: &'a str,
    /// What was read.
    pub snapshot: &'a Snapshot,
    /// Seconds since the epoch.
    pub now: u64,
    /// The records of the calls' owners.
    pub of_calls: HashMap<&'a OwnerId, Option<&'a Record>>,
    /// By call that rolls back, what it brings back.
    pub undone: &'a BTreeMap<usize, Undone>,
}

/// Applies `calls`, in order, to `table`.
#[must_use]
pub fn compose<'a>(table: &'a Table, calls: &[Call<'a>], records: &Records<'a>) -> Composed<'a> {
    let mut composer = Composer::new(table, calls);
    let mut outcomes = BTreeMap::new();
    for call in calls {
        let outcome = composer.check(call, records).map(|checked| composer.take(call, checked, records));
        outcomes.insert(call.index, outcome);
    }
    // What others declare in the same commit is not damage.
    let repairs = calls.iter().find_map(|call| Some((call, call.intent.mends?)));
    let repair = repairs.and_then(|(call, mends)| {
        let outcome = outcomes.get_mut(&call.index)?.as_mut().ok()?;
        Some((call.index, composer.repair(call, mends, records, outcome)))
    });
    composer.supersede(&mut outcomes);
    Composed {
        slots: composer.slots,
        calls: calls.iter().map(|call| call.index).collect(),
        outcomes,
        pruned: composer.pruned,
        repair,
    }
}

pub(super) struct Composer<'a> {
    pub(super) table: &'a Table,
    calls: HashMap<usize, Call<'a>>,
    pub(super) slots: Vec<Slot<'a>>,
    pub(super) pruned: BTreeSet<OwnerId>,
    by_pattern: HashMap<(&'a str, &'a str), Lines>,
    pub(super) by_owner: HashMap<&'a OwnerId, Vec<usize>>,
    /// The lines that calls have brought back: the call, the line, and its id.
    pub(super) restored: Vec<(usize, usize, RouteId)>,
}

impl<'a> Composer<'a> {
    fn new(table: &'a Table, calls: &[Call<'a>]) -> Self {
        let mut by_pattern: HashMap<_, Lines> = HashMap::with_capacity(table.entries.len());
        let mut by_owner: HashMap<&OwnerId, Vec<usize>> =
            calls.iter().map(|call| (call.owner, Vec::new())).collect();
        let ids: HashMap<&str, &OwnerId> = by_owner.keys().map(|owner| (owner.as_str(), *owner)).collect();
        let mut slots = Vec::with_capacity(table.entries.len());
        for (index, stored) in table.entries.iter().enumerate() {
            by_pattern.entry((stored.entry.host(), stored.entry.path())).or_default().push(index);
            if let Some(owner) = stored.entry.owner().and_then(|owner| ids.get(owner)) {
                by_owner.entry(owner).or_default().push(index);
            }
            slots.push(Slot {
                stored: Some(index),
                fate: Fate::Stays,
                site: None,
                claimed: None,
                pruned: None,
                dropped: None,
            });
        }
        let calls = calls.iter().map(|call| (call.index, *call)).collect();
        Self { table, calls, slots, by_pattern, by_owner, pruned: BTreeSet::new(), restored: Vec::new() }
    }

    /// Adds a line of the call's owner that has nothing yet.
    pub(super) fn push(&mut self, call: &Call<'a>, host: &'a str, path: &'a str) -> usize {
        let slot = self.slots.len();
        let fate = Fate::Goes;
        self.slots.push(Slot { stored: None, fate, site: None, claimed: None, pruned: None, dropped: None });
        self.by_pattern.entry((host, path)).or_default().push(slot);
        self.by_owner.entry(call.owner).or_default().push(slot);
        slot
    }

    /// Of the lines at a pattern, those that stand, and those that an earlier call of this commit drops: a later one takes
    /// them up again where they stood.
    pub(super) fn taken_up(&self, call: &Call<'a>, mut slots: Lines) -> Lines {
        slots.retain(|slot| self.id(*slot).is_some() || self.was_of(call, *slot));
        slots
    }

    /// Whether a line was the owner's before this commit.
    pub(super) fn was_of(&self, call: &Call<'a>, slot: usize) -> bool {
        self.slots[slot].stored.is_some_and(|at| self.table.entries[at].entry.is_of(call.owner))
    }

    /// The entry that `slot` has at this point; `None` when nothing stands there.
    pub(super) fn entry(&self, slot: usize) -> Option<&Entry> {
        match (&self.slots[slot].fate, self.slots[slot].stored) {
            (Fate::Becomes { entry, .. }, _) => Some(entry),
            (Fate::Stays, Some(stored)) => Some(&self.table.entries[stored].entry),
            _ => None,
        }
    }

    /// Its id.
    pub(super) fn id(&self, slot: usize) -> Option<&str> {
        self.entry(slot).map(Entry::id)
    }

    /// The lines that claim what `entry` does. SST's sites without a path have an empty one: to the edge that matches
    /// the same requests as `/`.
    pub(super) fn at(&self, entry: &EntryPattern) -> Lines {
        let of = |path| self.by_pattern.get(&(entry.host(), path)).cloned().unwrap_or_default();
        let mut slots: Lines = of(entry.path());
        if entry.path() == "/" {
            slots.extend(of(""));
            slots.sort_unstable();
        }
        slots
    }

    /// The call's routes, if nothing stands against it.
    fn check(&self, call: &Call<'a>, records: &Records<'a>) -> Result<Vec<Checked>> {
        let intent = call.intent;
        self.check_owner(call, records.of_calls.get(call.owner).copied().flatten())?;
        if let Some(undone) = records.undone.get(&call.index) {
            self.check_rollback(call, &undone.entries, records)?;
        }
        if call.intent.releases == Some(Release::Routes) {
            self.check_release(call, records)?;
        }
        // Many routes may lead to one target: it is hashed once.
        let mut by_target: HashMap<&Target, RouteId> = HashMap::new();
        let mut last: Option<(&Target, RouteId)> = None;
        let mut taken: HashMap<RouteId, &Route> = HashMap::new();
        let mut checked = Vec::with_capacity(intent.routes.len());
        for (at, route) in intent.routes.iter().enumerate() {
            // A site's id is its own, and somebody else's namespace is nobody's.
            let shares = route.target.files().is_none();
            let known = match &last {
                Some((target, id)) if **target == route.target => Some(id),
                _ => by_target.get(&route.target),
            };
            let id = if let Some(id) = known.filter(|_| shares) {
                id.clone()
            } else {
                let id = intent.id(call.owner, route);
                let other = taken.insert(id.clone(), route);
                if let Some(other) = other.filter(|_| route.target.refers_to().is_none()) {
                    return Err(RouteSyncError::new(
                        Code::RouteConflict,
                        format!(
                            "the targets of {:?} and {:?} hash to the same id {id}; set or change `part` for this call",
                            other.pattern, route.pattern
                        ),
                    ));
                }
                if shares {
                    by_target.insert(&route.target, id.clone());
                } else {
                    site::check(call, at, &id, records.snapshot)?;
                }
                id
            };
            if shares {
                last = Some((&route.target, id.clone()));
            }
            let lines = self.at(&route.entry);
            for slot in &lines {
                self.check_slot(call, records, route, *slot)?;
            }
            checked.push(Checked { id, lines });
        }
        if call.intent.guarded {
            self.check_removals(call, checked.iter().flat_map(|route| &route.lines))?;
        }
        Ok(checked)
    }

    /// The fence: live entries under this owner id must be this owner's.
    fn check_owner(&self, call: &Call<'a>, record: Option<&Record>) -> Result<()> {
        let owner = call.intent.owner.as_str();
        let holder = match record {
            Some(record) if record.owner == owner => return claims::check_generation(call, record),
            Some(record) => format!("{:?}", record.owner),
            // Whoever repairs under this name is told to be the one.
            None if call.intent.mends.is_some() => return Ok(()),
            None => {
                let live = self.by_owner.get(call.owner).into_iter().flatten();
                let mut stored = live.filter_map(|slot| self.slots[*slot].stored);
                let own = |entry: &usize| self.table.entries[*entry].entry.is_of(call.owner);
                let Some(entry) = stored.find(own) else { return Ok(()) };
                format!(
                    "an unknown owner ({:?} stands, and no owner record does)",
                    self.table.entries[entry].entry.text()
                )
            }
        };
        Err(RouteSyncError::new(
            Code::OwnerIdTaken,
            format!(
                "the id {} of owner {owner:?} is held by {holder} in router {:?}; nothing was written; rename this owner, or restore the record of the one that holds the id",
                call.owner,
                call.intent.router.as_str()
            ),
        )
        .with(|details| details.holder = record.map(|record| record.owner.clone())))
    }

    fn check_slot(&self, call: &Call<'a>, records: &Records<'a>, route: &Route, slot: usize) -> Result<()> {
        let Some(live) = self.entry(slot) else { return Ok(()) };
        if !live.is_of(call.owner) {
            return claims::check_foreign(call, records, route, live);
        }
        let other = self.slots[slot].claimed.map(|(index, at)| (&self.calls[&index], at));
        match other {
            // A later whole set takes the place of what its owner declared before, and so does a later
            // call of the same part.
            Some((other, at))
                if other.intent.routes[at].target != route.target
                    && !matches!(call.intent.scope, Scope::Whole)
                    && !(call.intent.part.is_some() && call.intent.part == other.intent.part) =>
            {
                let part =
                    other.intent.part.as_deref().map_or(String::new(), |part| format!(" (part {part:?})"));
                let what = format!(
                    "another call of this owner{part} declares the same pattern with another target at the same time"
                );
                Err(claims::conflict(route, call.intent.owner.as_str(), &what))
            }
            _ => Ok(()),
        }
    }

    /// Applies a call that was checked.
    fn take(&mut self, call: &Call<'a>, checked: Vec<Checked>, records: &Records<'a>) -> Outcome {
        let intent = call.intent;
        let mut outcome = Outcome { warnings: intent.warnings.clone(), ..Outcome::default() };
        if let Some(prune) = &intent.prunes {
            self.prune(call, prune, records, &mut outcome);
        }
        if let Some(undone) = records.undone.get(&call.index) {
            self.roll_back(call, &undone.entries, &mut outcome);
        }
        if intent.releases == Some(Release::Routes) {
            self.release(call, records, &mut outcome);
        }
        let previous: HashMap<&EntryPattern, &str> = match &intent.scope {
            Scope::Whole => HashMap::new(),
            Scope::Previous(previous) => previous.iter().map(|one| (&one.entry, one.id.as_str())).collect(),
        };
        for (at, (route, checked)) in intent.routes.iter().zip(checked).enumerate() {
            debug_assert_eq!(checked.lines, self.at(&route.entry), "{}", route.pattern);
            let kept = intent.safety.policy == Policy::CreateOnly
                && self.keep(call, at, &checked, records, &mut outcome);
            if !kept {
                self.declare(call, at, &checked, &previous, records, &mut outcome);
                outcome.ids.push((route.pattern.clone(), checked.id));
            }
        }
        match &intent.scope {
            Scope::Whole => {
                let own = self.by_owner.get(call.owner).cloned().unwrap_or_default();
                for slot in own {
                    // What another owner has taken in this commit is not this one's any more.
                    let owned = |entry: &Entry| entry.is_of(call.owner) || broken(Mutation::RemoveTaken);
                    if self.entry(slot).is_some_and(owned)
                        && self.slots[slot].claimed.is_none_or(|(index, _)| index != call.index)
                    {
                        self.remove(call, slot, None, &mut outcome);
                    }
                }
            }
            Scope::Previous(previous) => {
                for gone in previous {
                    for slot in self.at(&gone.entry) {
                        // An id of somebody else is never ours to remove, whatever `previous` says.
                        let live = self
                            .entry(slot)
                            .is_some_and(|entry| entry.id() == gone.id && entry.is_of(call.owner));
                        if live && self.slots[slot].claimed.is_none_or(|(index, _)| index != call.index) {
                            self.remove(call, slot, Some(&gone.pattern), &mut outcome);
                        }
                    }
                }
            }
        }
        outcome
    }

    pub(super) fn remove(
        &mut self,
        call: &Call<'a>,
        slot: usize,
        pattern: Option<&str>,
        outcome: &mut Outcome,
    ) {
        let stored = self.slots[slot].stored.map(|stored| &self.table.entries[stored].entry);
        let pattern = stored.map(|entry| {
            let written = || EntryPattern::from_stored(entry.host(), entry.path()).display();
            pattern.map_or_else(written, str::to_owned)
        });
        if call.intent.safety.policy != Policy::Sync && pattern.is_some() {
            outcome.kept.extend(pattern);
            return;
        }
        self.slots[slot].fate = Fate::Goes;
        self.slots[slot].dropped = Some(call.index);
        self.slots[slot].site = None;
        self.slots[slot].claimed = None;
        outcome.removed.extend(pattern);
    }

    /// Marks the calls whose routes do not all stand in the end: a later call of their owner took them, or
    /// another owner's takeover.
    fn supersede(&self, outcomes: &mut BTreeMap<usize, Result<Outcome>>) {
        if outcomes.len() < 2 {
            return;
        }
        // By owner, the last call, and the last that declares the whole set; rejected ones apart.
        let mut latest: HashMap<&OwnerId, (usize, Option<usize>)> = HashMap::new();
        for (index, _) in outcomes.iter().filter(|(_, outcome)| outcome.is_ok()) {
            let call = &self.calls[index];
            let (last, whole) = latest.entry(call.owner).or_default();
            *last = *index;
            if matches!(call.intent.scope, Scope::Whole) {
                *whole = Some(*index);
            }
        }
        for (index, outcome) in outcomes.iter_mut() {
            let call = &self.calls[index];
            let Ok(outcome) = outcome else { continue };
            let (later, whole) = latest[call.owner];
            let replaces = matches!(call.intent.scope, Scope::Whole) || call.intent.rolls_back.is_some();
            let replaced = replaces && whole.is_some_and(|whole| whole > *index);
            let overtaker = || {
                let declared = call.intent.routes.iter().enumerate();
                let mut gone = outcome.ids.iter().zip(declared).filter(|((_, id), (at, route))| {
                    let stands = |slot: usize| {
                        let as_declared = self.slots[slot].site.zip(Wanted::of(call.intent, *at));
                        self.id(slot) == Some(id.as_str())
                            && as_declared.is_none_or(|(one, other)| one.says(other))
                    };
                    !self.at(&route.entry).into_iter().any(stands)
                });
                // Another owner's takeover names itself there; a removal leaves no claim, but its own name.
                let by = |slot: usize| {
                    let Slot { claimed, dropped, .. } = &self.slots[slot];
                    claimed.map(|(by, _)| by).or(*dropped)
                };
                let taken = |route: &Route| self.at(&route.entry).into_iter().rev().find_map(by);
                gone.next().map(|(_, (_, route))| taken(route).unwrap_or(later))
            };
            let mut restored = self.restored.iter().filter(|(by, ..)| by == index);
            let undone = restored.any(|(_, slot, id)| self.id(*slot) != Some(id.as_str()));
            let by = if replaced || undone { Some(later) } else { overtaker() };
            outcome.superseded_by = by.filter(|by| by != index);
        }
    }
}
