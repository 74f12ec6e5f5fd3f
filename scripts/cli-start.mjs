/** Measures the start of the command in comparison with Node alone, as medians of warm runs. Fails if a limit is exceeded. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fail, ready, root } from "./ready.mjs";

const RUNS = 25;
/** The milliseconds that Node alone takes on an idle machine. If it takes longer, the limits grow in proportion. */
const NODE_MS = 50;
const main = join(root, "dist", "cli", "main.js");
/** Name, arguments and limit in milliseconds of each case. */
const cases = [
  ["node -e 0", ["-e", "0"], Infinity],
  ["routesync --version", [main, "--version"], 150],
  ["routesync ls --local", [main, "ls", "--local"], 300],
];

ready();
const cwd = mkdtempSync(join(tmpdir(), "routesync-start-"));
try {
  const took = cases.map(() => []);
  // The cases take turns, so that other work on the machine slows all of them equally.
  for (let run = 0; run < RUNS + 2; run += 1) {
    for (const [index, [name, args]] of cases.entries()) {
      const since = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
      if (status !== 0) fail(`${name}: ${stderr}`);
      if (run > 1) took[index].push(performance.now() - since);
    }
  }
  const medians = took.map((list) => list.toSorted((a, b) => a - b)[RUNS >> 1]);
  const scale = Math.max(1, medians[0] / NODE_MS);
  const slow = cases.filter(([name, , limit], index) => {
    const within = limit === Infinity ? "" : `, within ${(limit * scale).toFixed(0)} ms`;
    console.log(`${name.padEnd(22)} median ${medians[index].toFixed(0)} ms${within}`);
    return medians[index] > limit * scale;
  });
  if (slow.length > 0) fail(`slower than promised: ${slow.map(([name]) => name).join(", ")}`);
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
