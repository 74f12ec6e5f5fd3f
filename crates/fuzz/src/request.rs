//! The embedded store answers whatever it is sent.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| routesync_local::fuzz(data));
