//! The defaults and limits of all options, with their reasons.

use std::time::Duration;

use crate::route::duration::Bounds;

const MILLISECOND: Duration = Duration::from_millis(1);

/// `deadline`: time for a whole call. Sixteen concurrent writers of one store finish in well under a minute. Two minutes
/// leave room for throttling, and are shorter than the usual time limit of a CI step.
pub const DEADLINE: Duration = Duration::from_mins(2);
/// Allowed for `deadline`.
pub const DEADLINE_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_hours(1));

/// `edge.deadline`: time that a call waits for the edge. AWS states that changes reach the edge in "a few seconds"; this is more than ten
/// times that, and as long as [`GRACE`].
pub const EDGE_DEADLINE: Duration = Duration::from_mins(1);
/// `edge.deadline` of a call that writes nothing, and so does not wait for a change.
pub const EDGE_CHECK: Duration = Duration::from_secs(10);
/// Allowed for `edge.deadline`.
pub const EDGE_DEADLINE_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_hours(1));

/// `retry.attemptTimeout`: time for one request. Answers take well under a second. The SDK sets no limit, so a request
/// to a silent server would never end.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// Allowed for `retry.attemptTimeout`.
pub const ATTEMPT_TIMEOUT_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_mins(10));

/// `retry.connectTimeout`: time to connect. Behind a proxy that blocks the data plane's host, connecting never ends.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Allowed for `retry.connectTimeout`.
pub const CONNECT_TIMEOUT_BOUNDS: Bounds = Bounds::any(MILLISECOND, Duration::from_mins(1));

/// `retry.firstWait`: the longest first wait after a conflict. `None` is four times the measured round trip. With sixteen
/// writers, a shorter wait doubles the attempts.
pub const FIRST_WAIT: Option<Duration> = None;
/// Allowed for `retry.firstWait`.
pub const FIRST_WAIT_BOUNDS: Bounds = Bounds::any(Duration::ZERO, Duration::from_mins(1));

/// `retry.maxWait`: the longest wait between two attempts. It is a twelfth of the default deadline, so that one wait
/// never uses the deadline up.
pub const MAX_WAIT: Duration = Duration::from_secs(10);
/// Allowed for `retry.maxWait`.
pub const MAX_WAIT_BOUNDS: Bounds = Bounds::any(Duration::ZERO, Duration::from_mins(10));

/// `gracePeriod`: how long metadata is kept after the last entry that names it is removed, for requests that read the
/// table before the change. AWS states that changes reach the edge in "a few seconds"; this is ten times that.
pub const GRACE: Duration = Duration::from_mins(1);
/// Allowed for `gracePeriod`, in seconds: at most a day, or too many records of removed routes would accumulate.
pub const GRACE_BOUNDS: Bounds = Bounds::whole(0, 86_400);

/// Maximum bytes of a call's options. A store holds 5 MB, so a set that fits into one has smaller options than this.
pub const INPUT_BYTES: usize = 8 * 1_024 * 1_024;

/// Maximum routes of one call. This many entries fill a store even with the shortest patterns, and the edge function
/// can read tables of a few hundred entries.
pub const ROUTES: usize = 50_000;

/// Maximum characters of a router's id, which is a prefix of every key. Keys have at most 512 bytes.
pub const ROUTER_CHARS: usize = 64;

/// Maximum bytes of an owner's name, which is part of a record of at most 1,024 bytes.
pub const OWNER_BYTES: usize = 128;

/// Maximum bytes of `part`, enough for a resource's URN. It is hashed and never stored.
pub const PART_BYTES: usize = 1_024;

/// Maximum of `history`, in changes. The owner's record of at most 1,024 bytes lists all of them.
pub const HISTORY: u64 = 20;

/// Maximum of `generation`: the largest integer that a JavaScript number represents exactly.
pub const GENERATION: u64 = (1 << 53) - 1;

/// Allowed for `olderThan`: up to ten years.
pub const OLDER_THAN_BOUNDS: Bounds = Bounds::any(Duration::ZERO, Duration::from_hours(10 * 365 * 24));

/// The owner of a prune without `owner`. Its record is part of each of the prune's writes.
pub const PRUNER: &str = "routesync/prune";

/// Maximum bytes of a route id in `previous`. Ids of routesync have 14, ids of SST 4.
pub const ROUTE_ID_BYTES: usize = 64;

/// Maximum bytes of a raw entry. A host has at most 253 bytes, and doubles when it is escaped. A path fits into one chunk.
pub const ENTRY_BYTES: usize = 2_000;

/// The owner that raw changes have in the engine. It has no record, so the name is never stored.
pub(crate) const RAW_OWNER: &str = "SST";
