//! Plans a call without writing, and presents the plan of [`crate::plan`] as data and text.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::Value;

use super::difference::fields;
use super::indexed;
use super::live::StoreSize;
use super::planned::{Bytes, Change, ChangeKind, Foreign, Keys, PlannedIndex, Preview, Side, Span};
use super::render;
use crate::error::{Result, RouteSyncError};
use crate::kvs::{Counts, Endpoint, Requests, limits};
use crate::options::{Call, PLAN_VERSION, Scope, Verify};
use crate::plan::outcome::Taken;
use crate::plan::reads::{confirmations, lists_store};
use crate::plan::{self, Outcome, Plan, Reason, Snapshot};
use crate::query::{Needs, Query};
use crate::route::EntryPattern;
use crate::table::decode::{Stored, Table};
use crate::table::id::OwnerId;
use crate::table::key;

/// Plans a call without writing.
#[derive(Debug)]
pub struct PlanQuery {
    call: Call,
    owner: OwnerId,
    options: Value,
}

impl PlanQuery {
    /// Plans `call`, which was read from `options`.
    #[must_use]
    pub fn new(call: Call, mut options: Value) -> Self {
        if let Some(options) = options.as_object_mut() {
            // A plan is saved to files and posted in comments, which must not contain credentials.
            options.shift_remove("client");
        }
        Self { owner: OwnerId::of(call.owner.as_str()), call, options }
    }

    fn missing(&self, snapshot: &Snapshot, now: u64) -> Vec<String> {
        plan::missing(snapshot, std::iter::once((&self.call, &self.owner)), now)
    }

    /// The plan, and the error of the guard that rejects it. In that case the plan is made without the guard.
    fn plan(&self, snapshot: &Snapshot, now: u64) -> (Plan, Option<RouteSyncError>) {
        let plan_of = |guarded| {
            plan::plan(snapshot, &[plan::Input { guarded, ..plan::Input::from(&self.call) }], now, COMMIT)
        };
        let plan = plan_of(true);
        match plan.outcomes.first() {
            Some(Err(refused)) if refused.reason == Reason::Unsafe => {
                (plan_of(false), Some(refused.error.clone()))
            }
            _ => (plan, None),
        }
    }

    /// The entries that a change or a removal affects, by pattern.
    fn stands<'t>(&self, table: &'t Table) -> HashMap<String, &'t Stored> {
        let mut by_entry: HashMap<(&str, &str), &Stored> = HashMap::new();
        for stored in &table.entries {
            by_entry.insert((stored.entry.host(), stored.entry.path()), stored);
        }
        let at = |entry: &EntryPattern| by_entry.get(&(entry.host(), entry.path())).copied();
        let mut stands = HashMap::new();
        for stored in table.entries.iter().filter(|stored| stored.entry.is_of(&self.owner)) {
            let pattern = EntryPattern::from_stored(stored.entry.host(), stored.entry.path()).display();
            stands.insert(pattern, stored);
        }
        if let Scope::Previous(previous) = &self.call.scope {
            stands.extend(previous.iter().filter_map(|gone| Some((gone.pattern.clone(), at(&gone.entry)?))));
        }
        let declared = self.call.routes.iter();
        stands.extend(declared.filter_map(|route| Some((route.pattern.clone(), at(&route.entry)?))));
        stands
    }

    /// The requests of the call itself for reads, writes and verification, without a cached snapshot.
    fn requests(&self, snapshot: &Snapshot, plan: &Plan, now: u64) -> Requests {
        let mut probe = Snapshot::new(snapshot.etag.clone(), snapshot.counts);
        let (mut get, mut list) = (0, 0);
        loop {
            let mut keys = self.missing(&probe, now);
            // Keys that only identify the holder of a pattern are read once.
            let table = !keys.is_empty();
            if !table {
                keys = self.plan(&probe, 0).0.needs(&probe);
            }
            if keys.is_empty() {
                break;
            }
            if table && lists_store(snapshot.counts.items, keys.len()) {
                list = 1;
                break;
            }
            for key in keys {
                let value = snapshot.get(&key).value().map(str::to_owned);
                let again = table && value.is_none() && snapshot.counts.items > 0;
                get += if again { confirmations(&key) } else { 1 };
                probe.set(key, value);
            }
        }
        let writes = u32::try_from(plan.batches.len()).unwrap_or(u32::MAX);
        let mut requests = Requests { describe: 1, get, list, update: writes };
        if writes == 0 {
            requests.describe += 1;
        } else if self.call.verify != Verify::Off {
            requests.describe += 1;
            requests.get += 1;
        }
        requests
    }
}

/// A placeholder with the length of a commit id, so that records have their real length.
const COMMIT: &str = "planplanplan";

impl Query for PlanQuery {
    type Answer = Preview;

    fn needs(&self, snapshot: &Snapshot) -> Needs {
        // Which retired sites are due depends on the time of the service's answer, so the latest time is used here.
        let missing = self.missing(snapshot, u64::MAX);
        if !missing.is_empty() {
            return Needs::Keys(missing);
        }
        let (plan, _) = self.plan(snapshot, 0);
        let mut keys = plan.needs(snapshot);
        if let (Some(Ok(outcome)), Ok(table)) =
            (plan.outcomes.first(), snapshot.table(self.call.router.as_str()))
        {
            let stands = self.stands(&table);
            let touched = outcome.changed.iter().chain(&outcome.removed).chain(&outcome.kept);
            let ids = touched.filter_map(|pattern| stands.get(pattern)).map(|stored| stored.entry.id());
            keys.extend(snapshot.unread(ids.map(key::metadata).collect()));
        }
        keys.sort_unstable();
        keys.dedup();
        Needs::Keys(keys)
    }

    fn answer(&self, snapshot: &Snapshot, now: u64, _: Requests) -> Result<Preview> {
        let router = self.call.router.as_str();
        let (mut plan, refusal) = self.plan(snapshot, now);
        let outcome = plan.outcomes.remove(0)?;
        let table = snapshot.table(router).unwrap_or_else(|_| Arc::new(snapshot.salvage(router)));
        let changes = self.changes(snapshot, &table, &outcome);
        let mut after = snapshot.clone();
        let mut size = i64::try_from(snapshot.counts.bytes).unwrap_or(i64::MAX);
        let mut keys = Keys::default();
        for staged in &plan.batches {
            keys.put += staged.batch.puts.len();
            keys.deleted += staged.batch.deletes.len();
            size = size.saturating_add(staged.bytes);
            after.apply(&staged.batch, snapshot.etag.clone(), Counts::default());
        }
        let then = after.table(router).unwrap_or_default();
        let index = planned_index(router, &table, &then, &plan);
        let StoreSize { bytes: before, .. } = snapshot.counts.into();
        let requests = self.requests(snapshot, &plan, now);
        let mut preview = Preview {
            version: PLAN_VERSION,
            etag: snapshot.etag.as_str().to_owned(),
            endpoint: None,
            router: router.to_owned(),
            owner: self.call.owner.as_str().to_owned(),
            foreign: self.foreign(snapshot, &table, &outcome.taken),
            changes,
            unchanged: outcome.unchanged,
            warnings: outcome.warnings,
            refusal,
            atomic: plan.batches.len() < 2,
            batches: plan.batches.len(),
            keys,
            bytes: Bytes {
                table: Span { before: table.bytes(), after: then.bytes() },
                store: Span { before, after: u64::try_from(size).unwrap_or_default() },
            },
            edge_reads: Span { before: indexed::scan_reads(&table), after: indexed::scan_reads(&then) },
            index,
            requests,
            estimated_cost_usd: f64::from(requests.total()) * limits::USD_PER_REQUEST,
            text: String::new(),
            markdown: String::new(),
            options: self.options.clone(),
        };
        preview.text = render::text(&preview);
        preview.markdown = render::markdown(&preview);
        Ok(preview)
    }

    fn sent_to(&self, preview: &mut Preview, endpoint: Option<Endpoint>) {
        preview.endpoint = endpoint;
        if preview.endpoint.as_ref().is_some_and(Endpoint::is_configured) {
            preview.text = render::text(preview);
            preview.markdown = render::markdown(preview);
        }
    }
}

impl PlanQuery {
    fn changes(&self, snapshot: &Snapshot, table: &Table, outcome: &Outcome) -> Vec<Change> {
        let stands = self.stands(table);
        let taken: HashMap<&str, &str> =
            outcome.taken.iter().map(|taken| (taken.pattern.as_str(), taken.from.as_str())).collect();
        let declared: HashMap<&str, &crate::route::Target> =
            self.call.routes.iter().map(|route| (route.pattern.as_str(), &route.target)).collect();
        let change = |action, pattern: &String| {
            let from = stands.get(pattern).filter(|_| action != ChangeKind::Add).map(|stored| {
                let metadata = snapshot.get(&key::metadata(stored.entry.id())).value();
                Side { kind: stored.entry.kind().to_owned(), metadata: parsed(metadata) }
            });
            let to = declared.get(pattern.as_str()).filter(|_| action != ChangeKind::Remove).map(|target| {
                Side { kind: target.kind().as_str().to_owned(), metadata: parsed(Some(target.metadata())) }
            });
            let fields = match (&from, &to) {
                (Some(from), Some(to)) => fields(from, to),
                _ => Vec::new(),
            };
            let taken_from = taken.get(pattern.as_str()).map(|from| (*from).to_owned());
            let target_undefined = action == ChangeKind::Remove && outcome.undefined.contains(pattern);
            Change { action, pattern: pattern.clone(), from, to, fields, taken_from, target_undefined }
        };
        let list = |action, patterns: &[String]| -> Vec<Change> {
            patterns.iter().map(|pattern| change(action, pattern)).collect()
        };
        let mut changes = list(ChangeKind::Add, &outcome.added);
        changes.extend(list(ChangeKind::Change, &outcome.changed));
        changes.extend(list(ChangeKind::Remove, &outcome.removed));
        changes.extend(list(ChangeKind::Keep, &outcome.kept));
        changes
    }

    /// The entries of others that stay, by holder.
    fn foreign(&self, snapshot: &Snapshot, table: &Table, taken: &[Taken]) -> Vec<Foreign> {
        let mut holders: BTreeMap<String, usize> = BTreeMap::new();
        for stored in table.entries.iter().filter(|stored| !stored.entry.is_of(&self.owner)) {
            let name = snapshot.holder(self.call.router.as_str(), &stored.entry);
            *holders.entry(name).or_default() += 1;
        }
        for taken in taken {
            if let Some(routes) = holders.get_mut(&taken.from) {
                *routes = routes.saturating_sub(1);
            }
        }
        holders.retain(|_, routes| *routes > 0);
        holders.into_iter().map(|(owner, routes)| Foreign { owner, routes }).collect()
    }
}

/// The change of the index from one table to another.
fn planned_index(router: &str, before: &Table, after: &Table, plan: &Plan) -> Option<PlannedIndex> {
    let (old, new) = (indexed::size(router, before), indexed::size(router, after));
    if old.is_none() && new.is_none() {
        return None;
    }
    let of_index = |key: &String| key.strip_prefix(router).is_some_and(|rest| rest.starts_with(":index"));
    let keys = plan.batches.iter().flat_map(|staged| {
        let puts = staged.batch.puts.iter().map(|(key, _)| key);
        puts.chain(&staged.batch.deletes)
    });
    let keys = keys.filter(|key| of_index(key)).count();
    let scan = Span { before: indexed::scan_instructions(before), after: indexed::scan_instructions(after) };
    Some(PlannedIndex { before: old, after: new, keys, scan_instructions: scan })
}

fn parsed(metadata: Option<&str>) -> Value {
    metadata.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
