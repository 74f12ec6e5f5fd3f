/**
 * Compares routesync with its peers and with the least possible cost. Runs the grid, the native core's cases and the edge's, and writes
 * bench/results.md, results.json and plots/, with the result of each comparison. `--full` runs the whole grid. `--axis routes,table` runs
 * only these axes, and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { bars } from "./bars.mjs";
import { edge } from "./edge.mjs";
import { cells, PEERS } from "./grid/cells.mjs";
import { runGrid } from "./grid/run.mjs";
import { native } from "./native.mjs";
import { python } from "./support/python.mjs";
import { barsChapter, edgeChapter, gridChapter, nativeChapter } from "./support/report.mjs";
import { record, seconds } from "./support/results.mjs";
import { serve } from "./support/serve.mjs";

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    axis: { type: "string" },
    build: { type: "string", default: "unknown" },
  },
});
const begun = performance.now();
python();
const server = await serve({});
try {
  const wanted = cells(values).filter(({ axis }) => !values.axis || values.axis.split(",").includes(axis));
  const grid = await runGrid(server, wanted, (cell) => {
    const { axis, at, peer, warm, requests, limit, ms, cpuMs, peakMb, failed, lost, errors } = cell;
    const elapsed = seconds(performance.now() - begun);
    const what = `${axis} ${at} ${peer}${warm ? " warm" : ""}`.padEnd(40);
    console.log(
      `${elapsed.padStart(7)} ${what} ${requests} requests (limit ${limit.requests}), ${seconds(ms)}, ` +
        `${cpuMs.toFixed(0)} ms CPU, ${peakMb.toFixed(0)} MB, ${failed} failed, ${lost} lost ${errors.join("; ")}`,
    );
  });
  if (!values.axis) {
    await report({ peers: PEERS, grid, native: await native(server), edge: await edge(server) });
  }
} finally {
  server.stop();
}

async function report(results) {
  const held = bars(results);
  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  writeFileSync(here("results.json"), `${JSON.stringify({ ...results, bars: held }, undefined, 1)}\n`);
  const { status } = spawnSync(python(), [here("plots.py")], { stdio: "inherit" });
  if (status !== 0) throw new Error("the plots could not be drawn");
  record(gridChapter(results.grid, values.build));
  record(nativeChapter(results.native, results.grid));
  record(edgeChapter(results.edge));
  record(barsChapter(held));
  console.log(`\nThe run took ${seconds(performance.now() - begun)}.`);
}
