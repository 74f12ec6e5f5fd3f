//! Durations in the options: a number of seconds, or a text as in SST (`"20 seconds"`).

use std::fmt;
use std::time::Duration;

/// The allowed range of a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The shortest duration allowed.
    pub min: Duration,
    /// The longest duration allowed.
    pub max: Duration,
    /// Allows only whole seconds, as for values that are stored in seconds.
    pub whole: bool,
}

/// `CloudFront`'s limits for the connection timeout of an origin (`updateRequestOrigin`).
pub const CONNECTION: Bounds = Bounds::whole(1, 10);
/// `CloudFront`'s limits for the read timeout and the keep-alive timeout of an origin, without a raised quota.
pub const READ: Bounds = Bounds::whole(1, 60);

impl Bounds {
    /// Whole seconds from `min` to `max`.
    #[must_use]
    pub const fn whole(min: u64, max: u64) -> Self {
        Self { min: Duration::from_secs(min), max: Duration::from_secs(max), whole: true }
    }

    /// Any duration from `min` to `max`.
    #[must_use]
    pub const fn any(min: Duration, max: Duration) -> Self {
        Self { min, max, whole: false }
    }

    #[must_use]
    pub fn allow(&self, duration: Duration) -> bool {
        (self.min..=self.max).contains(&duration) && (!self.whole || duration.subsec_nanos() == 0)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.whole { "whole seconds" } else { "seconds" };
        write!(f, "{kind} from {} to {}", self.min.as_secs_f64(), self.max.as_secs_f64())?;
        let such = match self.max.as_secs() {
            days @ 172_800.. => {
                write!(f, " ({} days)", days / 86_400)?;
                "7 days"
            }
            3_600.. => "5 minutes",
            _ => "20 seconds",
        };
        write!(f, ", as a number or a text such as \"{such}\"")
    }
}

/// Reads texts such as `"20 seconds"`, `"1 minute"`, `"2 hours"`, `"7 days"`. Returns `None` for any other text, and for a
/// value that exceeds [`Duration`].
#[must_use]
pub fn from_text(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_once(' ')?;
    let seconds = match unit {
        "second" | "seconds" => 1.0,
        "minute" | "minutes" => 60.0,
        "hour" | "hours" => 3_600.0,
        "day" | "days" => 86_400.0,
        _ => return None,
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    from_seconds(number.parse::<f64>().ok()? * seconds)
}

/// Converts seconds, to the nanosecond. Returns `None` for a negative number, and for one that exceeds [`Duration`].
#[must_use]
pub fn from_seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssts_spelling_and_numbers_are_read() {
        for (text, seconds) in [
            ("20 seconds", 20.0),
            ("1 second", 1.0),
            ("1 minute", 60.0),
            ("2 minutes", 120.0),
            ("1 hour", 3_600.0),
            ("0.5 seconds", 0.5),
            ("0 seconds", 0.0),
        ] {
            assert_eq!(from_text(text), from_seconds(seconds), "{text}");
            assert!(from_text(text).is_some());
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in [
            "",
            " ",
            "20",
            "20s",
            "20  seconds",
            "-1 seconds",
            "1e3 seconds",
            "inf seconds",
            ". seconds",
            "1 week",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
        for seconds in [-1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert_eq!(from_seconds(seconds), None);
        }
    }

    #[test]
    fn bounds_include_their_ends_and_say_what_they_are() {
        assert!(CONNECTION.allow(Duration::from_secs(1)) && CONNECTION.allow(Duration::from_secs(10)));
        assert!(!CONNECTION.allow(Duration::ZERO) && !CONNECTION.allow(Duration::from_secs(11)));
        assert!(!READ.allow(Duration::from_millis(1_500)));
        assert!(Bounds::any(Duration::ZERO, Duration::from_secs(2)).allow(Duration::from_millis(1_500)));
        assert_eq!(
            READ.to_string(),
            "whole seconds from 1 to 60, as a number or a text such as \"20 seconds\""
        );
        for (max, shown) in [
            (Duration::from_secs(90), "90, as a number or a text such as \"20 seconds\""),
            (Duration::from_hours(1), "3600, as a number or a text such as \"5 minutes\""),
            (Duration::from_hours(48), "172800 (2 days), as a number or a text such as \"7 days\""),
        ] {
            let bounds = Bounds::any(Duration::from_millis(1), max);
            assert_eq!(bounds.to_string(), format!("seconds from 0.001 to {shown}"));
        }
    }
}
