//! What was declared, and the judgement of each settlement: promises 1, 5 and 6.

use std::time::Duration;

use super::declared::{ModelCall, Settled};
use super::view::{Own, Pattern};
use super::world::World;
use routesync_core::error::{Code, RouteSyncError};
use routesync_core::options::Policy;
use routesync_core::report::Report;

/// Time that a settlement may take beyond its deadline: tokio's clock has milliseconds.
const SLACK: Duration = Duration::from_millis(5);

impl World {
    /// Enters a call.
    pub fn enter(&mut self, mut call: ModelCall) -> usize {
        call.issued = self.now();
        let number = self.calls.len();
        self.tell(|| {
            let scope = if call.whole { "whole" } else { "part" };
            let routes: Vec<_> =
                call.routes.iter().map(|((host, path), to)| format!("{host}{path}={to}")).collect();
            let ModelCall { process, router, owner_id, rights, .. } = &call;
            format!("p{process} call {number} {router} {scope} {owner_id} {rights:?}: {routes:?}")
        });
        self.calls.push(call);
        number
    }

    /// The calls of a process that have not been settled.
    pub fn open_of(&self, process: usize) -> Vec<usize> {
        (0..self.calls.len())
            .filter(|at| self.calls[*at].process == process && self.calls[*at].settled.is_none())
            .collect()
    }

    /// Judges a settlement.
    pub fn settle(&mut self, number: usize, result: &Result<Report, RouteSyncError>) {
        let now = self.now();
        self.tell(|| match result {
            Ok(report) => format!(
                "call {number} resolved under {}, superseded {}, {:?}",
                report.etag,
                report.superseded_by.is_some(),
                report.warnings.iter().map(|warning| warning.code.name()).collect::<Vec<_>>()
            ),
            Err(error) => format!(
                "call {number} rejected: {} may land {}: {error}",
                error.code, error.details.may_still_land
            ),
        });
        let call = &mut self.calls[number];
        let late = now > call.issued + call.deadline + SLACK;
        call.settled = Some(Settled {
            resolved: result.is_ok(),
            may_still_land: result.as_ref().is_err_and(|error| error.details.may_still_land),
        });
        if late {
            self.violated(format!("6: call {number} settled after its deadline"));
        }
        match result {
            Ok(report) => self.resolved(number, report),
            Err(error) => self.rejected(number, error),
        }
    }

    fn resolved(&mut self, number: usize, report: &Report) {
        let call = &self.calls[number];
        if call.raw.is_some() {
            return self.resolved_raw(number, report);
        }
        if report.warnings.iter().any(|warning| warning.code.name() == "STORE_GONE") {
            let may = call.rights.prunes.is_some() || call.rights.at_once;
            if self.config.deleted_at.is_none() || !may {
                self.violated(format!("5: call {number} says that the store is gone"));
            }
            return;
        }
        let mut named: Vec<&str> = [&report.added, &report.changed, &report.unchanged]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        named.sort_unstable();
        named.dedup();
        let kept = if call.rights.policy == Policy::Sync { 0 } else { report.kept.len() };
        let missing = call.routes.len().saturating_sub(named.len());
        let each_once =
            named.len() <= call.routes.len() && missing <= kept && report.ids.len() == call.routes.len();
        if !each_once && call.rights.rolls_back.is_none() {
            self.violated(format!(
                "5: the report of call {number} does not speak of each route once: {report:?}"
            ));
            return;
        }
        if report.superseded_by.is_some() {
            // Calls of one owner join a commit in their order; those of several owners perhaps not.
            let later = self.calls.iter().enumerate().any(|(at, other)| {
                // A rollback declares no patterns; its report says what it brought back.
                let back = |path: &str| {
                    call.rights.rolls_back.is_some()
                        && report.ids.iter().any(|(pattern, _)| pattern.ends_with(path))
                };
                let takes = || {
                    let mut taken = other.rights.takes.iter();
                    taken.any(|pattern| call.routes.contains_key(pattern) || back(&pattern.1))
                };
                other.process == call.process
                    && (at > number && other.owner_id == call.owner_id || at != number && takes())
                    && other.router == call.router
            });
            if !later {
                self.violated(format!("1: call {number} claims a later call of its process, and none is"));
            }
            return;
        }
        if report.warnings.iter().any(|warning| warning.code.name() == "SUPERSEDED") {
            // A part that its process declared after a whole set shares the write, and is later all the same.
            let part = self.calls[number + 1..].iter().any(|other| {
                call.whole
                    && other.process == call.process
                    && other.owner_id == call.owner_id
                    && other.router == call.router
            });
            if !call.touched && !part && !self.looks_declared(call) {
                self.violated(format!(
                    "1: call {number} claims a later change, and none was declared (stood: {})",
                    call.stood
                ));
            }
            return;
        }
        let looked = self.described.get(&call.process);
        if call.verified && call.clobbered.is_some_and(|at| looked.is_some_and(|looked| *looked > at)) {
            self.violated(format!("1: call {number} was clobbered, its process saw that, and it resolved"));
            return;
        }
        let Some(version) = self.version(&report.etag) else {
            self.violated(format!("1: call {number} reports an ETag that never was, {}", report.etag));
            return;
        };
        // Without lagging reads it must have been the store's state at some moment since the call.
        let ended = self.versions.get(version + 1).map(|next| next.at);
        if ended.is_some_and(|at| at + self.config.lag < call.issued) {
            self.violated(format!("1: call {number} reports {}, which was over before it", report.etag));
            return;
        }
        match self.view(version, &call.router) {
            Some(view) if call.stands_beside(&view, &self.parts_after(number)) => {
                let stands = |id: &str| view.own.values().any(|own| own.ns == id);
                if report.ids.iter().any(|(_, id)| !stands(id.as_str())) {
                    let missing: Vec<_> = report.ids.iter().filter(|(_, id)| !stands(id.as_str())).collect();
                    self.violated(format!("1: call {number} reports ids that do not stand: {missing:?}"));
                }
            }
            _ => self.violated(format!("1: call {number} does not stand in {}", report.etag)),
        }
    }

    /// Whether a clobber of what `call` declares cannot be told from a declared change (a known limit): no list tells whose
    /// it was, since an id that comes into it is led to from another pattern. That is the call's own, where since it stood the
    /// owner of what stands there now has declared something (for its own owner another part), or that owner's, whose
    /// record was not read before, since the pattern was free.
    fn looks_declared(&self, call: &ModelCall) -> bool {
        let last = self.versions.len() - 1;
        let views: Vec<_> =
            (last - 1..=last).filter_map(|version| self.view(version, &call.router)).collect();
        let Some(view) = views.last() else { return false };
        let own = |metadata: &str| {
            let named = |own: &&Own| own.metadata.as_deref() == Some(metadata);
            view.own.values().filter(named).any(|own| own.ns.starts_with(&call.owner_id))
        };
        let elsewhere = |pattern: &Pattern, ns: &str| {
            views.iter().flat_map(|view| &view.own).any(|(other, own)| other != pattern && own.ns == ns)
        };
        let lost = |(pattern, metadata): (&Pattern, &String)| {
            let now = view.own.get(pattern);
            let owner = now.map_or(call.owner_id.as_str(), |now| &now.ns[..6]);
            let other = owner != call.owner_id;
            let declares = call.beside.contains(owner) && (other || !call.whole);
            now.and_then(|own| own.metadata.as_ref()) != Some(metadata)
                && (own(metadata) && declares
                    || other
                        && !call.took.contains(pattern)
                        && now.is_some_and(|now| elsewhere(pattern, &now.ns)))
        };
        call.put_back && call.routes.iter().any(lost)
    }

    /// Later calls of the same process and owner that declare a part: they add to a whole set of the same commit.
    fn parts_after(&self, number: usize) -> Vec<&ModelCall> {
        let call = &self.calls[number];
        let adds = |other: &&ModelCall| {
            let whole = other.whole && other.rights.policy == Policy::Sync;
            !whole
                && (other.process, &other.owner_id, &other.router)
                    == (call.process, &call.owner_id, &call.router)
        };
        self.calls[number + 1..].iter().filter(adds).collect()
    }

    fn rejected(&mut self, number: usize, error: &RouteSyncError) {
        let call = &self.calls[number];
        let faults = self.config.faults;
        let config = &self.config;
        let short = call.deadline < Duration::from_secs(100);
        let allowed = match error.code {
            Code::Aborted => call.aborts,
            Code::DeadlineExceeded => !config.calm() || short,
            Code::Throttled => faults.throttle > 0,
            Code::Unreachable => faults.refused > 0,
            Code::StoreGone => config.deleted_at.is_some(),
            Code::StoreNotReady => !config.provisioning.is_zero() || config.deleted_at.is_some(),
            Code::RouteConflict | Code::SstTableLimit => true,
            Code::NoHistory => call.rights.rolls_back.is_some(),
            Code::Superseded => call.rights.generation > 0,
            Code::UnsafePlan => call.rights.max_removed.is_some(),
            _ => false,
        };
        if !allowed && !self.scripted() {
            self.violated(format!("5: call {number} was rejected without a reason: {} {error}", error.code));
        }
        if error.message.is_empty() {
            self.violated(format!("5: call {number} was rejected without a word"));
        }
        let call = &self.calls[number];
        let unanswered = self
            .sent
            .iter()
            .any(|sent| sent.process == call.process && sent.calls.contains(&number) && !sent.known);
        if error.details.may_still_land && !unanswered {
            self.violated(format!("6: call {number} speaks of an unanswered write, and none is"));
        }
        let denies =
            error.details.stands.as_deref().is_some_and(|stands| stands.contains("nothing of this call"));
        if denies && !error.details.may_still_land && self.calls[number].seen {
            self.violated(format!("6: call {number} says that nothing of it was written, and something was"));
        }
    }

    /// A scenario, which expects its own codes.
    fn scripted(&self) -> bool {
        self.config.processes == 0
    }
}
