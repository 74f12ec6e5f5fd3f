//! What a call does, apart from the routes that it declares.

use super::prune::Prune;
use super::raw::{RawEntries, RawKeys};

/// What a call does. Each action has a file in `plan/actions`, except `Remove`, which declares an empty set.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Action {
    /// Makes the declared routes live.
    #[default]
    Declare,
    /// Removes all routes of the owner.
    Remove,
    /// Removes other owners: their routes, metadata and records in the router.
    Prune(Prune),
    /// Undoes changes of the owner.
    Rollback(Rollback),
    /// Gives the owner's routes up without removing them.
    Release(Release),
    /// Makes the declared routes live, and repairs damage in the rest of the store.
    Repair(Repair),
    /// Changes entries of SST's form as text.
    Entries(RawEntries),
    /// Changes keys of one namespace of SST.
    Keys(RawKeys),
}

impl Action {
    /// Whether a store that does not exist counts as success: nothing would be left to remove.
    #[must_use]
    pub const fn accepts_gone_store(&self) -> bool {
        match self {
            Self::Remove | Self::Prune(_) => true,
            Self::Entries(entries) => entries.add.is_empty() && entries.replace.is_empty(),
            Self::Keys(keys) => keys.puts.is_empty(),
            _ => false,
        }
    }

    /// Whether the action changes keys of SST's form, for which there is no owner and no record.
    #[must_use]
    pub const fn is_raw(&self) -> bool {
        matches!(self, Self::Entries(_) | Self::Keys(_))
    }

    /// Whether the call changes anything of SST's form. One that only sets the index does not.
    #[must_use]
    pub fn changes_raw(&self) -> bool {
        match self {
            Self::Entries(entries) => *entries != RawEntries::default(),
            action => action.is_raw(),
        }
    }

    /// Whether the call repairs. A repair trusts the caller's claim to the owner name, and it removes unreferenced keys.
    #[must_use]
    pub const fn repairs(&self) -> bool {
        matches!(self, Self::Repair(_))
    }

    /// Whether the plan needs the whole store.
    #[must_use]
    pub const fn reads_store(&self) -> bool {
        self.repairs()
    }

    /// Whether the plan needs the records of all owners in the router.
    #[must_use]
    pub const fn reads_owners(&self) -> bool {
        matches!(self, Self::Prune(_))
    }

    /// Whether the action must not be repeated once it has succeeded: it would remove or release what has been declared since.
    #[must_use]
    pub const fn happens_once(&self) -> bool {
        matches!(self, Self::Prune(_) | Self::Release(_))
    }

    /// Whether the action depends on the live state and not on what the call declares. Repeated after a later change of
    /// the owner, it would also undo or release that change.
    #[must_use]
    pub const fn follows_live(&self) -> bool {
        matches!(self, Self::Rollback(_) | Self::Release(_))
    }
}

/// The changes that a call undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollback {
    /// The last change.
    Last,
    /// The change with this number, and all later ones.
    To(u64),
}

/// What a release does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Gives the owner's routes up without removing them.
    Routes,
    /// Removes the records that remain of an owner without routes, once their grace period has passed.
    Rest,
}

/// How far a repair may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repair {
    /// Whether the repair also covers other owners' entries that cannot be served, and other owners' metadata that no entry
    /// names.
    pub foreign: bool,
}
