/** What is shipped stays small: fails where the release addon or the tarball has grown past its bar. `npm run size` builds first. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { fail, ready, root } from "./ready.mjs";

/** Bytes of the addon on Linux x64, with SSO, credential_process and the embedded store. docs/size.md says what makes them. */
const ADDON_BYTES = 6_500_000;
/** Bytes of the npm tarball: all but the addon, which is a package of its own for each platform. */
const TARBALL_BYTES = 250_000;

/** Prints every size with its bar; gives back what is over. */
export function overSize() {
  const addons = readdirSync(root).filter((file) => file.endsWith(".node"));
  if (addons.length === 0) fail("there is no addon");
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
  const told = JSON.parse(execFileSync("npm", args, options));
  // npm 12 keys the answer by package; before, it was a list.
  return Object.values(told)[0].size;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ready({ release: true });
  checkSize();
}
