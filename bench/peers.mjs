/**
 * Compares routesync with its peers and with the least possible cost. Runs the grid, the native core's cases and the edge's, and writes
 * bench/results.md, results.json and plots/, with the result of each comparison. `--full` runs the whole grid. `--axis routes,table` runs
 * only these axes, and writes nothing, except for the axis `edge`: its figures replace the former ones.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { bars } from "./bars.mjs";
import { edge } from "./edge.mjs";
import { edgeCost } from "./edge/cost.mjs";
import { edgeCostChapter } from "./edge/report.mjs";
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
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
python();
const server = await serve({});
try {
  const onAxis = (axis) => !values.axis || values.axis.split(",").includes(axis);
  const wanted = cells(values).filter(({ axis }) => onAxis(axis));
  const grid = await runGrid(server, wanted, (cell) => {
    const { axis, at, peer, warm, requests, limit, ms, cpuMs, peakMb, failed, lost, errors } = cell;
    const elapsed = seconds(performance.now() - begun);
    const what = `${axis} ${at} ${peer}${warm ? " warm" : ""}`.padEnd(40);
    console.log(
      `${elapsed.padStart(7)} ${what} ${requests} requests (limit ${limit.requests}), ${seconds(ms)}, ` +
        `${cpuMs.toFixed(0)} ms CPU, ${peakMb.toFixed(0)} MB, ${failed} failed, ${lost} lost ${errors.join("; ")}`,
    );
  });
  const others = values.axis ? undefined : { peers: PEERS, grid, native: await native(server) };
  if (onAxis("edge")) {
    const found = { edge: await edge(server), edgeCost: await edgeCosts() };
    if (others) reportAll({ ...others, ...found });
    else reportEdge(found);
  }
} finally {
  server.stop();
}

function progress({ table, routes, reader, request }) {
  console.log(
    `${seconds(performance.now() - begun).padStart(7)} edge: ${table}, ${routes} routes, ${request ?? reader}`,
  );
}

function reportAll(results) {
  const held = bars(results);
  write({ ...results, bars: held });
  record(gridChapter(results.grid, values.build));
  record(nativeChapter(results.native, results.grid));
  recordEdge(results);
  record(barsChapter(held));
}

function reportEdge(results) {
  write({ ...JSON.parse(readFileSync(here("results.json"), "utf8")), ...results });
  recordEdge(results);
}

function recordEdge(results) {
  record(edgeChapter(results.edge));
  record(edgeCostChapter(results.edgeCost));
}

/** The costs at the edge. Without instructions, it prints what was measured, and the results keep the former figures. */
async function edgeCosts() {
  const found = await edgeCost(server, progress);
  if (found.tool) return found;
  edgeCostChapter(found);
  console.log("\nnjs or valgrind was not found: the results keep the former figures.");
  return JSON.parse(readFileSync(here("results.json"), "utf8")).edgeCost;
}

/** Writes the results, and draws the plots. */
function write(results) {
  writeFileSync(here("results.json"), `${JSON.stringify(results, undefined, 1)}\n`);
  const { status } = spawnSync(python(), [here("plots.py")], { stdio: "inherit" });
  if (status !== 0) throw new Error("the plots could not be drawn");
  console.log(`\nThe run took ${seconds(performance.now() - begun)}.`);
}
