//! One table's way from what stands to what the calls make of it: its lines with their places, and what they do besides.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::batches::Effect;
use super::draft::SlotChange;
use super::index::LedgerIndex;
use super::layout;
use super::router::Router;
use super::site::Wanted;
use super::snapshot::Snapshot;
use super::stage::{self, Item};
use crate::route::TargetKind;
use crate::table::entry::Entry;
use crate::table::id::target_of;
use crate::table::{history, record};

/// One table's way: its items with their old and new places.
pub(super) struct Way<'a> {
    /// The table's text as it stands.
    pub(super) joined: String,
    /// Its lines, and those that are to be.
    pub(super) items: Vec<Item>,
    /// What each of them does besides.
    pub(super) effects: Vec<Effect<'a>>,
    /// Chunks in the end.
    pub(super) parts: usize,
    /// Entries of SST (or of anyone whose form is not ours) stand in it.
    pub(super) foreign: bool,
    /// The ids that entries name now or in the end.
    pub(super) named: HashSet<&'a str>,
    /// The ids that entries name in the end.
    pub(super) finally: HashSet<&'a str>,
    /// The sites that calls declare: the ledger of the owner, the id, and what it is to be.
    pub(super) sites: Vec<(LedgerIndex, &'a str, Wanted<'a>)>,
    /// By ledger, the entries that undo what the plan changes.
    pub(super) undo: BTreeMap<LedgerIndex, Vec<Entry>>,
}

impl<'a> Way<'a> {
    pub(super) fn new(router: &'a Router<'a>, snapshot: &Snapshot) -> Self {
        let Router { table, composed, books, .. } = router;
        let joined = table.chunks.concat();
        let mut standing = stage::fragments(table);
        let mut items = Vec::with_capacity(composed.slots.len());
        let mut effects = Vec::with_capacity(composed.slots.len());
        let (mut named, mut finally) = (HashSet::new(), HashSet::new());
        let mut foreign = false;
        let mut sites = Vec::new();
        let mut undo: BTreeMap<LedgerIndex, Vec<Entry>> = BTreeMap::new();
        for slot in &composed.slots {
            let stored = slot.stored.map(|index| &table.entries[index]);
            let before = stored.map(|stored| stored.entry.id());
            // Whose it will be, or was.
            let owner = match &slot.change {
                SlotChange::Replace { entry, .. } => entry.owner(),
                SlotChange::Keep | SlotChange::Remove => stored.and_then(|stored| stored.entry.owner()),
            };
            // What is handed back is nobody's, and its former owner keeps the list.
            let by = slot.dropped.filter(|_| match &slot.change {
                SlotChange::Replace { entry, .. } => entry.owner().is_none(),
                SlotChange::Remove => true,
                SlotChange::Keep => false,
            });
            let by = by.and_then(|call| router.ledger_of.get(&call)).copied();
            let ledger = by.or_else(|| owner.and_then(|owner| books.get(owner)).copied());
            named.extend(before);
            if let Some(ledger) = ledger.filter(|_| slot.pruned.is_none()) {
                let own = stored.map(|stored| &stored.entry);
                let own =
                    own.filter(|entry| entry.owner().and_then(|owner| books.get(owner)) == Some(&ledger));
                let before = match &slot.change {
                    SlotChange::Replace { entry, .. } if own.is_none_or(|own| own.text() != entry.text()) => {
                        Some(own.cloned().unwrap_or_else(|| history::nothing(entry)))
                    }
                    SlotChange::Remove => own.cloned(),
                    // What a site was is not kept; that it changed is, so that undoing this undoes nothing older.
                    SlotChange::Keep => {
                        let differs =
                            |own: &&Entry| slot.site.is_some_and(|site| site.differs(snapshot, own.id()));
                        own.filter(differs).cloned()
                    }
                    SlotChange::Replace { .. } => None,
                };
                if let Some(before) = before {
                    undo.entry(ledger).or_default().push(before);
                }
            }
            let mut effect = Effect::default();
            let new_text = match &slot.change {
                SlotChange::Keep => {
                    finally.extend(before);
                    foreign |= owner.is_none();
                    stored
                        .filter(|_| table.salvaged.is_some())
                        .map(|stored| format!(",{}", stored.entry.raw()))
                }
                SlotChange::Remove => {
                    effect.drops = stored.and_then(|stored| stored.entry.made());
                    // What one call adds and a later one takes away never stood.
                    before.map(|_| String::new())
                }
                SlotChange::Replace { entry, id, metadata, adopts } => {
                    named.insert(id.as_str());
                    finally.insert(id.as_str());
                    foreign |= entry.owner().is_none();
                    if before != Some(id.as_str()) {
                        effect.names =
                            Some((id, *metadata)).filter(|_| entry.made().is_some() || !metadata.is_empty());
                        // The record of an entry of SST is SST's, unless it was adopted with the entry.
                        effect.drops = before
                            .filter(|id| target_of(id).is_some() || *adopts && record::can_be_listed(id));
                    }
                    Some(format!(",{}", entry.raw()))
                }
            };
            effect.site = effect.drops.is_some()
                && stored.is_some_and(|stored| stored.entry.kind() == TargetKind::SITE);
            if new_text.is_some() && !matches!(slot.change, SlotChange::Keep) {
                effect.ledger = ledger;
                if let Some(call) = slot.pruned {
                    effect.ledger = router.ledger_of.get(&call).copied();
                    effect.at_once = true;
                }
            }
            if let (Some(ledger), Some(wanted)) = (ledger, slot.site) {
                let id = match &slot.change {
                    SlotChange::Replace { id, .. } => Some(id.as_str()),
                    SlotChange::Keep | SlotChange::Remove => before,
                };
                sites.extend(id.map(|id| (ledger, id, wanted)));
            }
            effects.push(effect);
            items.push(Item {
                old: slot.stored.map(|index| std::mem::take(&mut standing[index])).unwrap_or_default(),
                old_text: stored.map_or(0..0, |stored| stored.start..stored.end),
                new: layout::Fragments::new(),
                new_text,
            });
        }
        let shapes: Vec<_> = items.iter().map(|item| item.shape(&joined)).collect();
        let layout = layout::layout(&shapes, table.chunks.len(), foreign && !router.beyond_sst);
        for (item, place) in items.iter_mut().zip(layout.places) {
            item.new = place;
        }
        Self { joined, items, effects, parts: layout.parts, foreign, named, finally, sites, undo }
    }

    /// Bytes of the table in the end.
    pub(super) fn bytes(&self) -> usize {
        1 + self.items.iter().flat_map(|item| &item.new).map(layout::Fragment::len).sum::<usize>()
    }
}
