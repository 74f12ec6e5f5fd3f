/**
 * Builds the Pulumi engine for the end-to-end tests: the CLI, and the programs that start Node programs and dynamic providers. Go builds
 * them at the version of e2e/pulumi/tools/go.mod into the user's cache, unless they are already there.
 *
 * `node scripts/pulumi-engine.mjs` prints the folder. Put it on the PATH.
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

/** The most downloads of the modules. Downloaded modules are kept, so each attempt has fewer to download. */
const FETCHES = 5;
const PAUSE_MS = 5_000;

const exe = process.platform === "win32" ? ".exe" : "";

/** The folder with the engine's programs. Builds them if they are missing. */
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
  // The folder has another name until the build is complete, so that an interrupted build is not used.
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

/** Lists all packages to compile, which downloads their modules. */
function fetch() {
  for (let left = FETCHES - 1; go(["list", "-deps", CLI, "./..."], "ignore") !== 0; left -= 1) {
    if (left === 0) fail("the Pulumi engine's modules could not be downloaded");
    console.error("routesync: some modules could not be downloaded; trying again");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/**
 * Faster builds. The program is built once and used a few hundred times, so only Go's own library, which hashes passphrases, is
 * optimized. With this and without debug information, the build took 9.5 minutes of CPU instead of 16, and a command took 0.1 s longer.
 */
const QUICKLY = ["-gcflags=all=-N -l -dwarf=false", "-gcflags=std=-dwarf=false"];

function compile(to, what, linked = "") {
  const args = ["build", "-trimpath", ...QUICKLY, "-ldflags", `-s -w ${linked}`, "-o", to, what];
  if (go(args, 2) !== 0) fail("the Pulumi engine could not be built");
}

/** Runs Go, and returns its exit code. */
function go(args, stdout) {
  // Outside CI, build one package at a time, so that the machine stays usable.
  const gently = process.env.CI ? [] : ["-p=1"];
  const GOFLAGS = [process.env.GOFLAGS, ...gently, "-mod=readonly"].filter(Boolean).join(" ");
  // `CGO_ENABLED=0` avoids the need for a C compiler. `GOGC=400` reduces the compiler's time for garbage collection.
  const env = { GOGC: "400", ...process.env, GOFLAGS, CGO_ENABLED: "0" };
  return spawnSync("go", args, { cwd: tools, env, stdio: ["ignore", stdout, 2] }).status;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(engine());
