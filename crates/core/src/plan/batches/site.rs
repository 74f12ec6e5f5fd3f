//! A site's files and metadata on their way, batch by batch.

use hashbrown::{HashMap, HashSet};

use super::Packer;
use crate::kvs::limits;
use crate::plan::index::JournalIndex;
use crate::plan::site::{self, FileDiff, Nodes, Wanted};
use crate::plan::sweep::Sweep;
use crate::table::site::{Metadata, Other, SiteRecord};
use crate::table::tree::{Part, Root};
use crate::table::{FILE_VALUE, key};

/// A site that is written.
struct Book<'a> {
    /// The journal of its owner.
    journal: JournalIndex,
    id: &'a str,
    /// What stands of it once the batch at hand is applied.
    record: SiteRecord,
}

impl Packer<'_> {
    /// Makes the site `id` of the journal at `journal` what is wanted. `named`: an entry names it already.
    ///
    /// Until one does it is listed as retired, so that a crash in between leaves nothing that nobody knows of.
    pub(crate) fn site(&mut self, journal: JournalIndex, id: &str, wanted: Wanted<'_>, named: bool) {
        // Its metadata goes out here, no later than the entry.
        self.ahead.insert(id.to_owned());
        if wanted.stands(self.snapshot, id) {
            return;
        }
        let record = site::record(self.snapshot, id);
        let nodes = Nodes::new(self.snapshot, id, Some(wanted));
        // The snapshot is complete for what the calls declare: nothing is unread.
        let Ok(diff) = site::diff(&record, wanted.tree().root(), nodes) else { return };
        if !named && !self.journals[journal].lists(id) {
            // The list's growth may spill.
            if self.room(journal) < 2 {
                self.close(false);
            }
            self.journals[journal].retire(id, true, self.now, &mut self.batch);
        }
        let mut book = Book { journal, id, record };
        self.go(&mut book, &diff, wanted.tree().root(), Some(wanted.metadata()));
    }

    /// Takes away what is left of retired sites that are due and that no entry names in the end (`finally`, by
    /// router). What was not read of one in time stays for a later plan.
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
                        // The owner's record, and the spill that lists it.
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
        let mut book = Book { journal, id, record };
        self.go(&mut book, &diff, &Root::default(), None);
        // The metadata, the record, the spill that lists it.
        if self.room(journal) < 3 {
            self.close(false);
        }
        if let Some(Metadata { bytes, .. }) = book.record.metadata {
            self.sizes.entry(key::metadata(id)).or_insert(Some(bytes));
        }
        self.open.retain(|(key, _)| *key != site);
        self.batch.deletes.extend([key::metadata(id), site]);
        self.journals[journal].touch();
        self.journals[journal].forget(id, &mut self.batch);
    }

    fn go(&mut self, book: &mut Book<'_>, diff: &FileDiff, to: &Root, metadata: Option<&str>) {
        self.take_back(book, &diff.back);
        if book.record.files == *to {
            book.record.other = None;
        } else {
            book.record.other = Some(Other { files: to.clone(), stand: diff.done });
            self.bring(book, &diff.forth[diff.done..]);
        }
        let changed = metadata.map(Metadata::of).filter(|new| book.record.metadata.as_ref() != Some(new));
        // The batch that switches says so in the record.
        if self.room(book.journal) < 2 {
            self.close(false);
        }
        if let (Some(new), Some(text)) = (changed, metadata) {
            let key = key::metadata(book.id);
            if let Some(Metadata { bytes, .. }) = book.record.metadata {
                self.sizes.entry(key.clone()).or_insert(Some(bytes));
            }
            self.batch.puts.push((key, text.to_owned()));
            book.record.metadata = Some(new);
        }
        if book.record.files != *to {
            let old = std::mem::replace(&mut book.record.files, to.clone());
            let stand = diff.gone.len();
            book.record.other = (stand > 0).then_some(Other { files: old, stand });
        }
        self.note(book);
        self.take_back(book, &diff.gone);
    }

    /// Puts parts of the other set, the first of those that are missing first.
    fn bring(&mut self, book: &mut Book<'_>, parts: &[Part]) {
        let mut rest = parts;
        while !rest.is_empty() {
            let room = self.room(book.journal);
            let (now, later) = rest.split_at(room.min(rest.len()));
            for part in now {
                let (key, value) = match part {
                    Part::Node(digest, text) => (key::node(book.id, digest), text.clone()),
                    Part::Name(name) => (key::file(book.id, name), FILE_VALUE.to_owned()),
                };
                // What went back a moment ago may come again.
                self.batch.deletes.retain(|other| *other != key);
                self.batch.puts.push((key, value));
            }
            self.moved(book, now.len(), true);
            rest = later;
            if !rest.is_empty() {
                self.close(false);
            }
        }
    }

    /// Deletes parts of the other set, the last first.
    fn take_back(&mut self, book: &mut Book<'_>, parts: &[Part]) {
        let mut rest = parts;
        while !rest.is_empty() {
            let room = self.room(book.journal);
            let (earlier, now) = rest.split_at(rest.len() - room.min(rest.len()));
            for part in now.iter().rev() {
                let (key, bytes) = match part {
                    Part::Node(digest, text) => (key::node(book.id, digest), text.len()),
                    Part::Name(name) => (key::file(book.id, name), FILE_VALUE.len()),
                };
                self.sizes.entry(key.clone()).or_insert(Some(bytes));
                self.batch.deletes.push(key);
            }
            self.moved(book, now.len(), false);
            rest = earlier;
            if !rest.is_empty() {
                self.close(false);
            }
        }
    }

    /// More or fewer parts of the other set stand.
    fn moved(&mut self, book: &mut Book<'_>, parts: usize, more: bool) {
        if parts == 0 {
            return;
        }
        if let Some(Other { stand, .. }) = &mut book.record.other {
            *stand = if more { *stand + parts } else { stand.saturating_sub(parts) };
            if *stand == 0 {
                book.record.other = None;
            }
        }
        self.note(book);
    }

    /// The batch at hand writes the site's record as it is now.
    fn note(&mut self, book: &Book<'_>) {
        self.journals[book.journal].touch();
        let key = key::site(book.id);
        match self.open.iter_mut().find(|(other, _)| *other == key) {
            Some((_, record)) => *record = book.record.clone(),
            None => self.open.push((key, book.record.clone())),
        }
    }

    /// Keys that the batch at hand has room for, besides the site's record and its owner's.
    fn room(&self, journal: JournalIndex) -> usize {
        let owner = self.journals[journal].keys(1) - self.journals[journal].keys(0);
        limits::BATCH_KEYS.saturating_sub(self.used() + owner + 1)
    }
}
