//! Packs the history of an owner's changes.

use super::Packer;
use crate::kvs::limits;
use crate::plan::index::JournalIndex;
use crate::table::entry::Entry;
use crate::table::history;

impl Packer<'_> {
    /// Writes the entries that undo the coming changes to the history, if the journal `at` keeps one. Must be called before those
    /// changes are packed.
    pub(crate) fn remember(&mut self, at: JournalIndex, before: &[Entry]) {
        if !self.journals[at].keeps_history() {
            return;
        }
        // The record that lists the change and the change's first part are in one batch: a change without a part is damage.
        if self.used() + self.journals[at].keys(1) + 1 > limits::BATCH_KEYS {
            self.close(false);
        }
        for (key, mut value) in self.journals[at].note_change(history::encode(before.iter()), self.now) {
            if self.used() >= limits::BATCH_KEYS {
                self.close(false);
            }
            self.journals[at].touch();
            history::pad(&key, &mut value);
            self.batch.puts.push((key, value));
        }
    }

    /// Deletes changes that the history of the journal `at` no longer keeps, but none from the change `needed` on.
    pub(crate) fn trim(&mut self, at: JournalIndex, needed: Option<u64>) {
        if !self.journals[at].trims() {
            return;
        }
        loop {
            // One key for the record, one for the part.
            if self.used() + 1 + self.journals[at].keys(1) - self.journals[at].keys(0) > limits::BATCH_KEYS {
                self.close(false);
            }
            let Some(key) = self.journals[at].trim(needed) else { break };
            self.batch.deletes.push(key);
        }
    }
}
