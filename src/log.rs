//! Logs to standard error, only if `ROUTESYNC_LOG` is set (`debug`, `routesync=trace`, …).

use std::sync::Once;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging, once, if the environment variable is set.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = std::env::var("ROUTESYNC_LOG").ok().and_then(|wanted| wanted.parse::<Targets>().ok());
        let Some(targets) = wanted else { return };
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        // If the host already has a subscriber, it keeps it.
        let _ = tracing_subscriber::registry().with(lines).with(targets).try_init();
    });
}
