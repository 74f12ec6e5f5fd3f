//! A batch that is ready to be sent.

use std::borrow::Cow;

use crate::fault_points;
use crate::kvs::Batch;

/// A batch that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    pub batch: Batch,
    /// The keys of the owner records in the batch, each with the commit id that it carries. If the store has one of them, the
    /// batch was applied.
    pub marks: Vec<(String, String)>,
    /// The change of `TotalSizeInBytes`, as far as sizes are known.
    pub bytes: i64,
}

impl Staged {
    /// A key that the batch writes and its value afterwards: an owner's record, or else the last put or delete. Reading it back shows
    /// whether the batch is visible.
    pub(crate) fn witness(&self) -> Option<(String, Option<String>)> {
        let Batch { puts, deletes } = &self.batch;
        let record = self.marks.first().and_then(|(mark, _)| puts.iter().find(|(key, _)| key == mark));
        let put = record.or_else(|| puts.last()).map(|(key, value)| (key.clone(), Some(value.clone())));
        put.or_else(|| Some((deletes.last()?.clone(), None)))
    }

    /// The batch with the time `now` instead of `planned`. Metadata that it retires is served until the batch is sent, so the
    /// grace period begins then. Both times are in seconds since the epoch. They have the same number of digits.
    pub(crate) fn sent_at(&self, planned: u64, now: u64) -> Cow<'_, Self> {
        let at = |seconds: u64| format!("\"at\":{seconds}");
        let (planned, now) = (at(planned), at(now));
        if planned == now || planned.len() != now.len() || fault_points::keeps_planned_times() {
            return Cow::Borrowed(self);
        }
        let mut sent = self.clone();
        // Owner records, their spills, and ledgers. Quotes within their texts are escaped, so only members named `at` match.
        let timed = |key: &str| key.contains(":owner:") || key.ends_with(":index");
        for (_, value) in sent.batch.puts.iter_mut().filter(|(key, _)| timed(key)) {
            *value = value.replace(&planned, &now);
        }
        Cow::Owned(sent)
    }
}
