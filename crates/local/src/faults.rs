//! The faults that a server can simulate: latency, throttling, failures before or after a request is applied, stale reads,
//! wrong counts, and a script of faults for the next requests.
//!
//! They are plain values with defaults and ranges, and JSON for JavaScript. This module must not know how they are chosen
//! or carried out.

use serde::{Deserialize, Serialize};

use super::call::Operation;
use routesync_core::error::{Code, Result, RouteSyncError};

/// Maximum past states that a store keeps for stale reads. Each may have 5 MB.
const MAX_LAG: usize = 64;
/// Maximum milliseconds of latency or jitter: an hour, longer than any test waits.
pub(super) const MAX_WAIT_MS: u64 = 3_600_000;

/// The faults of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum How {
    /// No fault, to let a request pass in a script.
    None,
    /// 400 `ThrottlingException`, "Rate exceeded".
    Throttle,
    /// 429 without a body, as from a gateway.
    TooManyRequests,
    /// 500 `InternalServerException`.
    #[serde(rename = "500")]
    Internal,
    /// 502 with an HTML page.
    #[serde(rename = "502")]
    BadGateway,
    /// 503 with an HTML page.
    #[serde(rename = "503")]
    Unavailable,
    /// 504 with an HTML page.
    #[serde(rename = "504")]
    GatewayTimeout,
    /// The connection is reset without an answer.
    Reset,
    /// The answer breaks off in the middle of its body.
    Truncate,
    /// 200 with an HTML page, as from a captive proxy.
    NotJson,
    /// No answer is sent, and the connection stays open.
    Hang,
    /// 400 `ValidationException`, "Pre-Condition failed" (409 with `staleAs409`), whatever the `ETag`.
    Stale,
    /// 409 `ConflictException`, "Key-Value-Store was not in expected state".
    NotReady,
    /// 403 `AccessDeniedException`.
    Denied,
    /// 404 `ResourceNotFoundException` for the key, or for the store if the request names no key.
    NotFound,
    /// The read returns the previous state.
    Lag,
}

impl How {
    /// The HTTP status that is sent; 0 if none is sent, `None` for that of the store's answer.
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
    /// The share of throttled requests, 0 to 1.
    pub fraction: f64,
    /// The maximum of requests a second, with a burst of the requests of one second; 0 means no limit.
    pub per_second: f64,
    /// Answers a bare 429 instead of 400 `ThrottlingException`.
    pub bare: bool,
}

/// Random failures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The share of requests that fail, 0 to 1.
    pub fraction: f64,
    /// The faults, of which one is chosen at random.
    pub how: Vec<How>,
    /// The operations that fail; all when empty.
    #[serde(default)]
    pub on: Vec<Operation>,
}

/// Stale reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lag {
    /// The age of the returned state in writes: 1 to 64.
    pub versions: usize,
    /// The time in milliseconds after which an overwritten state is no longer returned; without a limit if `None`.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// The share of stale reads, 0 to 1; all by default.
    #[serde(default = "always")]
    pub fraction: f64,
    /// The operations with stale reads; all three when empty.
    #[serde(default)]
    pub on: Vec<Operation>,
}

/// Wrong counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Miscount {
    /// Added to `ItemCount`.
    #[serde(default)]
    pub items: i64,
    /// Added to `TotalSizeInBytes`.
    #[serde(default)]
    pub bytes: i64,
    /// The share of answers with wrong counts, 0 to 1; all by default.
    #[serde(default = "always")]
    pub fraction: f64,
    /// The operations with wrong counts; all when empty.
    #[serde(default)]
    pub on: Vec<Operation>,
}

/// One line of a script: a fault for the next matching requests. Lines are tried in order. A request uses the first matching
/// line once, and then has no random fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scripted {
    /// The operation; any if `None`.
    #[serde(default)]
    pub on: Option<Operation>,
    /// The key that the request must name; any if `None`.
    #[serde(default)]
    pub key: Option<String>,
    /// The number of requests that may use the line; one by default.
    #[serde(default = "once")]
    pub times: u32,
    /// Whether the request is applied before the fault.
    #[serde(default)]
    pub after: bool,
    pub how: How,
    /// A further latency in milliseconds: before the request is applied, or with `after` between that and the answer.
    #[serde(default)]
    pub delay_ms: u64,
}

const fn always() -> f64 {
    1.0
}

const fn once() -> u32 {
    1
}

/// All simulated faults of a server. The default is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Faults {
    /// The latency of each request in milliseconds: half before it is handled, half after.
    pub latency_ms: u64,
    /// The maximum of a further random latency of each request, in milliseconds.
    pub jitter_ms: u64,
    pub throttle: Option<Throttle>,
    /// Failures before a request is applied.
    pub fail_before: Option<Failure>,
    /// Failures after a request was applied: the write is applied, but its answer is lost.
    pub fail_after: Option<Failure>,
    pub lag: Option<Lag>,
    pub miscount: Option<Miscount>,
    /// Answers a stale `If-Match` with 409 `ConflictException`, as emulators do.
    #[serde(rename = "staleAs409")]
    pub stale_as_409: bool,
    /// The number of Describes that answer `PROVISIONING`. Before the last of them, all other requests are a 409.
    pub provisioning: u32,
    /// Faults of the next requests.
    pub script: Vec<Scripted>,
}

impl Faults {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] with the path of a value out of range.
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

    /// The number of past states to keep for stale reads.
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
