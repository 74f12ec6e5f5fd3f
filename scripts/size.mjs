/** Fails if the release addon or the tarball is larger than its limit. `npm run size` builds first. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { fail, ready, root } from "./ready.mjs";

/** The limit in bytes for the addon on Linux x64, with SSO, credential_process and the embedded store. docs/size.md explains the size. */
const ADDON_BYTES = 6_500_000;
/** The limit in bytes for the npm tarball. It does not contain the addon, which is in a separate package for each platform. */
const TARBALL_BYTES = 250_000;

/** Prints every size with its limit. Returns the names of those that exceed it. */
export function overSize() {
  const addons = readdirSync(root).filter((file) => file.endsWith(".node"));
  if (addons.length === 0) fail("there is no addon: build it with npm run build:release");
  const found = [
    ...addons.map((file) => [file, statSync(join(root, file)).size, ADDON_BYTES]),
    ["npm tarball", tarballBytes(), TARBALL_BYTES],
  ];
  for (const [what, bytes, most] of found) {
    console.log(
      `${what.padEnd(28)} ${bytes.toLocaleString("en-US")} bytes, at most ${most.toLocaleString("en-US")}`,
    );
  }
  return found.filter(([, bytes, most]) => bytes > most).map(([what]) => what);
}

export function checkSize() {
  const over = overSize();
  if (over.length > 0) fail(`too large: ${over.join(", ")}`);
}

function tarballBytes() {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const options = { cwd: root, encoding: "utf8", shell: process.platform === "win32" };
  const answer = JSON.parse(execFileSync("npm", args, options));
  // npm 12 answers with an object by package, and earlier versions with a list.
  return Object.values(answer)[0].size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ready({ release: true });
  checkSize();
}
