//! The model checker's own test: the engine, broken on purpose, is caught; as it is, it passes the same
//! seeds. `cargo test --package routesync-sim --test mutations`

#[path = "scenarios/pressure.rs"]
mod pressure;

use routesync_core::fault_points::{FaultPoint, set};
use routesync_sim::model::run::run;

/// Seeds within which every break must show.
const SEEDS: u64 = 400;

fn caught(mutation: FaultPoint) {
    let found = (0..SEEDS).find_map(|seed| {
        set(Some(mutation));
        let broken = run(seed, false);
        set(None);
        broken.violations.into_iter().next().map(|violation| (seed, violation))
    });
    let Some((seed, violation)) = found else { panic!("{mutation:?} was not caught within {SEEDS} seeds") };
    println!("{mutation:?}: seed {seed}: {violation}");
    for seed in 0..=seed {
        let whole = run(seed, false);
        assert!(whole.violations.is_empty(), "seed {seed} fails unbroken: {:?}", whole.violations);
    }
}

macro_rules! mutations {
    ($($name:ident: $mutation:ident,)*) => {
        $(#[test]
        fn $name() {
            caught(FaultPoint::$mutation);
        })*
    };
}

mutations! {
    settling_without_a_second_describe_is_caught: SkipSecondDescribe,
    writing_the_table_before_the_metadata_is_caught: TableBeforeMetadata,
    writing_the_chunks_apart_is_caught: ChunksApart,
    taking_an_unanswered_write_for_done_is_caught: UnansweredIsDone,
    sending_an_unanswered_write_again_is_caught: Resend,
    sweeping_what_is_named_is_caught: SweepNamed,
    sweeping_early_is_caught: SweepEarly,
    sweeping_what_a_history_keeps_is_caught: SweepHistory,
    deleting_metadata_with_its_entry_is_caught: DeleteAtOnce,
    forgetting_what_is_retired_is_caught: ForgetRetired,
    keeping_a_wanted_id_retired_is_caught: KeepRetired,
    trusting_one_404_is_caught: TrustOne404,
    ignoring_what_reads_count_is_caught: IgnoreCounts,
    reading_before_describing_is_caught: ReadBeforeDescribe,
    taking_an_older_record_for_later_is_caught: OlderIsLater,
    writing_over_a_later_change_is_caught: NeverLater,
    writing_on_a_stale_snapshot_is_caught: KeepStaleSnapshot,
    ignoring_an_abort_is_caught: IgnoreAbort,
    forgetting_an_unanswered_write_is_caught: ForgetUnanswered,
    forgetting_what_a_takeover_replaces_is_caught: ForgetTaken,
    deleting_what_a_takeover_replaces_is_caught: DeleteTaken,
    pruning_who_is_alive_is_caught: PruneAlive,
    ignoring_the_fence_is_caught: IgnoreFence,
    purging_what_an_entry_names_is_caught: PurgeNamed,
    writing_raw_entries_before_their_metadata_is_caught: RawEntriesFirst,
    keeping_the_root_of_a_changed_table_is_caught: KeepStaleRoot,
    leaving_a_page_as_it_was_is_caught: SkipPage,
    writing_a_root_before_its_pages_is_caught: RootFirst,
    sweeping_pages_early_is_caught: SweepPagesEarly,
    writing_the_ledger_after_its_pages_is_caught: LedgerLast,
    reusing_an_epoch_is_caught: ReuseEpoch,
}

/// A break that takes a sequence which random seeds rarely hit.
fn caught_by(mutation: FaultPoint, scenario: fn() -> routesync_sim::model::run::Ran) {
    set(Some(mutation));
    let broken = scenario();
    set(None);
    assert!(!broken.violations.is_empty(), "{mutation:?} was not caught");
    println!("{mutation:?}: {}", broken.violations[0]);
    assert!(scenario().violations.is_empty());
}

#[test]
fn trusting_a_late_root_is_caught() {
    caught_by(FaultPoint::IgnoreLate, pressure::a_large_change_stops_under_a_late_root);
}

#[test]
fn deleting_metadata_under_a_late_root_is_caught() {
    caught_by(FaultPoint::DeleteUnderLateRoot, pressure::a_large_change_stops_under_a_late_root);
}

#[test]
fn leaving_the_padding_out_is_caught() {
    caught_by(FaultPoint::NoPadding, pressure::a_read_two_states_old);
}

#[test]
fn leaving_the_padding_of_a_root_out_is_caught() {
    caught_by(FaultPoint::NoRootPadding, pressure::a_raw_read_two_states_old);
}

#[test]
fn sweeping_what_its_owner_lists_again_is_caught() {
    caught_by(FaultPoint::SweepRelisted, pressure::a_route_that_changed_hands_twice_and_goes);
}

#[test]
fn sweeping_what_its_owner_drops_in_the_same_commit_is_caught() {
    caught_by(FaultPoint::SweepDropped, pressure::a_site_that_a_prune_left_and_its_owner_drops);
}

#[test]
fn looking_once_at_what_may_be_removed_is_caught() {
    caught_by(FaultPoint::GuardOnce, || pressure::a_call_that_leaves_beside_a_guarded_one(|_| {}));
}

#[test]
fn listing_what_late_writes_retire_with_the_time_of_the_plan_is_caught() {
    caught_by(FaultPoint::RetireAsPlanned, pressure::a_slow_change_and_a_sweep_after_the_grace_of_its_plan);
}

#[test]
fn taking_what_a_rollback_of_the_commit_keeps_is_caught() {
    caught_by(FaultPoint::TakeBesideRollback, pressure::a_rollback_beside_a_claim_of_what_it_keeps);
}

#[test]
fn removing_what_another_has_taken_is_caught() {
    caught_by(FaultPoint::RemoveTaken, pressure::a_set_beside_a_takeover_of_what_it_drops);
}

#[test]
fn taking_a_restored_entry_for_a_takeover_is_caught() {
    caught_by(FaultPoint::RestoredIsTaken, || pressure::a_takeover_that_a_foreign_writer_undoes(|_| {}));
}

#[test]
fn counting_a_new_record_from_one_is_caught() {
    caught_by(FaultPoint::CountFromOne, pressure::a_prune_and_a_read_from_before_it);
}

#[test]
fn settling_unseen_is_caught() {
    caught_by(FaultPoint::SettleUnseen, pressure::a_table_put_back_after_a_write);
}

#[test]
fn following_one_another_at_once_is_caught() {
    set(Some(FaultPoint::NoSpacing));
    let (landed, _) = pressure::a_cold_process_beside_a_busy_one();
    set(None);
    println!("NoSpacing: {landed} commits before a cold one");
    assert!(landed > 20, "{landed}");
    assert!(pressure::a_cold_process_beside_a_busy_one().0 <= 20);
}
