//! Logs, only when `ROUTESYNC_LOG` asks for them (`debug`, `routesync=trace`, …), to standard error.

use std::sync::Once;

use tracing_subscriber::EnvFilter;

/// Starts logging, once, if the environment asks for it.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Ok(filter) = EnvFilter::try_from_env("ROUTESYNC_LOG") else { return };
        // A host with a subscriber of its own keeps it.
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
    });
}
