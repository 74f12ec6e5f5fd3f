/**
 * `npm test -- [--all] [--only cargo|jest] [arguments for jest]`, also on a fresh clone. `--all`, or `npm run test:all`, runs the long
 * tests in full. Without it, a short version of each runs, and the last lines list what was left out.
 */
import { mkdtempSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildAddon, buildDist, checkNode, checkPython, checkRust, fail, install, run } from "./ready.mjs";

const args = process.argv.slice(2);
const only = taken("--only", 2)[1];
const all = taken("--all", 1).length > 0;
if (args.includes("--only") || (only !== undefined && only !== "cargo" && only !== "jest")) {
  fail("--only takes cargo or jest");
}

checkNode();
checkRust();
const python = checkPython();

const notes = mkdtempSync(join(tmpdir(), "routesync-test-"));
process.on("exit", () => rmSync(notes, { recursive: true, force: true }));
const leftOut = join(notes, "left-out");
const env = {
  ...process.env,
  ROUTESYNC_LEFT_OUT: leftOut,
  ...(all && { ROUTESYNC_TEST_ALL: "1" }),
  ...(python && { ROUTESYNC_PYTHON: python }),
};

if (only !== "jest") {
  run("cargo", ["test", ...(process.env.CI ? ["--locked"] : [])], { env });
}
if (only !== "cargo") {
  install();
  buildAddon();
  buildDist();
  run("npx", ["--no-install", "jest", ...args], { env });
  console.log("\nThe adapters have tests of their own: npm run test:adapters");
}
if (existsSync(leftOut)) {
  const lines = [...new Set(readFileSync(leftOut, "utf8").trimEnd().split("\n"))].toSorted();
  console.log(
    `\nLeft out here; \`npm run test:all\` runs it:\n${lines.map((line) => `  ${line}`).join("\n")}`,
  );
}

/** Removes `name` and the arguments after it, `length` in total, from the arguments, and returns them. */
function taken(name, length) {
  const at = args.indexOf(name);
  return at < 0 || at + length > args.length ? [] : args.splice(at, length);
}
