/**
 * `npm run build:release [-- --target <triple>] [--zig]`: builds the addon as it is shipped. With `--zig`, cargo-zigbuild links it for
 * Linux, on any machine and for any machine that runs Node 20.
 *
 * The files that napi generates are committed. The debug build keeps them up to date.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { fail, hostTarget, root, run } from "./ready.mjs";

/** The platform package for each of Rust's targets. */
const PLATFORMS = {
  "x86_64-unknown-linux-gnu": "linux-x64-gnu",
  "aarch64-unknown-linux-gnu": "linux-arm64-gnu",
  "x86_64-unknown-linux-musl": "linux-x64-musl",
  "aarch64-unknown-linux-musl": "linux-arm64-musl",
  "x86_64-apple-darwin": "darwin-x64",
  "aarch64-apple-darwin": "darwin-arm64",
  "x86_64-pc-windows-msvc": "win32-x64-msvc",
  "aarch64-pc-windows-msvc": "win32-arm64-msvc",
};

/** The oldest glibc on which Node 20 runs. Builds on newer systems link against it. */
const GLIBC = "2.28";

const { values } = parseArgs({ options: { target: { type: "string" }, zig: { type: "boolean" } } });
const target = values.target ?? hostTarget();
const platform = PLATFORMS[target];
if (platform === undefined) fail(`there is no package for ${target}: ${Object.keys(PLATFORMS).join(", ")}`);

const suffix = values.zig && target.endsWith("gnu") ? `.${GLIBC}` : "";
const aimed = ["--target", `${target}${suffix}`];
const [cargo, env] = [values.zig ? "cargo-zigbuild" : "cargo", { ...process.env }];
// Rust links musl statically by default, and then cannot build a shared library.
if (target.endsWith("musl")) {
  env[`CARGO_TARGET_${target.toUpperCase().replaceAll("-", "_")}_RUSTFLAGS`] = "-Ctarget-feature=-crt-static";
}
// Cargo ignores the profile's `strip` if the package has its own settings in the profile, as this one has.
const what = ["--release", "--locked", "--package", "routesync", "--lib", ...aimed];
// Merge functions with identical code, as the linker of Windows does by default. This needs rustc's own LLD, which is the default for
// this target. Zig's linker rejects the argument.
const folding = target === "x86_64-unknown-linux-gnu" && !values.zig ? ["-Clink-arg=-Wl,--icf=all"] : [];
run(cargo, ["rustc", ...what, "--", "-Cstrip=symbols", ...folding], { env });

const library = { linux: "libroutesync.so", darwin: "libroutesync.dylib", win32: "routesync.dll" };
const made = join(root, "target", target, "release");
const addon = join(root, `routesync.${platform}.node`);
// Create a new file instead of overwriting the old one, which a process may have loaded.
rmSync(addon, { force: true });
copyFileSync(join(made, library[platform.split("-")[0]]), addon);
