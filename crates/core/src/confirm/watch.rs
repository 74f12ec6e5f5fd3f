//! Asks an edge location again and again, until it serves what was committed.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use tokio::time::Instant;

use super::answer::{Answer, Unusable};
use super::question::{Expected, Question};
use crate::event::{Event, Listener};

/// Questions under way at the same time, at most. A round begins with fewer, and adds one for each answer that is as expected.
const AT_ONCE: usize = 32;
/// Questions under way at the begin of a round.
const FIRST: usize = 4;
/// A round ends after so many answers that are not as expected.
const LATE: usize = 8;
/// The first wait between two rounds. Each round without progress doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// The longest wait between two rounds.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// With less time than this until the deadline, no further round begins.
const LAST_WAIT: Duration = Duration::from_millis(50);
/// A location has several servers. When all answers were as expected, this many of the questions are asked once more.
const AGAIN: usize = 100;
/// When the store is read again, in case a later commit has changed the same routes. Each time is three times the one before.
const FIRST_REREAD: Duration = Duration::from_secs(5);
/// The most routes that a report lists.
const LISTED: usize = 20;

/// Sends questions to an edge location.
pub trait Probe: Sync {
    /// Asks which route a request for `uri` at `host` gets.
    ///
    /// # Errors
    /// There was no answer of a probe.
    fn ask(&self, host: &str, uri: &str) -> impl Future<Output = Result<Answer, Unusable>> + Send;
}

/// What an edge location has shown of a commit. See the TypeScript type `EdgeReport`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmation {
    /// Whether each route that was asked about is served as committed.
    pub confirmed: bool,
    /// The number of routes that were asked about.
    pub routes: usize,
    /// Milliseconds from the commit to the last answer.
    pub waited_ms: u64,
    /// Requests to the probe.
    pub requests: u32,
    /// Routes that the edge does not serve as committed, at most 20. Empty if it serves all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unconfirmed: Vec<Unconfirmed>,
    /// The number of all such routes.
    #[serde(skip)]
    pub pending: usize,
}

impl Confirmation {
    /// The result if it is not known what to ask. Nothing about `patterns` is confirmed.
    #[must_use]
    pub fn unknown(patterns: Vec<String>, since: Instant, why: &str) -> Self {
        let (routes, error) = (patterns.len(), format!("it is not known what to ask: {why}"));
        let unconfirmed = patterns.into_iter().take(LISTED).map(|pattern| Unconfirmed {
            pattern,
            expects: None,
            shows: None,
            error: Some(error.clone()),
        });
        Self {
            confirmed: false,
            routes,
            waited_ms: milliseconds(since),
            requests: 0,
            unconfirmed: unconfirmed.collect(),
            pending: routes,
        }
    }
}

/// A route that the edge does not serve as committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unconfirmed {
    pub pattern: String,
    /// The id of the route that the request should get. `None` for no route.
    pub expects: Option<String>,
    /// The last answer: the id of the route that the request gets. The inner `None` is for no route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows: Option<Option<String>>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let route =
            |id: &Option<String>| id.as_ref().map_or("no route".to_owned(), |id| format!("route {id}"));
        match (&self.shows, &self.error) {
            (Some(shows), None) => {
                write!(f, "{} gets {} instead of {}", self.pattern, route(shows), route(&self.expects))
            }
            (_, Some(error)) => write!(f, "{}: {error}", self.pattern),
            (None, None) => write!(f, "{} was not asked about", self.pattern),
        }
    }
}

/// The state of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Nothing,
    Expected,
    Other(Result<Answer, Unusable>),
}

/// The questions about a commit, and what the edge has shown so far.
#[derive(Debug)]
pub struct Watch {
    /// The questions with their further valid routes, by later commits.
    questions: Vec<(Question, Vec<Expected>)>,
    seen: Vec<Seen>,
    queue: VecDeque<usize>,
    requests: u32,
    since: Instant,
}

impl Watch {
    /// The deadline and the report count from `since`.
    #[must_use]
    pub fn new(questions: Vec<Question>, since: Instant) -> Self {
        let count = questions.len();
        Self {
            questions: questions.into_iter().map(|question| (question, Vec::new())).collect(),
            seen: vec![Seen::Nothing; count],
            queue: (0..count).collect(),
            requests: 0,
            since,
        }
    }

    /// Asks until all answers are as expected, or until `deadline` after the begin. `reread` asks the store for the questions about
    /// these patterns again, which costs requests, so it is called seldom.
    ///
    /// The future may be dropped, and [`Watch::confirmation`] says what is known.
    pub async fn run<P, F, R>(
        &mut self,
        probe: &P,
        deadline: Duration,
        listener: Option<&Listener>,
        mut reread: F,
    ) where
        P: Probe,
        F: FnMut(Vec<String>) -> R,
        R: Future<Output = Option<Vec<Question>>>,
    {
        let end = self.since + deadline;
        let mut wait = FIRST_WAIT;
        let mut next_reread = FIRST_REREAD;
        let mut again = false;
        loop {
            let before = self.pending();
            let late = self.round(probe, end).await;
            self.emit(listener);
            if self.pending() == 0 && again && !late {
                return;
            }
            if self.pending() == 0 {
                again = true;
                self.queue.extend(spread(self.questions.len(), AGAIN));
                continue;
            }
            again = false;
            wait = if self.pending() < before { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            let rest = end.saturating_duration_since(Instant::now());
            if rest < LAST_WAIT {
                tokio::time::sleep_until(end).await;
                return;
            }
            // The last rounds come closer together, up to the deadline.
            tokio::time::sleep(wait.min(rest / 2)).await;
            if self.since.elapsed() >= next_reread {
                next_reread *= 3;
                let news = tokio::time::timeout_at(end, reread(self.patterns())).await.ok().flatten();
                self.learn(news.unwrap_or_default());
            }
        }
    }

    /// Asks the queued questions, until the queue is empty or [`LATE`] answers are not as expected. Returns whether there was one.
    async fn round<P: Probe>(&mut self, probe: &P, end: Instant) -> bool {
        let mut late = Vec::new();
        let mut width = FIRST;
        let mut flying = FuturesUnordered::new();
        let mut answers = Vec::new();
        let mut open = BTreeSet::new();
        loop {
            while flying.len() < width
                && late.len() < LATE
                && let Some(index) = self.queue.pop_front()
            {
                self.requests += 1;
                open.insert(index);
                let question = &self.questions[index].0;
                flying.push(async move { (index, probe.ask(&question.host, &question.uri).await) });
            }
            let (index, answer) = tokio::select! {
                biased;
                answer = flying.next() => match answer {
                    Some(answer) => answer,
                    None => break,
                },
                () = tokio::time::sleep_until(end) => break,
            };
            open.remove(&index);
            if self.accepts(index, &answer) {
                width = (width + 1).min(AT_ONCE);
                answers.push((index, Seen::Expected));
            } else {
                late.push(index);
                answers.push((index, Seen::Other(answer)));
            }
        }
        drop(flying);
        let silent = || Unusable("there was no answer before the deadline".to_owned());
        // What an earlier round has found says more.
        open.retain(|index| self.seen[*index] == Seen::Nothing);
        answers.extend(open.into_iter().map(|index| (index, Seen::Other(Err(silent())))));
        for (index, seen) in answers {
            self.seen[index] = seen;
        }
        // Those that were not asked in this round come first in the next one.
        self.queue.extend(&late);
        !late.is_empty()
    }

    fn accepts(&self, index: usize, answer: &Result<Answer, Unusable>) -> bool {
        let Ok(answer) = answer else { return false };
        let (question, later) = &self.questions[index];
        std::iter::once(&question.expected)
            .chain(later)
            .any(|expected| expected.id == answer.id && (answer.metadata || !expected.own))
    }

    /// Takes the routes of later commits as valid, too.
    fn learn(&mut self, news: Vec<Question>) {
        for new in news {
            for (question, later) in &mut self.questions {
                let same = (&question.host, &question.uri) == (&new.host, &new.uri);
                if same && question.expected != new.expected && !later.contains(&new.expected) {
                    later.push(new.expected.clone());
                }
            }
        }
    }

    /// The number of questions whose last answer was not as expected.
    fn pending(&self) -> usize {
        self.seen.iter().filter(|seen| **seen != Seen::Expected).count()
    }

    /// The patterns of these questions.
    fn patterns(&self) -> Vec<String> {
        let questions = self.questions.iter().zip(&self.seen);
        let pending = questions.filter(|(_, seen)| **seen != Seen::Expected);
        pending.map(|((question, _), _)| question.pattern.clone()).collect()
    }

    fn emit(&self, listener: Option<&Listener>) {
        if let Some(listener) = listener {
            let routes = self.questions.len();
            listener.emit(Event::Edge {
                confirmed: routes - self.pending(),
                routes,
                waited_ms: milliseconds(self.since),
            });
        }
    }

    /// What is known now.
    #[must_use]
    pub fn confirmation(&self) -> Confirmation {
        let questions = self.questions.iter().zip(&self.seen);
        let unconfirmed = questions.filter_map(|((question, _), seen)| {
            let (shows, error) = match seen {
                Seen::Expected => return None,
                Seen::Nothing => (None, None),
                Seen::Other(Ok(answer)) if answer.id == question.expected.id => {
                    (Some(answer.id.clone()), Some("the route's metadata is not there yet".to_owned()))
                }
                Seen::Other(Ok(answer)) => (Some(answer.id.clone()), None),
                Seen::Other(Err(Unusable(why))) => (None, Some(why.clone())),
            };
            let expects = question.expected.id.clone();
            Some(Unconfirmed { pattern: question.pattern.clone(), expects, shows, error })
        });
        let pending = self.pending();
        Confirmation {
            confirmed: pending == 0,
            routes: self.questions.len(),
            waited_ms: milliseconds(self.since),
            requests: self.requests,
            unconfirmed: unconfirmed.take(LISTED).collect(),
            pending,
        }
    }
}

/// At most `most` of `count` indexes, evenly spread.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(most).max(1))
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
