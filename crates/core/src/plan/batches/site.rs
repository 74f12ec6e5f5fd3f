//! Packs the changes of a site's files and metadata.

use hashbrown::{HashMap, HashSet};

use super::Packer;
use crate::kvs::limits;
use crate::plan::index::JournalIndex;
use crate::plan::site::{self, FileDiff, Nodes, Wanted};
use crate::plan::sweep::Sweep;
use crate::table::site::{Metadata, Other, SiteRecord};
use crate::table::tree::{Part, Root};
use crate::table::{FILE_VALUE, key};

/// A site that is being written.
struct SiteUpdate<'a> {
    /// The journal of its owner.
    journal: JournalIndex,
    id: &'a str,
    /// What is stored of the site after the open batch.
    record: SiteRecord,
}

impl Packer<'_> {
    /// Changes the site `id`, whose owner has the journal `journal`, to the `wanted` state. `named` is set if an entry has this id
    /// already.
    ///
    /// A new site is listed as retired until an entry has its id, so that a crash in between leaves no unknown key.
    pub(crate) fn site(&mut self, journal: JournalIndex, id: &str, wanted: Wanted<'_>, named: bool) {
        self.sites.insert(id.to_owned());
        if wanted.stands(self.snapshot, id) {
            return;
        }
        let record = site::record(self.snapshot, id);
        let nodes = Nodes::new(self.snapshot, id, Some(wanted));
        // Everything that the calls' sites need was read.
        let Ok(diff) = site::diff(&record, wanted.tree().root(), nodes) else { return };
        if !named && !self.journals[journal].lists(id) {
            // The longer list may need a spill.
            if self.room(journal) < 2 {
                self.close(false);
            }
            self.journals[journal].retire(id, true, self.now, &mut self.batch);
        }
        let mut update = SiteUpdate { journal, id, record };
        self.go(&mut update, &diff, wanted.tree().root(), Some(wanted.metadata()));
    }

    /// Deletes the retired sites that are due and have no entry after the commit. `finally` are the ids of entries after the commit,
    /// by router. A site whose keys were not all read is left to a later plan.
    pub(super) fn sweep_sites(&mut self, finally: &HashMap<&str, &HashSet<&str>>) {
        let mut swept: HashSet<String> = HashSet::new();
        for journal in self.journals.keys() {
            let router = self.journals[journal].router().to_owned();
            let named = |id: &str| finally.get(router.as_str()).is_some_and(|ids| ids.contains(id));
            for id in self.journals[journal].due_sites(self.now) {
                if named(&id) || !swept.insert(id.clone()) {
                    continue;
                }
                match self.sweep_of(journal, &id) {
                    Sweep::Wait => {}
                    Sweep::Delete => self.sweep_site(journal, &id),
                    Sweep::Unlist => {
                        // One key for the owner's record, one for the spill that lists the site.
                        if self.room(journal) < 2 {
                            self.close(false);
                        }
                        self.journals[journal].touch();
                        self.journals[journal].forget(&id, &mut self.batch);
                    }
                }
            }
        }
    }

    fn sweep_site(&mut self, journal: JournalIndex, id: &str) {
        let site = key::site(id);
        if self.snapshot.get(&site) == crate::plan::snapshot::Read::Unread {
            return;
        }
        let record = site::record(self.snapshot, id);
        let nodes = Nodes::new(self.snapshot, id, None);
        let Ok(diff) = site::diff(&record, &Root::default(), nodes) else { return };
        let mut update = SiteUpdate { journal, id, record };
        self.go(&mut update, &diff, &Root::default(), None);
        // One key for the metadata, one for the site's record, one for the spill that lists the site.
        if self.room(journal) < 3 {
            self.close(false);
        }
        if let Some(Metadata { bytes, .. }) = update.record.metadata {
            self.sizes.entry(key::metadata(id)).or_insert(Some(bytes));
        }
        self.open.retain(|(key, _)| *key != site);
        self.batch.deletes.extend([key::metadata(id), site]);
        self.journals[journal].touch();
        self.journals[journal].forget(id, &mut self.batch);
    }

    fn go(&mut self, update: &mut SiteUpdate<'_>, diff: &FileDiff, to: &Root, metadata: Option<&str>) {
        self.take_back(update, &diff.back);
        if update.record.files == *to {
            update.record.other = None;
        } else {
            update.record.other = Some(Other { files: to.clone(), stand: diff.done });
            self.bring(update, &diff.forth[diff.done..]);
        }
        let changed = metadata.map(Metadata::of).filter(|new| update.record.metadata.as_ref() != Some(new));
        // The batch that swaps the sets also writes the site's record.
        if self.room(update.journal) < 2 {
            self.close(false);
        }
        if let (Some(new), Some(text)) = (changed, metadata) {
            let key = key::metadata(update.id);
            if let Some(Metadata { bytes, .. }) = update.record.metadata {
                self.sizes.entry(key.clone()).or_insert(Some(bytes));
            }
            self.batch.puts.push((key, text.to_owned()));
            update.record.metadata = Some(new);
        }
        if update.record.files != *to {
            let old = std::mem::replace(&mut update.record.files, to.clone());
            let stand = diff.gone.len();
            update.record.other = (stand > 0).then_some(Other { files: old, stand });
        }
        self.note(update);
        self.take_back(update, &diff.gone);
    }

    /// Puts parts of the other set, from the first missing one on.
    fn bring(&mut self, update: &mut SiteUpdate<'_>, parts: &[Part]) {
        let mut rest = parts;
        while !rest.is_empty() {
            let room = self.room(update.journal);
            let (now, later) = rest.split_at(room.min(rest.len()));
            for part in now {
                let (key, value) = match part {
                    Part::Node(digest, text) => (key::node(update.id, digest), text.clone()),
                    Part::Name(name) => (key::file(update.id, name), FILE_VALUE.to_owned()),
                };
                // The open batch may have deleted this key for the third set.
                self.batch.deletes.retain(|other| *other != key);
                self.batch.puts.push((key, value));
            }
            self.moved(update, now.len(), true);
            rest = later;
            if !rest.is_empty() {
                self.close(false);
            }
        }
    }

    /// Deletes parts of the other set, from the last to the first.
    fn take_back(&mut self, update: &mut SiteUpdate<'_>, parts: &[Part]) {
        let mut rest = parts;
        while !rest.is_empty() {
            let room = self.room(update.journal);
            let (earlier, now) = rest.split_at(rest.len() - room.min(rest.len()));
            for part in now.iter().rev() {
                let (key, bytes) = match part {
                    Part::Node(digest, text) => (key::node(update.id, digest), text.len()),
                    Part::Name(name) => (key::file(update.id, name), FILE_VALUE.len()),
                };
                self.sizes.entry(key.clone()).or_insert(Some(bytes));
                self.batch.deletes.push(key);
            }
            self.moved(update, now.len(), false);
            rest = earlier;
            if !rest.is_empty() {
                self.close(false);
            }
        }
    }

    /// Updates the record: `parts` more or fewer parts of the other set are stored.
    fn moved(&mut self, update: &mut SiteUpdate<'_>, parts: usize, more: bool) {
        if parts == 0 {
            return;
        }
        if let Some(Other { stand, .. }) = &mut update.record.other {
            *stand = if more { *stand + parts } else { stand.saturating_sub(parts) };
            if *stand == 0 {
                update.record.other = None;
            }
        }
        self.note(update);
    }

    /// Adds the current site record to the open batch.
    fn note(&mut self, update: &SiteUpdate<'_>) {
        self.journals[update.journal].touch();
        let key = key::site(update.id);
        match self.open.iter_mut().find(|(other, _)| *other == key) {
            Some((_, record)) => *record = update.record.clone(),
            None => self.open.push((key, update.record.clone())),
        }
    }

    /// The number of keys that the open batch has room for, after the site's record and its owner's.
    fn room(&self, journal: JournalIndex) -> usize {
        let owner = self.journals[journal].keys(1) - self.journals[journal].keys(0);
        limits::BATCH_KEYS.saturating_sub(self.used() + owner + 1)
    }
}
