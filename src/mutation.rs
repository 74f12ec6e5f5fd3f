//! Ways to break the engine on purpose, so that the model checker can show that it would notice.
//!
//! Without the feature `mutations` (it is no default, and only `tests/mutations.rs` asks for it)
//! [`broken`] is `false` at compile time, and what it guards is not there.

/// One decision, taken wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A call with nothing to write settles without a second Describe.
    SkipSecondDescribe,
    /// The owner record is not padded, so two states of a store may look alike.
    NoPadding,
    /// The table goes out in a write of its own, before the metadata that it names.
    TableBeforeMetadata,
    /// The chunks of one change go out in two writes.
    ChunksApart,
    /// A write that was not answered counts as done.
    UnansweredIsDone,
    /// A write that was not answered is sent again as it was; a refusal then counts as done.
    Resend,
    /// Retired metadata is swept also when an entry names it.
    SweepNamed,
    /// Retired metadata is swept without waiting for its time.
    SweepEarly,
    /// Who took an id over sweeps it by its own list alone.
    SweepRelisted,
    /// Who has a site on its list from a prune sweeps it also where its owner drops it in the same commit.
    SweepDropped,
    /// Retired metadata is swept though a change that the history keeps leads back to it.
    SweepHistory,
    /// What an entry stops naming is deleted in the same write.
    DeleteAtOnce,
    /// What an entry stops naming is not listed.
    ForgetRetired,
    /// Late batches list what they retire with the time of the plan.
    RetireAsPlanned,
    /// A wanted id stays on the list of retired ones.
    KeepRetired,
    /// One 404 is believed.
    TrustOne404,
    /// What reads say of the store's size is not compared.
    IgnoreCounts,
    /// Warm commits follow one another at once.
    NoSpacing,
    /// The `ETag` is asked for after reading.
    ReadBeforeDescribe,
    /// After somebody else's write, written calls settle without looking whether they stand.
    SettleUnseen,
    /// An owner's older record counts as a later change.
    OlderIsLater,
    /// A new owner record counts its writes from 1, also where one was deleted before.
    CountFromOne,
    /// A later change of the owner counts as a clobber, and is written over.
    NeverLater,
    /// An entry that a foreign writer restored counts as a takeover if its owner has written anything since.
    RestoredIsTaken,
    /// A refused write goes out again on the new `ETag`, planned on the old snapshot.
    KeepStaleSnapshot,
    /// What a call may remove is not looked at again when another call leaves the commit.
    GuardOnce,
    /// A call takes patterns without asking from an owner that rolls back in the same commit.
    TakeBesideRollback,
    /// Callers that left stay in the commit.
    IgnoreAbort,
    /// Nobody is told of a write that was not answered.
    ForgetUnanswered,
    /// What a takeover replaces is not listed.
    ForgetTaken,
    /// What a takeover replaces is deleted in the same write.
    DeleteTaken,
    /// A prune takes owners that declare in the same commit, too.
    PruneAlive,
    /// An older generation is not refused.
    IgnoreFence,
    /// A whole set also removes what another owner has taken in the same commit.
    RemoveTaken,
}

#[cfg(feature = "mutations")]
mod active {
    use std::cell::Cell;

    use super::Mutation;

    thread_local! {
        static ACTIVE: Cell<Option<Mutation>> = const { Cell::new(None) };
    }

    /// Breaks the engines that run on this thread, or mends them.
    pub fn set(mutation: Option<Mutation>) {
        ACTIVE.set(mutation);
    }

    /// Whether this decision is to be taken wrongly.
    #[must_use]
    pub fn broken(mutation: Mutation) -> bool {
        ACTIVE.get() == Some(mutation)
    }
}

#[cfg(feature = "mutations")]
pub use active::{broken, set};

/// Never, without the feature `mutations`.
#[cfg(not(feature = "mutations"))]
#[must_use]
pub const fn broken(_: Mutation) -> bool {
    false
}
