//! A call as the judges know it: what it declares, what it may do, and what has become of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use routesync_core::options::{Action, Call, MaxRemoved, Policy, Rollback, Scope, Verify};
use routesync_core::table::id::OwnerId;

use super::raw_change::RawChange;
use super::view::{Pattern, View};

/// What a call may do besides adding, changing and removing what is its owner's.
#[derive(Debug, Default)]
pub struct Rights {
    /// Declared patterns that it may take from other owners, and from SST.
    pub takes: BTreeSet<Pattern>,
    /// It takes over SST's entries that lead to the declared target.
    pub adopts: bool,
    /// The ids of the owners that it may prune, and for how long they must not have written.
    pub prunes: Option<(BTreeSet<String>, Duration)>,
    pub policy: Policy,
    pub max_removed: Option<u64>,
    /// 0 is none.
    pub generation: u64,
    pub repairs: bool,
    /// It undoes changes: which.
    pub rolls_back: Option<Rollback>,
    /// It removes its owner: nothing is kept for requests under way.
    pub at_once: bool,
}

impl Rights {
    /// What `call` may do. Who is pruned is not read from it but given: the judge does not match names.
    pub fn of(call: &Call, prunes: Option<(BTreeSet<String>, Duration)>) -> Self {
        let takes = call.routes.iter().filter(|route| call.safety.takeover.takes(&route.entry));
        Self {
            takes: takes
                .map(|route| (route.entry.host().to_owned(), route.entry.path().to_owned()))
                .collect(),
            adopts: call.safety.adopt,
            prunes,
            policy: call.safety.policy,
            max_removed: match call.safety.max_removed {
                Some(MaxRemoved::Count(count)) => Some(count),
                _ => None,
            },
            generation: call.safety.generation,
            repairs: matches!(call.action, Action::Repair(_)),
            rolls_back: match call.action {
                Action::Rollback(rollback) => Some(rollback),
                _ => None,
            },
            at_once: call.grace.is_zero(),
        }
    }
}

/// A call and what has become of it.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that is noted on the way")]
pub struct ModelCall {
    /// The life of the process that made it.
    pub process: usize,
    pub router: String,
    pub owner_id: String,
    pub whole: bool,
    /// What it may drop besides its routes: pattern and id.
    pub previous: Vec<(Pattern, String)>,
    /// Pattern to metadata.
    pub routes: BTreeMap<Pattern, String>,
    /// A route whose target no other call declares.
    pub fresh: Option<(Pattern, String)>,
    pub issued: Duration,
    pub deadline: Duration,
    pub aborts: bool,
    pub settled: Option<Settled>,
    /// The write that completed it was answered, and it has stood since.
    pub landed: bool,
    /// It has stood at some point.
    pub stood: bool,
    /// A later declared change has replaced some of it.
    pub overtaken: bool,
    /// A later change that its own owner declared has replaced some of it.
    pub replaced: bool,
    /// Somebody else's declared change has touched its patterns since it stood.
    pub touched: bool,
    /// When a foreign writer took away what had landed.
    pub clobbered: Option<Duration>,
    /// A foreign writer has taken away what had landed, at some time.
    pub put_back: bool,
    /// The owners of whom other calls have been written since it stood.
    pub beside: BTreeSet<String>,
    /// What its process took over from other owners for it.
    pub took: BTreeSet<Pattern>,
    /// It is to be checked.
    pub verified: bool,
    /// Something of it has been in the store.
    pub seen: bool,
    /// What it may do besides.
    pub rights: Rights,
    /// What it changes in SST's form: then it declares nothing.
    pub raw: Option<RawChange>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    pub resolved: bool,
    pub may_still_land: bool,
}

impl ModelCall {
    /// What the judges know of `call`.
    pub fn new(
        process: usize,
        call: &Call,
        rights: Rights,
        fresh: Option<String>,
        deadline: Duration,
    ) -> Self {
        let pattern =
            |entry: &routesync_core::route::EntryPattern| (entry.host().to_owned(), entry.path().to_owned());
        let routes: BTreeMap<Pattern, String> = call
            .routes
            .iter()
            .map(|route| (pattern(&route.entry), route.target.metadata().to_owned()))
            .collect();
        let previous = match &call.scope {
            Scope::Whole => Vec::new(),
            Scope::Previous(previous) => {
                previous.iter().map(|one| (pattern(&one.entry), one.id.clone())).collect()
            }
        };
        // What only adds may leave its pattern to another target.
        let fresh = fresh.filter(|_| rights.policy != Policy::CreateOnly).and_then(|metadata| {
            routes.iter().find(|(_, other)| **other == metadata).map(|(at, it)| (at.clone(), it.clone()))
        });
        Self {
            process,
            router: call.router.as_str().to_owned(),
            owner_id: OwnerId::of(call.owner.as_str()).as_str().to_owned(),
            whole: matches!(call.scope, Scope::Whole),
            previous,
            routes,
            fresh,
            issued: Duration::ZERO,
            deadline,
            aborts: false,
            settled: None,
            landed: false,
            stood: false,
            overtaken: false,
            replaced: false,
            touched: false,
            clobbered: None,
            put_back: false,
            beside: BTreeSet::new(),
            took: BTreeSet::new(),
            verified: call.verify != Verify::Off,
            seen: false,
            rights,
            raw: None,
        }
    }

    /// Whether all that it declares stands, and what it drops does not.
    pub fn stands(&self, view: &View) -> bool {
        self.stands_beside(view, &[])
    }

    /// The same, where `later` calls of its owner may have added what it drops.
    pub fn stands_beside(&self, view: &View, later: &[&Self]) -> bool {
        let again = |pattern: &Pattern| {
            later.iter().any(|call| call.rights.rolls_back.is_some() || call.routes.contains_key(pattern))
        };
        let declared = self.routes.iter().all(|(pattern, metadata)| {
            view.own.get(pattern).is_some_and(|own| {
                own.ns.starts_with(&self.owner_id)
                    && (self.rights.policy == Policy::CreateOnly || own.metadata.as_deref() == Some(metadata))
            })
        });
        let others = || {
            if self.rights.policy != Policy::Sync {
                return true;
            }
            let mut own = view.own.iter().filter(|(_, own)| own.ns.starts_with(&self.owner_id));
            if self.whole {
                return own.all(|(pattern, _)| self.routes.contains_key(pattern) || again(pattern));
            }
            self.previous.iter().all(|(pattern, id)| {
                self.routes.contains_key(pattern)
                    || again(pattern)
                    || view.own.get(pattern).is_none_or(|own| own.ns != *id)
            })
        };
        declared && others()
    }

    /// Whether it may (still) change the store.
    pub fn active(&self) -> bool {
        !(self.landed && self.overtaken)
    }

    pub fn declares(&self, pattern: &Pattern, metadata: &str) -> bool {
        self.routes.get(pattern).is_some_and(|declared| declared == metadata)
    }

    /// The declared patterns that lead in `view` to what is declared.
    pub fn has<'v>(&'v self, view: &'v View) -> impl Iterator<Item = &'v Pattern> {
        let leads = |(pattern, metadata): &(&Pattern, &String)| {
            view.own.get(pattern).and_then(|own| own.metadata.as_ref()) == Some(metadata)
        };
        self.routes.iter().filter(leads).map(|(pattern, _)| pattern)
    }

    pub fn has_any(&self, view: &View) -> bool {
        self.has(view).next().is_some()
    }

    pub fn drops(&self, pattern: &Pattern, ns: &str) -> bool {
        ns.starts_with(&self.owner_id)
            && self.rights.policy == Policy::Sync
            && !self.routes.contains_key(pattern)
            && (self.whole || self.previous.iter().any(|(other, id)| other == pattern && id == ns))
    }
}
