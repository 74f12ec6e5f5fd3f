/**
 * What a first deploy of N routes takes, 50 ms away from the store: N concurrent calls of routesync, beside AWS's
 * JavaScript SDK with one write per route, alone and 16 at a time. Prints a table and writes it to bench/results.md.
 *
 * `--routes 1,10,100,1000 --latency 50 --runs 5 --limit 120` are the defaults: after `--limit` seconds a way that
 * writes one by one is stopped, and the table says how far it came.
 */
import { parseArgs } from "node:util";

import { syncRoutes } from "routesync";

import { liveRoutes } from "../examples/support/live.mjs";
import { writeRoutes } from "../examples/support/one-write-per-route.mjs";
import { sdkClient } from "./support/sdk.mjs";
import { machine, record, seconds, titled } from "./support/results.mjs";
import { serve } from "./support/serve.mjs";

const { values } = parseArgs({
  options: {
    routes: { type: "string", default: "1,10,100,1000" },
    latency: { type: "string", default: "50" },
    runs: { type: "string", default: "5" },
    limit: { type: "string", default: "120" },
    build: { type: "string", default: "unknown" },
  },
});
const sizes = values.routes.split(",").map(Number);
const [latencyMs, runs, limitS] = [values.latency, values.runs, values.limit].map(Number);

const ROUTER = "678a";
const OWNER = "bench/production";
/** Pulumi's default for resource operations that run in parallel. */
const AT_ONCE = 16;
/** Loops of the SDK take long, and differ little from run to run: they run once from this size on. */
const ONCE_FROM = 100;
const CASES_SIZE = 100;

const server = await serve({ latencyMs });
const sdk = sdkClient(server);
try {
  const report = [await deploys(), await cases()].join("\n\n");
  record(`${preface()}\n\n${report}`);
} finally {
  server.stop();
}

async function deploys() {
  const ways = {
    "routesync, N concurrent calls": callEach,
    "SDK, one route after the other": (arn, size) => loop(arn, size, 1),
    [`SDK, ${AT_ONCE} routes at a time`]: (arn, size) => loop(arn, size, AT_ONCE),
  };
  for (const way of Object.values(ways)) await measured(way, 1);

  const rows = [];
  for (const size of sizes) {
    for (const [name, way] of Object.entries(ways)) {
      const times = name.startsWith("SDK") && size >= ONCE_FROM ? 1 : runs;
      const found = await median(times, () => measured(way, size));
      const stopped = found.written < size;
      if (!stopped && found.live !== size)
        throw new Error(`${name}: ${found.live} of ${size} routes are live`);
      rows.push([
        size.toLocaleString("en-US"),
        name,
        ...figures(found),
        stopped ? `stopped after ${limitS} s: ${found.written} routes` : "all routes",
      ]);
      progress(`${size} routes: ${name} took ${seconds(found.ms)}`);
    }
  }
  const head = ["routes", "way", "API calls", "refused", "round trips", "wall", "cost", "live in the end"];
  return titled(`First deploy of N routes, ${latencyMs} ms away`, head, rows);
}

/** Deploys of an owner's whole set in one call; each by a program that has just started. */
async function cases() {
  const before = await server.fresh();
  await call(before, { routes: routesOf(CASES_SIZE) });
  const changed = (count) => ({ ...routesOf(CASES_SIZE), ...routesOf(count, "v2") });
  const todo = {
    "the same again": changed(0),
    "one target changed": changed(1),
    "all targets changed": changed(CASES_SIZE),
    "half of the routes removed": routesOf(CASES_SIZE / 2),
  };
  const rows = [];
  for (const [name, routes] of Object.entries(todo)) {
    const found = await median(runs, async () => {
      // Another store with the same entries: nothing of it is known to the program yet.
      const arn = await server.copy(before);
      return timed(arn, () => call(arn, { routes }));
    });
    rows.push([name, ...figures(found)]);
  }
  const head = ["deploy", "API calls", "refused", "round trips", "wall", "cost"];
  return titled(`Later deploys of ${CASES_SIZE} routes, one call, ${latencyMs} ms away`, head, rows);
}

/** Runs `way` on an empty store, and looks at what it left. */
async function measured(way, size) {
  const arn = await server.fresh();
  const found = await timed(arn, () => way(arn, size));
  const live = liveRoutes(await server.entries(arn), ROUTER).filter(
    ({ pattern, target }) => target === hostOf(pattern),
  );
  return { ...found, live: live.length };
}

async function timed(arn, run) {
  const start = performance.now();
  const written = await run();
  const ms = performance.now() - start;
  const { total, conflicts } = await server.stats();
  return { ms, written, calls: total, conflicts };
}

/** The run whose wall time is the median. */
async function median(times, run) {
  const found = [];
  for (let n = 0; n < times; n++) found.push(await run());
  return found.toSorted((a, b) => a.ms - b.ms)[times >> 1];
}

async function callEach(arn, size) {
  const calls = Object.entries(routesOf(size)).map(([pattern, url]) =>
    call(arn, { part: pattern, previous: {}, routes: { [pattern]: url } }),
  );
  await Promise.all(calls);
  return size;
}

function call(arn, options) {
  return syncRoutes({ store: arn, client: server.client, router: ROUTER, owner: OWNER, ...options });
}

function loop(arn, size, atOnce) {
  const routes = Object.entries(routesOf(size)).map(([path, url], n) => {
    return { router: ROUTER, id: n.toString(16).padStart(4, "0"), path, url };
  });
  const end = performance.now() + limitS * 1_000;
  return writeRoutes(sdk(arn), routes, { atOnce, stop: () => performance.now() > end });
}

function routesOf(count, version = "v1") {
  const patterns = Array.from({ length: count }, (_, n) => `/service/${n}`);
  return Object.fromEntries(patterns.map((pattern) => [pattern, `https://${hostOf(pattern, version)}`]));
}

function hostOf(pattern, version = "v1") {
  return `${version}${pattern.replaceAll("/", "-")}.example`;
}

function figures({ calls, conflicts, ms }) {
  return [
    calls.toLocaleString("en-US"),
    conflicts.toLocaleString("en-US"),
    (ms / latencyMs).toFixed(1),
    seconds(ms),
    `$${(calls * 0.001).toFixed(3)}`,
  ];
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
}

function preface() {
  return `# What a deploy takes

Written by \`npm run bench\`: do not edit. ${machine(values.build)} The store is the embedded one in a process of its own, over HTTP on loopback,
which waits ${latencyMs} ms before each answer; it is not AWS, which has no published latency. Every run has a store of its own and
finds connections open; figures are those of the run with the median wall time of ${runs} (the SDK's from ${ONCE_FROM} routes
on: of one run).

- **API calls** are counted by the server; **cost** is theirs at CloudFront's $0.001 each. **Refused** are writes that
  came with a stale ETag. **Round trips** are the wall time divided by the latency.
- **routesync** is N calls of \`syncRoutes()\` made at once, each with one route; they resolve when the routes have been
  checked in the store (\`verify: true\`).
- **SDK** is AWS's JavaScript SDK with [one write per route](../examples/support/one-write-per-route.mjs): Describe, GetKey of the
  whole table, UpdateKeys of the whole table and the route's metadata, and when refused all of it again after
  100 to 499 ms. That is SST's algorithm with two writes of SST put into one, so SST itself needs more; nothing is
  checked in the end. ${AT_ONCE} at a time is Pulumi's default.`;
}
