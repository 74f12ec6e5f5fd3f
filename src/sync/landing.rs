//! What was written and is yet to be found standing: writes without an answer, and calls whose routes
//! went out before somebody else wrote.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::commit::{Commit, Halt};
use super::engine::Member;
use crate::error::{Code, Result};
use crate::event::Event;
use crate::kvs::{ETag, Store};
use crate::mutation::{Mutation, broken};
use crate::options::{Intent, Scope, Verify};
use crate::plan::{self, Outcome, Snapshot, Staged, ledger::Ledger, site::Wanted};
use crate::route::Warning;
use crate::table::SST_HOLDER;
use crate::table::decode::Table;
use crate::table::entry::Entry;
use crate::table::id::RouteId;
use crate::table::key;
use crate::table::record::Record;

/// A write whose answer was lost.
#[derive(Debug)]
pub(super) struct Unanswered {
    /// The records that tell whether it was applied.
    pub marks: Vec<(String, String)>,
    /// The calls that it is for.
    pub calls: Vec<u64>,
    /// It is the last batch: it completes them.
    pub last: bool,
    /// The state it was conditional on: once the store has another, it can no longer land.
    pub etag: ETag,
    /// What it was planned on.
    pub base: Arc<Snapshot>,
    /// How often the records in it have been written if it was applied, by key.
    pub seqs: HashMap<String, u64>,
}

impl Unanswered {
    /// The write of `staged` for `calls`, sent to the state `etag`.
    pub(super) fn new(
        staged: &Staged,
        calls: Vec<u64>,
        last: bool,
        etag: &ETag,
        base: &Arc<Snapshot>,
    ) -> Self {
        let records =
            staged.batch.puts.iter().filter(|(key, _)| staged.marks.iter().any(|(it, _)| it == key));
        let seqs = records.filter_map(|(key, value)| Some((key.clone(), Record::decode(value).ok()?.seq)));
        let (seqs, base) = (seqs.collect(), Arc::clone(base));
        Self { marks: staged.marks.clone(), calls, last, etag: etag.clone(), base, seqs }
    }

    /// As of this write, how often the record of the member's owner has been written, if it wrote that.
    fn seq(&self, member: &Member) -> Option<u64> {
        self.seqs.get(&key::owner(member.intent.router.as_str(), &member.owner)).copied()
    }
}

/// A call whose routes were written and are yet to be found standing.
#[derive(Debug, Clone)]
pub(super) struct Landed {
    pub number: u64,
    /// How often its owner's record had been written by then: a higher number is a later change.
    pub seq: u64,
    /// The state that the write made; unknown when it was not answered.
    pub etag: Option<ETag>,
    /// What the write was planned on: what somebody restores stood there.
    pub base: Arc<Snapshot>,
}

impl Landed {
    pub(super) fn new(member: &Member, snapshot: &Snapshot, base: &Arc<Snapshot>) -> Self {
        let (seq, etag) = (seq(member, snapshot), Some(snapshot.etag.clone()));
        Self { number: member.number, seq, etag, base: Arc::clone(base) }
    }
}

impl<S: Store> Commit<'_, S> {
    /// Finds out which unanswered writes were applied.
    pub(super) fn recognize(&mut self, snapshot: &Snapshot) {
        let (members, landed) = (&self.members, &mut self.landed);
        let (mut applied, mut hidden) = (0, false);
        self.unanswered.retain(|write| {
            let found = write.marks.iter().any(|(key, commit)| {
                let record = snapshot.get(key).value().and_then(|value| Record::decode(value).ok());
                record.is_some_and(|record| record.commit == *commit)
            });
            if found {
                let completes = |number: u64| write.last && write.calls.contains(&number);
                landed.retain(|one| !completes(one.number));
                let done = members.iter().filter(|member| completes(member.number));
                landed.extend(done.map(|member| Landed {
                    number: member.number,
                    seq: write.seq(member).unwrap_or_else(|| seq(member, snapshot)),
                    etag: None,
                    base: Arc::clone(&write.base),
                }));
                refresh(landed, members, |member| write.seq(member));
                applied += 1;
                return false;
            }
            let may_land = write.etag == snapshot.etag;
            hidden |= !may_land;
            may_land
        });
        self.tell(|known| {
            known.hidden |= hidden;
            known.written.0 += applied;
        });
        self.tell_unanswered();
    }

    /// Tells each caller whether a write that is for it may still land.
    pub(super) fn tell_unanswered(&self) {
        for member in &self.members {
            let mut writes = self.unanswered.iter();
            let may_land = writes.any(|write| write.calls.contains(&member.number));
            member.facts.note(|known| known.unanswered = may_land && !broken(Mutation::ForgetUnanswered));
        }
    }

    /// A batch of ours was applied: what it wrote is no later change of somebody else.
    pub(super) fn refresh_landed(&mut self, snapshot: &Snapshot) {
        refresh(&mut self.landed, &self.members, |member| Some(seq(member, snapshot)));
    }

    /// Settles the members that have written and that stand in `snapshot`, or that a later declared
    /// change has overtaken. The others were clobbered, and are planned again.
    pub(super) async fn settle_landed(&mut self, snapshot: &Snapshot) -> Result<(), Halt> {
        if self.landed.is_empty() {
            return Ok(());
        }
        let landed = |member: &&Member| self.landed.iter().any(|one| one.number == member.number);
        let written: Vec<_> = self.members.iter().filter(landed).map(|member| &member.intent).collect();
        // What a later call of the commit undoes is in no plan with it: its difference would be found in that one.
        let lasting = self.members.iter().filter(landed).filter(|member| member.superseded_by.is_none());
        let lasting: Vec<_> = lasting.map(|member| &member.intent).collect();
        let now = self.engine.env.unix();
        let mut planned = plan::plan(snapshot, &lasting, now, "").outcomes.into_iter();
        let (mut found, mut losses, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        for (index, member) in self.members.iter().filter(landed).enumerate() {
            let superseded = member.superseded_by.is_some();
            let alone = || plan::plan(snapshot, &written[index..=index], now, "").outcomes.pop();
            let Some(outcome) = (if superseded { alone() } else { planned.next() }) else { continue };
            let stands = outcome.as_ref().is_ok_and(|outcome| {
                if superseded {
                    rest_stands(snapshot, outcome, written[index], &written[index + 1..])
                } else {
                    outcome.stands()
                }
            });
            let outcome = &outcome;
            let own = self.landed.iter().find(|one| one.number == member.number);
            let later = |own: &&Landed| seq(member, snapshot) > own.seq || broken(Mutation::OlderIsLater);
            let loss = match own.filter(later) {
                Some(own) => Loss::of(snapshot, &own.base, member, outcome),
                None => Loss::Clobbered,
            };
            if let Loss::Unlisted(ids) = &loss {
                // A 404 is believed when it came twice.
                asked.extend(ids.iter().flat_map(|id| [key::metadata(id), key::metadata(id)]));
            }
            losses.push(loss);
            // Only another owner's claim is a change that was declared. Damage is for the plan to doubt, and
            // an entry of SST where ours stood is a clobber that the plan refuses to undo.
            let claimed = outcome.as_ref().is_err_and(|error| {
                error.code == Code::RouteConflict && error.details.holder.as_deref() != Some(SST_HOLDER)
            });
            found.push((stands, claimed));
        }
        let mut kept = HashSet::new();
        if !asked.is_empty() {
            let answers = self.get_all(asked).await?;
            kept.extend(answers.into_iter().filter(|(_, got)| got.is_some()).map(|(key, _)| key));
        }
        let landed = std::mem::take(&mut self.landed);
        let own = |member: &Member| landed.iter().find(|one| one.number == member.number);
        let trusted = self.engine.counts_trusted.load(Ordering::Relaxed);
        let mut rest = Vec::new();
        let mut told = false;
        let mut index = 0;
        for mut member in std::mem::take(&mut self.members) {
            let Some(own) = own(&member) else {
                rest.push(member);
                continue;
            };
            let (taken, (stands, claimed)) = (member.superseded_by.is_some(), found[index]);
            let overtaken = !stands && (claimed || losses[index].is_taken(&kept));
            index += 1;
            // Of a write that was not answered nobody knows the state that it made.
            let etag = own.etag.as_ref().unwrap_or(&snapshot.etag);
            let full = !taken && (member.intent.verify == Verify::Full && !member.checked || !trusted);
            if overtaken {
                if let Some(first) = &mut member.first {
                    first.warnings.push(superseded());
                }
                self.settle_one(member, Ok(Outcome::default()), etag);
            } else if stands && !full {
                if !std::mem::replace(&mut told, true) {
                    self.engine.tell(Event::Verified);
                }
                self.settle_one(member, Ok(Outcome::default()), etag);
            } else {
                // Also one that seems clobbered has landed until it is written again: the snapshot may be
                // torn, and the next one may show a later change.
                self.landed.push(own.clone());
                rest.push(member);
            }
        }
        self.members = rest;
        Ok(())
    }
}

/// How a landed call has lost what does not stand.
enum Loss {
    /// By a declared change.
    Taken,
    /// By somebody who restored an old table.
    Clobbered,
    /// The record says nothing of these ids, and no entry names them: by a declared change that keeps no
    /// metadata if that is gone, or else by a clobber.
    Unlisted(Vec<RouteId>),
}

impl Loss {
    /// A later whole set is the owner's word on every pattern. Another part's is one on some, so that a later
    /// record alone tells nothing; but who declares lists every id that loses its last entry and takes every
    /// id that gets one off the list, and who restores an old table does neither, and restores what stood on
    /// `base`, where the call was planned.
    fn of(snapshot: &Snapshot, base: &Snapshot, member: &Member, outcome: &Result<Outcome>) -> Self {
        let Intent { router, owner, routes, scope, rolls_back, releases, .. } = &member.intent;
        // To undo changes again would also undo what came after, and to release again would release that.
        if *scope == Scope::Whole || rolls_back.is_some() || releases.is_some() {
            return Self::Taken;
        }
        let router = router.as_str();
        // What is damaged is for the plan to doubt.
        let (Ok(outcome), Ok(table)) = (outcome, snapshot.table(router)) else { return Self::Clobbered };
        let before = base.table(router).unwrap_or_default();
        let (live, before) = (by_pattern(&table), by_pattern(&before));
        let named: HashSet<&str> = live.values().map(|entry| entry.id()).collect();
        let ledger = Ledger::load(snapshot, router, &member.owner, owner.as_str(), "");
        let mut unlisted = Vec::new();
        for (at, ((_, id), route)) in outcome.ids.iter().zip(routes).enumerate() {
            let pattern = (route.entry.host(), route.entry.path());
            let now = live.get(&pattern).copied();
            if now.is_some_and(|now| now.id() == id.as_str()) {
                // Of a site only who declares changes the record.
                let site = Wanted::of(&member.intent, at);
                if site.is_some_and(|site| site.differs(snapshot, id.as_str())) {
                    return Self::Taken;
                }
                continue;
            }
            let declared = now.is_some_and(|now| now.is_of(&member.owner) && !ledger.lists(now.id()));
            let restored = now.map(Entry::id) == before.get(&pattern).map(|entry| entry.id());
            if ledger.lists(id.as_str()) || declared && (!restored || named.contains(id.as_str())) {
                return Self::Taken;
            }
            if !named.contains(id.as_str()) {
                unlisted.push(id.clone());
            }
        }
        if unlisted.is_empty() { Self::Clobbered } else { Self::Unlisted(unlisted) }
    }

    /// Whether it was a declared change, where the metadata at the keys `kept` is still there.
    fn is_taken(&self, kept: &HashSet<String>) -> bool {
        match self {
            Self::Taken => true,
            Self::Clobbered => false,
            Self::Unlisted(ids) => ids.iter().any(|id| !kept.contains(&key::metadata(id))),
        }
    }
}

/// Whether what `call` declares stands, apart from what `later` calls of its commit have taken: a whole set
/// takes all, another part's call what it declares too.
fn rest_stands(snapshot: &Snapshot, outcome: &Outcome, call: &Intent, later: &[&Intent]) -> bool {
    let later = later.iter().filter(|it| it.router == call.router && it.owner == call.owner);
    if later.clone().any(|it| it.scope == Scope::Whole) {
        return true;
    }
    let Ok(table) = snapshot.table(call.router.as_str()) else { return false };
    let live = by_pattern(&table);
    outcome.removed.is_empty()
        && outcome.ids.iter().zip(&call.routes).enumerate().all(|(at, ((_, id), route))| {
            let now = live.get(&(route.entry.host(), route.entry.path()));
            let differs = || Wanted::of(call, at).is_some_and(|site| site.differs(snapshot, id.as_str()));
            now.is_some_and(|now| now.id() == id.as_str()) && !differs()
                || later.clone().any(|it| it.routes.iter().any(|other| other.entry == route.entry))
        })
}

/// The entry that a reader finds at each pattern: the last of equal ones counts.
fn by_pattern(table: &Table) -> HashMap<(&str, &str), &Entry> {
    let entries = table.entries.iter().map(|stored| &stored.entry);
    entries.map(|entry| ((entry.host(), entry.path()), entry)).collect()
}

/// How often the record of the member's owner has been written.
fn seq(member: &Member, snapshot: &Snapshot) -> u64 {
    snapshot.record(member.intent.router.as_str(), &member.owner).map_or(0, |record| record.seq)
}

fn refresh(landed: &mut [Landed], members: &[Member], seq: impl Fn(&Member) -> Option<u64>) {
    for one in landed {
        if let Some(member) = members.iter().find(|member| member.number == one.number) {
            one.seq = seq(member).unwrap_or(one.seq);
        }
    }
}

fn superseded() -> Warning {
    Warning {
        code: "SUPERSEDED",
        message: "the routes were written, and a later change of this owner or a takeover has replaced some of them since".to_owned(),
        pattern: None,
    }
}
