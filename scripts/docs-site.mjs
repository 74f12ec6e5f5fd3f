/**
 * Builds the site of docs/ and of the API in .cache/site. Fails if a link is broken or a declaration has no documentation. The site
 * includes the documentation of the Rust core if `cargo doc` has built it. `--rust` builds it.
 */
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { installPeers } from "./adapters.mjs";
import { hostTarget, install, root, run } from "./ready.mjs";

const here = join(root, "docs", "site");
const site = join(root, ".cache", "site");
const rust = join(root, "target", hostTarget(), "doc");

if (process.argv.includes("--rust")) run("cargo", ["doc", "--locked", "--no-deps", "--workspace"]);
// The site is a separate project, since TypeDoc needs another version of TypeScript than the package.
install(join("docs", "site"));
// The adapters' declarations use types of their frameworks.
installPeers();
rmSync(site, { recursive: true, force: true });

const withRust = existsSync(join(rust, "routesync", "index.html"));
const env = { ...process.env, ...(withRust && { ROUTESYNC_SITE_RUST: "rust/routesync/index.html" }) };
const typedoc = join(here, "node_modules", "typedoc", "bin", "typedoc");
run(process.execPath, [typedoc, "--logLevel", "Warn"], { cwd: here, env });
if (withRust) cpSync(rust, join(site, "rust"), { recursive: true });
console.log(`routesync: ${join(".cache", "site", "index.html")}${withRust ? ", the Rust core with it" : ""}`);
