/**
 * `npm run test:adapters [-- alchemy|cdk|pulumi…] [arguments for jest]`, also on a fresh clone. Checks the types of the named adapters
 * against their frameworks, and runs their tests. Without a name, it does so for all three.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { installPackage } from "./pack.mjs";
import { fail, install, ready, root } from "./ready.mjs";

const ADAPTERS = ["alchemy", "cdk", "pulumi"];

/** The folder of an adapter's tests. Its own package.json has the dependencies that only these tests need. */
export const folderOf = (adapter) => join("e2e", adapter);

/** Installs the dependencies of an adapter's tests, and the package beside them, so that it finds its peers as in a user's project. */
export function prepare(adapter) {
  install(folderOf(adapter));
  installPackage(join(root, folderOf(adapter)));
}

/** Installs the peers of all adapters. Returns the folder of each peer. */
export function installPeers() {
  for (const adapter of ADAPTERS) install(folderOf(adapter));
  const at = (adapter) => join(root, folderOf(adapter), "node_modules");
  return {
    "@pulumi/pulumi": at("pulumi"),
    alchemy: at("alchemy"),
    "aws-cdk-lib": at("cdk"),
    constructs: at("cdk"),
  };
}

/** Checks an adapter's types and runs its tests. Returns whether both succeeded. */
function passes(adapter, args) {
  prepare(adapter);
  const cwd = join(root, folderOf(adapter));
  const tool = (...path) => join(root, "node_modules", ...path);
  const runs = [
    [tool("typescript", "bin", "tsc"), "--noEmit"],
    [tool("jest", "bin", "jest.js"), ...args],
  ];
  console.log(`\n${adapter}: types, then tests`);
  return runs
    .map((each) => spawnSync(process.execPath, each, { cwd, stdio: "inherit" }).status)
    .every((code) => code === 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const named = args.filter((arg) => ADAPTERS.includes(arg));
  const others = args.filter((arg) => !ADAPTERS.includes(arg));
  ready();
  const failed = (named.length > 0 ? named : ADAPTERS).filter((adapter) => !passes(adapter, others));
  if (failed.length > 0) fail(`failed: ${failed.join(", ")}`);
}
