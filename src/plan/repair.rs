//! What a repair does besides what is declared: records are put again, what nobody can serve goes, and so does what
//! nothing leads to. Never a key of others without being told.

use std::collections::BTreeMap;

use hashbrown::HashSet;
use serde::Serialize;

use super::census::Census;
use super::compose::{Call, Composer, Fate, Records};
use super::outcome::Outcome;
use super::site::Wanted;
use crate::options::Mends;
use crate::route::matcher::broken_host;
use crate::route::{EntryPattern, Files};
use crate::table::id::{OwnerId, RouteId};
use crate::table::{FILE_VALUE, key};

/// Something that is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mended {
    /// What is done.
    pub action: Action,
    /// The key that is put or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The route whose entry goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Why.
    pub why: &'static str,
}

impl Mended {
    /// A key that a full check put again.
    #[must_use]
    pub const fn put_again(key: String) -> Self {
        Self {
            action: Action::Put,
            key: Some(key),
            pattern: None,
            why: "it was missing or altered when all was read back",
        }
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A key is put again.
    Put,
    /// A key goes.
    Delete,
    /// An entry goes.
    Drop,
}

/// What a repair adds to the batches of its router.
#[derive(Debug, Default)]
pub struct Repair<'a> {
    /// Declared metadata and files that are missing or altered: by key, the id and the value.
    pub puts: BTreeMap<String, (RouteId, &'a str)>,
    /// The owner's record is missing or cannot be read.
    pub record: bool,
    /// Chunks that no marker counts.
    pub chunks: Vec<usize>,
    /// Keys that nothing leads to.
    pub deletes: Vec<String>,
}

impl<'a> Composer<'a> {
    /// What `call` mends, once what it declares has been taken.
    pub(super) fn repair(
        &mut self,
        call: &Call<'a>,
        mends: Mends,
        records: &Records<'a>,
        outcome: &mut Outcome,
    ) -> Repair<'a> {
        let snapshot = records.snapshot;
        let census = Census::take(snapshot);
        let mut repair = Repair::default();
        self.put_declared(call, records, &mut repair, outcome);
        if mends.foreign {
            self.drop_foreign(call, records, outcome);
        }
        let live = self.by_owner.get(call.owner).is_some_and(|slots| !slots.is_empty());
        if live && snapshot.record(records.router, call.owner).is_none() {
            repair.record = true;
            let why = "the owner's record is missing or cannot be read";
            outcome.mended.push(put(key::owner(records.router, call.owner), why));
        }
        let named: HashSet<&str> = (0..self.slots.len()).filter_map(|slot| self.id(slot)).collect();
        if let Some(router) = census.routers.get(records.router) {
            repair.chunks = router.leftover().collect();
            // A damaged table is written anew, over these or without them.
            if router.damage.is_none() {
                let keys = repair.chunks.iter().map(|chunk| key::chunk(records.router, *chunk));
                outcome.mended.extend(keys.map(|key| delete(key, "no table has this chunk")));
            }
        }
        if let Some(router) = census.routers.get(records.router) {
            // The change at hand of an owner that takes part has the next number, and its keys.
            let next = |owner: &OwnerId, change| {
                let record = snapshot.record(records.router, owner);
                self.by_owner.contains_key(owner)
                    && change >= record.map_or(0, |record| record.oldest_change())
            };
            for (owner, change, part) in router.forgotten().filter(|(owner, change, _)| !next(owner, *change))
            {
                let key = key::history(records.router, owner, *change, *part);
                outcome.mended.push(delete(key.clone(), "no owner's history has it"));
                repair.deletes.push(key);
            }
        }
        let orphans = census.orphans().into_iter().filter(|(id, _)| !named.contains(id.as_str()));
        for key in orphans.flat_map(|(_, keys)| keys) {
            outcome.mended.push(delete(key.to_owned(), "no entry and no list names it"));
            repair.deletes.push(key.to_owned());
        }
        if mends.foreign {
            for ns in census.unnamed().into_iter().filter(|ns| !named.contains(ns)) {
                let key = key::metadata(ns);
                outcome.mended.push(delete(key.clone(), "no entry names it"));
                repair.deletes.push(key);
            }
        }
        repair
    }

    /// Declared records that are not as declared.
    fn put_declared(
        &self,
        call: &Call<'a>,
        records: &Records<'a>,
        repair: &mut Repair<'a>,
        outcome: &mut Outcome,
    ) {
        for (at, (route, (_, id))) in call.intent.routes.iter().zip(&outcome.ids).enumerate() {
            // What somebody else fills is not ours to mend, and a site that is to change is put anyway.
            let site = Wanted::of(call.intent, at);
            let changes = site.is_some_and(|site| site.differs(records.snapshot, id.as_str()));
            if changes || route.target.refers_to().is_some() {
                continue;
            }
            let stands = self.at(&route.entry).into_iter().any(|slot| {
                matches!(self.slots[slot].fate, Fate::Stays) && self.id(slot) == Some(id.as_str())
            });
            let names = route.target.files().map(Files::names).unwrap_or_default();
            let files = names.iter().map(|name| (key::file(id, name), FILE_VALUE));
            let nodes = site.into_iter().flat_map(|site| site.tree().nodes());
            let nodes = nodes.map(|(digest, text)| (key::node(id, digest), text));
            let metadata = [(key::metadata(id), route.target.metadata())];
            for (key, value) in metadata.into_iter().chain(nodes).chain(files).filter(|_| stands) {
                let stored = records.snapshot.get(&key).value();
                if stored != Some(value) && repair.puts.insert(key.clone(), (id.clone(), value)).is_none() {
                    let why =
                        if stored.is_none() { "it is missing" } else { "it does not say what is declared" };
                    outcome.mended.push(put(key, why));
                }
            }
        }
    }

    /// Entries of others that cannot be served: whoever asks for them gets an error.
    fn drop_foreign(&mut self, call: &Call<'a>, records: &Records<'a>, outcome: &mut Outcome) {
        for slot in &mut self.slots {
            let Some(entry) = slot.stored.map(|stored| &self.table.entries[stored].entry) else { continue };
            let missing = records.snapshot.get(&key::metadata(entry.id())).value().is_none();
            let broken = broken_host(entry.host()).is_some();
            if matches!(slot.fate, Fate::Stays) && (missing || broken) && !entry.is_of(call.owner) {
                slot.fate = Fate::Goes;
                outcome.mended.push(Mended {
                    action: Action::Drop,
                    key: None,
                    pattern: Some(EntryPattern::from_stored(entry.host(), entry.path()).display()),
                    why: if broken {
                        "its host is no regular expression, and it is not the owner's"
                    } else {
                        "its metadata is missing, and it is not the owner's"
                    },
                });
            }
        }
    }
}

fn put(key: String, why: &'static str) -> Mended {
    Mended { action: Action::Put, key: Some(key), pattern: None, why }
}

fn delete(key: String, why: &'static str) -> Mended {
    Mended { action: Action::Delete, key: Some(key), pattern: None, why }
}
