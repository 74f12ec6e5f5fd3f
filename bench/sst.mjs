/**
 * `node bench/sst.mjs [--routes 100] [--latency 30] [--parallel 256] [--routesync]`: deploys, changes and removes routes with
 * SST's real command on loopback, and prints what that costs. With `--routesync`, the program begins with the line that
 * installs it. "not whole" counts the writes after which a route had no metadata, or the table could not be read.
 */
import { parseArgs } from "node:util";

import { bundleSst, prepareSst } from "../scripts/e2e-sst.mjs";
import { run } from "../scripts/ready.mjs";

const { values } = parseArgs({
  options: {
    routes: { type: "string", default: "100" },
    latency: { type: "string", default: "30" },
    parallel: { type: "string" },
    routesync: { type: "boolean", default: false },
  },
});
const { routes, latency, parallel, routesync } = values;
const settings = { routes: Number(routes), latencyMs: Number(latency), parallel, routesync };
const env = { ...process.env, ...prepareSst() };
console.log(
  `${routesync ? "routesync in SST" : "SST"}: ${routes} routes, ${latency} ms, PULUMI_PARALLEL ${parallel ?? "not set"}`,
);
run(process.execPath, [await bundleSst("bench"), JSON.stringify(settings)], { env });
