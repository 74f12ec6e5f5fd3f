/**
 * `npm run build:release [-- --target <triple>] [--zig]`: the addon as it is shipped. With `--zig` it is linked for Linux
 * by cargo-zigbuild, from any machine and for any machine that runs Node 20.
 *
 * What napi generates is committed, and kept right by the debug build.
 */
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { fail, hostTarget, root, run } from "./ready.mjs";

/** By Rust's target, the package that carries it. */
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

/** The oldest that Node 20 runs on; newer systems still link for it. */
const GLIBC = "2.28";

const { values } = parseArgs({ options: { target: { type: "string" }, zig: { type: "boolean" } } });
const target = values.target ?? hostTarget();
const platform = PLATFORMS[target];
if (platform === undefined) fail(`there is no package for ${target}: ${Object.keys(PLATFORMS).join(", ")}`);

const suffix = values.zig && target.endsWith("gnu") ? `.${GLIBC}` : "";
const aimed = ["--target", `${target}${suffix}`];
const [cargo, env] = [values.zig ? "cargo-zigbuild" : "cargo", { ...process.env }];
// A static C library has no shared objects.
if (target.endsWith("musl")) {
  env[`CARGO_TARGET_${target.toUpperCase().replaceAll("-", "_")}_RUSTFLAGS`] = "-Ctarget-feature=-crt-static";
}
// Cargo forgets the profile's `strip` where a package has settings of its own, as ours does.
const what = ["--release", "--locked", "--package", "routesync", "--lib", ...aimed];
// Functions of the same code become one, as Windows' linker has it by itself. Only rustc's own LLD, its default there, knows how: Zig's
// linker refuses the argument.
const folding = target === "x86_64-unknown-linux-gnu" && !values.zig ? ["-Clink-arg=-Wl,--icf=all"] : [];
run(cargo, ["rustc", ...what, "--", "-Cstrip=symbols", ...folding], { env });

const library = { linux: "libroutesync.so", darwin: "libroutesync.dylib", win32: "routesync.dll" };
const made = join(root, "target", target, "release");
const addon = join(root, `routesync.${platform}.node`);
// A new file: a process that has the old one loaded keeps it.
rmSync(addon, { force: true });
copyFileSync(join(made, library[platform.split("-")[0]]), addon);
