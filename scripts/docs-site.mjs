/**
 * Makes the site of docs/ and of the API in .cache/site; fails where a link leads nowhere or a declaration lacks its words. The Rust
 * core's own documentation is in it where `cargo doc` has made it; `--rust` makes it.
 */
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { installPeers } from "./adapters.mjs";
import { hostTarget, install, root, run } from "./ready.mjs";

const here = join(root, "docs", "site");
const site = join(root, ".cache", "site");
const rust = join(root, "target", hostTarget(), "doc");

if (process.argv.includes("--rust")) run("cargo", ["doc", "--locked", "--no-deps", "--workspace"]);
// A project of its own: TypeDoc wants another TypeScript than the package.
install(join("docs", "site"));
// The declarations name the types of what they adapt to.
installPeers();
rmSync(site, { recursive: true, force: true });

const withRust = existsSync(join(rust, "routesync", "index.html"));
const env = { ...process.env, ...(withRust && { ROUTESYNC_SITE_RUST: "rust/routesync/index.html" }) };
const typedoc = join(here, "node_modules", "typedoc", "bin", "typedoc");
run(process.execPath, [typedoc, "--logLevel", "Warn"], { cwd: here, env });
if (withRust) cpSync(rust, join(site, "rust"), { recursive: true });
console.log(`routesync: ${join(".cache", "site", "index.html")}${withRust ? ", the Rust core with it" : ""}`);
