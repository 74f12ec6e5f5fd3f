//! Logs, only when `ROUTESYNC_LOG` asks for them (`debug`, `routesync=trace`, …), to standard error.

use std::sync::Once;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging, once, if the environment asks for it.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = std::env::var("ROUTESYNC_LOG").ok().and_then(|wanted| wanted.parse::<Targets>().ok());
        let Some(targets) = wanted else { return };
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        // A host with a subscriber of its own keeps it.
        let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    });
}
