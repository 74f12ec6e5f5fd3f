//! Connections and requests: reads a request, serves it from the shared [`State`], and sends the answer or simulates the
//! fault of the decision.
//!
//! No input may end the server. Hyper answers 400 to input that is not HTTP, and this module rejects invalid requests. It
//! must not know the meaning of the operations.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::call::{Call, Refusal};
use super::faults::How;
use super::file::Disk;
use super::inject::FaultDecision;
use super::reply::{Cut, Reply, Wrong, goes_wrong, reply};
use super::sign;
use super::state::{Answer, State};
use super::stats::Logged;
use super::wire::{self, Sent};

/// Time limit for a request's head, and for its body, as for an AWS load balancer.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// Maximum bytes of a body. The service's limit is 3 MB.
const BODY_BYTES: usize = 4 * 1_024 * 1_024;
/// Maximum bytes of a longer body that are read and discarded, so that the client receives the rejection.
const DRAINED_BYTES: usize = 64 * 1_024 * 1_024;
/// Maximum bytes of a request's head. A key of 512 bytes has at most 1,536 in it.
const HEAD_BYTES: usize = 64 * 1_024;
/// How long a connection that violated the protocol may still send before it is closed.
const LINGER: Duration = Duration::from_millis(200);

/// The data that all connections of a server share.
pub struct Shared {
    /// The server's state. It is never locked across an await.
    pub state: Mutex<State>,
    pub disk: Option<Arc<Disk>>,
    /// Cancelled when the server stops: it accepts no connections and keeps none alive.
    pub stop: CancellationToken,
    /// Cancelled when the server ends: it drops all connections.
    pub end: CancellationToken,
    /// Open connections and running calls.
    pub tasks: TaskTracker,
}

impl Shared {
    /// The state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until change number `change` is durable.
    pub async fn durable(self: &Arc<Self>, change: u64) -> std::io::Result<()> {
        match &self.disk {
            Some(disk) if !disk.has(change) => {
                let shared = Arc::clone(self);
                disk.durable(change, move || shared.state().image()).await
            }
            _ => Ok(()),
        }
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Serves one connection until it ends.
pub async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let reset = Arc::new(AtomicBool::new(false));
    let service = {
        let (shared, reset) = (Arc::clone(&shared), Arc::clone(&reset));
        service_fn(move |request| Box::pin(answer(request, Arc::clone(&shared), Arc::clone(&reset))))
    };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    let result = loop {
        tokio::select! {
            biased;
            () = shared.end.cancelled() => return,
            () = shared.stop.cancelled(), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            result = poll_fn(|context| connection.poll_without_shutdown(context)) => break result,
        }
    };
    let stream = connection.into_parts().io.into_inner();
    if reset.load(Ordering::Relaxed) {
        // A close with a linger time of zero sends a reset.
        let _ = stream.set_zero_linger();
    } else if result.is_err_and(|error| !error.is_user()) {
        tokio::select! {
            () = shared.end.cancelled() => {}
            () = linger(stream) => {}
        }
    }
}

/// Lets a client that is still sending read the rejection. A close with unread bytes would reset the connection, and the
/// client would lose the rejection.
async fn linger(mut stream: TcpStream) {
    let drain = async {
        stream.shutdown().await?;
        let mut scratch = [0; 4_096];
        loop {
            stream.readable().await?;
            match stream.try_read(&mut scratch) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, drain).await;
}

/// Counts a request as in flight until it is dropped.
struct InFlight(Arc<Shared>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.state().recorder.ended();
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    reset: Arc<AtomicBool>,
) -> Result<Response<Reply>, Cut> {
    shared.state().recorder.began();
    let _in_flight = InFlight(Arc::clone(&shared));
    let call = match understand(request).await {
        Ok(call) => call,
        Err(refusal) => {
            let mut entry = Logged::malformed(now_ms());
            entry.refuse(&refusal);
            shared.state().recorder.record(entry);
            return Ok(reply(wire::render(Err(refusal)), false));
        }
    };
    let decision = judge(&shared, &call);
    let (wait_after, stale_as_409) = (decision.wait_after, decision.stale_as_409);
    let how = decision.before.or(decision.after).unwrap_or(How::None);
    let sent = if decision.before.is_some() {
        wait(decision.wait_before).await;
        wire::render(Ok(Answer::Listed { items: Vec::new(), next: None }))
    } else {
        serve(&shared, call, decision).await
    };
    wait(wait_after).await;
    match goes_wrong(how, stale_as_409) {
        Wrong::Not => Ok(reply(sent, false)),
        Wrong::Instead(other) => Ok(reply(other, false)),
        Wrong::Truncated => Ok(reply(sent, true)),
        Wrong::Hang => {
            shared.stop.cancelled().await;
            Err(Cut)
        }
        Wrong::Reset => {
            reset.store(true, Ordering::Relaxed);
            Err(Cut)
        }
    }
}

/// Reads a request, without its store.
async fn understand(request: Request<Incoming>) -> Result<Call, Refusal> {
    let (head, body) = request.into_parts();
    let Ok(body) = tokio::time::timeout(READ_TIMEOUT, read(body)).await else {
        return Err(Refusal::too_slow());
    };
    let route = wire::route(&head.method, &head.uri)?;
    let body = body?;
    sign::check(&head.headers)?;
    wire::call(route.ok_or_else(Refusal::unknown_operation)?, &head.headers, &body)
}

async fn read(mut body: Incoming) -> Result<Vec<u8>, Refusal> {
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Refusal::serialization("The body broke off"));
        };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= BODY_BYTES {
            kept.extend_from_slice(&data);
        } else if length > DRAINED_BYTES {
            break;
        }
    }
    if length > BODY_BYTES { Err(Refusal::too_large(BODY_BYTES)) } else { Ok(kept) }
}

/// Makes the fault decision, and logs the call if it will not be served.
fn judge(shared: &Shared, call: &Call) -> FaultDecision {
    let at_ms = now_ms();
    let mut state = shared.state();
    let decision = state.injector.judge(&call.ask, at_ms);
    if let Some(how) = decision.before {
        let mut entry = Logged::of(call, at_ms);
        entry.fault = Some(how);
        entry.status = how.status().unwrap_or(200);
        state.recorder.record(entry);
    }
    decision
}

/// Serves a call in a separate task, so that a request is applied even if the client gives up.
async fn serve(shared: &Arc<Shared>, call: Call, decision: FaultDecision) -> Sent {
    let own = Arc::clone(shared);
    let work = async move {
        wait(decision.wait_before).await;
        let (answered, change) = {
            let mut state = own.state();
            let answered = state.serve(call, &decision, decision.after, now_ms());
            (answered, state.changes)
        };
        // Reads also wait, since a state that a client has read must survive a crash.
        match own.durable(change).await {
            Ok(()) => wire::render(answered),
            Err(error) => {
                wire::render(Err(Refusal::internal(format!("The file could not be written: {error}"))))
            }
        }
    };
    let end = shared.end.clone();
    let task = shared.tasks.spawn(async move { end.run_until_cancelled_owned(work).await });
    let ended = || wire::render(Err(Refusal::internal("The local store was closed")));
    task.await.ok().flatten().unwrap_or_else(ended)
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
