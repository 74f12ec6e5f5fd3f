//! Makes the [`FaultDecision`] of each request from the [`Faults`].
//!
//! The random source is seeded, so the same requests in the same order have the same faults. This module must not know
//! stores or HTTP. Others carry its decisions out.

use std::collections::VecDeque;
use std::time::Duration;

use super::call::{Ask, Operation};
use super::faults::{Failure, Faults, How, Scripted};

/// The past state that a read returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// The age in writes.
    pub versions: usize,
    /// The maximum time in milliseconds since the state was overwritten.
    pub for_ms: Option<u64>,
}

/// The simulated faults of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultDecision {
    /// The wait before the request is handled.
    pub wait_before: Duration,
    /// The wait before the answer.
    pub wait_after: Duration,
    /// The fault of a request that is not handled.
    pub before: Option<How>,
    /// The fault of a request after it was handled.
    pub after: Option<How>,
    /// The past state that a read returns.
    pub behind: Option<Behind>,
    /// Numbers to add to the counts of items and bytes.
    pub miscount: (i64, i64),
    /// Answers a stale `ETag` with 409.
    pub stale_as_409: bool,
    /// Simulates a store that is not ready yet.
    pub provisioning: bool,
}

/// Makes fault decisions.
#[derive(Debug)]
pub struct Injector {
    faults: Faults,
    script: VecDeque<Scripted>,
    random: fastrand::Rng,
    provisioning_left: u32,
    tokens: f64,
    refilled_ms: u64,
}

impl Injector {
    /// An injector whose decisions depend only on the seed and the requests.
    pub fn new(seed: u64) -> Self {
        Self {
            faults: Faults::default(),
            script: VecDeque::new(),
            random: fastrand::Rng::with_seed(seed),
            provisioning_left: 0,
            tokens: 0.0,
            refilled_ms: 0,
        }
    }

    /// Replaces all faults, including the script.
    pub fn set(&mut self, mut faults: Faults) {
        self.script = std::mem::take(&mut faults.script).into();
        self.provisioning_left = faults.provisioning;
        self.tokens = faults.throttle.as_ref().map_or(0.0, |throttle| throttle.per_second.max(1.0));
        self.refilled_ms = 0;
        self.faults = faults;
    }

    /// Appends lines to the script.
    pub fn append(&mut self, lines: Vec<Scripted>) {
        self.script.extend(lines);
    }

    /// Makes the decision for one request.
    pub fn judge(&mut self, ask: &Ask, now_ms: u64) -> FaultDecision {
        let operation = ask.operation();
        let mut decision =
            FaultDecision { stale_as_409: self.faults.stale_as_409, ..FaultDecision::default() };
        let wait = self.faults.latency_ms + self.random.u64(0..=self.faults.jitter_ms);
        decision.wait_before = Duration::from_micros(wait * 500);
        decision.wait_after = decision.wait_before;
        if self.provisioning_left > 0 {
            decision.provisioning = true;
            self.provisioning_left -= u32::from(operation == Operation::DescribeKeyValueStore);
        }
        self.disturb(operation, &mut decision);
        if let Some(line) = self.next_line(ask) {
            let delay = Duration::from_millis(line.delay_ms);
            if line.after {
                decision.wait_after += delay;
            } else {
                decision.wait_before += delay;
            }
            match line.how {
                How::None => {}
                How::Lag => decision.behind = Some(Behind { versions: 1, for_ms: None }),
                how if line.after => decision.after = Some(how),
                how => decision.before = Some(how),
            }
            return decision;
        }
        decision.before = self.throttled(now_ms).or_else(|| {
            let failure = self.faults.fail_before.as_ref()?;
            draw(&mut self.random, failure, operation)
        });
        decision.after = self.faults.fail_after.as_ref().and_then(|it| draw(&mut self.random, it, operation));
        decision
    }

    /// Adds stale reads and wrong counts to the decision.
    fn disturb(&mut self, operation: Operation, decision: &mut FaultDecision) {
        if let Some(lag) = &self.faults.lag
            && !operation.writes()
            && concerns(&lag.on, operation)
            && hits(&mut self.random, lag.fraction)
        {
            decision.behind = Some(Behind { versions: lag.versions, for_ms: lag.for_ms });
        }
        if let Some(miscount) = &self.faults.miscount
            && concerns(&miscount.on, operation)
            && hits(&mut self.random, miscount.fraction)
        {
            decision.miscount = (miscount.items, miscount.bytes);
        }
    }

    fn next_line(&mut self, ask: &Ask) -> Option<Scripted> {
        let at = self.script.iter().position(|line| {
            line.times > 0
                && line.on.is_none_or(|on| on == ask.operation())
                && line.key.as_deref().is_none_or(|key| ask.names(key))
        })?;
        let line = self.script.get_mut(at)?;
        line.times -= 1;
        let taken = line.clone();
        if taken.times == 0 {
            self.script.remove(at);
        }
        Some(taken)
    }

    fn throttled(&mut self, now_ms: u64) -> Option<How> {
        let throttle = self.faults.throttle.as_ref()?;
        let mut refuse = hits(&mut self.random, throttle.fraction);
        if throttle.per_second > 0.0 {
            if self.refilled_ms != 0 {
                let elapsed = Duration::from_millis(now_ms.saturating_sub(self.refilled_ms));
                let refilled = elapsed.as_secs_f64().mul_add(throttle.per_second, self.tokens);
                self.tokens = refilled.min(throttle.per_second.max(1.0));
            }
            self.refilled_ms = now_ms;
            if self.tokens < 1.0 {
                refuse = true;
            } else if !refuse {
                self.tokens -= 1.0;
            }
        }
        refuse.then_some(if throttle.bare { How::TooManyRequests } else { How::Throttle })
    }
}

fn concerns(on: &[Operation], operation: Operation) -> bool {
    on.is_empty() || on.contains(&operation)
}

fn hits(random: &mut fastrand::Rng, fraction: f64) -> bool {
    fraction > 0.0 && random.f64() < fraction
}

fn draw(random: &mut fastrand::Rng, failure: &Failure, operation: Operation) -> Option<How> {
    if concerns(&failure.on, operation) && hits(random, failure.fraction) {
        random.choice(&failure.how).copied()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injector(json: &str) -> Injector {
        let faults: Faults = serde_json::from_str(json).unwrap();
        faults.check().unwrap();
        let mut injector = Injector::new(1);
        injector.set(faults);
        injector
    }

    fn get(key: &str) -> Ask {
        Ask::Get { key: key.into() }
    }

    #[test]
    fn the_same_seed_draws_the_same_decisions() {
        let json = r#"{"jitterMs":50,"throttle":{"fraction":0.3},"failAfter":{"fraction":0.5,"how":["500","reset"]}}"#;
        let mut injectors = [injector(json), injector(json)];
        let drawn: Vec<Vec<FaultDecision>> =
            injectors.iter_mut().map(|it| (0..200).map(|_| it.judge(&Ask::Describe, 0)).collect()).collect();
        assert_eq!(drawn[0], drawn[1]);
        assert!((30..90).contains(&drawn[0].iter().filter(|it| it.before == Some(How::Throttle)).count()));
        assert!((60..140).contains(&drawn[0].iter().filter(|it| it.after.is_some()).count()));
    }

    #[test]
    fn a_script_is_used_up_in_order_by_the_requests_it_names() {
        let mut injector = injector(
            r#"{"script":[{"on":"GetKey","key":"a","how":"none"},{"on":"GetKey","times":2,"how":"reset"},{"how":"500","after":true,"delayMs":5}]}"#,
        );
        let mut before = |ask: &Ask| injector.judge(ask, 0).before;
        assert_eq!(before(&get("b")), Some(How::Reset));
        assert_eq!(before(&get("a")), None);
        assert_eq!(before(&get("a")), Some(How::Reset));
        let last = injector.judge(&get("a"), 0);
        assert_eq!((last.after, last.wait_after), (Some(How::Internal), Duration::from_millis(5)));
        assert_eq!(injector.judge(&get("a"), 0), FaultDecision::default());
    }

    #[test]
    fn a_rate_lets_its_burst_pass_and_refills() {
        let mut injector = injector(r#"{"throttle":{"perSecond":10,"bare":true}}"#);
        let mut passed = |now| injector.judge(&Ask::Describe, now).before.is_none();
        assert_eq!((0..20).filter(|_| passed(1_000)).count(), 10);
        assert_eq!((0..20).filter(|_| passed(1_500)).count(), 5);
        assert_eq!((0..20).filter(|_| passed(99_000)).count(), 10);
    }

    #[test]
    fn writes_never_lag_and_provisioning_ends_after_so_many_describes() {
        let mut injector = injector(r#"{"lag":{"versions":2,"on":["GetKey"]},"provisioning":1}"#);
        assert!(injector.judge(&get("a"), 0).provisioning);
        let first = injector.judge(&Ask::Describe, 0);
        assert!(first.provisioning && first.behind.is_none());
        let next = injector.judge(&get("a"), 0);
        assert_eq!((next.provisioning, next.behind.map(|it| it.versions)), (false, Some(2)));
    }
}
