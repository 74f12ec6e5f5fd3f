//! Packs the pages of an index, the switch of its root, and the deletion of old pages.

use super::{Packer, Table};
use crate::edge::index::marker;
use crate::fault_points;
use crate::kvs::limits;
use crate::plan::index::JournalIndex;
use crate::plan::indexing::{Indexing, OpenLedger};
use crate::plan::stage::Step;
use crate::table::key;

/// The most pages of old epochs that one plan deletes: four batches. The calls of the plan wait for it.
const MOST_SWEPT: usize = 4 * (limits::BATCH_KEYS - 2);

/// A change of more steps takes more than one batch.
const MOST_STEPS: usize = 4 * limits::BATCH_KEYS;

impl Packer<'_> {
    /// Whether all steps of a table and the change of its index fit one batch. Closes the open batch if it takes that.
    pub(super) fn fits(&mut self, table: &Table<'_>, groups: &[Vec<Step>]) -> bool {
        let steps: Vec<Step> = groups.iter().flatten().copied().take(MOST_STEPS).collect();
        let keys = |this: &Self| {
            table.stage.keys() + table.stage.cost(&steps) + this.cost(table, &steps) + table.index_keys
        };
        if steps.len() == MOST_STEPS || keys(self) > limits::BATCH_KEYS {
            return false;
        }
        if self.used() + keys(self) > limits::BATCH_KEYS {
            self.close(false);
        }
        // Records that the closed batch has written count again.
        keys(self) <= limits::BATCH_KEYS
    }

    /// Notes in the record of the journal `at`, if a batch writes it, whether its router wants an index or has pages of one.
    pub(crate) fn note_index(&mut self, at: JournalIndex, indexed: bool) {
        self.journals[at].note_index(indexed);
    }

    /// Packs the change of an index, after the steps of its table, which then has `parts` chunks. `late` is set if the open batch has
    /// no room for all of it.
    pub(crate) fn index(
        &mut self,
        router: &str,
        parts: usize,
        indexing: Indexing,
        witness: Option<JournalIndex>,
        late: bool,
    ) {
        let Indexing { after, switches, pages, copy, begun, ledger, noted, .. } = indexing;
        let first = begun.clone().unwrap_or_else(|| ledger.clone());
        let mut open = OpenLedger { router: router.to_owned(), ledger: first, witness };
        let room = |this: &mut Self, keys: usize| {
            if late {
                this.reserve(keys, witness);
            }
        };
        let switch = (key::routes(router), marker(parts, after.as_ref()));
        if fault_points::switches_root_first() && switches {
            room(self, 2);
            self.put(switch.clone());
            self.witness(&open);
            self.cut();
        }
        if begun.is_some() && !fault_points::writes_ledger_last() {
            room(self, 2);
            self.put_ledger(&open);
            self.witness(&open);
        }
        if let Some(copy) = copy {
            room(self, 2);
            self.put(copy);
            self.witness(&open);
        }
        for page in pages {
            room(self, 2);
            if let Some(bytes) = page.old {
                self.sizes.entry(page.key.clone()).or_insert(Some(bytes));
            }
            self.put((page.key, page.value));
            self.witness(&open);
        }
        open.ledger = ledger;
        if switches || noted {
            room(self, 2);
            if switches {
                self.put(switch);
            }
            if noted {
                self.put_ledger(&open);
            }
            self.witness(&open);
        }
        self.ledgers.push(open);
    }

    /// Deletes pages of old epochs that are due, from the last to the first. The ledger always counts those that are left.
    pub(super) fn sweep_pages(&mut self) {
        let mut most = MOST_SWEPT;
        for mut open in std::mem::take(&mut self.ledgers) {
            let now = self.now;
            while let Some(at) = open.ledger.old.iter().position(|epoch| Indexing::is_due(epoch, now)) {
                if most == 0 {
                    break;
                }
                self.reserve(3, open.witness);
                let epoch = &mut open.ledger.old[at];
                if let Some(last) = epoch.pages.checked_sub(1) {
                    epoch.pages = last;
                    self.batch.deletes.push(key::page(&open.router, &epoch.epoch, last));
                } else if std::mem::take(&mut epoch.copied) {
                    self.batch.deletes.push(key::root_copy(&open.router, &epoch.epoch));
                }
                if epoch.pages == 0 && !epoch.copied {
                    open.ledger.old.remove(at);
                }
                self.put_ledger(&open);
                self.witness(&open);
                most -= 1;
            }
        }
    }

    /// Makes room for `keys` keys and the witness's record.
    fn reserve(&mut self, keys: usize, witness: Option<JournalIndex>) {
        let own = |at: JournalIndex| self.journals[at].keys(1) - self.journals[at].keys(0);
        let record = witness.map_or_else(|| self.witness_keys(), own);
        if self.used() + keys + record > limits::BATCH_KEYS {
            self.close(false);
        }
    }

    /// Puts a key in the open batch, which may have put it already.
    fn put(&mut self, (key, value): (String, String)) {
        match self.batch.puts.iter_mut().find(|(other, _)| *other == key) {
            Some((_, before)) => *before = value,
            None => self.batch.puts.push((key, value)),
        }
    }

    fn put_ledger(&mut self, open: &OpenLedger) {
        let key = key::ledger(&open.router);
        if open.ledger.is_spent() {
            self.batch.puts.retain(|(other, _)| *other != key);
            if !self.batch.deletes.contains(&key) {
                self.batch.deletes.push(key);
            }
        } else {
            self.put((key, open.ledger.encode()));
        }
    }

    /// Makes the open batch write the record of the witness, unless it writes another one. Raw changes have none, so the batch pads the
    /// ledger or the marker.
    fn witness(&mut self, open: &OpenLedger) {
        if let Some(witness) = open.witness {
            if self.journals.iter().all(|journal| !journal.touched()) {
                self.journals[witness].touch();
            }
            return;
        }
        self.raw = true;
        let keys = [key::routes(&open.router), key::ledger(&open.router)];
        let has = |key: &&String| self.batch.puts.iter().any(|(other, _)| other == *key);
        if let Some(key) = keys.iter().find(has) {
            self.padded = Some(key.clone());
        } else if !open.ledger.is_spent() {
            let [_, key] = keys;
            self.batch.puts.push((key.clone(), open.ledger.encode()));
            self.padded = Some(key);
        }
    }
}
