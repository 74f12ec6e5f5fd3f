/** How long the command takes to start, beside Node itself: medians of warm runs. Fails beyond what is promised. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fail, ready, root } from "./ready.mjs";

const RUNS = 25;
const main = join(root, "dist", "cli", "main.js");
/** Milliseconds that each may take. */
const cases = [
  ["node -e 0", ["-e", "0"], Infinity],
  ["routesync --version", [main, "--version"], 150],
  ["routesync ls --local", [main, "ls", "--local"], 300],
];

ready();
const cwd = mkdtempSync(join(tmpdir(), "routesync-start-"));
try {
  const slow = cases.filter(([name, args, limit]) => {
    const took = Array.from({ length: RUNS + 2 }, () => {
      const since = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
      if (status !== 0) fail(`${name}: ${stderr}`);
      return performance.now() - since;
    })
      .slice(2)
      .toSorted((a, b) => a - b);
    const median = took[RUNS >> 1];
    console.log(`${name.padEnd(22)} median ${median.toFixed(0)} ms, slowest ${took.at(-1).toFixed(0)} ms`);
    return median > limit;
  });
  if (slow.length > 0)
    fail(`slower than promised: ${slow.map(([name, , limit]) => `${name} (${limit} ms)`).join(", ")}`);
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
