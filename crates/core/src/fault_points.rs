//! Faults that tests switch on to show that the model checker notices them.
//!
//! Each fault is a wrong decision of the engine, with a predicate named after what the faulty engine does. Without the feature
//! `mutations`, which only `routesync-sim` enables, every predicate is `false` at compile time.

/// Declares the faults: doc, name, and the predicate that is true while the fault is on.
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
            #[allow(dead_code, reason = "`sync::faulty` asks for some faults, and exists only with `mutations`")]
            pub(crate) const fn $predicate() -> bool {
                false
            }
        )*
    };
}

fault_points! {
    /// A call without changes settles without a second Describe.
    SkipSecondDescribe, skips_second_describe;
    /// The owner record is not padded, so two states of a store may have the same counts.
    NoPadding, skips_padding;
    /// The table is written before the metadata of its entries, in a separate write.
    TableBeforeMetadata, writes_table_first;
    /// The chunks of one change are written in two writes.
    ChunksApart, splits_chunks;
    /// A write without an answer counts as applied.
    UnansweredIsDone, takes_unanswered_for_done;
    /// A write without an answer is sent again unchanged. If it is refused then, it counts as applied.
    Resend, resends_unanswered;
    /// Retired metadata is swept even if an entry has its id.
    SweepNamed, sweeps_named;
    /// Retired metadata is swept before the grace period is over.
    SweepEarly, sweeps_early;
    /// An owner that took an id over sweeps it without checking other owners' lists.
    SweepRelisted, sweeps_relisted;
    /// An owner that inherited a site from a pruned owner sweeps it even if the site's owner drops it in the same commit.
    SweepDropped, ignores_lists_of_this_commit;
    /// Retired metadata is swept although the history keeps a change that needs it.
    SweepHistory, sweeps_history;
    /// Metadata is deleted in the write that drops its last entry, despite the grace period.
    DeleteAtOnce, deletes_without_grace;
    /// Metadata that loses its last entry is not listed.
    ForgetRetired, forgets_retired;
    /// Late batches list retired metadata with the time of the plan.
    RetireAsPlanned, keeps_planned_times;
    /// An id that gets an entry again stays on the list of retired ids.
    KeepRetired, keeps_revived_listed;
    /// One 404 is enough to count a key as absent.
    TrustOne404, trusts_one_404;
    /// The counts of reads are not compared with Describe's.
    IgnoreCounts, ignores_counts;
    /// Warm commits follow each other without a pause.
    NoSpacing, skips_spacing;
    /// The `ETag` is read after the keys.
    ReadBeforeDescribe, describes_after_reading;
    /// Written calls settle without checking whether they are live after another writer's write.
    SettleUnseen, settles_unconfirmed;
    /// An owner's older record counts as a later change.
    OlderIsLater, takes_older_for_later;
    /// A new owner record has the `seq` 1, even if an earlier record of the owner was deleted.
    CountFromOne, counts_from_one;
    /// A later change of the owner counts as a clobber and is overwritten.
    NeverLater, never_sees_later;
    /// An entry that a foreign writer restored counts as a takeover if its owner has written anything since.
    RestoredIsTaken, takes_restored_for_taken;
    /// A refused write is sent again with the new `ETag`, planned on the old snapshot.
    KeepStaleSnapshot, keeps_stale_snapshot;
    /// The guards of a call are not checked again when another call leaves the commit.
    GuardOnce, guards_once;
    /// A call takes patterns over, without permission, from an owner that rolls back in the same commit.
    TakeBesideRollback, takes_beside_rollback;
    /// Calls whose callers have left stay in the commit.
    IgnoreAbort, ignores_abort;
    /// Errors do not mention a write without an answer.
    ForgetUnanswered, forgets_unanswered;
    /// Metadata that a takeover replaces is not listed.
    ForgetTaken, forgets_taken;
    /// Metadata that a takeover replaces is deleted in the same write.
    DeleteTaken, deletes_taken;
    /// A prune also removes owners that take part in the same commit.
    PruneAlive, prunes_participants;
    /// An older generation is not refused.
    IgnoreFence, ignores_generation;
    /// A whole set also removes entries that another owner has taken over in the same commit.
    RemoveTaken, removes_taken;
    /// A raw purge deletes metadata that an entry names.
    PurgeNamed, purges_named;
    /// The root of a table with raw changes is not padded, so two states of a store may have the same counts.
    NoRootPadding, skips_root_padding;
    /// Raw entries are written before raw keys, in a separate write.
    RawEntriesFirst, writes_raw_entries_first;
    /// A change of a table keeps the root of its index in the marker, and its pages.
    KeepStaleRoot, keeps_stale_root;
    /// A change within an epoch leaves one page as it is.
    SkipPage, skips_page;
    /// The epochs of an index have the same name.
    ReuseEpoch, reuses_epoch;
    /// The root of an index is written before its pages.
    RootFirst, switches_root_first;
    /// A late root is taken for one whose pages are those of the table.
    IgnoreLate, ignores_late;
    /// Metadata is deleted with its last entry although the root of the index is late.
    DeleteUnderLateRoot, deletes_under_late_root;
    /// The pages of an old epoch are deleted before their grace period is over.
    SweepPagesEarly, sweeps_pages_early;
    /// The ledger of an index is written after the pages of a new epoch.
    LedgerLast, writes_ledger_last;
}

#[cfg(feature = "mutations")]
mod active {
    use std::cell::Cell;

    use super::FaultPoint;

    thread_local! {
        static ACTIVE: Cell<Option<FaultPoint>> = const { Cell::new(None) };
    }

    /// Switches on one fault for the engines that run on this thread. `None` switches all faults off.
    pub fn set(fault: Option<FaultPoint>) {
        ACTIVE.set(fault);
    }

    pub(super) fn is(fault: FaultPoint) -> bool {
        ACTIVE.get() == Some(fault)
    }
}

#[cfg(feature = "mutations")]
pub use active::set;
