//! What a server does wrong on purpose: slowness, throttling, failures before or after applying,
//! reads that lag, counts that are off, and a script of faults for the very next requests.
//!
//! Plain values with their defaults and ranges, which cross to JavaScript as JSON. It must not know
//! how they are drawn or carried out.

use serde::{Deserialize, Serialize};

use super::call::Operation;
use routesync_core::error::{Code, Result, RouteSyncError};

/// Past states a lagging store may keep; each may hold 5 MB.
const MAX_LAG: usize = 64;
/// Milliseconds of latency or jitter: an hour, longer than any test waits.
pub(super) const MAX_WAIT_MS: u64 = 3_600_000;

/// The ways in which one request goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// Nothing goes wrong: lets a request pass in a script.
    None,
    /// 400 `ThrottlingException`, "Rate exceeded".
    Throttle,
    /// 429 without a body, as a gateway throttles.
    TooManyRequests,
    /// 500 `InternalServerException`.
    #[serde(rename = "500")]
    Internal,
    /// 502 with a page of HTML.
    #[serde(rename = "502")]
    BadGateway,
    /// 503 with a page of HTML.
    #[serde(rename = "503")]
    Unavailable,
    /// 504 with a page of HTML.
    #[serde(rename = "504")]
    GatewayTimeout,
    /// The connection is reset without an answer.
    Reset,
    /// The answer breaks off in the middle of its body.
    Truncate,
    /// 200 with a page of HTML, as a captive proxy answers.
    NotJson,
    /// No answer ever comes; the connection stays open.
    Hang,
    /// 400 `ValidationException`, "Pre-Condition failed" (409 with `staleAs409`), whatever the `ETag`.
    Stale,
    /// 409 `ConflictException`, "Key-Value-Store was not in expected state".
    NotReady,
    /// 403 `AccessDeniedException`.
    Denied,
    /// 404 `ResourceNotFoundException` for the key (for the store, where no key is asked).
    NotFound,
    /// The read is served from the state before the present one.
    Lag,
}

impl How {
    /// The HTTP status that is sent; 0 when none is, `None` when it is that of the store's answer.
    pub(super) const fn status(self) -> Option<u16> {
        match self {
            Self::None | Self::Lag | Self::Truncate => None,
            Self::Reset | Self::Hang => Some(0),
            Self::NotJson => Some(200),
            Self::Throttle | Self::Stale => Some(400),
            Self::Denied => Some(403),
            Self::NotFound => Some(404),
            Self::NotReady => Some(409),
            Self::TooManyRequests => Some(429),
            Self::Internal => Some(500),
            Self::BadGateway => Some(502),
            Self::Unavailable => Some(503),
            Self::GatewayTimeout => Some(504),
        }
    }
}

/// Random throttling.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Throttle {
    /// Share of requests refused, 0 to 1.
    pub fraction: f64,
    /// Requests a second that pass, with a burst of one second's worth; 0 is no bound.
    pub per_second: f64,
    /// Answers a bare 429 instead of 400 `ThrottlingException`.
    pub bare: bool,
}

/// Random failures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// Share of requests that fail, 0 to 1.
    pub fraction: f64,
    /// The ways, one of which is drawn.
    pub how: Vec<How>,
    /// The operations that fail; all when empty.
    #[serde(default)]
    pub on: Vec<Operation>,
}

/// Reads that lag behind the writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lag {
    /// How many writes old the state is that reads are served from: 1 to 64.
    pub versions: usize,
    /// A state is served only as long after it was overwritten; without it for ever.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// Share of reads that lag, 0 to 1; all by default.
    #[serde(default = "always")]
    pub fraction: f64,
    /// The reads that lag; all three when empty.
    #[serde(default)]
    pub on: Vec<Operation>,
}

/// Counts that are off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Miscount {
    /// Added to `ItemCount`.
    #[serde(default)]
    pub items: i64,
    /// Added to `TotalSizeInBytes`.
    #[serde(default)]
    pub bytes: i64,
    /// Share of answers that are off, 0 to 1; all by default.
    #[serde(default = "always")]
    pub fraction: f64,
    /// The operations whose answers are off; all when empty.
    #[serde(default)]
    pub on: Vec<Operation>,
}

/// One line of a script: the next matching request meets a fault. Lines are tried in order, and a
/// request uses up one of the first that matches; it meets no random fault then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scripted {
    /// The operation; any when absent.
    #[serde(default)]
    pub on: Option<Operation>,
    /// A key the request must name; any when absent.
    #[serde(default)]
    pub key: Option<String>,
    /// How many requests the line is for; one by default.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the request is applied before it goes wrong.
    #[serde(default)]
    pub after: bool,
    /// What goes wrong.
    pub how: How,
    /// Further milliseconds that the request waits: before it is applied, or with `after` between
    /// that and the answer.
    #[serde(default)]
    pub delay_ms: u64,
}

const fn always() -> f64 {
    1.0
}

const fn once() -> u32 {
    1
}

/// All that a server does wrong. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Faults {
    /// Milliseconds each request takes: half before it is handled, half after.
    pub latency_ms: u64,
    /// Up to so many milliseconds more, drawn for each request.
    pub jitter_ms: u64,
    /// Throttling.
    pub throttle: Option<Throttle>,
    /// Failures before applying.
    pub fail_before: Option<Failure>,
    /// Failures after applying: the write stands, and its answer is lost.
    pub fail_after: Option<Failure>,
    /// Reads that lag.
    pub lag: Option<Lag>,
    /// Counts that are off.
    pub miscount: Option<Miscount>,
    /// Answers a stale `If-Match` with 409 `ConflictException`, as emulators do.
    #[serde(rename = "staleAs409")]
    pub stale_as_409: bool,
    /// The first so many Describes answer `PROVISIONING`; until then all else is a 409.
    pub provisioning: u32,
    /// Faults of the next requests.
    pub script: Vec<Scripted>,
}

impl Faults {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] with the path of what is out of range.
    pub fn check(&self) -> Result<()> {
        let fail = |path: &str, why: &str| Err(RouteSyncError::at(Code::InvalidOption, path, why));
        for (path, wait) in [("faults.latencyMs", self.latency_ms), ("faults.jitterMs", self.jitter_ms)] {
            if wait > MAX_WAIT_MS {
                return fail(path, "must be at most 3600000");
            }
        }
        let fractions = [
            ("faults.throttle.fraction", self.throttle.as_ref().map(|it| it.fraction)),
            ("faults.failBefore.fraction", self.fail_before.as_ref().map(|it| it.fraction)),
            ("faults.failAfter.fraction", self.fail_after.as_ref().map(|it| it.fraction)),
            ("faults.lag.fraction", self.lag.as_ref().map(|it| it.fraction)),
            ("faults.miscount.fraction", self.miscount.as_ref().map(|it| it.fraction)),
        ];
        for (path, fraction) in fractions {
            if fraction.is_some_and(|it| !(0.0..=1.0).contains(&it)) {
                return fail(path, "must be between 0 and 1");
            }
        }
        if self.throttle.as_ref().is_some_and(|it| !it.per_second.is_finite() || it.per_second < 0.0) {
            return fail("faults.throttle.perSecond", "must be 0 or more");
        }
        for (path, failure) in
            [("faults.failBefore.how", &self.fail_before), ("faults.failAfter.how", &self.fail_after)]
        {
            if failure.as_ref().is_some_and(|it| it.how.is_empty()) {
                return fail(path, "must name at least one way to fail");
            }
        }
        if self.lag.as_ref().is_some_and(|it| !(1..=MAX_LAG).contains(&it.versions)) {
            return fail("faults.lag.versions", "must be between 1 and 64");
        }
        Ok(())
    }

    /// Past states that must be kept for the lag.
    pub(super) fn states_kept(&self) -> usize {
        let scripted = usize::from(self.script.iter().any(|line| line.how == How::Lag));
        self.lag.as_ref().map_or(scripted, |lag| lag.versions.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named() {
        for (json, path) in [
            (r#"{"throttle":{"fraction":2}}"#, "faults.throttle.fraction"),
            (r#"{"throttle":{"perSecond":-1}}"#, "faults.throttle.perSecond"),
            (r#"{"jitterMs":3600001}"#, "faults.jitterMs"),
            (r#"{"lag":{"versions":0}}"#, "faults.lag.versions"),
            (r#"{"failBefore":{"fraction":1,"how":[]}}"#, "faults.failBefore.how"),
        ] {
            let error = serde_json::from_str::<Faults>(json).unwrap().check().unwrap_err();
            assert_eq!((error.code, error.details.path.as_deref()), (Code::InvalidOption, Some(path)));
        }
        assert!(serde_json::from_str::<Faults>(r#"{"latency":1}"#).is_err());
    }
}
