//! The judgement of the index after each write: through it, requests find what the scan finds.

use std::time::Duration;

use fastrand::Rng;

use super::world::World;
use crate::support::edge;
use crate::support::indexed::{self, Answer};
use crate::support::reader::{self, Keys};
use routesync_core::kvs::Batch;

/// How long the pages of an epoch stay at least after the root has left it: five minutes from when the write was sent, in whole seconds. A write
/// that is not answered may be applied up to 34 seconds after it was sent.
const GRACE: Duration = Duration::from_secs(265);

/// Requests after each write, and views of it in which each key is old or new.
const REQUESTS: usize = 4;
const VIEWS: usize = 3;

impl World {
    /// Notes which epochs the roots lead to, and led to until now.
    pub fn note_epochs(&mut self) {
        let now = self.now();
        let last = self.versions.len() - 1;
        for version in [last.saturating_sub(1), last] {
            for router in &self.config.routers {
                let epoch = indexed::epoch(&self.versions[version].keys, router);
                self.rooted.extend(epoch.map(|epoch| (epoch, now)));
            }
        }
    }

    /// The epochs of which `batch` deletes a page before its time.
    fn swept_early(&self, batch: &Batch) -> Vec<String> {
        let epoch = |key: &String| Some(key.split_once(":index:")?.1.split('.').next()?.to_owned());
        let early = |epoch: &String| self.rooted.get(epoch).is_some_and(|at| *at + GRACE > self.now());
        batch.deletes.iter().filter_map(epoch).filter(early).collect()
    }

    /// Judges the index of every router after the version `after`, which `batch` has made.
    pub fn judge_index(&mut self, after: usize, batch: &Batch) {
        let early = self.swept_early(batch);
        if !early.is_empty() {
            self.violated(format!("8: pages of {early:?} were deleted early in E{after}"));
        }
        let mut rng = Rng::with_seed(self.config.seed ^ (after as u64) << 20);
        for router in self.config.routers.clone() {
            let keys = &self.versions[after].keys;
            let Ok(table) = reader::table(keys, &router) else { continue };
            if let Err(why) = edge::wrong(keys, &router, &table, &mut rng, REQUESTS) {
                self.violated(format!("8: the index of {router} in E{after}: {why}"));
                continue;
            }
            for _ in 0..VIEWS {
                if let Err(why) = self.judge_view(after, &router, batch, &mut rng) {
                    self.violated(format!("8: a view of {router} beside E{after}: {why}"));
                }
            }
            if indexed::is_late(&self.versions[after].keys, &router).is_some() {
                self.asked += (REQUESTS + VIEWS) as u64;
            }
        }
    }

    /// Judges a request that sees some keys of a write and not others.
    fn judge_view(&self, after: usize, router: &str, batch: &Batch, rng: &mut Rng) -> Result<(), String> {
        let (old, new) = (&self.versions[after - 1].keys, &self.versions[after].keys);
        let mut view: Keys = old.clone();
        for (key, value) in &batch.puts {
            if rng.bool() {
                view.insert(key.clone(), value.clone());
            }
        }
        for key in &batch.deletes {
            if rng.bool() {
                view.remove(key);
            }
        }
        let (Ok(before), Ok(now)) = (reader::table(old, router), reader::table(new, router)) else {
            return Ok(());
        };
        let (host, uri) = edge::request(if rng.bool() { &before } else { &now }, rng);
        let Answer::Found { winner, .. } = indexed::ask(&view, router, &host, &uri) else { return Ok(()) };
        // A late root leads to states that are older than both.
        if indexed::is_late(&view, router) != Some(false) || indexed::is_late(old, router) != Some(false) {
            return Ok(());
        }
        let found = winner.map(|winner| winner.id);
        if edge::is_explained(&before, &now, &host, &uri, found.as_deref()) {
            Ok(())
        } else {
            Err(format!("{host}{uri} finds {found:?}, which no part of the change explains"))
        }
    }
}
