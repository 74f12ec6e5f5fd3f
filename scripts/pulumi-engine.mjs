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
const exe = process.platform === "win32" ? ".exe" : "";

/** The folder with the engine's programs; builds them first where they are missing. */
export function engine() {
  const [, version] = /github\.com\/pulumi\/pulumi\/sdk\/v3 (v\S+)/.exec(
    readFileSync(join(tools, "go.mod"), "utf8"),
  );
  const host = readFileSync(join(tools, "pulumi-language-nodejs", "main.go"));
  const variant = createHash("sha256").update(host).digest("hex").slice(0, 8);
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
  try {
    const flags = `-s -w -X ${SDK}/go/common/version.Version=${version}`;
    go([
      "build",
      "-trimpath",
      "-ldflags",
      flags,
      "-o",
      join(making, `pulumi${exe}`),
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ]);
    go([
      "build",
      "-trimpath",
      "-ldflags",
      "-s -w",
      "-o",
      join(making, `pulumi-language-nodejs${exe}`),
      "./pulumi-language-nodejs",
    ]);
    const sdk = execFileSync("go", ["list", "-m", "-f", "{{.Dir}}", SDK], {
      cwd: tools,
      encoding: "utf8",
    }).trim();
    const provider = `pulumi-resource-pulumi-nodejs${exe && ".cmd"}`;
    copyFileSync(join(sdk, "nodejs", "dist", provider), join(making, provider));
    chmodSync(join(making, provider), 0o755);
    renameSync(making, made);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

function go(args) {
  // On a machine that somebody works at, one package at a time.
  const gently = process.env.CI ? [] : ["-p=1"];
  const GOFLAGS = [process.env.GOFLAGS, ...gently, "-mod=readonly"].filter(Boolean).join(" ");
  const env = { ...process.env, GOFLAGS };
  const { status } = spawnSync("go", args, { cwd: tools, env, stdio: ["ignore", 2, 2] });
  if (status !== 0) fail("the Pulumi engine could not be built");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(engine());
