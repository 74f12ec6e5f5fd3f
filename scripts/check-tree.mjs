/**
 * Checks the dependencies of the addon on all platforms. It must have one HTTP stack and one TLS stack, no banned crates, and no fault
 * points.
 */
import { execFileSync } from "node:child_process";

import { fail, root } from "./ready.mjs";

const BANNED = ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls"];
const ONCE = ["hyper", "hyper-rustls", "ring", "rustls", "tokio"];

const args = [
  "tree",
  "--locked",
  "--package",
  "routesync",
  "--target",
  "all",
  "--edges",
  "normal,build",
  "--prefix",
  "none",
];
const tree = execFileSync("cargo", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });

const versions = new Map();
for (const line of tree.split("\n")) {
  const [name, version] = line.split(" ");
  versions.set(name, (versions.get(name) ?? new Set()).add(version));
}
const withVersions = (name) => `${name} ${[...versions.get(name)].join(", ")}`;

const banned = BANNED.filter((name) => versions.has(name));
if (banned.length > 0) fail(`the addon must not depend on ${banned.map(withVersions).join("; ")}`);
const twice = ONCE.filter((name) => versions.get(name)?.size !== 1);
if (twice.length > 0) fail(`the addon must have exactly one version of each of: ${twice.join(", ")}`);
if (!withVersions("hyper").includes("v1.")) fail(`expected hyper 1, found ${withVersions("hyper")}`);
const features = execFileSync(
  "cargo",
  ["tree", "--locked", "--package", "routesync", "--format", "{p} {f}"],
  {
    cwd: root,
    encoding: "utf8",
  },
);
if (/^.*routesync-core .*\bmutations\b/mu.test(features))
  fail(
    "the addon must not contain the fault points of tests: remove the feature `mutations` from its dependencies",
  );
console.log(`${versions.size} crates; ${ONCE.map(withVersions).join("; ")}`);
