//! One table's transition from the live state to the one after the calls: the old and new text and place of each entry, and
//! the effects on metadata, history and sites.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::batches::Effect;
use super::draft::{Slot, SlotChange};
use super::index::JournalIndex;
use super::layout;
use super::router::Router;
use super::site::Wanted;
use super::snapshot::Snapshot;
use super::stage::{self, Item};
use crate::route::TargetKind;
use crate::table::decode::Stored;
use crate::table::entry::Entry;
use crate::table::id::target_of;
use crate::table::{history, owner_record};

pub(super) struct Transition<'a> {
    /// The text of the live table, its chunks joined.
    pub(super) joined: String,
    /// The live and new entries, with their old and new places.
    pub(super) items: Vec<Item>,
    /// The effect of each item's change on metadata.
    pub(super) effects: Vec<Effect<'a>>,
    /// The number of chunks after the commit.
    pub(super) parts: usize,
    /// The table has entries of SST, or others that are not in routesync's form.
    pub(super) foreign: bool,
    /// The ids of entries before or after the commit.
    pub(super) named: HashSet<&'a str>,
    /// The ids of entries after the commit.
    pub(super) finally: HashSet<&'a str>,
    /// The declared sites: the owner's journal, the id, the declared state.
    pub(super) sites: Vec<(JournalIndex, &'a str, Wanted<'a>)>,
    /// For each journal, the entries that undo the plan's changes.
    pub(super) undo: BTreeMap<JournalIndex, Vec<Entry>>,
}

impl<'a> Transition<'a> {
    pub(super) fn new(router: &'a Router<'a>, snapshot: &Snapshot) -> Self {
        let Router { table, composed, .. } = router;
        let count = composed.slots.len();
        let mut this = Self {
            joined: table.chunks.concat(),
            items: Vec::with_capacity(count),
            effects: Vec::with_capacity(count),
            parts: 0,
            foreign: false,
            named: HashSet::new(),
            finally: HashSet::new(),
            sites: Vec::new(),
            undo: BTreeMap::new(),
        };
        let mut fragments = stage::fragments(table);
        for slot in &composed.slots {
            let line = Line::new(router, slot);
            if let (Some(journal), Some(before)) = (line.journal, line.undo(router, snapshot)) {
                this.undo.entry(journal).or_default().push(before);
            }
            if let (Some(journal), Some(wanted)) = (line.journal, slot.site) {
                this.sites.extend(line.new_id().map(|id| (journal, id, wanted)));
            }
            this.named.extend(line.old_id().into_iter().chain(line.new_id()));
            this.finally.extend(line.new_id());
            this.foreign |= line.new_id().is_some() && line.owner.is_none();
            this.effects.push(line.effect(router));
            this.items.push(Item {
                old: slot.stored.map(|index| std::mem::take(&mut fragments[index])).unwrap_or_default(),
                old_text: line.stored.map_or(0..0, |stored| stored.start..stored.end),
                new: layout::Fragments::new(),
                new_text: line.new_text(table.salvaged.is_some()),
            });
        }
        let shapes: Vec<_> = this.items.iter().map(|item| item.shape(&this.joined)).collect();
        let layout = layout::layout(&shapes, table.chunks.len(), this.foreign && !router.beyond_sst);
        this.parts = layout.parts;
        for (item, place) in this.items.iter_mut().zip(layout.places) {
            item.new = place;
        }
        this
    }

    /// Bytes of the table after the commit.
    pub(super) fn bytes(&self) -> usize {
        1 + self.items.iter().flat_map(|item| &item.new).map(layout::Fragment::len).sum::<usize>()
    }
}

/// A slot with its entry in the live table.
struct Line<'a> {
    slot: &'a Slot<'a>,
    stored: Option<&'a Stored>,
    /// The owner of the new entry, or of the removed one.
    owner: Option<&'a str>,
    /// The journal that lists the metadata which the change retires.
    journal: Option<JournalIndex>,
}

impl<'a> Line<'a> {
    fn new(router: &'a Router<'a>, slot: &'a Slot<'a>) -> Self {
        let stored = slot.stored.map(|index| &router.table.entries[index]);
        let owner = match &slot.change {
            SlotChange::Replace { entry, .. } => entry.owner(),
            SlotChange::Keep | SlotChange::Remove => stored.and_then(|stored| stored.entry.owner()),
        };
        // A released entry has no owner; its former owner's journal still lists the old metadata.
        let released = slot.dropped.filter(|_| match &slot.change {
            SlotChange::Replace { .. } => owner.is_none(),
            SlotChange::Remove => true,
            SlotChange::Keep => false,
        });
        let released = released.and_then(|call| router.journal_of.get(&call));
        let journal = released.or_else(|| router.journal_by_owner.get(owner?)).copied();
        Self { slot, stored, owner, journal }
    }

    fn old_id(&self) -> Option<&'a str> {
        self.stored.map(|stored| stored.entry.id())
    }

    fn new_id(&self) -> Option<&'a str> {
        match &self.slot.change {
            SlotChange::Replace { id, .. } => Some(id.as_str()),
            SlotChange::Keep => self.old_id(),
            SlotChange::Remove => None,
        }
    }

    /// The text after the change, with its comma. `None` if the stored text stays. `rewrites` is set if the table is damaged
    /// and all its entries are written again.
    fn new_text(&self, rewrites: bool) -> Option<String> {
        match &self.slot.change {
            SlotChange::Keep => {
                self.stored.filter(|_| rewrites).map(|stored| format!(",{}", stored.entry.raw()))
            }
            // An entry that one call adds and a later call removes has never been stored.
            SlotChange::Remove => self.stored.map(|_| String::new()),
            SlotChange::Replace { entry, .. } => Some(format!(",{}", entry.raw())),
        }
    }

    /// The entry that undoes the change, if the journal's owner can undo it.
    fn undo(&self, router: &Router<'_>, snapshot: &Snapshot) -> Option<Entry> {
        if self.slot.pruned.is_some() {
            return None;
        }
        let own = self.stored.map(|stored| &stored.entry).filter(|entry| {
            entry.owner().and_then(|owner| router.journal_by_owner.get(owner)).copied() == self.journal
        });
        match &self.slot.change {
            SlotChange::Replace { entry, .. } if own.is_none_or(|own| own.text() != entry.text()) => {
                Some(own.cloned().unwrap_or_else(|| history::nothing(entry)))
            }
            SlotChange::Replace { .. } => None,
            SlotChange::Remove => own.cloned(),
            // The history does not keep a site's old files. It keeps that they changed, so that undoing this change
            // undoes nothing older.
            SlotChange::Keep => {
                let differs =
                    |own: &&Entry| self.slot.site.is_some_and(|site| site.differs(snapshot, own.id()));
                own.filter(differs).cloned()
            }
        }
    }

    /// The effect of the change on metadata.
    fn effect(&self, router: &Router<'_>) -> Effect<'a> {
        let mut effect = Effect::default();
        match &self.slot.change {
            SlotChange::Keep => return effect,
            SlotChange::Remove => effect.drops = self.stored.and_then(|stored| stored.entry.made()),
            SlotChange::Replace { entry, id, metadata, adopts } => {
                if self.old_id() != Some(id.as_str()) {
                    effect.names =
                        Some((id, *metadata)).filter(|_| entry.made().is_some() || !metadata.is_empty());
                    // The metadata of an entry of SST stays SST's, unless a call adopts the entry.
                    effect.drops = self
                        .old_id()
                        .filter(|id| target_of(id).is_some() || *adopts && owner_record::can_be_listed(id));
                }
            }
        }
        let was_site = |stored: &Stored| stored.entry.kind() == TargetKind::SITE;
        effect.site = effect.drops.is_some() && self.stored.is_some_and(was_site);
        if self.new_text(false).is_some() {
            effect.journal = self.journal;
            if let Some(call) = self.slot.pruned {
                effect.journal = router.journal_of.get(&call).copied();
                effect.at_once = true;
            }
        }
        effect
    }
}
