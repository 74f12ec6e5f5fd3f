//! `syncRoutes`: options in as JSON text, a report or an error out as JSON text.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::{ClassInstance, Env, Function, PromiseRaw};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use serde::Serialize;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::error::{Code, RouteSyncError};
use crate::event::{Event, Listener};
use crate::options::{self, SyncOptions};
use crate::sync::{Control, Report, registry};

/// Aborts the calls that it was given to.
#[napi]
#[derive(Debug, Default)]
pub struct AbortHandle {
    token: CancellationToken,
}

#[napi]
impl AbortHandle {
    /// A handle that has not been aborted.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The calls stop before their next write.
    #[napi]
    pub fn abort(&self) {
        self.token.cancel();
    }
}

/// What crosses back: errors resolve too, so that they keep their code and facts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Report(Box<Report>),
    Error(RouteSyncError),
}

type Entered = Box<dyn Future<Output = Result<Report, RouteSyncError>> + Send + Unpin>;

/// A call whose options have not been read yet.
struct Arrival {
    options: String,
    cancel: CancellationToken,
    listener: Option<Listener>,
    entered: oneshot::Sender<Result<Entered, RouteSyncError>>,
}

/// Calls in the order in which JavaScript made them. Their options are read off its thread, and the
/// tasks that do so run in any order, so each first enters all calls that arrived before its own.
static ARRIVALS: Mutex<VecDeque<Arrival>> = Mutex::new(VecDeque::new());
static ENTERING: Mutex<()> = Mutex::new(());

fn enter_all() {
    let _one_at_a_time = ENTERING.lock().unwrap_or_else(PoisonError::into_inner);
    let arrived = std::mem::take(&mut *ARRIVALS.lock().unwrap_or_else(PoisonError::into_inner));
    // Read all of them first: the commit starts with the first that enters.
    let read: Vec<_> = arrived.into_iter().map(|arrival| (read(&arrival.options), arrival)).collect();
    for (options, Arrival { cancel, listener, entered, .. }) in read {
        // A caller whose environment has ended does not wait any more.
        let _ = entered.send(options.map(|options| enter(options, cancel, listener)));
    }
}

/// Reads options; a panic is that call's alone.
fn read(options: &str) -> Result<SyncOptions, RouteSyncError> {
    std::panic::catch_unwind(|| options::parse_sync(options)).unwrap_or_else(|_| {
        Err(RouteSyncError::new(Code::Internal, "reading the options panicked; please report this"))
    })
}

fn enter(options: SyncOptions, cancel: CancellationToken, listener: Option<Listener>) -> Entered {
    let SyncOptions { store, client, retry, deadline, intent } = options;
    let engine = registry::engine(&store, &client, &retry);
    Box::new(Box::pin(engine.call(intent, Control { deadline, cancel, listener })))
}

/// Events wait here for JavaScript's thread; while it is busy, later ones are dropped rather than waited for.
const EVENTS: usize = 256;

/// A listener that hands events, as JSON, to JavaScript. It keeps neither the process alive nor the
/// commit waiting.
fn listener(progress: &Function<'_, String, ()>) -> napi::Result<Listener> {
    let hear = progress
        .build_threadsafe_function::<String>()
        .weak::<true>()
        .callee_handled::<false>()
        .max_queue_size::<EVENTS>()
        .build()?;
    Ok(Listener::new(move |event: Event| {
        if let Ok(event) = serde_json::to_string(&event) {
            hear.call(event, ThreadsafeFunctionCallMode::NonBlocking);
        }
    }))
}

/// Makes the options (JSON) of calls that were made together live; each promise resolves to
/// `{"report":…}` or `{"error":…}` (JSON). `aborts` and `progresses` are as long as `options`.
///
/// # Errors
/// When the environment is going away.
#[napi(ts_return_type = "Array<Promise<string>>")]
pub fn sync_routes<'env>(
    env: &'env Env,
    options: Vec<String>,
    #[napi(ts_arg_type = "Array<AbortHandle | undefined>")] aborts: Vec<
        Option<ClassInstance<'_, AbortHandle>>,
    >,
    #[napi(ts_arg_type = "Array<((event: string) => void) | undefined>")] progresses: Vec<
        Option<Function<'_, String, ()>>,
    >,
) -> napi::Result<Vec<PromiseRaw<'env, String>>> {
    super::log::init();
    let mut entries = Vec::with_capacity(options.len());
    let mut arrivals = Vec::with_capacity(options.len());
    for ((options, abort), progress) in options.into_iter().zip(aborts).zip(progresses) {
        let (entered, entry) = oneshot::channel();
        let cancel = abort.map(|handle| handle.token.clone()).unwrap_or_default();
        let listener = progress.map(|progress| listener(&progress)).transpose()?;
        arrivals.push(Arrival { options, cancel, listener, entered });
        entries.push(entry);
    }
    // All at once: no thread sees some of them only.
    ARRIVALS.lock().unwrap_or_else(PoisonError::into_inner).extend(arrivals);
    entries.into_iter().map(|entry| env.spawn_future(settled(entry))).collect()
}

async fn settled(entry: oneshot::Receiver<Result<Entered, RouteSyncError>>) -> napi::Result<String> {
    enter_all();
    let answer = match entry.await {
        Ok(Ok(call)) => call.await.map_or_else(Answer::Error, |report| Answer::Report(Box::new(report))),
        Ok(Err(error)) => Answer::Error(error),
        Err(_) => return Err(napi::Error::from_reason("reading the options of another call panicked")),
    };
    serde_json::to_string(&answer).map_err(|error| napi::Error::from_reason(error.to_string()))
}
