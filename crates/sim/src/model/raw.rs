//! The judgement of raw changes: what they may write, and what stands when they resolve.

use super::raw_change::RawChange;
use super::view::View;
use super::world::World;
use crate::support::reader::{Keys, Line};
use routesync_core::kvs::Batch;
use routesync_core::report::Report;

/// The namespaces of raw resources: no other foreign entry of the model has one of these.
pub const NAMESPACES: std::ops::Range<usize> = 0x5000..0x5800;

impl World {
    /// The raw changes for `router` among `calls`, or those of keys for none.
    fn raw_of<'w>(&'w self, calls: &'w [usize], router: &'w str) -> impl Iterator<Item = &'w RawChange> {
        let of = move |at: &usize| self.calls[*at].raw.as_ref().filter(|_| self.calls[*at].router == router);
        calls.iter().filter_map(of)
    }

    /// The foreign lines of two successive views without those that raw calls of the write added or removed.
    pub fn without_raw<'v>(
        &self,
        calls: &[usize],
        before: &[&'v Line],
        now: &[&'v Line],
    ) -> (Vec<&'v Line>, Vec<&'v Line>) {
        let text = |line: &Line| -> String { serde_json::from_str(&line.raw).unwrap_or_default() };
        let raw: Vec<&RawChange> = calls.iter().filter_map(|at| self.calls[*at].raw.as_ref()).collect();
        let stands = |lines: &[&Line], line: &Line| lines.iter().any(|other| other.raw == line.raw);
        let removed = |line: &&Line| {
            !stands(now, line) && raw.iter().any(|change| change.removes.contains(&text(line)))
        };
        let added = |line: &&Line| {
            !stands(before, line) && raw.iter().any(|change| change.adds.contains(&text(line)))
        };
        let kept = before.iter().filter(|line| !removed(line)).copied().collect();
        let old = now.iter().filter(|line| !added(line)).copied().collect();
        (kept, old)
    }

    /// Whether a raw call of the write may put or delete `key`.
    pub fn is_raw_key(&self, calls: &[usize], key: &str, batch: &Batch) -> bool {
        let Some((namespace, name)) = key.split_once(':') else { return false };
        let deleted = batch.deletes.iter().any(|other| other == key);
        self.raw_of(calls, namespace).any(|change| {
            let put = change.puts.iter().any(|(other, _)| other == name);
            if deleted { change.purges && !put && (name == "metadata" || name.starts_with('/')) } else { put }
        })
    }

    /// A line of a raw resource has its metadata, unless a foreign writer has taken it away or brought the line back.
    pub fn judge_raw_metadata(&mut self, after: usize, old: &View, new: &View) {
        let lacks = |view: &View, version: usize| -> Vec<String> {
            let keys = &self.versions[version].keys;
            let raw = view.lines.iter().filter(|line| is_raw(&line.ns));
            let lacking = raw.filter(|line| !keys.contains_key(&format!("{}:metadata", line.ns)));
            lacking.map(|line| line.raw.clone()).collect()
        };
        let before = lacks(old, after - 1);
        let lacking: Vec<String> =
            lacks(new, after).into_iter().filter(|line| !before.contains(line)).collect();
        if !lacking.is_empty() {
            self.violated(format!("2: raw entries without metadata in E{after}: {lacking:?}"));
        }
    }

    /// Judges a raw call that resolved: in the state that it reports, what it wants stands, and nothing that it removes.
    pub fn resolved_raw(&mut self, number: usize, report: &Report) {
        let call = &self.calls[number];
        let Some(change) = call.raw.clone() else { return };
        if report.warnings.iter().any(|warning| warning.code.name() == "STORE_GONE") {
            if self.config.deleted_at.is_none() {
                self.violated(format!("5: raw call {number} says that the store is gone"));
            }
            return;
        }
        let Some(version) = self.version(&report.etag) else {
            return self
                .violated(format!("1: raw call {number} reports an ETag that never was, {}", report.etag));
        };
        let ended = self.versions.get(version + 1).map(|next| next.at);
        if ended.is_some_and(|at| at + self.config.lag < call.issued) {
            return self
                .violated(format!("1: raw call {number} reports {}, which was over before it", report.etag));
        }
        let keys = &self.versions[version].keys;
        if report.superseded_by.is_some() || keys.is_empty() {
            return;
        }
        let wrong = if change.namespace.is_empty() {
            let router = call.router.clone();
            let lines = self.view(version, &router).map(|view| view.lines.clone()).unwrap_or_default();
            let stands = |text: &String| {
                lines.iter().any(|line| serde_json::from_str(&line.raw).ok().as_ref() == Some(text))
            };
            !change.adds.iter().all(stands)
                || change.removes.iter().any(|text| stands(text) && !change.adds.contains(text))
        } else {
            let named = report.warnings.iter().any(|warning| warning.code.name() == "STILL_NAMED");
            !stored(keys, &change) || !named && change.purges && left(keys, &change)
        };
        if wrong {
            self.violated(format!("1: raw call {number} does not stand in {}: {change:?}", report.etag));
        }
    }
}

fn is_raw(namespace: &str) -> bool {
    usize::from_str_radix(namespace, 16).is_ok_and(|number| NAMESPACES.contains(&number))
}

/// Whether all that the change puts is stored.
fn stored(keys: &Keys, change: &RawChange) -> bool {
    change.puts.iter().all(|(name, value)| keys.get(&format!("{}:{name}", change.namespace)) == Some(value))
}

/// Whether a key is left that a removal purges: others know only those that a lagging listing shows.
fn left(keys: &Keys, change: &RawChange) -> bool {
    let left = |name: &String| keys.contains_key(&format!("{}:{name}", change.namespace));
    change.puts.is_empty() && change.stored.iter().any(left)
}
