/**
 * The Pulumi engine for the end-to-end tests: the CLI and what starts Node programs and dynamic providers, built by Go
 * at the version of e2e/pulumi/tools/go.mod into the user's cache, unless they are there.
 *
 * `node scripts/pulumi-engine.mjs` prints the folder, which belongs on the PATH.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { fail, root } from "./ready.mjs";

const tools = join(root, "e2e", "pulumi", "tools");
const SDK = "github.com/pulumi/pulumi/sdk/v3";
const CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";

/** How often modules are asked for: what came stays, so each time there is less to fetch. */
const FETCHES = 5;
const PAUSE_MS = 5_000;

const exe = process.platform === "win32" ? ".exe" : "";

/** The folder with the engine's programs; builds them first where they are missing. */
export function engine() {
  const [, version] = /github\.com\/pulumi\/pulumi\/sdk\/v3 (v\S+)/.exec(
    readFileSync(join(tools, "go.mod"), "utf8"),
  );
  const host = readFileSync(join(tools, "pulumi-language-nodejs", "main.go"));
  const variant = createHash("sha256").update(host).update(QUICKLY.join()).digest("hex").slice(0, 8);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const made = join(cache, "routesync", `pulumi-${version}-${variant}`);
  if (!existsSync(made)) build(version, made);
  return made;
}

function build(version, made) {
  if (spawnSync("go", ["version"]).status !== 0) {
    fail(
      "go was not found: the Pulumi engine is built from its source. Install Go from https://go.dev/dl and run this again",
    );
  }
  console.error(`routesync: building the Pulumi engine ${version} (once; some minutes)`);
  // Under another name until it is whole: a build that was interrupted is not taken for one.
  const making = `${made}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  process.once("exit", () => rmSync(making, { recursive: true, force: true }));
  fetch();
  const named = `-X ${SDK}/go/common/version.Version=${version}`;
  compile(join(making, `pulumi${exe}`), CLI, named);
  compile(join(making, `pulumi-language-nodejs${exe}`), "./pulumi-language-nodejs");
  const list = ["list", "-m", "-f", "{{.Dir}}", SDK];
  const sdk = execFileSync("go", list, { cwd: tools, encoding: "utf8" }).trim();
  const provider = `pulumi-resource-pulumi-nodejs${exe && ".cmd"}`;
  copyFileSync(join(sdk, "nodejs", "dist", provider), join(making, provider));
  chmodSync(join(making, provider), 0o755);
  renameSync(making, made);
}

/** Loads all that is compiled, and so downloads its modules. */
function fetch() {
  for (let left = FETCHES - 1; go(["list", "-deps", CLI, "./..."], "ignore") !== 0; left -= 1) {
    if (left === 0) fail("the Pulumi engine's modules could not be downloaded");
    console.error("routesync: not all modules came; asking again");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/**
 * The program is used some hundred times and built once: what is not Go's own library, which hashes passphrases, is not
 * optimized. With that and without debug information the build took 9.5 minutes of CPU instead of 16, and a command 0.1 s more.
 */
const QUICKLY = ["-gcflags=all=-N -l -dwarf=false", "-gcflags=std=-dwarf=false"];

function compile(to, what, linked = "") {
  const args = ["build", "-trimpath", ...QUICKLY, "-ldflags", `-s -w ${linked}`, "-o", to, what];
  if (go(args, 2) !== 0) fail("the Pulumi engine could not be built");
}

/** Runs Go, and tells how it ended. */
function go(args, stdout) {
  // On a machine that somebody works at, one package at a time.
  const gently = process.env.CI ? [] : ["-p=1"];
  const GOFLAGS = [process.env.GOFLAGS, ...gently, "-mod=readonly"].filter(Boolean).join(" ");
  // No C compiler is needed so, and the compiler spends its time on code rather than on its garbage.
  const env = { GOGC: "400", ...process.env, GOFLAGS, CGO_ENABLED: "0" };
  return spawnSync("go", args, { cwd: tools, env, stdio: ["ignore", stdout, 2] }).status;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(engine());
