//! Repeats reads until they are answered. It returns permanent failures immediately, and never sends writes. The loops above it are the
//! rounds of `commit`, which read again before they write again, and those of `query`.

use std::future::Future;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::backoff::{Backoff, millis};
use super::context::Context;
use crate::event::Event;
use crate::kvs::IN_FLIGHT;
use crate::kvs::{Failure, FailureKind, Store};

/// The host counts as unreachable after this many failures to connect in a row. With the waits between them this takes some seconds:
/// a name that does not resolve rarely will later.
const CONNECT_TRIES: u32 = 6;

/// Runs `reads`, [`IN_FLIGHT`] at a time, and returns their answers in order. Each read that ends makes room for the next one, so a
/// slow read does not delay the others.
pub(super) async fn many<T, F>(reads: impl Iterator<Item = F>) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut answers = Vec::new();
    let mut waiting = reads.enumerate();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < IN_FLIGHT
            && let Some((place, read)) = waiting.next()
        {
            running.push(placed(place, read));
        }
        let Some(answer) = running.next().await else { break };
        answers.push(answer);
    }
    answers.sort_unstable_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

async fn placed<F: Future>(place: usize, read: F) -> (usize, F::Output) {
    (place, read.await)
}

impl<S: Store> Context<S> {
    /// Repeats `read` while it is throttled, gets no answer or cannot connect. `emit` receives an event before each wait.
    pub(crate) async fn with_retry<T, F>(
        &self,
        emit: impl Fn(Event),
        read: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut backoff = Backoff::default();
        loop {
            let failure = match read().await {
                Ok(answer) => {
                    *self.trouble() = None;
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            *self.trouble() = Some(failure.clone());
            let again = match failure.kind {
                FailureKind::Throttled | FailureKind::Unknown => true,
                FailureKind::Unreachable => backoff.tries() + 1 < CONNECT_TRIES,
                _ => false,
            };
            if !again {
                return Err(failure);
            }
            let (retry, trip, env) = (&self.retry, self.store.round_trip(), &self.env);
            let wait = match failure.kind {
                FailureKind::Unreachable => backoff.next(retry, trip, env),
                _ => backoff.next_read(retry, trip, env),
            };
            emit(match failure.kind {
                FailureKind::Throttled => Event::Throttled { wait_ms: millis(wait) },
                _ => Event::Retry { wait_ms: millis(wait) },
            });
            tracing::debug!(?failure.kind, ?wait, "a read is repeated");
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::sync::Notify;

    use super::*;

    fn failure(message: &str) -> Failure {
        Failure { kind: FailureKind::Rejected, message: message.to_owned(), request_id: None }
    }

    /// The first read ends after all others. If they waited for it, none would end.
    #[tokio::test]
    async fn a_slow_read_holds_no_other_back_and_answers_keep_their_order() {
        let (ended, rest_ended) = (Cell::new(0), Notify::new());
        let (running, most) = (Cell::new(0), Cell::new(0));
        let number = IN_FLIGHT * 4;
        let (ended, rest_ended, running, most) = (&ended, &rest_ended, &running, &most);
        let reads = (0..number).map(|place| async move {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            if place == 0 {
                rest_ended.notified().await;
            } else {
                tokio::task::yield_now().await;
                ended.set(ended.get() + 1);
                if ended.get() == number - 1 {
                    rest_ended.notify_one();
                }
            }
            running.set(running.get() - 1);
            Ok(place)
        });
        assert_eq!(many(reads).await, Ok((0..number).collect()));
        assert_eq!(most.get(), IN_FLIGHT);
    }

    #[tokio::test]
    async fn the_first_failure_in_order_is_returned_whenever_it_happened() {
        let reads = (0..3).map(|place| async move {
            for _ in place..3 {
                tokio::task::yield_now().await;
            }
            if place == 0 { Ok(()) } else { Err(failure(&place.to_string())) }
        });
        assert_eq!(many(reads).await, Err(failure("1")));
    }
}
