//! [`LocalStore`], the public handle of a server: start, administration, observation and close. Administration is possible
//! only in the process, and never over HTTP.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::{Faults, How, MAX_WAIT_MS, Scripted};
use super::file::Disk;
use super::http::{Shared, connection, now_ms};
use super::state::State;
use super::stats::{Logged, Stats};
use routesync_core::error::{Code, Result, RouteSyncError};

/// How long [`LocalStore::close`] waits for requests under way before it drops them.
const GRACE: Duration = Duration::from_secs(1);
/// The store that always exists.
const DEFAULT: &str = "default";

/// The options of a [`LocalStore`]. By default, all data is in memory, and no faults are simulated.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LocalOptions {
    /// The file that keeps the data across crashes and restarts. Without it, the data is only in memory.
    pub file: Option<PathBuf>,
    /// The port on 127.0.0.1; any free port by default.
    pub port: u16,
    /// A short form of `faults.latencyMs`.
    pub latency_ms: Option<u64>,
    /// A short form of `faults.jitterMs`.
    pub jitter_ms: Option<u64>,
    /// The seed that makes ids and faults repeatable; random by default.
    pub seed: Option<u64>,
    pub faults: Faults,
}

impl LocalOptions {
    /// Reads options from JSON. An empty text gives the default.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for an option that is unknown or of the wrong type.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let value: Value = read_json("options", text)?;
        check_numbers(&value)?;
        serde_json::from_value(value)
            .map_err(|error| RouteSyncError::at(Code::InvalidOption, "options", error))
    }
}

/// Checks the numbers in the options. Serde's error would name the Rust type, and not the option.
fn check_numbers(options: &Value) -> Result<()> {
    let numbers = [
        ("port", u64::from(u16::MAX)),
        ("latencyMs", MAX_WAIT_MS),
        ("jitterMs", MAX_WAIT_MS),
        ("seed", u64::MAX),
    ];
    for (name, most) in numbers {
        let found = options.get(name).filter(|found| !found.is_null());
        if let Some(found) = found.filter(|found| found.as_u64().is_none_or(|found| found > most)) {
            let message = format!("expected a whole number from 0 to {most}, found {found}");
            return Err(RouteSyncError::at(Code::InvalidOption, name, message));
        }
    }
    Ok(())
}

/// Reads administration input from JSON.
pub(super) fn read_json<'text, T: Deserialize<'text>>(what: &str, text: &'text str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| RouteSyncError::at(Code::InvalidOption, what, error))
}

impl Faults {
    /// Reads faults from JSON.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a fault that is unknown, of the wrong type, or out of range.
    pub fn from_json(text: &str) -> Result<Self> {
        let faults: Self = read_json("faults", text)?;
        faults.check()?;
        Ok(faults)
    }
}

/// A running embedded store. A drop ends the server at once, while [`LocalStore::close`] lets requests under way finish.
pub struct LocalStore {
    shared: Arc<Shared>,
    address: SocketAddr,
    arn: String,
    seed: u64,
}

impl std::fmt::Debug for LocalStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalStore")
            .field("address", &self.address)
            .field("arn", &self.arn)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl LocalStore {
    /// Starts a server on 127.0.0.1, on the present tokio runtime, with one store named `default`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for options out of range, a port in use, a file that is damaged, in
    /// use, or cannot be written; [`Code::FormatNewer`] for a file of a newer routesync.
    pub async fn start(options: LocalOptions) -> Result<Self> {
        let LocalOptions { file, port, latency_ms, jitter_ms, seed, mut faults } = options;
        faults.latency_ms = latency_ms.unwrap_or(faults.latency_ms);
        faults.jitter_ms = jitter_ms.unwrap_or(faults.jitter_ms);
        faults.check()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.and_then(|listener| {
            let address = listener.local_addr()?;
            Ok((listener, address))
        });
        let (listener, address) = listener.map_err(|error| {
            let why = if error.kind() == ErrorKind::AddrInUse { "is in use" } else { "cannot be used" };
            RouteSyncError::at(
                Code::InvalidOption,
                "port",
                format!("{port} {why} on 127.0.0.1 ({error}); choose another, or 0 for any free one"),
            )
        })?;
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        let mut state = State::new(seed);
        let disk = match file {
            None => None,
            Some(path) => {
                let opened = tokio::task::spawn_blocking(move || Disk::open(&path)).await;
                let (disk, image) =
                    opened.map_err(|error| RouteSyncError::at(Code::Internal, "file", error))??;
                if let Some(image) = image {
                    state.restore(image);
                }
                Some(Arc::new(disk))
            }
        };
        let arn = state.create(Some(DEFAULT), now_ms());
        state.set_faults(faults);
        let change = state.changes;
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            disk,
            stop: CancellationToken::new(),
            end: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        shared.durable(change).await.map_err(|error| unwritable(&error))?;
        shared.tasks.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, address, arn, seed })
    }

    /// The server's URL, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The ARN of the store named `default`.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The seed that repeats this run if it is given as an option.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The ARN of the store `name`, which is created if it does not exist. Without a name, a new store is created.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] when the file cannot be written.
    pub fn create_store(&self, name: Option<&str>) -> Result<String> {
        let arn = self.shared.state().create(name, now_ms());
        self.save()?;
        Ok(arn)
    }

    /// Deletes a store. From now on, it always answers 409.
    ///
    /// # Errors
    /// [`Code::StoreGone`] when there is no such store; [`Code::InvalidOption`] when the file cannot
    /// be written.
    pub fn delete_store(&self, arn: &str) -> Result<()> {
        let deleted = self.shared.state().delete(arn);
        if deleted { self.save() } else { Err(no_store(arn)) }
    }

    /// All keys and values of a store.
    ///
    /// # Errors
    /// [`Code::StoreGone`] when there is no such store.
    pub fn entries(&self, arn: &str) -> Result<BTreeMap<String, String>> {
        self.shared.state().entries(arn).cloned().ok_or_else(|| no_store(arn))
    }

    /// The value that a key had `ago_ms` ago, at most a minute. `None` if the key did not exist.
    ///
    /// # Errors
    /// [`Code::StoreGone`] when there is no such store.
    pub fn value(&self, arn: &str, key: &str, ago_ms: u64) -> Result<Option<String>> {
        let at_ms = now_ms().saturating_sub(ago_ms);
        let state = self.shared.state();
        let store = state.store(arn).ok_or_else(|| no_store(arn))?;
        Ok(store.value_at(key, at_ms).map(str::to_owned))
    }

    /// Replaces all entries without any checks, to simulate damage. The `ETag` changes.
    ///
    /// # Errors
    /// [`Code::StoreGone`] when there is no such store; [`Code::InvalidOption`] when the file cannot
    /// be written.
    pub fn set_entries(&self, arn: &str, entries: BTreeMap<String, String>) -> Result<()> {
        self.edit(arn, |own| *own = entries)
    }

    /// Puts one key, or removes it with `None`, without any checks. The `ETag` changes.
    ///
    /// # Errors
    /// [`Code::StoreGone`] when there is no such store; [`Code::InvalidOption`] when the file cannot
    /// be written.
    pub fn put_raw(&self, arn: &str, key: &str, value: Option<&str>) -> Result<()> {
        self.edit(arn, |entries| match value {
            Some(value) => drop(entries.insert(key.to_owned(), value.to_owned())),
            None => drop(entries.remove(key)),
        })
    }

    fn edit(&self, arn: &str, edit: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<()> {
        let edited = self.shared.state().damage(arn, now_ms(), edit);
        if edited { self.save() } else { Err(no_store(arn)) }
    }

    /// Replaces all faults.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for a value out of range.
    pub fn set_faults(&self, faults: Faults) -> Result<()> {
        faults.check()?;
        self.shared.state().set_faults(faults);
        Ok(())
    }

    /// Appends lines to the script, and keeps the other faults.
    pub fn script(&self, lines: Vec<Scripted>) {
        let mut state = self.shared.state();
        if lines.iter().any(|line| line.how == How::Lag) {
            state.keep_some_state();
        }
        state.injector.append(lines);
    }

    /// Calls `observer` with a store's ARN and entries after each request that changed it, before its answer and before any
    /// other request, for checks of the state after every single write. The observer must not call this server.
    pub fn observe(&self, observer: impl FnMut(&str, &BTreeMap<String, String>) + Send + 'static) {
        self.shared.state().observer = Some(Box::new(observer));
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.state().recorder.stats.clone()
    }

    /// The last requests (at most 4,096), oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Logged> {
        self.shared.state().recorder.log()
    }

    /// Sets the counters to zero and empties the log.
    pub fn reset_stats(&self) {
        self.shared.state().recorder.reset();
    }

    /// Stops the server: frees the port, waits at most a second for requests under way, drops the rest, and releases the file.
    /// May be called more than once.
    pub async fn close(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(GRACE, self.shared.tasks.wait()).await.is_err() {
            self.shared.end.cancel();
            self.shared.tasks.wait().await;
        }
        if let Some(disk) = self.shared.disk.clone() {
            // It waits for a running save, so it needs a blocking thread. It cannot fail.
            let _ = tokio::task::spawn_blocking(move || disk.release()).await;
        }
    }

    fn save(&self) -> Result<()> {
        let Some(disk) = &self.shared.disk else { return Ok(()) };
        let change = self.shared.state().changes;
        disk.save(change, || self.shared.state().image()).map_err(|error| unwritable(&error))
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        self.shared.end.cancel();
    }
}

fn no_store(arn: &str) -> RouteSyncError {
    RouteSyncError::at(
        Code::StoreGone,
        "arn",
        format!("this server has no store {arn:?}; create it with createStore"),
    )
}

fn unwritable(error: &std::io::Error) -> RouteSyncError {
    RouteSyncError::at(
        Code::InvalidOption,
        "file",
        format!("cannot be written ({error}); free some space, or choose another file"),
    )
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Most likely, no file descriptors are left, so an immediate retry would also fail.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Small answers must not wait for Nagle's algorithm. If this fails, they are only slower.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        shared.state().recorder.connected();
        let open = Open(Arc::clone(&shared));
        shared.tasks.clone().spawn(async move {
            let _open = open;
            connection(stream, shared).await;
        });
    }
}

/// Counts a connection as open until it is dropped.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.state().recorder.disconnected();
    }
}
