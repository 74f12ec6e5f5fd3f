//! The ground that everything else stands on: what a CloudFront KeyValueStore is, in types.
//!
//! A store has an [`ETag`], [`Counts`] and [`limits`]; [`Store`] names its four requests, and [`Failure`] says what a request
//! that failed means. The module depends on nothing else of this crate. `store` sends the requests to AWS, and the model
//! checker brings a simulated store.

mod arn;
mod listing;

use std::future::Future;

use serde::Serialize;

pub use arn::StoreArn;
pub(crate) use listing::Listing;

/// The data plane's ETag of a whole store: any write by anyone makes a new one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// Takes an ETag as the service spells it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The service's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `ItemCount` and `TotalSizeInBytes`: what a request saw of the store as a whole. Every answer but
/// a 404 carries them, so they are the fingerprint that tells a lagging read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    /// Keys in the store.
    pub items: u64,
    /// Sum of key and value bytes.
    pub bytes: u64,
}

/// The answer to `DescribeKeyValueStore`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The store's state, to be named by the next write.
    pub etag: ETag,
    /// What the store held at that moment.
    pub counts: Counts,
}

/// The answer to `GetKey` of a key that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    /// The value.
    pub value: String,
    /// What the read saw of the store.
    pub counts: Counts,
}

/// One page of `ListKeys`. It carries no counts and no `ETag`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Keys and values, in no promised order.
    pub items: Vec<(String, String)>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<String>,
}

/// The answer to `UpdateKeys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The state this write made.
    pub etag: ETag,
    /// What the store holds after it.
    pub counts: Counts,
}

/// One atomic `UpdateKeys`: all of it is applied, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Keys and values to put. No key twice, none that is also deleted.
    pub puts: Vec<(String, String)>,
    /// Keys to delete.
    pub deletes: Vec<String>,
}

impl Batch {
    /// Keys the batch names: the service allows [`limits::BATCH_KEYS`].
    #[must_use]
    pub fn keys(&self) -> usize {
        self.puts.len() + self.deletes.len()
    }
}

/// Another endpoint than AWS's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its URL, without a final `/`.
    pub url: String,
    /// What named it: [`Endpoint::OPTION`], an environment variable, or a place in AWS's files.
    pub from: String,
}

impl Endpoint {
    /// The call itself named it.
    pub const OPTION: &str = "client.endpoint";

    /// Whether AWS's configuration named it, and not the call: then a person may not know of it.
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
    /// These and `more`.
    pub(crate) const fn plus(self, more: Self) -> Self {
        Self {
            describe: self.describe + more.describe,
            get: self.get + more.get,
            list: self.list + more.list,
            update: self.update + more.update,
        }
    }

    /// All of them.
    pub(crate) const fn total(&self) -> u32 {
        self.describe + self.get + self.list + self.update
    }
}

/// Requests of this process that may be in flight. By `bench/core/in_flight.rs`, the chunks of a large table
/// are read in half the time that 16 take; more gains little unless the store is far, and loses where it
/// is near.
pub const IN_FLIGHT: usize = 32;

/// What a request that failed says about the store and about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The write's ETag is no longer the store's: nothing was applied, somebody else wrote.
    Stale,
    /// The service asked to slow down: nothing was applied.
    Throttled,
    /// The store exists but is not in a usable state yet.
    NotReady,
    /// The store is being created.
    Creating,
    /// The store was deleted, or never existed.
    Gone,
    /// A quota of the service: nothing was applied.
    Quota,
    /// Credentials or permissions were refused.
    Denied,
    /// No usable credentials were found, so nothing was sent.
    NoCredentials,
    /// `client` names something that cannot be used, so nothing was sent.
    Misconfigured,
    /// The host could not be reached: nothing was sent.
    Unreachable,
    /// A proxy or a firewall answered in the service's place: nothing was applied, and trying again does not help.
    Intercepted,
    /// The request may or may not have been applied: time-out, reset, 5xx, an unreadable answer.
    Unknown,
    /// What answers refused the request, or is no `KeyValueStore`: nothing was applied.
    Rejected,
}

impl FailureKind {
    /// Whether the request surely never reached the store's data, so that its state is still known.
    pub(crate) const fn nothing_sent(self) -> bool {
        matches!(self, Self::Throttled | Self::Unreachable | Self::Intercepted)
    }
}

/// A failed request: its kind, and facts that hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it means.
    pub kind: FailureKind,
    /// What happened, in words that may be shown.
    pub message: String,
    /// AWS's request id, when there was an answer.
    pub request_id: Option<String>,
}

impl Failure {
    /// Adds to a refused write which key or number it is about: the service does not say that.
    #[must_use]
    pub fn explained_by(self, batch: &Batch) -> Self {
        if self.kind != FailureKind::Quota {
            return self;
        }
        let largest = batch.puts.iter().max_by_key(|(_, value)| value.len());
        let value = largest.map_or(String::new(), |(key, value)| {
            format!(
                ", its largest value is that of {key} with {} bytes (at most {})",
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

/// The data plane of one KeyValueStore. One call is one attempt: retries belong to `sync/`.
pub trait Store: Send + Sync + 'static {
    /// The endpoint that requests went to, where it is not AWS's own.
    fn endpoint(&self) -> Option<Endpoint> {
        None
    }
    /// `DescribeKeyValueStore`.
    fn describe(&self) -> impl Future<Output = Result<Described, Failure>> + Send;
    /// `GetKey`; `None` for a key that does not exist (such an answer carries no counts).
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Got>, Failure>> + Send;
    /// `ListKeys`, a page of [`limits::PAGE_KEYS`].
    fn list(&self, token: Option<&str>) -> impl Future<Output = Result<Page, Failure>> + Send;
    /// `UpdateKeys` on the condition that the store's ETag still is `etag`.
    fn update(&self, etag: &ETag, batch: &Batch) -> impl Future<Output = Result<Updated, Failure>> + Send;
}

/// Quotas of the service, in one place (AWS documentation "Quotas on key value stores").
pub mod limits {
    /// Puts and deletes in one `UpdateKeys`.
    pub(crate) const BATCH_KEYS: usize = 50;
    /// Keys in one page of `ListKeys`, at most.
    pub const PAGE_KEYS: u8 = 50;
    /// Bytes of a key.
    pub(crate) const KEY_BYTES: usize = 512;
    /// Bytes of a value (1 KB).
    pub(crate) const VALUE_BYTES: usize = 1_024;
    /// Bytes of all keys and values of a store (5 MB).
    pub(crate) const STORE_BYTES: u64 = 5 * 1_024 * 1_024;
    /// Price of one API request, reads included (CloudFront pricing: $0.001).
    pub(crate) const USD_PER_REQUEST: f64 = 0.001;
}
