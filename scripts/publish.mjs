/**
 * `node scripts/publish.mjs <folder> [--dry-run]`: publishes the tarballs that `pack.mjs --all` wrote into the folder. The platform
 * packages are published first, so that no published package lacks its binary. Packages that are already published are skipped, so
 * the script can be run again after a failure.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

import { packedIn } from "./pack.mjs";
import { fail, run } from "./ready.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean" } },
});
if (positionals.length !== 1) fail("expected one folder: node scripts/publish.mjs <folder> [--dry-run]");

const { main, platforms } = packedIn(positionals[0]);
const missing = platforms.filter(({ addon }) => !addon).map(({ manifest }) => manifest.name);
if (missing.length > 0) fail(`no addon in ${missing.join(", ")}: pack again with --all`);

const how = values["dry-run"] ? ["--dry-run"] : ["--provenance"];
for (const { manifest, file } of [...platforms, main]) {
  const each = `${manifest.name}@${manifest.version}`;
  if (spawnSync("npm", ["view", each, "version"], { encoding: "utf8" }).stdout.trim() === manifest.version) {
    console.log(`${each} is already published`);
    continue;
  }
  run("npm", ["publish", file, "--access", "public", ...how]);
}
