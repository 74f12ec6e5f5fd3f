//! Link settings for the Node addon.

use std::env::var;

/// Where rustc links with its own LLD, whatever is installed.
const LINKED_BY_LLD: &str = "x86_64-unknown-linux-gnu";

fn main() {
    if std::env::var_os("CARGO_FEATURE_NODE").is_some() {
        napi_build::setup();
    }
    // Functions of the same code become one, as Windows' linker has it by itself.
    let is = |name, value| var(name).is_ok_and(|found| found == value);
    if is("TARGET", LINKED_BY_LLD) && is("PROFILE", "release") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--icf=all");
    }
}
