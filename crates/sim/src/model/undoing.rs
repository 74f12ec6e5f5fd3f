//! Histories and rollbacks: what may come back, and that what a history leads back to is there.

use serde_json::{Value, json};

use super::declared::ModelCall;
use super::view::Pattern;
use super::world::{World, Writer};
use routesync_core::options::{Call, Cursor, Rollback};
use routesync_core::table::id::OwnerId;

/// A call that undoes one of the owner's last changes.
pub fn rollback(router: &str, owner: &str, to: u64) -> Call {
    let options = json!({ "router": router, "owner": owner, "to": to });
    Call::read_rollback(&Cursor::root(&options)).unwrap()
}

impl World {
    /// The number of the owner's last change that is kept; 0 where there is none.
    pub fn last_change(&self, router: &str, owner: &str) -> u64 {
        let key = format!("{router}:owner:{}", OwnerId::of(owner).as_str());
        let record = self.keys().get(&key).and_then(|value| serde_json::from_str::<Value>(value).ok());
        let history = record.unwrap_or_default()["history"].clone();
        let kept = history["changes"].as_array().map_or(0, Vec::len) as u64;
        (history["from"].as_u64().unwrap_or_default() + kept).saturating_sub(1)
    }

    /// Whether a call that waited for this write may bring the route back: it undoes changes, and the route has stood.
    pub fn is_undone(&self, calls: &[usize], router: &str, pattern: &Pattern, ns: &str) -> bool {
        let stood = || self.stood.contains(&(router.to_owned(), pattern.clone(), ns.to_owned()));
        self.undoes(calls, ns) && stood()
    }

    /// Whether a call that waited for this write undoes changes of the owner that `ns` begins with.
    pub fn undoes(&self, calls: &[usize], ns: &str) -> bool {
        let mut calls = calls.iter().map(|at| &self.calls[*at]);
        calls.any(|call| call.rights.rolls_back.is_some() && call.active() && ns.starts_with(&call.owner_id))
    }

    /// Whether a call that waited for this write undoes a change of `owner` that made the owner's route at `pattern`: as of
    /// the state `before`, the history says that no route of the owner stood there.
    pub fn is_freed(
        &self,
        calls: &[usize],
        before: usize,
        router: &str,
        pattern: &Pattern,
        owner: &str,
    ) -> bool {
        let mut calls = calls.iter().map(|at| &self.calls[*at]);
        calls.any(|call| {
            let undoes = call.active() && call.owner_id == owner;
            call.rights.rolls_back.filter(|_| undoes).is_some_and(|to| {
                self.stood_before(before, router, owner, to, pattern).is_some_and(|id| id.is_empty())
            })
        })
    }

    /// The id that the history has for `pattern` in the first change from `to` on that touched it: empty where no route
    /// of the owner stood.
    fn stood_before(
        &self,
        version: usize,
        router: &str,
        owner: &str,
        to: Rollback,
        pattern: &Pattern,
    ) -> Option<String> {
        let keys = &self.versions[version].keys;
        let record = serde_json::from_str::<Value>(keys.get(&format!("{router}:owner:{owner}"))?).ok()?;
        let from = record["history"]["from"].as_u64()?;
        let changes = record["history"]["changes"].as_array()?;
        let first = match to {
            Rollback::Last => (from + changes.len() as u64).checked_sub(1)?,
            Rollback::To(to) => to,
        };
        let numbers = (from..).zip(changes).filter(|(number, _)| *number >= first);
        let parts = numbers.flat_map(|(number, change)| {
            (0..change[1].as_u64().unwrap_or_default()).map(move |part| (number, part))
        });
        let values =
            parts.filter_map(|(number, part)| keys.get(&format!("{router}:history:{owner}:{number}:{part}")));
        let mut entries = values.flat_map(|value| serde_json::from_str::<Vec<String>>(value).unwrap());
        entries.find_map(|entry| {
            let fields: Vec<&str> = entry.split(',').collect();
            // What was another owner's is not given back.
            let own = fields[1].is_empty() || fields[1].starts_with(owner);
            (own && fields[2] == pattern.0 && fields[3] == pattern.1).then(|| fields[1].to_owned())
        })
    }

    /// Notes what the last write, `by` somebody, made stand, and who lost routes to another owner.
    pub fn note_stood(&mut self, router: &str, by: Writer) {
        let after = self.versions.len() - 1;
        let Some(new) = self.view(after, router) else { return };
        let old = after.checked_sub(1).and_then(|before| self.view(before, router));
        for (pattern, own) in &new.own {
            let before = old.as_ref().and_then(|old| old.own.get(pattern));
            if before == Some(own) {
                continue;
            }
            self.stood.insert((router.to_owned(), pattern.clone(), own.ns.clone()));
            if let Some(before) = before.filter(|before| before.ns[..6] != own.ns[..6]) {
                self.handed.insert(before.ns.clone());
            }
            if matches!(by, Writer::Foreign(_)) {
                self.handed.insert(own.ns.clone());
                self.restored.insert(own.ns.clone());
            }
        }
    }

    /// What the histories lead back to must be there: unless it was somebody else's at some time, or a foreign writer's
    /// lost update took it.
    pub fn judge_history(&mut self, after: usize) {
        let keys = &self.versions[after].keys;
        let mut lost = Vec::new();
        for (key, value) in keys.iter().filter(|(key, _)| key.contains(":history:")) {
            let parts: Vec<&str> = key.split(':').collect();
            let [router, "history", owner, change, part] = parts[..] else { continue };
            let record = keys.get(&format!("{router}:owner:{owner}"));
            let Some(Ok(record)) = record.map(|value| serde_json::from_str::<Value>(value)) else { continue };
            let history = &record["history"];
            let number = |value: &Value| value.as_u64().unwrap_or_default();
            let (change, part) = (change.parse::<u64>().unwrap(), part.parse::<u64>().unwrap());
            let from = number(&history["from"]);
            let kept =
                change.checked_sub(from).map(|at| &history["changes"][usize::try_from(at).unwrap()][1]);
            let half = change + 1 == from;
            if part >= kept.map_or(if half { number(&history["rest"]) } else { 0 }, number) {
                lost.push(format!("7: {key} stands in E{after}, and the record of {owner} does not have it"));
            }
            // What is kept for a rollback of the same commit alone goes with the next.
            // Who is pruned loses all; cut off on the way, nothing can be brought back.
            let prunes = |call: &ModelCall| {
                call.rights.prunes.as_ref().is_some_and(|(owners, _)| owners.contains(owner))
            };
            if kept.is_none() || number(&history["keep"]) == 0 || self.calls.iter().any(prunes) {
                continue;
            }
            let entries: Vec<String> = serde_json::from_str(value).unwrap();
            for ns in entries.iter().filter_map(|entry| entry.split(',').nth(1)).filter(|ns| !ns.is_empty()) {
                let excused = self.handed.contains(ns) || self.dropped.contains_key(ns);
                if ns.contains('.') && !excused && !keys.contains_key(&format!("{ns}:metadata")) {
                    lost.push(format!("1: {key} leads back to {ns} in E{after}, which is not there"));
                }
            }
        }
        for lost in lost {
            self.violated(lost);
        }
    }
}
