//! The entry points of the public functions, with options, answers and errors as JSON text.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::{ClassInstance, Env, Function, PromiseRaw};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi_derive::napi;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::call::{self, Answer, Prepared};
use routesync_core::error::{Code, RouteSyncError};
use routesync_core::event::{Event, Listener};

/// Aborts the calls that were made with this handle.
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

    /// Stops the calls before their next write.
    #[napi]
    pub fn abort(&self) {
        self.token.cancel();
    }
}

/// A call whose options have not been read yet.
struct Arrival {
    name: String,
    options: String,
    cancel: CancellationToken,
    listener: Option<Listener>,
    entered: oneshot::Sender<Result<Answer, RouteSyncError>>,
}

/// Calls in the order in which JavaScript made them. Tasks on other threads read their options and run in any order, so each
/// task first starts all calls that arrived before its own.
static ARRIVALS: Mutex<VecDeque<Arrival>> = Mutex::new(VecDeque::new());
static ENTERING: Mutex<()> = Mutex::new(());

fn enter_all() {
    let _one_at_a_time = ENTERING.lock().unwrap_or_else(PoisonError::into_inner);
    let arrived = std::mem::take(&mut *ARRIVALS.lock().unwrap_or_else(PoisonError::into_inner));
    // All options are read first, since the commit starts with the first call.
    let read: Vec<_> =
        arrived.into_iter().map(|arrival| (read(&arrival.name, &arrival.options), arrival)).collect();
    for (prepared, Arrival { cancel, listener, entered, .. }) in read {
        // A caller whose environment has ended no longer waits.
        let _ = entered.send(prepared.map(|enter| enter(cancel, listener)));
    }
}

/// Reads options. A panic affects only that call.
fn read(name: &str, options: &str) -> Result<Prepared, RouteSyncError> {
    std::panic::catch_unwind(|| call::read(name, options)).unwrap_or_else(|_| {
        Err(RouteSyncError::new(Code::Internal, "reading the options panicked; please report this"))
    })
}

/// Checks the options (JSON) of `syncRoutes` and sends nothing. Returns the answer as JSON.
///
/// # Errors
/// Throws the JSON of a [`RouteSyncError`] as reason.
#[napi]
pub fn check_routes(options_json: String) -> napi::Result<String> {
    let checked = std::panic::catch_unwind(move || call::check(&options_json)).unwrap_or_else(|_| {
        Err(RouteSyncError::new(Code::Internal, "checking the options panicked; please report this"))
    });
    checked.map_err(|error| super::local::thrown(&error))
}

/// Maximum events that wait for JavaScript's thread. While it is busy, later events are dropped.
const EVENTS: usize = 256;

/// A listener that sends events to JavaScript as JSON. It neither keeps the process alive nor blocks the commit.
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

/// Makes calls together: the public functions `names` with `options` (JSON). Each promise resolves to `{"answer":…}` or
/// `{"error":…}` (JSON), so that errors keep their code and facts. All four arrays have the same length.
///
/// # Errors
/// The environment is being torn down.
#[napi(ts_return_type = "Array<Promise<string>>")]
pub fn call<'env>(
    env: &'env Env,
    names: Vec<String>,
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
    for (((name, options), abort), progress) in names.into_iter().zip(options).zip(aborts).zip(progresses) {
        let (entered, entry) = oneshot::channel();
        let cancel = abort.map(|handle| handle.token.clone()).unwrap_or_default();
        let listener = progress.map(|progress| listener(&progress)).transpose()?;
        arrivals.push(Arrival { name, options, cancel, listener, entered });
        entries.push(entry);
    }
    // All calls are added at once, so that no thread sees only some of them.
    ARRIVALS.lock().unwrap_or_else(PoisonError::into_inner).extend(arrivals);
    entries.into_iter().map(|entry| env.spawn_future(settled(entry))).collect()
}

async fn settled(entry: oneshot::Receiver<Result<Answer, RouteSyncError>>) -> napi::Result<String> {
    enter_all();
    let answer = match entry.await {
        Ok(Ok(call)) => call.await,
        Ok(Err(error)) => Err(error),
        Err(_) => return Err(napi::Error::from_reason("reading the options of another call panicked")),
    };
    match answer {
        Ok(answer) => Ok(format!("{{\"answer\":{answer}}}")),
        Err(error) => serde_json::to_string(&error)
            .map(|error| format!("{{\"error\":{error}}}"))
            .map_err(|error| napi::Error::from_reason(error.to_string())),
    }
}
