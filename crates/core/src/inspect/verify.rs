//! Compares the live state with a declaration, and checks its consistency.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::destination;
use super::finding::{Finding, FindingCode, Severity};
use super::indexed;
use super::live::StoreSize;
use crate::confirm::{Confirmation, Unconfirmed};
use crate::error::Result;
use crate::kvs::Requests;
use crate::options::{Call, RouterId, Scope};
use crate::plan::Snapshot;
use crate::plan::site::{self, Wanted};
use crate::plan::store_index::{Router, StoreIndex};
use crate::query::{Needs, Query};
use crate::route::matcher::broken_host;
use crate::route::{EntryPattern, Route, TargetKind, counted, effect};
use crate::table::decode::Damage;
use crate::table::entry::Entry;
use crate::table::id::OwnerId;
use crate::table::owner_record::{Record, RecordError};
use crate::table::{SST_HOLDER, history, key};

/// The result of a verification.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// Whether all findings have the severity [`Severity::Info`].
    pub ok: bool,
    /// The ETag of the state that was verified.
    pub etag: String,
    /// The findings, with the most severe first.
    pub findings: Vec<Finding>,
    /// The routers that were verified, and the number of entries of each.
    pub routers: BTreeMap<String, usize>,
    /// What the edge has shown. `None` if it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge: Option<Confirmation>,
    /// The size of the whole store.
    pub store: StoreSize,
    /// The requests that the query sent.
    pub requests: Requests,
}

impl Verification {
    /// Adds what the edge at `url` has shown.
    #[must_use]
    pub fn with_edge(mut self, url: &str, shown: Confirmation) -> Self {
        for one in &shown.unconfirmed {
            let Unconfirmed { pattern, .. } = one;
            let code = if one.shows.is_some() { FindingCode::EdgeDiffers } else { FindingCode::EdgeUnknown };
            let finding = Finding::new(code, format!("at {url}, {one}"));
            // Without an answer, the reason is the same for all routes.
            let first = code == FindingCode::EdgeDiffers || self.findings.iter().all(|it| it.code != code);
            if first {
                self.findings.push(finding.pattern(pattern));
            }
        }
        self.ok = self.ok && shown.confirmed;
        self.findings.sort_by_key(|finding| Reverse(finding.severity));
        self.edge = Some(shown);
        self
    }
}

/// Reads a whole store, and verifies it.
#[derive(Debug)]
pub struct VerifyQuery {
    /// The router to verify, or `None` for all.
    pub router: Option<RouterId>,
    /// The declaration to compare with.
    pub declared: Option<Call>,
}

impl Query for VerifyQuery {
    type Answer = Verification;

    fn needs(&self, _: &Snapshot) -> Needs {
        Needs::All
    }

    fn answer(&self, snapshot: &Snapshot, _: u64, requests: Requests) -> Result<Verification> {
        let index = StoreIndex::of(snapshot);
        let judged = |name: &str| self.router.as_ref().is_none_or(|router| router.as_str() == name);
        let mut findings = Vec::new();
        let mut routers = BTreeMap::new();
        for (name, router) in index.routers.iter().filter(|(name, _)| judged(name)) {
            routers.insert((*name).to_owned(), router.table.entries.len());
            table(name, router, &mut findings);
            indexed::verify(snapshot, name, router, &mut findings);
            entries(&index, name, router, &mut findings);
            owners(name, router, &mut findings);
            histories(snapshot, name, router, &mut findings);
        }
        if let Some(call) = &self.declared {
            declared(&index, call, &mut findings);
        }
        for (id, keys) in index.orphans() {
            let key = keys.first().map_or_else(|| key::metadata(&id), |key| (*key).to_owned());
            let others = if keys.len() > 1 {
                format!(" (and {} keys with it)", keys.len() - 1)
            } else {
                String::new()
            };
            let message = format!("no entry refers to {key}{others}, and no owner lists it as retired");
            findings.push(Finding::new(FindingCode::MetadataOrphaned, message).key(key));
        }
        if !index.routers.is_empty() {
            for ns in index.unnamed() {
                let key = key::metadata(ns);
                let message = format!("no entry of any router in this store refers to {key}");
                findings.push(Finding::new(FindingCode::MetadataUnnamed, message).key(key).owner(SST_HOLDER));
            }
        }
        findings.sort_by(|a, b| {
            (b.severity, a.code, &a.key, &a.pattern).cmp(&(a.severity, b.code, &b.key, &b.pattern))
        });
        Ok(Verification {
            ok: findings.iter().all(|finding| finding.severity == Severity::Info),
            etag: snapshot.etag.as_str().to_owned(),
            findings,
            routers,
            edge: None,
            store: snapshot.counts.into(),
            requests,
        })
    }
}

fn table(name: &str, router: &Router<'_>, findings: &mut Vec<Finding>) {
    let root = key::routes(name);
    match &router.damage {
        Some(Damage::MissingChunk(_)) => {
            for chunk in (0..router.parts).filter(|chunk| !router.chunks.contains(chunk)) {
                let key = key::chunk(name, chunk);
                let message = format!("{root} counts {} chunks, but {key} does not exist", router.parts);
                findings.push(Finding::new(FindingCode::ChunkMissing, message).key(key));
            }
        }
        Some(Damage::Entry { index, error }) => {
            let message = format!("entry {index} of {root} makes the edge function throw: {error}");
            findings.push(Finding::new(FindingCode::EntryBreaksReader, message).key(root));
        }
        Some(damage @ (Damage::Root(_) | Damage::Syntax(_))) => {
            let message = format!("the table in {root} does not decode: {damage}");
            findings.push(Finding::new(FindingCode::TableCorrupt, message).key(root));
        }
        None => {}
    }
    for chunk in router.leftover() {
        let key = key::chunk(name, chunk);
        let message = format!("{key} exists, but the table of router {name} has no such chunk");
        findings.push(Finding::new(FindingCode::ChunkOrphaned, message).key(key));
    }
}

fn entries(index: &StoreIndex<'_>, name: &str, router: &Router<'_>, findings: &mut Vec<Finding>) {
    let mut holders: HashMap<(&str, &str), BTreeSet<String>> = HashMap::new();
    for stored in &router.table.entries {
        let entry = &stored.entry;
        let pattern = EntryPattern::from_stored(entry.host(), entry.path()).display();
        let owner = index.snapshot.holder(name, entry);
        let path = if entry.path().is_empty() { "/" } else { entry.path() };
        holders.entry((entry.host(), path)).or_default().insert(owner.clone());
        if let Some(why) = broken_host(entry.host()) {
            let message = format!("the host of {:?} is not a regular expression: {why}", entry.text());
            let finding =
                Finding::new(FindingCode::EntryBreaksReader, message).pattern(&pattern).owner(&owner);
            findings.push(finding.key(key::routes(name)));
        }
        if let (TargetKind::SITE, Some(id)) = (entry.kind(), entry.made())
            && let lacking @ [first, ..] = &site::lacking(index.snapshot, id)[..]
        {
            let message =
                format!("{} keys of the files of {pattern} are missing, for example {first}", lacking.len());
            let finding = Finding::new(FindingCode::FilesMissing, message);
            findings.push(finding.key(first).pattern(&pattern).owner(&owner));
        }
        let key = key::metadata(entry.id());
        match index.snapshot.get(&key).value() {
            None => {
                let message = format!("{pattern} leads to {key}, which does not exist");
                findings.push(
                    Finding::new(FindingCode::MetadataMissing, message)
                        .key(key)
                        .pattern(pattern)
                        .owner(owner),
                );
            }
            Some(value) => {
                if let Some(why) = garbled(entry.kind(), value) {
                    let message = format!("{pattern} leads to {key}, which {why}");
                    findings.push(
                        Finding::new(FindingCode::MetadataGarbled, message)
                            .key(key)
                            .pattern(pattern)
                            .owner(owner),
                    );
                }
            }
        }
    }
    for ((host, path), names) in holders.into_iter().filter(|(_, names)| names.len() > 1) {
        let pattern = EntryPattern::from_stored(host, path).display();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        let message = format!("{pattern} is held by {names} in router {name}");
        findings.push(Finding::new(FindingCode::Collision, message).pattern(pattern).owner(names));
    }
}

/// Why the edge function fails on every request to a route with this record.
fn garbled(kind: &str, value: &str) -> Option<String> {
    let Ok(Value::Object(record)) = serde_json::from_str::<Value>(value) else {
        return Some("is not a JSON object".to_owned());
    };
    let text = |field: &str| record.get(field).is_some_and(Value::is_string);
    match kind {
        "url" if !text("host") => return Some("has no host".to_owned()),
        "bucket" if !text("domain") => return Some("has no domain".to_owned()),
        _ => {}
    }
    // The other fields that the function reads are optional.
    destination::rewrite(&Value::Object(record)).err().map(|why| format!("has an impossible rewrite: {why}"))
}

fn owners(name: &str, router: &Router<'_>, findings: &mut Vec<Finding>) {
    let mut live: BTreeMap<OwnerId, usize> = BTreeMap::new();
    for stored in &router.table.entries {
        if let Some(owner) = stored.entry.owner_id() {
            *live.entry(owner).or_default() += 1;
        }
    }
    for (owner, routes) in live.iter().filter(|(owner, _)| !router.records.contains_key(owner)) {
        let key = key::owner(name, owner);
        let routes = counted(*routes as u64, "route");
        let message = format!("{routes} under the owner id {owner}, but {key} does not exist");
        findings.push(Finding::new(FindingCode::RecordMissing, message).key(key).owner(owner.to_string()));
    }
    for (owner, record) in &router.records {
        let key = key::owner(name, owner);
        match record {
            Err(RecordError::Newer(version)) => {
                let message = format!("a newer version of routesync wrote {key}, in form {version}");
                findings
                    .push(Finding::new(FindingCode::RecordNewer, message).key(key).owner(owner.to_string()));
            }
            Err(RecordError::Garbled) => {
                let message = format!("{key} is not an owner record");
                findings.push(
                    Finding::new(FindingCode::RecordGarbled, message).key(key).owner(owner.to_string()),
                );
            }
            Ok(record) if OwnerId::of(&record.owner) != *owner => {
                let message = format!("{key} is the record of {:?}, which has another id", record.owner);
                findings.push(
                    Finding::new(FindingCode::RecordGarbled, message).key(key).owner(owner.to_string()),
                );
            }
            Ok(record) if !live.contains_key(owner) => {
                let message = format!("owner {:?} has no routes in router {name}", record.owner);
                findings.push(Finding::new(FindingCode::OwnerEmpty, message).key(key).owner(&record.owner));
            }
            Ok(_) => {}
        }
    }
    for (owner, change, part) in router.forgotten() {
        let key = key::history(name, owner, *change, *part);
        let message = format!("{key} exists, but is in no owner's history");
        findings.push(Finding::new(FindingCode::HistoryOrphaned, message).key(key).owner(owner.to_string()));
    }
}

/// Finds parts of changes that an owner's record lists, but that do not exist or cannot be read.
fn histories(snapshot: &Snapshot, name: &str, router: &Router<'_>, findings: &mut Vec<Finding>) {
    for (owner, record) in &router.records {
        let Ok(Record { owner: of, history: Some(changes), .. }) = record else { continue };
        for change in changes.from..changes.end() {
            let key_of = |part| key::history(name, owner, change, part);
            let standing = |part: &u64| snapshot.get(&key_of(*part)).value().is_some();
            let last = changes.parts(change).rev().find(standing);
            for part in changes.parts(change) {
                let key = key_of(part);
                let found = match snapshot.get(&key).value() {
                    Some(value) if history::decode(value).is_some() => continue,
                    Some(_) => "cannot be read",
                    None => "does not exist",
                };
                // The first write of a change already lists all of its parts. An interrupted deploy lacks the last parts.
                let cut_off = last.is_some_and(|last| part > last);
                let why = if cut_off { ", probably after an interrupted deploy" } else { "" };
                let message = format!("{key}, a part of change {change} of {of:?}, {found}{why}");
                let finding = Finding::new(FindingCode::HistoryDamaged, message).key(key).owner(of);
                findings.push(if cut_off { finding.only_info() } else { finding });
            }
        }
    }
}

fn declared(index: &StoreIndex<'_>, call: &Call, findings: &mut Vec<Finding>) {
    let (name, owner) = (call.router.as_str(), call.owner.as_str());
    let empty = Router::default();
    let router = index.routers.get(name).unwrap_or(&empty);
    let own = OwnerId::of(owner);
    let mut live: HashMap<(&str, &str), &Entry> = HashMap::new();
    for stored in &router.table.entries {
        live.insert((stored.entry.host(), stored.entry.path()), &stored.entry);
    }
    for (at, route) in call.routes.iter().enumerate() {
        let id = call.id(&own, route);
        let about = |code, message: String| Finding::new(code, message).pattern(&route.pattern).owner(owner);
        let Some(entry) = live.get(&(route.entry.host(), route.entry.path())) else {
            let message = format!("{} is declared, but not live", route.pattern);
            findings.push(about(FindingCode::RouteMissing, message));
            continue;
        };
        if !entry.is_of(&own) {
            let holder = index.snapshot.holder(name, entry);
            let message = format!("{} is declared by {owner:?}, but held by {holder:?}", route.pattern);
            findings.push(about(FindingCode::RouteHeld, message).owner(holder));
        } else if entry.id() != id.as_str() || entry.kind() != route.target.kind().as_str() {
            if let Some(message) = leads_elsewhere(index, route, entry) {
                findings.push(about(FindingCode::RouteDiffers, message).key(key::metadata(entry.id())));
            }
        } else if Wanted::of(call, at).is_some_and(|site| site.differs(index.snapshot, id.as_str())) {
            let message = format!("the site at {} has other metadata or files than declared", route.pattern);
            findings.push(about(FindingCode::RouteDiffers, message).key(key::site(&id)));
        } else if route.target.refers_to().is_none() {
            let key = key::metadata(&id);
            let found = index.snapshot.get(&key).value().map_or_else(Vec::new, |stored| {
                effect::differences(entry.kind(), stored, route.target.metadata())
            });
            if !found.is_empty() {
                let what = effect::sentence(&found);
                let message = format!("{key} is not as declared for {}: {what}", route.pattern);
                findings.push(about(FindingCode::MetadataAltered, message).key(key));
            }
        }
    }
    undeclared(router, call, &own, findings);
}

/// How the target of an entry with another id differs from the declared one; `None` if it has the same effect.
fn leads_elsewhere(index: &StoreIndex<'_>, route: &Route, entry: &Entry) -> Option<String> {
    let Route { pattern, target, .. } = route;
    let what = format!("{pattern} leads to another target than the declared one");
    let declared = target.kind().as_str();
    if entry.kind() != declared {
        return Some(format!("{what}: it is a {}, but a {declared} is declared", entry.kind()));
    }
    let stored = index.snapshot.get(&key::metadata(entry.id())).value();
    let (Some(stored), None, None) = (stored, target.refers_to(), target.files()) else { return Some(what) };
    let found = effect::differences(declared, stored, target.metadata());
    (!found.is_empty()).then(|| format!("{what}: {}", effect::sentence(&found)))
}

fn undeclared(router: &Router<'_>, call: &Call, own: &OwnerId, findings: &mut Vec<Finding>) {
    let owner = call.owner.as_str();
    if matches!(call.scope, Scope::Whole) {
        let declared: BTreeSet<(&str, &str)> =
            call.routes.iter().map(|route| (route.entry.host(), route.entry.path())).collect();
        for stored in router.table.entries.iter().filter(|stored| stored.entry.is_of(own)) {
            let entry = &stored.entry;
            if !declared.contains(&(entry.host(), entry.path())) {
                let pattern = EntryPattern::from_stored(entry.host(), entry.path()).display();
                let message = format!("{pattern} is live, but not declared by {owner:?}");
                findings
                    .push(Finding::new(FindingCode::RouteUndeclared, message).pattern(pattern).owner(owner));
            }
        }
    }
}
