//! Counters and a bounded log of a server's requests, for assertions on the requests and not only on results. This module
//! must not know the meaning of the requests.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::call::{Ask, Call, Operation, Refusal};
use super::faults::How;

/// Maximum requests in the log: enough for sixteen writers in one test, and at most some tens of megabytes.
const LOG_LENGTH: usize = 4_096;

/// Counters since the start or the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Valid requests, by operation.
    pub requests: BTreeMap<Operation, u64>,
    /// All requests, including malformed ones.
    pub total: u64,
    /// Requests that were not an operation, not signed, or not readable.
    pub malformed: u64,
    /// Requests that a fault answered instead of the store, including throttling.
    pub faults: u64,
    /// Requests answered with throttling.
    pub throttled: u64,
    /// Writes that changed the store.
    pub writes_accepted: u64,
    /// Writes refused for a stale `If-Match`.
    pub conflicts: u64,
    /// Keys put by accepted writes.
    pub keys_put: u64,
    /// Keys deleted by accepted writes.
    pub keys_deleted: u64,
    /// The maximum of puts and deletes in one `UpdateKeys`, accepted or not.
    pub max_keys_per_update: u64,
    /// Requests being served now.
    pub in_flight: u64,
    /// The maximum of concurrent requests.
    pub max_in_flight: u64,
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now.
    pub open_connections: u64,
}

/// One request in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Logged {
    /// The number of the request, from 1, which is never reset. Writes are numbered in the order in which they were applied.
    pub n: u64,
    /// The time at which it was handled, in milliseconds since 1970.
    pub at_ms: u64,
    /// The operation; `None` if the request was not an operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The store's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The key of a `GetKey`, `PutKey` or `DeleteKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The keys that an `UpdateKeys` puts, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub puts: Vec<String>,
    /// The keys that an `UpdateKeys` deletes, in its order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deletes: Vec<String>,
    /// The `If-Match` of a write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub if_match: Option<String>,
    /// The HTTP status sent; 0 if none was sent (a reset or a hang).
    pub status: u16,
    /// The exception's name, when the store refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// Whether the request changed the store, whatever the answer was.
    pub applied: bool,
    /// The `ETag` in the store's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The fault that answered instead of the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<How>,
}

impl Logged {
    /// The entry of a valid request, without its result.
    pub(super) fn of(call: &Call, at_ms: u64) -> Self {
        let mut entry = Self {
            operation: Some(call.ask.operation()),
            store: Some(call.arn.clone()),
            if_match: call.if_match.clone(),
            ..Self::malformed(at_ms)
        };
        match &call.ask {
            Ask::Get { key } | Ask::Put { key, .. } | Ask::Delete { key } => entry.key = Some(key.clone()),
            Ask::Update(change) => {
                entry.puts = change.puts.iter().map(|(key, _)| key.clone()).collect();
                entry.deletes.clone_from(&change.deletes);
            }
            Ask::Describe | Ask::List { .. } => {}
        }
        entry
    }

    /// The entry of a malformed request.
    pub(super) const fn malformed(at_ms: u64) -> Self {
        Self {
            n: 0,
            at_ms,
            operation: None,
            store: None,
            key: None,
            puts: Vec::new(),
            deletes: Vec::new(),
            if_match: None,
            status: 0,
            error: None,
            applied: false,
            etag: None,
            fault: None,
        }
    }

    /// Records a rejection.
    pub(super) fn refuse(&mut self, refusal: &Refusal) {
        self.status = refusal.status;
        self.error = Some(refusal.kind);
    }
}

/// Counts and logs requests.
#[derive(Debug, Default)]
pub struct Recorder {
    pub stats: Stats,
    log: VecDeque<Logged>,
    last: u64,
}

impl Recorder {
    /// The log, oldest first.
    pub fn log(&self) -> Vec<Logged> {
        self.log.iter().cloned().collect()
    }

    /// Resets the log and the counters, except those of requests in flight and open connections.
    pub fn reset(&mut self) {
        self.stats = Stats {
            in_flight: self.stats.in_flight,
            max_in_flight: self.stats.in_flight,
            open_connections: self.stats.open_connections,
            ..Stats::default()
        };
        self.log.clear();
    }

    /// Logs a handled request and counts it.
    pub fn record(&mut self, mut entry: Logged) {
        self.last += 1;
        entry.n = self.last;
        let stats = &mut self.stats;
        stats.total += 1;
        match entry.operation {
            Some(operation) => *stats.requests.entry(operation).or_default() += 1,
            None => stats.malformed += 1,
        }
        stats.faults += u64::from(entry.fault.is_some());
        stats.throttled += u64::from(matches!(entry.fault, Some(How::Throttle | How::TooManyRequests)));
        stats.max_keys_per_update =
            stats.max_keys_per_update.max((entry.puts.len() + entry.deletes.len()) as u64);
        if self.log.len() >= LOG_LENGTH {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    /// A connection was accepted.
    pub const fn connected(&mut self) {
        self.stats.connections += 1;
        self.stats.open_connections += 1;
    }

    /// A connection ended.
    pub const fn disconnected(&mut self) {
        self.stats.open_connections -= 1;
    }

    /// A request began.
    pub fn began(&mut self) {
        self.stats.in_flight += 1;
        self.stats.max_in_flight = self.stats.max_in_flight.max(self.stats.in_flight);
    }

    /// A request ended, answered or not.
    pub const fn ended(&mut self) {
        self.stats.in_flight -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_a_reset_keeps_what_is_going_on() {
        let mut recorder = Recorder::default();
        recorder.connected();
        recorder.began();
        for at in 0..5_000 {
            recorder.record(Logged::malformed(at));
        }
        let log = recorder.log();
        assert_eq!((log.len(), log[0].n, recorder.stats.malformed), (4_096, 905, 5_000));
        recorder.reset();
        let stats = &recorder.stats;
        assert_eq!(
            (stats.total, stats.in_flight, stats.max_in_flight, stats.open_connections, stats.connections),
            (0, 1, 1, 1, 0)
        );
        recorder.ended();
        recorder.disconnected();
        assert_eq!(recorder.stats.in_flight + recorder.stats.open_connections, 0);
    }
}
