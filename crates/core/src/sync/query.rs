//! Answers a query: reads the keys that it needs under one `ETag`, and writes nothing.
//!
//! Queries and commits of an engine do not wait for each other. The reads of a query count only if a second Describe shows the
//! `ETag` of the first. Otherwise the query reads again, until its deadline.

use std::future::{self, Future};
use std::sync::Arc;

use tokio::time::Instant;

use super::backoff::{Backoff, millis};
use super::context::{Context, RoundEnd};
use super::engine::Engine;
use super::error_mapping;
use super::member::{Control, Known};
use super::reader::{Audience, Requester, SnapshotReader};
use crate::error::{Code, Result};
use crate::event::{Event, Listener};
use crate::kvs::{FailureKind, Store};
use crate::plan::Snapshot;
use crate::query::{Needs, Query};

impl<S: Store> Engine<S> {
    /// Answers a query. Must be awaited within a tokio runtime; dropping the future ends the query.
    ///
    /// # Errors
    /// The future fails if the query could not read one state of the store, and with the errors of [`Query::answer`].
    pub fn query<Q: Query>(
        self: &Arc<Self>,
        query: Q,
        control: Control,
    ) -> impl Future<Output = Result<Q::Answer>> + Send + use<S, Q> {
        let engine = Arc::clone(self);
        let since = Instant::now();
        async move {
            let context = &engine.context;
            let gave_up = |code| context.gave_up(code, &Known::default(), since, control.deadline);
            tokio::select! {
                biased;
                () = control.cancel.cancelled() => Err(gave_up(Code::Aborted)),
                answer = Box::pin(answer(context, &query, control.listener.clone())) => answer,
                () = tokio::time::sleep_until(since + control.deadline) => Err(gave_up(Code::DeadlineExceeded)),
            }
        }
    }
}

/// A query that reads. Its caller drops the future to leave.
struct Reads<'q, Q>(&'q Q);

impl<Q: Query> Requester for Reads<'_, Q> {
    const LISTS: bool = true;

    fn needs(&mut self, snapshot: &Snapshot) -> Needs {
        self.0.needs(snapshot)
    }

    async fn abandoned(&mut self) {
        future::pending::<()>().await;
    }
}

async fn answer<S: Store, Q: Query>(
    context: &Context<S>,
    query: &Q,
    listener: Option<Listener>,
) -> Result<Q::Answer> {
    let meter = context.store.fork();
    let mut reader = SnapshotReader::new(context, &meter, Audience::Query(listener));
    let mut backoff = Backoff::default();
    loop {
        match read(&mut reader, &mut Reads(query)).await {
            Ok(snapshot) => {
                let mut answer = query.answer(&snapshot, context.env.unix(), meter.requests())?;
                query.sent_to(&mut answer, context.store.endpoint());
                return Ok(answer);
            }
            Err(RoundEnd::Failed(failure)) => {
                *context.trouble() = Some(failure.clone());
                reader.unusable +=
                    u32::from(matches!(failure.kind, FailureKind::NotReady | FailureKind::Creating));
                if let Some(code) = error_mapping::code(&failure, 1, reader.unusable) {
                    return Err(error_mapping::error(code, failure));
                }
            }
            Err(RoundEnd::InconsistentRead | RoundEnd::Conflict | RoundEnd::Abandoned) => {}
        }
        let wait = backoff.next(&context.retry, context.store.round_trip(), &context.env);
        reader.emit(Event::Retry { wait_ms: millis(wait) });
        tokio::time::sleep(wait).await;
    }
}

/// Reads the keys that the query needs, in one state of the store.
async fn read<S: Store, Q: Query>(
    reader: &mut SnapshotReader<'_, S>,
    query: &mut Reads<'_, Q>,
) -> Result<Snapshot, RoundEnd> {
    let described = reader.describe(query).await?;
    let snapshot = reader.read(described, query).await?.snapshot;
    if reader.state(query).await?.etag != snapshot.etag {
        return Err(RoundEnd::InconsistentRead);
    }
    reader.emit(Event::Verified);
    Ok(snapshot)
}
