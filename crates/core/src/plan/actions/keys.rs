//! Changes keys of namespaces of SST: puts metadata and the names of files, and deletes those that are no longer wanted.
//!
//! Entries refer to metadata, so the puts go before the changes of all tables, and the deletes after them. No metadata is deleted
//! while an entry names it, whoever wrote the entry.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::PlanAction;
use crate::fault_points;
use crate::kvs::limits::BATCH_KEYS;
use crate::options::{Action, Call, METADATA, Progress, RawKeys, may_purge};
use crate::plan::draft::DraftCall;
use crate::plan::outcome::{Outcome, Outcomes};
use crate::plan::snapshot::{Read, Snapshot};
use crate::route::{CallWarning, Warning};
use crate::table::id::OwnerId;
use crate::table::key;

/// The most keys of calls with more than one batch that one plan writes. The rest follows in later commits, in which calls that were
/// made in the meantime take part.
const MOST_AT_ONCE: usize = 4 * (BATCH_KEYS - 2);

impl PlanAction for RawKeys {
    /// The tables of all routers, if the call may delete metadata: an entry of any of them may name it.
    fn missing(&self, snapshot: &Snapshot, _call: &Call, _owner: &OwnerId) -> Vec<String> {
        if !self.drops_metadata() {
            return Vec::new();
        }
        snapshot.routers().into_iter().flat_map(|router| snapshot.missing_table(router)).collect()
    }
}

/// What raw calls put and delete, in order.
#[derive(Debug, Default)]
pub(in crate::plan) struct KeyChanges {
    pub(in crate::plan) puts: Vec<(String, String)>,
    pub(in crate::plan) deletes: Vec<String>,
    /// The keys that the calls put or keep. Nothing in the commit deletes them.
    pub(in crate::plan) wanted: HashSet<String>,
}

/// What the calls for raw keys put and delete. `named` are the namespaces that entries have after the plan. `late` is set if a table
/// that the plan does not change has a late index: then no metadata is deleted.
pub(in crate::plan) fn change(
    snapshot: &Snapshot,
    calls: &[DraftCall<'_>],
    named: &HashSet<&str>,
    late: bool,
    outcomes: &mut Outcomes,
) -> KeyChanges {
    let mut draft = KeyDraft {
        snapshot,
        named,
        late,
        changes: KeyChanges {
            wanted: calls.iter().filter_map(of).flat_map(RawKeys::wanted).collect(),
            ..KeyChanges::default()
        },
        puts: HashMap::new(),
        room: MOST_AT_ONCE,
    };
    for call in calls {
        let Some(keys) = of(call) else { continue };
        let mut outcome = Outcome::default();
        let mut progress = call.progress;
        if std::mem::take(&mut progress.named) {
            progress.purged = false;
        }
        draft.put_all(keys, &mut progress, &mut outcome);
        if keys.purge && !progress.purged && progress.put >= keys.puts.len() {
            draft.purge(keys, &mut progress, &mut outcome);
        }
        outcome.unfinished = !keys.is_done(progress);
        outcome.progress = Some(progress);
        outcomes.insert(call.index, Ok(outcome));
    }
    draft.changes
}

/// The raw keys of `call`, if it changes any.
pub(in crate::plan) fn of<'a>(call: &DraftCall<'a>) -> Option<&'a RawKeys> {
    match &call.declared.action {
        Action::Keys(keys) => Some(keys),
        _ => None,
    }
}

/// The keys while the calls of a commit change them.
struct KeyDraft<'a> {
    snapshot: &'a Snapshot,
    named: &'a HashSet<&'a str>,
    late: bool,
    changes: KeyChanges,
    /// Key to the index of its put.
    puts: HashMap<String, usize>,
    /// How many keys the calls with more than one batch may still write.
    room: usize,
}

impl KeyDraft<'_> {
    /// Puts the next keys of a call, and those that were put before and have been altered since.
    fn put_all(&mut self, keys: &RawKeys, progress: &mut Progress, outcome: &mut Outcome) {
        let (done, left) = keys.puts.split_at(progress.put.min(keys.puts.len()));
        for (name, value) in done {
            let read = self.snapshot.get(&keys.key(name));
            if read != Read::Unread && read != Read::Found(value) {
                self.put(keys.key(name), value, outcome);
            }
        }
        for (name, value) in left {
            let key = keys.key(name);
            if self.snapshot.get(&key) != Read::Found(value) {
                if self.take(keys.puts.len(), 1) == 0 {
                    return;
                }
                self.put(key, value, outcome);
            }
            progress.put += 1;
        }
    }

    fn put(&mut self, key: String, value: &str, outcome: &mut Outcome) {
        if let Some(at) = self.puts.get(&key) {
            // A later call's value replaces that of an earlier one.
            value.clone_into(&mut self.changes.puts[*at].1);
        } else {
            self.puts.insert(key.clone(), self.changes.puts.len());
            self.changes.puts.push((key.clone(), value.to_owned()));
        }
        outcome.changed.push(key);
    }

    /// Deletes the next keys of the namespace that nobody wants.
    fn purge(&mut self, keys: &RawKeys, progress: &mut Progress, outcome: &mut Outcome) {
        let namespace = keys.namespace.as_str();
        let named = self.late || self.named.contains(namespace);
        if keys.drops_metadata() && named && !fault_points::purges_named() {
            outcome.warnings.push(still_named(namespace));
            (progress.purged, progress.named) = (true, true);
            return;
        }
        let metadata = keys.drops_metadata().then_some(METADATA);
        let stored = keys.stored.iter().map(String::as_str).chain(metadata);
        let stored = stored.filter(|name| self.snapshot.get(&keys.key(name)) != Read::Absent);
        let names: BTreeSet<&str> = self.snapshot.names_in(namespace).into_iter().chain(stored).collect();
        let mut goes: Vec<String> =
            names.into_iter().filter(|name| may_purge(name)).map(|name| keys.key(name)).collect();
        goes.retain(|key| !self.changes.wanted.contains(key) && !self.changes.deletes.contains(key));
        let next = self.take(goes.len(), goes.len());
        progress.purged = next == goes.len();
        goes.truncate(next);
        outcome.removed.extend(goes.iter().cloned());
        self.changes.deletes.extend(goes);
    }

    /// How many of the `left` keys of a call this plan writes. `all` is the number of all its keys. A call that fits one batch is
    /// never split.
    fn take(&mut self, all: usize, left: usize) -> usize {
        if all <= BATCH_KEYS {
            return left;
        }
        let next = left.min(self.room);
        self.room -= next;
        next
    }
}

fn still_named(namespace: &str) -> Warning {
    let key = key::metadata(namespace);
    let message = format!(
        "{key} was not deleted, because an entry of a route table, or a late index of one, still refers to it; remove that route, and then the key"
    );
    Warning::of_call(CallWarning::StillNamed, message)
}
