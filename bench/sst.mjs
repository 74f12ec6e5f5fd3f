/**
 * `node bench/sst.mjs [--routes 100] [--latency 30] [--parallel 256] [--only sst|routesync]`: deploys, changes and removes routes with
 * SST's real command on loopback, first with SST alone and then with `routesync/sst`, and prints what that costs. "not whole" counts
 * the writes after which a route had no metadata, or the table could not be read.
 */
import { parseArgs } from "node:util";

import { bundleSst, prepareSst } from "../scripts/e2e-sst.mjs";
import { run } from "../scripts/ready.mjs";

const { values } = parseArgs({
  options: {
    routes: { type: "string", default: "100" },
    latency: { type: "string", default: "30" },
    parallel: { type: "string" },
    only: { type: "string" },
  },
});
const { routes, latency, parallel, only } = values;
const env = { ...process.env, ...prepareSst() };
const program = await bundleSst("bench");
for (const writer of ["sst", "routesync"].filter((one) => only === undefined || one === only)) {
  const routesync = writer === "routesync";
  const settings = { routes: Number(routes), latencyMs: Number(latency), parallel, routesync };
  console.log(
    `${routesync ? "routesync in SST" : "SST"}: ${routes} routes, ${latency} ms, PULUMI_PARALLEL ${parallel ?? "not set"}`,
  );
  run(process.execPath, [program, JSON.stringify(settings)], { env });
}
