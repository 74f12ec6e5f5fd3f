//! Faults that tests switch on, so that the model checker can show that it would notice them.
//!
//! Each fault is a wrong decision of the engine, and has a predicate named after what the faulty engine does. Without the
//! feature `mutations`, which only `crates/sim/tests/mutations.rs` asks for, every predicate is `false` at compile time.

/// Declares the faults: the doc, the name, and the predicate that asks whether the fault is on.
macro_rules! fault_points {
    ($(#[doc = $doc:literal] $fault:ident, $predicate:ident;)*) => {
        /// A wrong decision of the engine.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum FaultPoint {
            $(#[doc = $doc] $fault,)*
        }

        $(
            #[doc = $doc]
            #[cfg(feature = "mutations")]
            pub(crate) fn $predicate() -> bool {
                active::is(FaultPoint::$fault)
            }

            #[doc = $doc]
            #[cfg(not(feature = "mutations"))]
            #[allow(dead_code, reason = "`sync::torn` asks for some faults, and exists only with `mutations`")]
            pub(crate) const fn $predicate() -> bool {
                false
            }
        )*
    };
}

fault_points! {
    /// A call with nothing to write settles without a second Describe.
    SkipSecondDescribe, skips_second_describe;
    /// The owner record is not padded, so two states of a store may look alike.
    NoPadding, skips_padding;
    /// The table goes out in a write of its own, before the metadata that it names.
    TableBeforeMetadata, writes_table_first;
    /// The chunks of one change go out in two writes.
    ChunksApart, splits_chunks;
    /// A write that was not answered counts as done.
    UnansweredIsDone, takes_unanswered_for_done;
    /// A write that was not answered is sent again as it was; a refusal then counts as done.
    Resend, resends_unanswered;
    /// Retired metadata is swept also when an entry names it.
    SweepNamed, sweeps_named;
    /// Retired metadata is swept without waiting for its time.
    SweepEarly, sweeps_early;
    /// Who took an id over sweeps it by its own list alone.
    SweepRelisted, sweeps_relisted;
    /// Who has a site on its list from a prune sweeps it also where its owner drops it in the same commit.
    SweepDropped, ignores_lists_of_this_commit;
    /// Retired metadata is swept though a change that the history keeps leads back to it.
    SweepHistory, sweeps_history;
    /// What an entry stops naming is deleted in the same write.
    DeleteAtOnce, deletes_without_grace;
    /// What an entry stops naming is not listed.
    ForgetRetired, forgets_retired;
    /// Late batches list what they retire with the time of the plan.
    RetireAsPlanned, keeps_planned_times;
    /// A wanted id stays on the list of retired ones.
    KeepRetired, keeps_revived_listed;
    /// One 404 is believed.
    TrustOne404, trusts_one_404;
    /// What reads say of the store's size is not compared.
    IgnoreCounts, ignores_counts;
    /// Warm commits follow one another at once.
    NoSpacing, skips_spacing;
    /// The `ETag` is asked for after reading.
    ReadBeforeDescribe, describes_after_reading;
    /// After somebody else's write, written calls settle without looking whether they stand.
    SettleUnseen, settles_unconfirmed;
    /// An owner's older record counts as a later change.
    OlderIsLater, takes_older_for_later;
    /// A new owner record counts its writes from 1, also where one was deleted before.
    CountFromOne, counts_from_one;
    /// A later change of the owner counts as a clobber, and is written over.
    NeverLater, never_sees_later;
    /// An entry that a foreign writer restored counts as a takeover if its owner has written anything since.
    RestoredIsTaken, takes_restored_for_taken;
    /// A refused write goes out again on the new `ETag`, planned on the old snapshot.
    KeepStaleSnapshot, keeps_stale_snapshot;
    /// What a call may remove is not looked at again when another call leaves the commit.
    GuardOnce, guards_once;
    /// A call takes patterns without asking from an owner that rolls back in the same commit.
    TakeBesideRollback, takes_beside_rollback;
    /// Callers that left stay in the commit.
    IgnoreAbort, ignores_abort;
    /// Nobody is told of a write that was not answered.
    ForgetUnanswered, forgets_unanswered;
    /// What a takeover replaces is not listed.
    ForgetTaken, forgets_taken;
    /// What a takeover replaces is deleted in the same write.
    DeleteTaken, deletes_taken;
    /// A prune takes owners that declare in the same commit, too.
    PruneAlive, prunes_participants;
    /// An older generation is not refused.
    IgnoreFence, ignores_generation;
    /// A whole set also removes what another owner has taken in the same commit.
    RemoveTaken, removes_taken;
}

#[cfg(feature = "mutations")]
mod active {
    use std::cell::Cell;

    use super::FaultPoint;

    thread_local! {
        static ACTIVE: Cell<Option<FaultPoint>> = const { Cell::new(None) };
    }

    /// Switches a fault on for the engines that run on this thread, or all faults off.
    pub fn set(fault: Option<FaultPoint>) {
        ACTIVE.set(fault);
    }

    pub(super) fn is(fault: FaultPoint) -> bool {
        ACTIVE.get() == Some(fault)
    }
}

#[cfg(feature = "mutations")]
pub use active::set;
