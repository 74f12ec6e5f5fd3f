//! The judgement of each write: promises 2, 3 and 4, and what the service would refuse.

use std::collections::HashSet;
use std::time::Duration;

use super::declared::ModelCall;
use super::view::{Pattern, View, is_ours};
use super::world::World;
use crate::support::reader;
use routesync_core::kvs::Batch;
use routesync_core::options::Policy;

/// The time of day has whole seconds on both ends of the grace.
const SECOND: Duration = Duration::from_secs(1);

impl World {
    /// Judges the last version, which `batch` of `process` has made.
    pub fn judge_ours(&mut self, process: usize, sent: usize, batch: &Batch) {
        let after = self.versions.len() - 1;
        let before = after - 1;
        if self.sent[sent].calls.is_empty() {
            self.violated(format!("6: E{after} was written with nobody waiting"));
        }
        for wrong in self.refuses(before, sent, batch) {
            self.violated(format!("E{after}: {wrong}"));
        }
        for router in self.config.routers.clone() {
            let new = match &self.versions[after].views[&router] {
                Ok(view) => view.clone(),
                Err(damage) => {
                    let damage = damage.clone();
                    self.violated(format!("2: {router} is broken in E{after}: {damage}"));
                    continue;
                }
            };
            // What a foreign writer broke is repaired, or was refused before this.
            let Some(old) = self.view(before, &router) else { continue };
            self.judge_table(after, sent, &router, &old, &new);
            if old != new {
                self.judge_changes(after, sent, &router, &old, &new);
            }
        }
        if self.config.index {
            self.judge_index(after, batch);
        }
        let calls = self.sent[sent].calls.clone();
        self.judge_records(after, &calls, batch);
        self.judge_sweep(after, &calls, batch);
        self.judge_history(after);
        // A commit that goes on is not done with any of its calls: until then it may write them over what came between.
        let goes_on = |(key, value): &(String, String)| key.contains(":owner:") && value.contains('~');
        self.follow_calls(process, sent, !batch.puts.iter().any(goes_on));
    }

    /// What the service or the format would not take.
    fn refuses(&self, before: usize, sent: usize, batch: &Batch) -> Vec<String> {
        let raw = |key: &str| self.is_raw_key(&self.sent[sent].calls, key, batch);
        let mut wrong = Vec::new();
        if !(1..=50).contains(&batch.keys()) {
            wrong.push(format!("{} keys in one batch", batch.keys()));
        }
        let keys = &self.versions[before].keys;
        let mut seen = HashSet::new();
        for key in batch.puts.iter().map(|(key, _)| key).chain(&batch.deletes) {
            if !seen.insert(key) {
                wrong.push(format!("{key} is in the batch twice"));
            }
            let ours = self.config.routers.iter().any(|router| {
                key.strip_prefix(router.as_str()).is_some_and(|rest| {
                    rest == ":routes"
                        || [":routes:", ":owner:", ":history:", ":index"]
                            .iter()
                            .any(|ours| rest.starts_with(ours))
                })
            });
            let of_route = key.split_once(':').is_some_and(|(ns, rest)| {
                let rest = rest == "metadata" || rest == "site" || rest.starts_with(['/', 'f']);
                is_ours(ns) && rest
            });
            let adopted = || key.strip_suffix(":metadata").is_some_and(|ns| self.adopted.contains(ns));
            if !ours && !of_route && !adopted() && !raw(key) {
                wrong.push(format!("4: {key} is none of ours"));
            }
        }
        for (key, value) in &batch.puts {
            let chunk = key.contains(":routes");
            let most = if chunk { keys.get(key).map_or(0, String::len).clamp(1_000, 1_024) } else { 1_024 };
            if value.len() > most {
                wrong.push(format!("{key} has {} bytes", value.len()));
            }
            let altered = || keys.get(key).is_some_and(|old| old != value);
            // A site keeps its id; what it may become is judged with the table's changes.
            if key.ends_with(":metadata") && !value.contains("\"s3\"") && altered() && !raw(key) {
                wrong.push(format!("3: {key} was altered"));
            }
        }
        wrong
    }

    fn judge_table(&mut self, after: usize, sent: usize, router: &str, old: &View, new: &View) {
        let calls = self.calls_of(sent, router);
        self.judge_foreign_entries(after, &calls, old, new);
        self.judge_raw_metadata(after, old, new);
        let missing: Vec<String> = new
            .own
            .iter()
            // What a foreign writer brought back may lack it already.
            .filter(|(pattern, own)| own.metadata.is_none() && old.own.get(*pattern) != Some(own))
            .map(|(pattern, own)| format!("{pattern:?} {}", own.ns))
            .collect();
        if !missing.is_empty() {
            self.violated(format!("2: entries without metadata in E{after}: {missing:?}"));
        }
        let whole = |view: &View, version: usize| {
            let parts = if view.parts > 1 { view.parts } else { 0 };
            reader::chunks(&self.versions[version].keys, router).into_iter().eq(0..parts)
        };
        if whole(old, after - 1) && !whole(new, after) {
            self.violated(format!("7: chunks that no marker counts in E{after}"));
        }
    }

    /// The calls for `router` that waited for a write.
    fn calls_of(&self, sent: usize, router: &str) -> Vec<usize> {
        self.sent[sent].calls.iter().copied().filter(|at| self.calls[*at].router == router).collect()
    }

    fn judge_changes(&mut self, after: usize, sent: usize, router: &str, old: &View, new: &View) {
        let mut calls = self.calls_of(sent, router);
        self.judge_bound(after, &calls, router, old, new);
        calls.retain(|at| !self.is_fenced(after - 1, *at));
        let mut wrong = Vec::new();
        for (pattern, own) in &old.own {
            match new.own.get(pattern) {
                Some(now) if now.ns == own.ns => {
                    let metadata = now.metadata.as_deref().unwrap_or_default();
                    if now.metadata != own.metadata && !self.is_declared(&calls, pattern, &now.ns, metadata) {
                        wrong.push(format!("3: the site at {pattern:?} changed, and nobody declared that"));
                    }
                }
                Some(now) => {
                    let metadata = now.metadata.as_deref().unwrap_or_default();
                    // What only adds changes nothing that another call has not dropped.
                    let dropped = self.is_dropped(&calls, pattern, &own.ns)
                        || self.is_taken_and_dropped(&calls, pattern);
                    let changes = |at: &&usize| self.calls[**at].rights.policy != Policy::CreateOnly;
                    let calls: Vec<usize> =
                        calls.iter().filter(|at| dropped || changes(at)).copied().collect();
                    let handed = dropped
                        || now.ns[..6] == own.ns[..6]
                        || self.is_freed(&calls, after - 1, router, pattern, &own.ns[..6])
                        || self.is_taken(&calls, pattern, &now.ns)
                        || self.is_pruned(&calls, after - 1, router, &own.ns[..6]);
                    let undone = self.is_undone(&calls, router, pattern, &now.ns);
                    if !handed || !undone && !self.is_declared(&calls, pattern, &now.ns, metadata) {
                        wrong.push(format!("3: {pattern:?} leads elsewhere, and nobody declared that"));
                    }
                }
                None => {
                    let pruned = || self.is_pruned(&calls, after - 1, router, &own.ns[..6]);
                    // Taken over by a call of the commit, and dropped by a later one.
                    let taken = || self.is_taken(&calls, pattern, "");
                    let undone =
                        || self.undoes(&calls, &own.ns) || self.is_passed_on(&calls, pattern, &own.ns);
                    if !self.is_dropped(&calls, pattern, &own.ns) && !pruned() && !taken() && !undone() {
                        wrong.push(format!("1/3: {pattern:?} {} is gone, and nobody dropped it", own.ns));
                    }
                }
            }
        }
        let mut seen = Vec::new();
        for (pattern, own) in &new.own {
            let metadata = own.metadata.as_deref().unwrap_or_default();
            if old.own.get(pattern).is_some_and(|before| before.ns == own.ns) {
                continue;
            }
            // A route that another part or another owner took over and gave up again is free for the first again.
            let free = !old.own.contains_key(pattern);
            let again = |at: &usize| {
                let call = &self.calls[*at];
                let undone = call.whole && call.replaced;
                free && !undone && own.ns.starts_with(&call.owner_id) && call.declares(pattern, metadata)
            };
            let undone = self.is_undone(&calls, router, pattern, &own.ns);
            if !undone && !self.is_declared(&calls, pattern, &own.ns, metadata) && !calls.iter().any(again) {
                wrong.push(format!("1: {pattern:?} {} stands, and nobody declared it", own.ns));
            }
            let fresh = |at: &usize| {
                let fresh = self.calls[*at].fresh.as_ref();
                fresh.is_some_and(|(other, target)| other == pattern && target == metadata)
            };
            if let Some(at) = calls.iter().copied().find(fresh) {
                let told = self.calls[at].settled.is_some_and(|it| !it.resolved && !it.may_still_land);
                if told {
                    wrong.push(format!("6: call {at} was rejected, said that nothing may land, and landed"));
                }
                seen.push(at);
            }
        }
        for at in seen {
            self.calls[at].seen = true;
        }
        for wrong in wrong {
            self.violated(format!("E{after}: {wrong}"));
        }
    }

    fn is_declared(&self, calls: &[usize], pattern: &Pattern, ns: &str, metadata: &str) -> bool {
        calls
            .iter()
            .map(|at| &self.calls[*at])
            .any(|call| call.active() && ns.starts_with(&call.owner_id) && call.declares(pattern, metadata))
    }

    /// Whether a call, of the owner that `ns` begins with, may take the pattern from another.
    fn is_taken(&self, calls: &[usize], pattern: &Pattern, ns: &str) -> bool {
        calls.iter().map(|at| &self.calls[*at]).any(|call| {
            let owned = ns.is_empty() || ns.starts_with(&call.owner_id);
            call.active() && owned && call.rights.takes.contains(pattern)
        })
    }

    /// Whether a call takes the pattern over, and a later one of its owner drops it again: then it is free.
    fn is_taken_and_dropped(&self, calls: &[usize], pattern: &Pattern) -> bool {
        let calls = || calls.iter().map(|at| (*at, &self.calls[*at])).filter(|(_, call)| call.active());
        let drops = |call: &ModelCall| {
            let previous = || call.previous.iter().any(|(other, _)| other == pattern);
            let sync = call.rights.policy == Policy::Sync;
            sync && !call.routes.contains_key(pattern) && (call.whole || previous())
        };
        calls().filter(|(_, call)| call.rights.takes.contains(pattern)).any(|(at, taker)| {
            calls().any(|(later, call)| later > at && call.owner_id == taker.owner_id && drops(call))
        })
    }

    fn is_dropped(&self, calls: &[usize], pattern: &Pattern, ns: &str) -> bool {
        calls.iter().map(|at| &self.calls[*at]).any(|call| call.active() && call.drops(pattern, ns))
    }

    /// Whether a part of the owner of `ns` declares the pattern, and a later one drops what that part has there.
    fn is_passed_on(&self, calls: &[usize], pattern: &Pattern, ns: &str) -> bool {
        let calls = || {
            let calls = calls.iter().map(|at| (*at, &self.calls[*at]));
            calls.filter(|(_, call)| call.active() && ns.starts_with(&call.owner_id))
        };
        let drops = |call: &ModelCall| {
            call.rights.policy == Policy::Sync
                && !call.routes.contains_key(pattern)
                && call.previous.iter().any(|(other, _)| other == pattern)
        };
        let declares =
            |at: usize| calls().any(|(earlier, call)| earlier < at && call.routes.contains_key(pattern));
        calls().any(|(at, call)| drops(call) && declares(at))
    }

    /// A request that read the table just before must find the metadata.
    fn judge_sweep(&mut self, after: usize, calls: &[usize], batch: &Batch) {
        let now = self.now();
        let grace = Duration::from_secs(self.grace).saturating_sub(SECOND);
        for key in &batch.deletes {
            let Some(id) = key.strip_suffix(":metadata") else { continue };
            let is_there = self.versions[after - 1].keys.contains_key(key);
            if !is_there || self.goes_at_once(calls, after - 1, id) {
                continue;
            }
            let named = self.versions[after - 1]
                .views
                .values()
                .flatten()
                .any(|view| view.own.values().any(|own| own.ns == id));
            if named {
                self.violated(format!("3: the metadata of {id} went with its entry in E{after}"));
            } else if self.unnamed.get(id).is_some_and(|at| *at + grace > now)
                && !self.is_lent_again(after - 1, id, calls)
            {
                self.violated(format!("3: the metadata of {id} was swept before its time in E{after}"));
            }
        }
    }

    /// Notes which calls stand since this write, and which it has overtaken.
    fn follow_calls(&mut self, process: usize, sent: usize, last: bool) {
        let after = self.versions.len() - 1;
        let confirmed = self.sent[sent].confirmed;
        let writers = self.sent[sent].calls.clone();
        for at in 0..self.calls.len() {
            let call = &self.calls[at];
            if call.settled.is_some() {
                continue;
            }
            let Some(view) = self.view(after, &call.router) else { continue };
            let stands = call.stands(&view);
            // A write may leave this router's table as it was.
            let replaces = self.view(after - 1, &call.router).is_none_or(|before| before.own != view.own);
            let mine = call.process == process && writers.contains(&at);
            // Only a target of its own shows that it is this call that stands.
            let completes = stands && mine && last && call.fresh.is_some();
            let undoes = |call: &ModelCall| call.rights.rolls_back.is_some();
            let touches = |other: &ModelCall| {
                let shares = || other.routes.keys().any(|pattern| call.routes.contains_key(pattern));
                let drops = || other.previous.iter().any(|(pattern, _)| call.routes.contains_key(pattern));
                other.router == call.router
                    && (shares()
                        || other.owner_id == call.owner_id
                            && (other.whole || call.whole || undoes(other) || undoes(call) || drops()))
            };
            // A call that was refused is in no batch, and no earlier call of its owner overtakes one of the same commit.
            let wrote = |number: usize, other: &ModelCall| {
                let earlier = number < at && mine && other.owner_id == call.owner_id;
                !earlier && self.wrote_record(after, other)
            };
            // Of what had overtaken a call before its owner was pruned nothing is left, nor does any record tell.
            let pruned = |other: &ModelCall| {
                let owners = other.rights.prunes.as_ref().map(|(owners, _)| owners);
                other.router == call.router && owners.is_some_and(|owners| owners.contains(&call.owner_id))
            };
            let pruned = writers.iter().any(|other| pruned(&self.calls[*other]));
            // What a rollback brings back it does not declare, so only the table shows that another owner has taken some of it.
            let stolen = undoes(call)
                && self.view(after - 1, &call.router).is_some_and(|before| {
                    let own = before.own.iter().filter(|(_, own)| own.ns.starts_with(&call.owner_id));
                    let others = |pattern| {
                        view.own.get(pattern).is_some_and(|now| !now.ns.starts_with(&call.owner_id))
                    };
                    own.map(|(pattern, _)| pattern).any(others)
                });
            let met = writers.iter().any(|other| {
                *other != at && touches(&self.calls[*other]) && wrote(*other, &self.calls[*other])
            });
            // Beside a rollback of its commit, a call may never be whole, and later changes meet it all the same.
            let had =
                call.stood || self.view(after - 1, &call.router).is_some_and(|before| call.has_any(&before));
            let (changed, met) = (call.stood && met, had && met);
            let own = call.stood
                && writers.iter().map(|other| (*other, &self.calls[*other])).any(|(other, it)| {
                    other != at
                        && it.owner_id == call.owner_id
                        && it.router == call.router
                        && wrote(other, it)
                });
            let beside: Vec<String> = writers
                .iter()
                .filter(|other| **other != at && had && wrote(**other, &self.calls[**other]))
                .map(|other| self.calls[*other].owner_id.clone())
                .collect();
            let took: Vec<Pattern> = match self.view(after - 1, &call.router).filter(|_| stands && mine) {
                Some(old) => {
                    let others = old.own.iter().filter(|(_, own)| !own.ns.starts_with(&call.owner_id));
                    let taken = others.filter(|(pattern, _)| call.routes.contains_key(pattern));
                    taken.map(|(pattern, _)| pattern.clone()).collect()
                }
                None => Vec::new(),
            };
            let call = &mut self.calls[at];
            call.beside.extend(beside);
            call.took.extend(took);
            call.stood |= stands;
            call.landed |= completes && confirmed;
            call.clobbered = call.clobbered.filter(|_| !stands);
            call.touched |= met || call.stood && (pruned || stolen);
            // A call that was not complete may be written over what came between, and is complete then.
            let forgotten = pruned || completes;
            call.overtaken = !forgotten && (call.overtaken || changed && replaces && !stands);
            call.replaced = !forgotten && (call.replaced || own && replaces && !stands);
        }
    }

    /// Whether the write `after` wrote the record of the call's owner.
    fn wrote_record(&self, after: usize, call: &ModelCall) -> bool {
        let key = format!("{}:owner:{}", call.router, call.owner_id);
        let record = |version: usize| self.versions[version].keys.get(&key);
        record(after) != record(after - 1)
    }

    /// Whether the foreign write `after` has taken away what had overtaken a call: where nothing of that is left, nothing
    /// tells that there was more than a clobber. A later whole set of its owner stays the owner's word.
    fn is_overtaker_clobbered(&self, after: usize, at: usize) -> bool {
        let call = &self.calls[at];
        if call.settled.is_some() || !call.overtaken || call.whole && call.replaced {
            return false;
        }
        let (Some(old), Some(new)) = (self.view(after - 1, &call.router), self.view(after, &call.router))
        else {
            return false;
        };
        let taken = |(pattern, metadata): &(&Pattern, &String)| {
            let own = old.own.get(*pattern);
            own.is_some_and(|own| {
                !own.ns.starts_with(&call.owner_id) || own.metadata.as_ref() != Some(*metadata)
            })
        };
        let mut taken = call.routes.iter().filter(taken).peekable();
        taken.peek().is_some() && taken.all(|(pattern, _)| new.own.get(pattern) != old.own.get(pattern))
    }

    /// Judges the model itself, and notes what a foreign writer has dropped.
    pub fn judge_foreign(&mut self) {
        let after = self.versions.len() - 1;
        let now = self.now();
        for router in self.config.routers.clone() {
            let (Some(old), Some(new)) = (self.view(after - 1, &router), self.view(after, &router)) else {
                continue;
            };
            for own in old.own.values().filter(|own| !new.own.values().any(|other| other.ns == own.ns)) {
                self.dropped.insert(own.ns.clone(), now);
            }
        }
        for at in 0..self.calls.len() {
            if self.is_overtaker_clobbered(after, at) {
                (self.calls[at].landed, self.calls[at].overtaken) = (false, false);
            }
            let call = &self.calls[at];
            let stood = |version: usize| self.view(version, &call.router).is_some_and(|it| call.stands(&it));
            let stands = stood(after);
            // Some of what it declares was there, and is not any more.
            let views = self.view(after - 1, &call.router).zip(self.view(after, &call.router));
            let lost = |before: &View, now: &View| {
                call.has(before).any(|route| !call.has(now).any(|it| it == route))
            };
            let put_back = views.is_some_and(|(before, now)| lost(&before, &now));
            let call = &mut self.calls[at];
            call.put_back |= put_back;
            if call.settled.is_none() && call.landed {
                // Clobbered: it has to be written again.
                call.landed = stands || call.overtaken;
                call.clobbered = (!call.landed).then_some(now);
            }
        }
    }
}
