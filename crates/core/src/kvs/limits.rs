//! Quotas of the service (AWS documentation "Quotas on key value stores").

/// The most puts and deletes in one `UpdateKeys`. `plan::batches` keeps it, and `plan::check_limits` checks it last. The embedded store has
/// its own copy, since it must not share the engine's mistakes.
pub(crate) const BATCH_KEYS: usize = 50;
/// The most keys in one page of `ListKeys`.
pub const PAGE_KEYS: u8 = 50;
/// The most bytes of a key.
pub(crate) const KEY_BYTES: usize = 512;
/// The most bytes of a value (1 KB).
pub(crate) const VALUE_BYTES: usize = 1_024;
/// The most bytes of all keys and values of a store (5 MB).
pub(crate) const STORE_BYTES: u64 = 5 * 1_024 * 1_024;
/// The price of one API request, also of a read, in US dollars (CloudFront pricing: $0.001).
pub(crate) const USD_PER_REQUEST: f64 = 0.001;
