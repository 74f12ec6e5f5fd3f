//! How much of a long proof runs: a short version in `npm test`, all of it in `npm run test:all`.

use std::fs::OpenOptions;
use std::io::Write;

/// Returns `all` with `ROUTESYNC_TEST_ALL=1`. Otherwise returns `short`, and adds a line to the file
/// `ROUTESYNC_LEFT_OUT`, which `npm test` prints at its end.
pub fn effort(what: &str, short: u64, all: u64) -> u64 {
    if std::env::var("ROUTESYNC_TEST_ALL").is_ok_and(|value| value == "1") {
        return all;
    }
    if let Some(file) = std::env::var_os("ROUTESYNC_LEFT_OUT") {
        let opened = OpenOptions::new().create(true).append(true).open(file);
        opened.unwrap().write_all(format!("{what}: {short} of {all}\n").as_bytes()).unwrap();
    }
    short
}
