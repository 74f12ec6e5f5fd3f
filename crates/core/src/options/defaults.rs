//! Every default and every limit of the options, with its reason. Nothing else names such a number.

use std::time::Duration;

use crate::route::duration::Bounds;

const MILLISECOND: Duration = Duration::from_millis(1);

/// `deadline`: time for a whole call. Sixteen writers of one store settle in well under a minute;
/// two leave room for a throttled one, and less than what a CI step is given.
pub const DEADLINE: Duration = Duration::from_mins(2);
/// Allowed for `deadline`.
pub const DEADLINE_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_hours(1));

/// `retry.attemptTimeout`: time for one request. Answers take well under a second, and the SDK has
/// no limit of its own: a silent server would hang for ever.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Allowed for `retry.attemptTimeout`.
pub const ATTEMPT_TIMEOUT_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_mins(10));

/// `retry.connectTimeout`: time to connect. A proxy that blocks the data plane's host lets it hang.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Allowed for `retry.connectTimeout`.
pub const CONNECT_TIMEOUT_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_mins(1));

/// `retry.firstWait`: the longest first wait after a conflict. `None` is four times the round trip
/// as measured: with sixteen writers a shorter one doubles the attempts.
pub const FIRST_WAIT: Option<Duration> = None;
/// Allowed for `retry.firstWait`.
pub const FIRST_WAIT_BOUNDS: Bounds = Bounds::any(Duration::ZERO, Duration::from_mins(1));

/// `retry.maxWait`: the longest wait between two attempts; a twelfth of the deadline, so that
/// waiting alone never uses it up.
pub const MAX_WAIT: Duration = Duration::from_secs(10);
/// Allowed for `retry.maxWait`.
pub const MAX_WAIT_BOUNDS: Bounds = Bounds::any(Duration::ZERO, Duration::from_mins(10));

/// `gracePeriod`: how long metadata that no entry names any more is kept, for requests that read
/// the table before the change. Changes reach the edge in "a few seconds"; this is ten times that.
pub const GRACE: Duration = Duration::from_mins(1);
/// Allowed for `gracePeriod`: at most a day, or records of retired routes pile up.
pub const GRACE_BOUNDS: Bounds = Bounds::whole(0, 86_400);

/// Bytes of a call's options. A store holds 5 MB, so a set that fits is smaller than this even with
/// every option spelt out.
pub const INPUT_BYTES: usize = 8 * 1_024 * 1_024;

/// Routes of one call. As many entries alone fill a store with the shortest of patterns, and the
/// edge reads tables of a few hundred.
pub const ROUTES: usize = 50_000;

/// Characters of a router's id: it begins every key, and keys have at most 512 bytes.
pub const ROUTER_CHARS: usize = 64;

/// Bytes of an owner's name: it is part of a record of at most 1,024 bytes.
pub const OWNER_BYTES: usize = 128;

/// Bytes of `part`: room for a resource's URN; it is hashed, never stored.
pub const PART_BYTES: usize = 1_024;

/// Allowed for `history`, in changes: the owner's record of at most 1,024 bytes lists them all.
pub const HISTORY: u64 = 20;

/// Allowed for `generation`: what JavaScript can count.
pub const GENERATION: u64 = (1 << 53) - 1;

/// Allowed for `olderThan`: up to ten years.
pub const OLDER_THAN_BOUNDS: Bounds = Bounds::any(Duration::ZERO, Duration::from_hours(10 * 365 * 24));

/// Who prunes when nobody is named: its record witnesses the writes.
pub const PRUNER: &str = "routesync/prune";

/// Bytes of a route id in `previous`: ours have 14, those of SST 4.
pub const ROUTE_ID_BYTES: usize = 64;
