//! The public functions by name, with options and answers as JSON text.
//!
//! [`read`] checks options and starts nothing. The call that it returns is started later, so that the options of calls that
//! were made together are all read before the first commit starts. Each function only names its options and the part of the
//! engine that answers.

use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use routesync_aws::cloudfront::CloudFrontStore;
use routesync_aws::{checkup, registry};
use routesync_core::error::{Code, Result, RouteSyncError};
use routesync_core::event::{Event, Listener};
use routesync_core::inspect::{
    self, ExplainQuery, HistoryQuery, LeftoverQuery, OwnersQuery, PlanQuery, Question, ReadQuery, Rehearsal,
    VerifyQuery, explain,
};
use routesync_core::options::{
    self, Action, Call, Cursor, DECLARING_FIELDS, EdgeOptions, GROWING_FIELDS, OWNER_FIELDS, REACH_FIELDS,
    Reach, Release, Rollback, RouterId, WRITE_FIELDS,
};
use routesync_core::query::Query;
use routesync_core::report::Report;
use routesync_core::sync::{Control, Engine};
use routesync_migrate::Legacy;

use crate::confirm::AtEdge;

/// The answer to a call, as JSON text.
pub type Answer = Pin<Box<dyn Future<Output = Result<String>> + Send>>;

/// A call whose options have been read. It starts when this function is called, and the answer only waits for its result.
pub type Prepared = Box<dyn FnOnce(CancellationToken, Option<Listener>) -> Answer + Send>;

/// Reads the options of the public function `name`.
///
/// # Errors
/// The options are invalid. Nothing was sent.
pub fn read(name: &str, json: &str) -> Result<Prepared> {
    let value = options::parse_json(json)?;
    let options = Cursor::root(&value);
    match name {
        "syncRoutes" => {
            let options::SyncOptions { reach, call, edge } = options::read_sync(&options)?;
            Ok(write(reach, call, edge))
        }
        "planRoutes" => {
            let options::SyncOptions { reach, call, .. } = options::read_sync(&options)?;
            Ok(query(reach, PlanQuery::new(call, value)))
        }
        "removeRoutes" | "pruneOwners" | "rollbackRoutes" | "releaseRoutes" | "repairRoutes" => {
            read_write(name, &options)
        }
        "setIndex" => {
            options.fields(&[&REACH_FIELDS[..], &["router", "verify", "index"]].concat())?;
            Ok(write(Reach::read(&options)?, Call::read_index(&options)?, None))
        }
        // Only for `routesync/sst`, and not public functions.
        "changeEntries" => {
            let fields = ["router", "verify", "allowBeyondSst", "index", "add", "replace", "remove"];
            options.fields(&[&REACH_FIELDS[..], &fields].concat())?;
            Ok(write(Reach::read(&options)?, Call::read_entries(&options)?, None))
        }
        "changeKeys" => {
            options.fields(
                &[&REACH_FIELDS[..], &["namespace", "verify", "puts", "purge", "keep", "stored"]].concat(),
            )?;
            Ok(write(Reach::read(&options)?, Call::read_keys(&options)?, None))
        }
        "explainRoute" => read_explain(&options),
        "listHistory" => {
            options.fields(&[&REACH_FIELDS[..], &["router", "owner"]].concat())?;
            let look_at = HistoryQuery {
                router: options::read_router(&options)?,
                owner: options::read_owner(&options)?,
            };
            Ok(query(Reach::read(&options)?, look_at))
        }
        "listOwners" => {
            options.fields(&[&REACH_FIELDS[..], &["router", "emptied"]].concat())?;
            let router = options::read_router(&options)?;
            let emptied = options.get("emptied").map_or(Ok(false), |at| at.flag())?;
            Ok(query(Reach::read(&options)?, OwnersQuery { router, emptied }))
        }
        "verifyRoutes" => {
            options.fields(
                &[&REACH_FIELDS[..], &["router", "owner", "part", "previous", "routes", "edge"]].concat(),
            )?;
            // A declaration needs a router and an owner.
            let declares =
                ["owner", "part", "previous", "routes"].iter().any(|name| options.get(name).is_some());
            let declared = if declares { Some(Call::read(&options)?) } else { None };
            let router = options.get("router").map(|_| options::read_router(&options)).transpose()?;
            let edge = EdgeOptions::read_check(&options)?;
            Ok(verify(Reach::read(&options)?, VerifyQuery { router, declared }, edge))
        }
        "readRoutes" => {
            options.fields(&[&REACH_FIELDS[..], &["router", "metadata"]].concat())?;
            let router = options::read_router(&options)?;
            let metadata = options.get("metadata").map_or(Ok(false), |at| at.flag())?;
            Ok(query(Reach::read(&options)?, ReadQuery { router, metadata }))
        }
        // Only for the command line, and not a public function.
        "checkStore" => {
            options.fields(&REACH_FIELDS)?;
            let reach = Reach::read(&options)?;
            Ok(Box::new(move |cancel, _| Box::pin(checkup(reach, cancel))))
        }
        "checkEdge" => {
            options.fields(&[&REACH_FIELDS[..], &["router", "edge"]].concat())?;
            let router = options::read_router(&options)?;
            let Some(edge) = EdgeOptions::read_check(&options)? else {
                return Err(RouteSyncError::at(Code::InvalidOption, "edge", "missing"));
            };
            Ok(check_edge(Reach::read(&options)?, router, edge))
        }
        "migrateRoutes" => {
            let legacy = Legacy::read(&options)?;
            Ok(Box::new(|_, _| Box::pin(async move { to_json(&legacy.migrate()) })))
        }
        _ => Err(unknown(name)),
    }
}

/// Checks the options of `syncRoutes` and sends nothing. Returns a [`Check`](routesync_core::inspect::Check) as JSON text.
///
/// # Errors
/// The options are invalid, or a lint rule rejects the declaration.
pub fn check(json: &str) -> Result<String> {
    let value = options::parse_json(json)?;
    let options::SyncOptions { call, .. } = options::read_sync(&Cursor::root(&value))?;
    to_json(&inspect::check(&call)?)
}

fn unknown(name: &str) -> RouteSyncError {
    RouteSyncError::new(Code::Internal, format!("there is no function {name:?}; please report this"))
}

/// Reads the options of a function that writes, except `syncRoutes`.
fn read_write(name: &str, options: &Cursor<'_>) -> Result<Prepared> {
    match name {
        "removeRoutes" => {
            // A removal does not make the table larger.
            options.fields(&[&REACH_FIELDS[..], &WRITE_FIELDS, &OWNER_FIELDS, &["maxRemoved"]].concat())?;
            Ok(write(Reach::read(options)?, Call::read_removal(options)?, EdgeOptions::read(options)?))
        }
        "pruneOwners" => {
            // A prune has no grace period.
            let fields = ["owner", "match", "keep", "olderThan", "dryRun"];
            options.fields(&[&REACH_FIELDS[..], &WRITE_FIELDS, &fields].concat())?;
            let (reach, call) = (Reach::read(options)?, Call::read_prune(options)?);
            let edge = EdgeOptions::read(options)?;
            let dry = options.get("dryRun").map_or(Ok(false), |at| at.flag())?;
            Ok(if dry { query(reach, Rehearsal::new(call)) } else { write(reach, call, edge) })
        }
        "rollbackRoutes" => {
            let fields = ["to", "dryRun"];
            options.fields(
                &[&REACH_FIELDS[..], &WRITE_FIELDS, &OWNER_FIELDS, &GROWING_FIELDS, &fields].concat(),
            )?;
            let reach = Reach::read(options)?;
            let (call, edge) = (Call::read_rollback(options)?, EdgeOptions::read(options)?);
            let dry = options.get("dryRun").map_or(Ok(false), |at| at.flag())?;
            Ok(match call.action {
                _ if dry => query(reach, Rehearsal::new(call)),
                Action::Rollback(Rollback::Last) => undo_last(reach, call, edge),
                _ => write(reach, call, edge),
            })
        }
        "releaseRoutes" => {
            options.fields(
                &[&REACH_FIELDS[..], &WRITE_FIELDS, &OWNER_FIELDS, &GROWING_FIELDS, &["dryRun"]].concat(),
            )?;
            let (reach, call) = (Reach::read(options)?, Call::read_release(options)?);
            let edge = EdgeOptions::read(options)?;
            if reach.deadline <= call.grace {
                let seconds = call.grace.as_secs();
                let message = format!(
                    "must be longer than `gracePeriod` ({seconds} seconds), since the call waits that long"
                );
                return Err(RouteSyncError::at(Code::InvalidOption, "deadline", message));
            }
            let dry = options.get("dryRun").map_or(Ok(false), |at| at.flag())?;
            Ok(if dry { query(reach, Rehearsal::new(call)) } else { release(reach, call, edge) })
        }
        "repairRoutes" => {
            // A repair always rewrites a damaged table, and takes nothing from others.
            let all = [WRITE_FIELDS.as_slice(), &OWNER_FIELDS, &GROWING_FIELDS, &DECLARING_FIELDS].concat();
            let fields = all.into_iter().filter(|name| !["repair", "takeover", "adopt"].contains(name));
            options.fields(&fields.chain(REACH_FIELDS).chain(["foreign", "dryRun"]).collect::<Vec<_>>())?;
            let (reach, call) = (Reach::read(options)?, Call::read_repair(options)?);
            let edge = EdgeOptions::read(options)?;
            let dry = options.get("dryRun").map_or(Ok(false), |at| at.flag())?;
            Ok(if dry { query(reach, Rehearsal::new(call)) } else { write(reach, call, edge) })
        }
        _ => Err(unknown(name)),
    }
}

/// Reads the options of `explainRoute`, which explains by a table, a declaration or a live store.
fn read_explain(options: &Cursor<'_>) -> Result<Prepared> {
    let question = Question::read(options)?;
    if options.get("table").is_some() {
        options.fields(&["url", "reader", "table", "metadata"])?;
        let answer = to_json(&explain::explain_table(options, &question)?)?;
        return Ok(Box::new(move |_, _| Box::pin(async move { Ok(answer) })));
    }
    if options.get("routes").is_some() {
        options.fields(&["url", "reader", "routes"])?;
        let answer = to_json(&explain::explain_routes(&options::read_routes(options)?, &question))?;
        return Ok(Box::new(move |_, _| Box::pin(async move { Ok(answer) })));
    }
    options
        .fields(&[&REACH_FIELDS[..], &["url", "reader", "router", "table", "routes", "metadata"]].concat())?;
    let router = options::read_router(options)?;
    Ok(query(Reach::read(options)?, ExplainQuery { router, question }))
}

/// A call that is part of a commit.
fn write(reach: Reach, call: Call, edge: Option<EdgeOptions>) -> Prepared {
    Box::new(move |cancel, listener| {
        let (engine, since) = (registry::engine(&reach), Instant::now());
        let control = Control { deadline: reach.deadline, cancel, listener };
        let at_edge = match at_edge(&reach, edge, &call, &engine) {
            Ok(at_edge) => at_edge,
            Err(error) => return refused(error),
        };
        let call = engine.call(call, control.clone());
        Box::pin(async move { to_json(&confirmed(call.await?, at_edge, &control, since).await?) })
    })
}

/// How the call waits for the edge. `None` if it does not.
fn at_edge(
    reach: &Reach,
    edge: Option<EdgeOptions>,
    call: &Call,
    engine: &Arc<Engine<CloudFrontStore>>,
) -> Result<Option<AtEdge>> {
    edge.map(|edge| AtEdge::new(reach, edge, call.router.clone(), engine)).transpose()
}

/// The report, after the call has waited for the edge.
async fn confirmed(
    report: Report,
    at_edge: Option<AtEdge>,
    control: &Control,
    since: Instant,
) -> Result<Report> {
    match at_edge {
        Some(at_edge) => at_edge.confirm(report, control, since).await,
        None => Ok(report),
    }
}

/// The answer to a call that cannot start.
fn refused(error: RouteSyncError) -> Answer {
    Box::pin(async move { Err(error) })
}

/// A call that undoes an owner's last change. It first reads the change's number, so that a retry does not undo another one.
fn undo_last(reach: Reach, mut call: Call, edge: Option<EdgeOptions>) -> Prepared {
    Box::new(move |cancel, listener| {
        let (engine, since) = (registry::engine(&reach), Instant::now());
        let history = HistoryQuery { router: call.router.clone(), owner: call.owner.clone() };
        let mut control = Control { deadline: reach.deadline, cancel, listener };
        let at_edge = match at_edge(&reach, edge, &call, &engine) {
            Ok(at_edge) => at_edge,
            Err(error) => return refused(error),
        };
        Box::pin(async move {
            let found = engine.query(history, control.clone()).await?;
            // Without a change, the engine rejects the call with the reason.
            let last = found.changes.first().map(|last| last.change);
            call.action = Action::Rollback(last.map_or(Rollback::Last, Rollback::To));
            control.deadline = control.deadline.saturating_sub(since.elapsed());
            // A second call with the same options would undo this rollback.
            let report = engine.call(call, control.clone()).await.map_err(|mut error| {
                if let Some(last) = last {
                    error.message = format!(
                        "{}; this call undoes change {last}: to try again, call with `to: {last}`",
                        error.message
                    );
                }
                error
            })?;
            let report = report.with_requests(found.requests, since.elapsed());
            to_json(&confirmed(report, at_edge, &control, since).await?)
        })
    })
}

/// A call that releases an owner's routes. After a wait for requests under way, it also removes the owner's records.
fn release(reach: Reach, mut call: Call, edge: Option<EdgeOptions>) -> Prepared {
    Box::new(move |cancel, listener| {
        let (engine, since) = (registry::engine(&reach), Instant::now());
        let mut control = Control { deadline: reach.deadline, cancel, listener };
        let at_edge = match at_edge(&reach, edge, &call, &engine) {
            Ok(at_edge) => at_edge,
            Err(error) => return refused(error),
        };
        let handed = engine.call(call.clone(), control.clone());
        Box::pin(async move {
            let mut report = handed.await?;
            let rest = |since: Instant| reach.deadline.saturating_sub(since.elapsed());
            control.deadline = rest(since);
            let left = engine.query(LeftoverQuery { call: call.clone() }, control.clone()).await?;
            report = report.with_requests(left.requests, since.elapsed());
            if let Some(wait) = left.wait {
                let late = wait > rest(since);
                if let Some(listener) = control.listener.as_ref().filter(|_| !wait.is_zero()) {
                    let wait_ms = u64::try_from(wait.min(rest(since)).as_millis()).unwrap_or(u64::MAX);
                    listener.emit(Event::Waiting { wait_ms });
                }
                tokio::select! {
                    () = control.cancel.cancelled() => {}
                    () = tokio::time::sleep(wait.min(rest(since))) => {}
                }
                if late && !control.cancel.is_cancelled() {
                    return Err(RouteSyncError::new(
                        Code::DeadlineExceeded,
                        "the routes are released, but the deadline passed before the former records could be removed; call again to remove them",
                    ));
                }
                control.deadline = rest(since);
                call.action = Action::Release(Release::Rest);
                let later = engine.call(call, control.clone()).await.map_err(|mut error| {
                    const STANDS: &str =
                        "the routes are released, but some of the former records still exist";
                    error.message = format!("{STANDS}; call again to remove them; {}", error.message);
                    error.with(|details| details.stands = Some(STANDS.to_owned()))
                })?;
                report = report.with_commit(later, since.elapsed());
            }
            to_json(&confirmed(report, at_edge, &control, since).await?)
        })
    })
}

/// A call that only reads.
fn query<Q>(reach: Reach, asked: Q) -> Prepared
where
    Q: Query,
    Q::Answer: Serialize,
{
    Box::new(move |cancel, listener| {
        let deadline = reach.deadline;
        let call = registry::engine(&reach).query(asked, Control { deadline, cancel, listener });
        Box::pin(async move { to_json(&call.await?) })
    })
}

/// Verifies a store, and then the edge.
fn verify(reach: Reach, asked: VerifyQuery, edge: Option<EdgeOptions>) -> Prepared {
    Box::new(move |cancel, listener| {
        let engine = registry::engine(&reach);
        let control = Control { deadline: reach.deadline, cancel, listener };
        let router = asked.router.clone();
        let at_edge = match edge.zip(router).map(|(edge, router)| AtEdge::new(&reach, edge, router, &engine))
        {
            Some(Err(error)) => return refused(error),
            Some(Ok(at_edge)) => Some(at_edge),
            None => None,
        };
        let found = engine.query(asked, control.clone());
        Box::pin(async move {
            let found = found.await?;
            to_json(&match at_edge {
                Some(at_edge) => found.with_edge(at_edge.url(), at_edge.check(&control).await?),
                None => found,
            })
        })
    })
}

/// Checks whether the edge serves the live table.
fn check_edge(reach: Reach, router: RouterId, edge: EdgeOptions) -> Prepared {
    Box::new(move |cancel, listener| {
        let engine = registry::engine(&reach);
        let control = Control { deadline: reach.deadline, cancel, listener };
        match AtEdge::new(&reach, edge, router, &engine) {
            Ok(at_edge) => Box::pin(async move { to_json(&at_edge.check(&control).await?) }),
            Err(error) => refused(error),
        }
    })
}

/// Checks within the deadline whether a store can be used.
async fn checkup(reach: Reach, cancel: CancellationToken) -> Result<String> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(RouteSyncError::new(Code::Aborted, "aborted; this call writes nothing")),
        found = checkup::run(&reach) => to_json(&found),
        () = tokio::time::sleep(reach.deadline) => {
            Err(RouteSyncError::new(Code::DeadlineExceeded, "the deadline passed before all checks were done; call again with a longer `deadline`"))
        }
    }
}

fn to_json(answer: &impl Serialize) -> Result<String> {
    serde_json::to_string(answer).map_err(|error| RouteSyncError::new(Code::Internal, error.to_string()))
}
