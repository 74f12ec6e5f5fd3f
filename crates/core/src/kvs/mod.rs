//! The types of a CloudFront `KeyValueStore`. All other modules build on them, and this one depends on no other.
//!
//! A store has an [`ETag`], [`Counts`] and [`limits`]. [`Store`] has its four requests, and [`Failure`] describes a failed one. The
//! crate `routesync-aws` implements [`Store`] for AWS, `routesync-sim` for a simulated store.

mod arn;
pub mod limits;
mod listing;

use std::future::Future;

use serde::Serialize;

pub use arn::StoreArn;
pub(crate) use listing::Listing;

/// The data plane's `ETag` of a whole store. Every write by anyone makes a new one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `ItemCount` and `TotalSizeInBytes`: the size of the whole store in the state that a request saw. Every answer except a 404 carries
/// them, so they reveal a lagging read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    /// The number of keys.
    pub items: u64,
    /// The bytes of all keys and values.
    pub bytes: u64,
}

/// The answer to `DescribeKeyValueStore`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The `ETag` for the next write.
    pub etag: ETag,
    pub counts: Counts,
}

/// The answer to `GetKey` of a key that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub value: String,
    /// The size of the store in the state that the read saw.
    pub counts: Counts,
}

/// One page of `ListKeys`. It carries no counts and no `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Keys and values, in no particular order.
    pub items: Vec<(String, String)>,
    /// The token of the next page. `None` after the last.
    pub next: Option<String>,
}

/// The answer to `UpdateKeys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The state that the write made.
    pub etag: ETag,
    /// The size of the store after the write.
    pub counts: Counts,
}

/// One `UpdateKeys`, which is atomic: all of it is applied or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Keys and values to put. No key occurs twice or is also deleted.
    pub puts: Vec<(String, String)>,
    pub deletes: Vec<String>,
}

impl Batch {
    /// The number of keys. The service allows 50.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.puts.len() + self.deletes.len()
    }
}

/// An endpoint that is not AWS's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// The URL, without a trailing `/`.
    pub url: String,
    /// The source of the URL: [`Endpoint::OPTION`], an environment variable, or a place in AWS's configuration files.
    pub from: String,
}

impl Endpoint {
    /// The source if a call's options contain the URL.
    pub const OPTION: &str = "client.endpoint";

    /// Whether AWS's configuration contains the URL and not the call's options. Then the user may not know about it.
    pub(crate) fn is_configured(&self) -> bool {
        self.from != Self::OPTION
    }
}

/// Requests by operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// `DescribeKeyValueStore`.
    pub describe: u32,
    /// `GetKey`.
    pub get: u32,
    /// `ListKeys`.
    pub list: u32,
    /// `UpdateKeys`.
    pub update: u32,
}

impl Requests {
    pub(crate) const fn plus(self, more: Self) -> Self {
        Self {
            describe: self.describe + more.describe,
            get: self.get + more.get,
            list: self.list + more.list,
            update: self.update + more.update,
        }
    }

    pub(crate) const fn total(&self) -> u32 {
        self.describe + self.get + self.list + self.update
    }
}

/// The most requests of this process in flight. By `bench/core/in_flight.rs`, reading the chunks of a large table takes half the time
/// that it takes with 16. More gain little unless the store is far, and cost time if it is near.
pub const IN_FLIGHT: usize = 32;

/// The kinds of failed requests, by what they mean for the store and for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The write's `ETag` is no longer the store's, because another writer has changed it: nothing was applied.
    Stale,
    /// The service throttled the request: nothing was applied.
    Throttled,
    /// The store exists but is not in a usable state yet.
    NotReady,
    /// The store is being created.
    Creating,
    /// The store was deleted, or never existed.
    Gone,
    /// The request exceeds a quota of the service: nothing was applied.
    Quota,
    /// The service refused the credentials or permissions.
    Denied,
    /// No usable credentials were found, so nothing was sent.
    NoCredentials,
    /// The option `client` has a value that cannot be used, so nothing was sent.
    Misconfigured,
    /// The host could not be reached: nothing was sent.
    Unreachable,
    /// A proxy or a firewall answered instead of the service: nothing was applied, and another attempt does not help.
    Intercepted,
    /// A time-out, a reset, a 5xx or an unreadable answer: the request may or may not have been applied.
    Unknown,
    /// The server refused the request, or is no `KeyValueStore`: nothing was applied.
    Rejected,
}

impl FailureKind {
    /// Whether the request surely did not reach the store, so that its state is still known.
    pub(crate) const fn nothing_sent(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable | Self::Intercepted)
    }
}

/// A failed request. It contains no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub kind: FailureKind,
    /// A message that may be shown to users.
    pub message: String,
    /// AWS's request id, if there was an answer.
    pub request_id: Option<String>,
}

impl Failure {
    /// Adds the largest value and the number of keys to a write that exceeds a quota. The service does not say which quota it was.
    #[must_use]
    pub fn explained_by(self, batch: &Batch) -> Self {
        if self.kind != FailureKind::Quota {
            return self;
        }
        let largest = batch.puts.iter().max_by_key(|(_, value)| value.len());
        let value = largest.map_or(String::new(), |(key, value)| {
            format!(
                "; its largest value, at {key}, has {} bytes (at most {})",
                value.len(),
                limits::VALUE_BYTES
            )
        });
        let message = format!(
            "{}; the write has {} keys (at most {}){value}",
            self.message,
            batch.keys(),
            limits::BATCH_KEYS
        );
        Self { message, ..self }
    }
}

/// The data plane of one `KeyValueStore`. Each method sends one request. The module `sync` retries.
pub trait Store: Send + Sync + 'static {
    /// The endpoint of the requests, if it is not AWS's own.
    fn endpoint(&self) -> Option<Endpoint> {
        None
    }
    /// `DescribeKeyValueStore`.
    fn describe(&self) -> impl Future<Output = Result<Described, Failure>> + Send;
    /// `GetKey`. `None` if the key does not exist. Such an answer carries no counts.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Got>, Failure>> + Send;
    /// `ListKeys`: a page of at most [`limits::PAGE_KEYS`] keys.
    fn list(&self, token: Option<&str>) -> impl Future<Output = Result<Page, Failure>> + Send;
    /// `UpdateKeys`, on the condition that the store's `ETag` is still `etag`.
    fn update(&self, etag: &ETag, batch: &Batch) -> impl Future<Output = Result<Updated, Failure>> + Send;
}
