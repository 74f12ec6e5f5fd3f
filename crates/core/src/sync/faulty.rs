//! Faults for tests: batches that leave an inconsistent store, and misread answers.

use super::meter::Meter;
use crate::fault_points;
use crate::kvs::{Batch, Failure, FailureKind, Store, Updated};
use crate::plan::{Plan, Snapshot, Staged};

/// Splits the batches of a plan where they must not be split.
pub(crate) fn tear(mut plan: Plan) -> Plan {
    let first = |key: &str| match () {
        () if fault_points::writes_table_first() => !key.ends_with(":metadata"),
        () if fault_points::splits_chunks() => !key.ends_with(":routes:1") && !key.ends_with(":routes"),
        () => true,
    };
    let torn = plan.batches.into_iter().flat_map(|staged| {
        let Staged { batch, marks, bytes } = staged;
        let (early, late): (Vec<_>, Vec<_>) = batch.puts.into_iter().partition(|(key, _)| first(key));
        let early = Batch { puts: early, deletes: batch.deletes };
        let late = Batch { puts: late, deletes: Vec::new() };
        let staged = |batch| Staged { batch, marks: marks.clone(), bytes };
        [staged(early), staged(late)].into_iter().filter(|staged| staged.batch.keys() > 0).collect::<Vec<_>>()
    });
    plan.batches = torn.collect();
    plan
}

/// The answer to a write as a faulty engine understands it.
pub(crate) async fn mistaken<S: Store>(
    store: &Meter<S>,
    answer: Result<Updated, Failure>,
    snapshot: &Snapshot,
    batch: &Batch,
) -> Result<Updated, Failure> {
    let lost = answer.as_ref().is_err_and(|failure| failure.kind == FailureKind::Unknown);
    let done = || Updated { etag: snapshot.etag.clone(), counts: snapshot.counts };
    if lost && fault_points::takes_unanswered_for_done() {
        return Ok(done());
    }
    if lost && fault_points::resends_unanswered() {
        let again = store.update(&snapshot.etag, batch).await;
        let refused = again.as_ref().is_err_and(|failure| failure.kind == FailureKind::Stale);
        return if refused { Ok(done()) } else { again };
    }
    answer
}
