//! What a call does, apart from the routes that it declares.

use super::prune::Prune;

/// What a call does. `plan/actions` has a file for each, and none for `Remove`, which declares an empty set.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Action {
    /// Makes the declared routes live.
    #[default]
    Declare,
    /// Removes all routes of the owner.
    Remove,
    /// Removes other owners with all that they have in the router.
    Prune(Prune),
    /// Undoes changes of the owner.
    Rollback(Rollback),
    /// Hands the owner's routes back.
    Release(Release),
    /// Makes the declared routes live, and repairs what else is damaged in the store.
    Repair(Repair),
}

impl Action {
    /// Whether a store that does not exist counts as success.
    #[must_use]
    pub const fn accepts_gone_store(&self) -> bool {
        matches!(self, Self::Remove | Self::Prune(_))
    }

    /// Whether the call repairs: it trusts the caller's claim to the owner name, and it removes what nothing leads to.
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

    /// Whether the action must not be done again once it is done: it would take what has been declared since.
    #[must_use]
    pub const fn happens_once(&self) -> bool {
        matches!(self, Self::Prune(_) | Self::Release(_))
    }

    /// Whether the action goes by what is live and not by what the call declares. Done again after a later change of the
    /// owner, it would also undo or release that change.
    #[must_use]
    pub const fn follows_live(&self) -> bool {
        matches!(self, Self::Rollback(_) | Self::Release(_))
    }
}

/// The changes that a call undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollback {
    /// The last one.
    Last,
    /// This one and all after it.
    To(u64),
}

/// What a call that releases an owner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Hands its routes back.
    Routes,
    /// Removes the rest, once it is due, of an owner without routes.
    Rest,
}

/// How far a repair may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repair {
    /// Also entries of others that cannot be served, and metadata of others that no entry names.
    pub foreign: bool,
}
