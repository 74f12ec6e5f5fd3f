//! Calls of several owners against each other, takeovers, removals, prunes and repairs, and what each may do.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;

use super::config::Config;
use super::foreign::entry;
use super::view::{View, is_ours};
use super::world::{EPOCH, World};
use crate::support::declare::{route, url};
use crate::support::reader::{Keys, Line};
use routesync_core::kvs::Batch;
use routesync_core::options::{Action, Call, Cursor, MaxRemoved, Policy, Repair, Scope, Takeover};
use routesync_core::table::id::OwnerId;

/// Who prunes; it declares nothing.
pub const PRUNER: &str = "routesync/prune";
/// Foreign entries at the start that have metadata, by router.
const WITH_METADATA: usize = 20;
/// Removals that `maxRemoved` allows.
const MAX_REMOVED: u64 = 2;

/// A call made odd, and what the judge is told of it.
pub struct Odd {
    pub call: Call,
    pub prunes: Option<(BTreeSet<String>, Duration)>,
}

/// Makes something else of an ordinary call. `generations`: the last of each owner.
pub fn twist(rng: &mut Rng, config: &Config, generations: &mut HashMap<String, u64>, mut call: Call) -> Odd {
    let plain = |call| Odd { call, prunes: None };
    let (router, owner) = (call.router.as_str().to_owned(), call.owner.as_str().to_owned());
    match rng.u32(0..20) {
        0..6 => {
            let pattern = match rng.u32(0..4) {
                0 => {
                    let (other, ..) = rng.choice(&config.owners).unwrap();
                    format!("/{other}/r{}&x", rng.usize(0..9))
                }
                1 => sst(rng, config, &router).unwrap_or_else(|| "/shared".to_owned()),
                _ => "/shared".to_owned(),
            };
            add(&mut call, &pattern, &format!("t{}.example.com", rng.usize(0..3)));
            call.safety.takeover = if rng.bool() {
                Takeover::All
            } else {
                let named = call.routes.iter().filter(|route| route.pattern == pattern);
                Takeover::Some(named.map(|route| route.entry.clone()).collect())
            };
        }
        6 | 7 => {
            if let Some(pattern) = sst(rng, config, &router) {
                add(&mut call, &pattern, "h");
                call.safety.adopt = true;
            }
        }
        8 | 9 => call.safety.policy = [Policy::UpsertOnly, Policy::CreateOnly][rng.usize(0..2)],
        10 => call.safety.max_removed = Some(MaxRemoved::Count(rng.u64(0..=MAX_REMOVED))),
        11..14 => {
            let last = generations.entry(format!("{router} {owner}")).or_insert(1);
            if rng.u32(0..3) > 0 {
                *last += 1;
                call.safety.generation = *last;
            } else {
                call.safety.generation = rng.u64(1..=*last);
            }
        }
        // A writer that restores a table brings entries back whose records went with them.
        14 | 15 if config.clobbers == 0 => {
            let options = json!({ "router": router, "owner": owner });
            return plain(Call::read_removal(&Cursor::root(&options)).unwrap());
        }
        // A writer that restores a table beside a prune brings entries back whose owner nobody knows any more.
        16..18 if config.clobbers == 0 => return prune(rng, config, &router),
        18 => {
            call.action = Action::Repair(Repair::default());
        }
        _ => {}
    }
    plain(call)
}

fn prune(rng: &mut Rng, config: &Config, router: &str) -> Odd {
    let owners: Vec<&String> = config.owners.iter().map(|(owner, ..)| owner).collect();
    let one = rng.usize(0..owners.len());
    let older = [0, 0, 0, 3, 30][rng.usize(0..5)];
    let keeps = rng.u32(0..4) == 0;
    let mut options = json!({ "router": router, "olderThan": format!("{older} seconds") });
    options[if keeps { "keep" } else { "match" }] =
        if keeps { json!([owners[one], PRUNER]) } else { json!([owners[one]]) };
    let goes = |(n, owner): (usize, &&String)| ((n == one) != keeps).then(|| id_of(owner));
    let ids = owners.iter().enumerate().filter_map(goes).collect();
    let call = Call::read_prune(&Cursor::root(&options)).unwrap();
    assert!(matches!(&call.scope, Scope::Previous(previous) if previous.is_empty()));
    Odd { call, prunes: Some((ids, Duration::from_secs(older))) }
}

fn id_of(owner: &str) -> String {
    OwnerId::of(owner).as_str().to_owned()
}

fn add(call: &mut Call, pattern: &str, host: &str) {
    let more = route(pattern, url(host));
    if call.routes.iter().all(|route| route.entry != more.entry) {
        call.routes.push(more);
    }
}

/// The pattern of an entry of SST that has stood from the beginning.
fn sst(rng: &mut Rng, config: &Config, router: &str) -> Option<String> {
    let index = config.routers.iter().position(|other| other == router)?;
    let count = config.foreign_entries.min(WITH_METADATA);
    let number = 0xa000 + 0x400 * index + rng.usize(0..count.max(1));
    let (line, _) = entry(number);
    (count > 0).then(|| line.splitn(4, ',').nth(3).unwrap_or_default().to_owned())
}

/// The value of a number in an owner's record.
fn number(keys: &Keys, key: &str, field: &str) -> Option<u64> {
    let record: serde_json::Value = serde_json::from_str(keys.get(key)?).ok()?;
    Some(record[field].as_u64().unwrap_or_default())
}

/// The random id of the commit that wrote a record.
fn commit(keys: &Keys, key: &str) -> Option<String> {
    let record: serde_json::Value = serde_json::from_str(keys.get(key)?).ok()?;
    record["commit"].as_str()?.split('~').next().map(str::to_owned)
}

impl World {
    fn owner_key(&self, call: usize) -> String {
        format!("{}:owner:{}", self.calls[call].router, self.calls[call].owner_id)
    }

    /// Whether the fence forbids `call` to write on the state `before`. A commit that goes on has passed it.
    pub fn is_fenced(&self, before: usize, call: usize) -> bool {
        let own = self.calls[call].rights.generation;
        if own == 0 {
            return false;
        }
        let key = self.owner_key(call);
        let (old, new) = (&self.versions[before].keys, &self.versions[before + 1].keys);
        let goes_on = commit(old, &key).is_some() && commit(old, &key) == commit(new, &key);
        !goes_on && number(old, &key, "generation").is_some_and(|live| live > own)
    }

    /// Whether a call that waited for this write prunes the owner with this id, as it was `before`.
    pub fn is_pruned(&self, calls: &[usize], before: usize, router: &str, owner: &str) -> bool {
        let keys = &self.versions[before].keys;
        let at = number(keys, &format!("{router}:owner:{owner}"), "at");
        let now = EPOCH + self.now().as_secs();
        calls.iter().map(|at| &self.calls[*at]).filter(|call| call.router == router).any(|call| {
            call.rights.prunes.as_ref().is_some_and(|(owners, older)| {
                owners.contains(owner) && at.is_none_or(|at| at + older.as_secs() <= now)
            })
        })
    }

    /// Whether metadata may go without waiting for requests under way: its owner, or who took it over, is removed;
    /// its owner is pruned; or a repair deletes what another's lost update has orphaned.
    pub fn goes_at_once(&self, calls: &[usize], before: usize, id: &str) -> bool {
        // Its maker has named it again since, and dropped it: then requests under way may ask for it.
        let relisted = || {
            let target = &id[id.len().min(7)..];
            let maker = format!(":owner:{}", &id[..id.len().min(6)]);
            let mut records = self.versions[before + 1].keys.iter().filter(|(key, _)| key.ends_with(&maker));
            records.any(|(_, value)| {
                value.contains(&format!("\"{target}\"")) || value.contains(&format!("\"/{target}\""))
            })
        };
        let keys = &self.versions[before].keys;
        let lists = |owner: &str| {
            let records = keys.iter().filter(|(key, _)| key.contains(&format!(":owner:{owner}")));
            records.into_iter().any(|(_, value)| value.contains(&format!("={id}")))
        };
        calls.iter().map(|at| &self.calls[*at]).any(|call| {
            let removed = call.rights.at_once && (id.starts_with(&call.owner_id) || lists(&call.owner_id));
            let pruned = call.rights.prunes.as_ref().is_some_and(|(owners, _)| {
                owners.iter().any(|owner| id.starts_with(owner.as_str()) || lists(owner))
            });
            // What a prune that was cut off has left is on the list of who prunes, as due.
            let left = call.owner_id == id_of(PRUNER) && lists(&call.owner_id) && !relisted();
            removed || pruned || left || call.rights.repairs && self.dropped.contains_key(id)
        })
    }

    /// Whether a foreign writer brought `id` back and another owner took it over: its maker's list still has the time when
    /// it was dropped before, and nobody may write the record of another (a known limit). So it is where its maker named it
    /// again and a further owner took it over, who takes no part in the commit: its record is not read.
    pub fn is_lent_again(&self, before: usize, id: &str, calls: &[usize]) -> bool {
        let keys = &self.versions[before].keys;
        let takes_part = |key: &str| calls.iter().any(|at| key.contains(&self.calls[*at].owner_id));
        let lists = |(key, value): (&String, &String)| {
            key.contains(":owner:")
                && value.contains(&format!("\"={id}\""))
                && (self.restored.contains(id) || !takes_part(key))
        };
        keys.iter().any(lists)
    }

    /// Foreign entries that are not there any more must have been taken over, or adopted.
    pub fn judge_foreign_entries(&mut self, after: usize, calls: &[usize], old: &View, new: &View) {
        fn foreign(view: &View) -> Vec<&Line> {
            view.lines.iter().filter(|line| !is_ours(&line.ns)).collect()
        }
        let (before, now) = self.without_raw(calls, &foreign(old), &foreign(new));
        if before.iter().map(|line| &line.raw).eq(now.iter().map(|line| &line.raw)) {
            return;
        }
        let keys = &self.versions[after - 1].keys;
        let mut taken = Vec::new();
        let mut kept = Vec::new();
        for line in before {
            let pattern = line.pattern();
            let metadata = keys.get(&format!("{}:metadata", line.ns));
            let takes = calls.iter().map(|at| &self.calls[*at]).any(|call| {
                let adopts =
                    call.rights.adopts && call.routes.get(&pattern) == metadata && metadata.is_some();
                call.active() && (call.rights.takes.contains(&pattern) || adopts)
            });
            let stands = now.iter().any(|other| other.raw == line.raw);
            // A later call of the same commit may have dropped it again.
            if takes && !stands {
                taken.push(line.ns.clone());
            } else {
                kept.push(&line.raw);
            }
        }
        if !kept.into_iter().eq(now.iter().map(|line| &line.raw)) {
            self.violated(format!("4: foreign entries changed in E{after}, and nobody took them"));
        }
        self.adopted.extend(taken);
    }

    /// Owners' records: their generation never goes back, and they go with all their owner has, pruned.
    pub fn judge_records(&mut self, after: usize, calls: &[usize], batch: &Batch) {
        let before = after - 1;
        for (key, _) in batch.puts.iter().filter(|(key, _)| key.contains(":owner:")) {
            let of = |version: usize| number(&self.versions[version].keys, key, "generation");
            if of(before) > of(after) {
                self.violated(format!("1: the generation in {key} went back in E{after}"));
            }
        }
        for key in &batch.deletes {
            let Some((router, owner)) = key.split_once(":owner:") else { continue };
            if owner.contains(':') || !self.versions[before].keys.contains_key(key) {
                continue;
            }
            let stands = self
                .view(after, router)
                .is_some_and(|view| view.own.values().any(|own| own.ns.starts_with(owner)));
            if stands {
                self.violated(format!("2: {key} went in E{after}, and its owner has routes"));
            } else if !self.is_pruned(calls, before, router, owner) {
                self.violated(format!("1: {key} went in E{after}, and nobody pruned it"));
            }
        }
    }

    /// A call whose removals are bounded, alone in its first write.
    pub fn judge_bound(&mut self, after: usize, calls: &[usize], router: &str, old: &View, new: &View) {
        let pruned =
            |at: &usize| self.calls[*at].rights.prunes.is_some() || !self.calls[*at].rights.takes.is_empty();
        // What a retry finds is not what the guard looks at.
        let retried = |at: &usize| self.calls[*at].issued < self.versions[after - 1].at;
        if calls.len() != 1 || calls.iter().any(|at| pruned(at) || retried(at)) {
            return;
        }
        let call = &self.calls[calls[0]];
        let gone = old
            .own
            .iter()
            .filter(|(pattern, own)| own.ns.starts_with(&call.owner_id) && !new.own.contains_key(*pattern));
        let gone = gone.count() as u64;
        if call.router == router && !call.stood && call.rights.max_removed.is_some_and(|most| gone > most) {
            self.violated(format!(
                "1: call {} removed {gone} routes in E{after}, more than it may",
                calls[0]
            ));
        }
    }
}
