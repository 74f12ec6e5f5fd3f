//! The embedded store for JavaScript: [`LocalStoreHandle`] has the methods of [`LocalStore`].
//!
//! An error is thrown with the JSON of [`RouteSyncError`] as its reason, from which the TypeScript side makes its own error.
//! The server runs on napi's tokio runtime, and ends with it or when the handle is collected. It does not keep Node from
//! exiting.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use napi_derive::napi;
use serde::Serialize;

use routesync_core::error::{Code, Result, RouteSyncError};
use routesync_local::{Faults, Journal, LocalOptions, LocalStore};

/// Starts an embedded store. `options_json` is a `LocalOptions`; an empty text gives the defaults.
///
/// # Errors
/// Rejects with the JSON of a [`RouteSyncError`] as reason.
#[napi]
pub async fn start_local_store(options_json: String) -> napi::Result<LocalStoreHandle> {
    let start = async { LocalStore::start(LocalOptions::from_json(&options_json)?).await };
    start
        .await
        .map(|store| LocalStoreHandle { store, journal: Mutex::default() })
        .map_err(|error| thrown(&error))
}

/// A running embedded store.
#[napi]
#[derive(Debug)]
pub struct LocalStoreHandle {
    store: LocalStore,
    journal: Mutex<Option<Journal>>,
}

#[napi]
#[expect(clippy::needless_pass_by_value, reason = "napi hands text over as an owned String")]
#[expect(clippy::missing_errors_doc, reason = "all throw the JSON of a RouteSyncError, see the module")]
impl LocalStoreHandle {
    /// The server's URL.
    #[napi(getter)]
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.store.endpoint()
    }

    /// The ARN of the store named `default`.
    #[napi(getter)]
    #[must_use]
    pub fn arn(&self) -> String {
        self.store.arn().to_owned()
    }

    /// The seed that repeats this run, in decimal digits, since it does not fit a JavaScript number.
    #[napi(getter)]
    #[must_use]
    pub fn seed(&self) -> String {
        self.store.seed().to_string()
    }

    /// The ARN of the store `name`, which is created if it does not exist. Without a name, a new store is created.
    #[napi]
    pub fn create_store(&self, name: Option<String>) -> napi::Result<String> {
        self.store.create_store(name.as_deref()).map_err(|error| thrown(&error))
    }

    /// Deletes a store. From now on, it answers 409.
    #[napi]
    pub fn delete_store(&self, arn: String) -> napi::Result<()> {
        self.store.delete_store(&arn).map_err(|error| thrown(&error))
    }

    /// The counters, as JSON.
    #[napi]
    pub fn stats(&self) -> napi::Result<String> {
        json(&self.store.stats())
    }

    /// Sets the counters to zero and empties the log.
    #[napi]
    pub fn reset_stats(&self) {
        self.store.reset_stats();
    }

    /// The last requests, oldest first, as JSON.
    #[napi]
    pub fn log(&self) -> napi::Result<String> {
        json(&self.store.log())
    }

    /// All keys and values of a store (by default the one named `default`), as a JSON object.
    #[napi]
    pub fn entries(&self, arn: Option<String>) -> napi::Result<String> {
        let arn = arn.as_deref().unwrap_or_else(|| self.store.arn());
        json(&self.store.entries(arn).map_err(|error| thrown(&error))?)
    }

    /// The value that a key of a store (by default the one named `default`) had `ago_ms` milliseconds ago.
    #[napi]
    pub fn value(
        &self,
        key: String,
        arn: Option<String>,
        ago_ms: Option<u32>,
    ) -> napi::Result<Option<String>> {
        let arn = arn.as_deref().unwrap_or_else(|| self.store.arn());
        self.store.value(arn, &key, ago_ms.unwrap_or_default().into()).map_err(|error| thrown(&error))
    }

    /// Replaces all entries of a store by those of a JSON object, without any checks.
    #[napi]
    pub fn set_entries(&self, arn: String, entries_json: String) -> napi::Result<()> {
        let set = || -> Result<()> {
            let entries: BTreeMap<String, String> = serde_json::from_str(&entries_json)
                .map_err(|error| RouteSyncError::at(Code::InvalidOption, "entries", error))?;
            self.store.set_entries(&arn, entries)
        };
        set().map_err(|error| thrown(&error))
    }

    /// Puts one key, or removes it if no value is given, without any checks.
    #[napi]
    pub fn put_raw(&self, arn: String, key: String, value: Option<String>) -> napi::Result<()> {
        self.store.put_raw(&arn, &key, value.as_deref()).map_err(|error| thrown(&error))
    }

    /// Replaces all faults, including the script; `{}` removes all faults.
    #[napi]
    pub fn set_faults(&self, faults_json: String) -> napi::Result<()> {
        Faults::from_json(&faults_json)
            .and_then(|faults| self.store.set_faults(faults))
            .map_err(|error| thrown(&error))
    }

    /// Appends lines to the script; `lines_json` is a JSON array.
    #[napi]
    pub fn script(&self, lines_json: String) -> napi::Result<()> {
        let lines = serde_json::from_str(&lines_json)
            .map_err(|error| thrown(&RouteSyncError::at(Code::InvalidOption, "script", error)))?;
        self.store.script(lines);
        Ok(())
    }

    /// The writes since the last call, as JSON. The first call starts the journal.
    #[napi]
    pub fn journal(&self) -> napi::Result<String> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        json(&journal.get_or_insert_with(|| Journal::begin(&self.store)).take())
    }

    /// Stops the server: frees the port, waits at most a second for requests under way, and releases the file.
    #[napi]
    pub async fn close(&self) -> napi::Result<()> {
        self.store.close().await;
        Ok(())
    }
}

fn json<T: Serialize>(value: &T) -> napi::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| thrown(&RouteSyncError::new(Code::Internal, error.to_string())))
}

pub(super) fn thrown(error: &RouteSyncError) -> napi::Error {
    napi::Error::from_reason(serde_json::to_string(error).unwrap_or_else(|_| error.to_string()))
}
