//! Settles the calls whose routes were written before somebody else wrote: live, replaced by a declared change, or clobbered.

use std::collections::HashSet;

use super::commit::Commit;
use super::context::RoundEnd;
use super::member::Member;
use super::pending::{Loss, PendingCommit, rest_stands, seq, superseded};
use crate::error::Code;
use crate::event::Event;
use crate::kvs::Store;
use crate::mutation::{Mutation, broken};
use crate::options::Verify;
use crate::plan::{self, Outcome, Snapshot};
use crate::table::{SST_HOLDER, key};

impl<S: Store> Commit<'_, S> {
    /// Settles the members that have written and that stand in `snapshot`, or that a later declared
    /// change has overtaken. The others were clobbered, and are planned again.
    pub(super) async fn settle_pending(&mut self, snapshot: &Snapshot) -> Result<(), RoundEnd> {
        if self.pending.commits.is_empty() {
            return Ok(());
        }
        let landed = |member: &&Member| self.pending.of(member).is_some();
        let written: Vec<_> = self.members.list.iter().filter(landed).map(|member| &member.intent).collect();
        // What a later call of the commit undoes is in no plan with it: its difference would be found in that one.
        let lasting = self.members.list.iter().filter(landed).filter(|member| member.superseded_by.is_none());
        let lasting: Vec<_> = lasting.map(|member| &member.intent).collect();
        let now = self.context.env.unix();
        let mut planned = plan::plan(snapshot, &lasting, now, "").outcomes.into_iter();
        let (mut found, mut losses, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        for (index, member) in self.members.list.iter().filter(landed).enumerate() {
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
            let own = self.pending.of(member);
            let later =
                |own: &&PendingCommit| seq(member, snapshot) > own.seq || broken(Mutation::OlderIsLater);
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
            let answers = self.reader.get_all(asked, &mut self.members).await?;
            kept.extend(answers.into_iter().filter(|(_, got)| got.is_some()).map(|(key, _)| key));
        }
        let landed = std::mem::take(&mut self.pending.commits);
        let own = |member: &Member| landed.iter().find(|one| one.number == member.number);
        let trusted = self.context.counts_trusted();
        let mut rest = Vec::new();
        let mut told = false;
        let mut index = 0;
        for mut member in self.members.take() {
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
                    self.context.emit(Event::Verified);
                }
                self.settle_one(member, Ok(Outcome::default()), etag);
            } else {
                // Also one that seems clobbered has landed until it is written again: the snapshot may be
                // torn, and the next one may show a later change.
                self.pending.commits.push(own.clone());
                rest.push(member);
            }
        }
        self.members.list = rest;
        Ok(())
    }
}
