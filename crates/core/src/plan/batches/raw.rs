//! Packs raw keys. They have no owner. If the plan has owners, the record of one witnesses the batches.

use hashbrown::HashSet;

use super::Packer;
use crate::kvs::limits;
use crate::plan::journal::OwnerJournal;

impl Packer<'_> {
    /// Keeps the keys that raw calls want: an owner that adopted a namespace of SST may list its metadata.
    pub(crate) fn keep_raw(&mut self, wanted: HashSet<String>) {
        self.kept = wanted;
    }

    /// Puts raw keys.
    pub(crate) fn put_raw(&mut self, puts: &[(String, String)]) {
        for (key, value) in puts {
            self.make_room();
            self.raw = true;
            self.batch.puts.push((key.clone(), value.clone()));
        }
    }

    /// Deletes raw keys.
    pub(crate) fn delete_raw(&mut self, keys: &[String]) {
        for key in keys {
            // An owner that adopted the namespace may delete its metadata, too.
            if self.batch.deletes.contains(key) {
                continue;
            }
            self.make_room();
            self.raw = true;
            self.batch.deletes.push(key.clone());
        }
    }

    /// Ends the open batch.
    pub(crate) fn cut(&mut self) {
        self.close(false);
    }

    /// Makes room for a key and the witness's record.
    fn make_room(&mut self) {
        if self.used() + 1 + self.witness_keys() > limits::BATCH_KEYS {
            self.close(false);
        }
    }

    /// The most keys that the record of a witness takes, if the open batch has none yet.
    pub(super) fn witness_keys(&self) -> usize {
        if self.journals.iter().any(OwnerJournal::touched) {
            return 0;
        }
        self.journals.iter().map(|journal| journal.keys(1)).max().unwrap_or_default()
    }
}
