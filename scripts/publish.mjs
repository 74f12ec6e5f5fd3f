/**
 * `node scripts/publish.mjs <folder> [--dry-run]`: publishes what `pack.mjs --all` left there, the platforms first, so that
 * no published package lacks its binary. What is published already is left out: after a failure it is run again.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

import { packedIn } from "./pack.mjs";
import { fail, run } from "./ready.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "dry-run": { type: "boolean" } },
});
if (positionals.length !== 1) fail("which folder? node scripts/publish.mjs <folder> [--dry-run]");

const { main, platforms } = packedIn(positionals[0]);
const missing = platforms.filter(({ addon }) => !addon).map(({ manifest }) => manifest.name);
if (missing.length > 0) fail(`no addon in ${missing.join(", ")}: pack again with --all`);

const how = values["dry-run"] ? ["--dry-run"] : ["--provenance"];
for (const { manifest, file } of [...platforms, main]) {
  const each = `${manifest.name}@${manifest.version}`;
  if (spawnSync("npm", ["view", each, "version"], { encoding: "utf8" }).stdout.trim() === manifest.version) {
    console.log(`${each} is published already`);
    continue;
  }
  run("npm", ["publish", file, "--access", "public", ...how]);
}
