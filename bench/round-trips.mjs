/**
 * Measures the sequential round trips of a deploy that changes one route, cold (in a program that has just started) and warm (in one that
 * has deployed before), and of the first deploy into a store. Compares them with the design, and writes a table into bench/results.md.
 */
import { parseArgs } from "node:util";

import { syncRoutes } from "routesync";

import { IN_FLIGHT } from "./support/in-flight.mjs";
import { machine, record, titled } from "./support/results.mjs";
import { serve } from "./support/serve.mjs";

const { values } = parseArgs({
  options: {
    latency: { type: "string", default: "50" },
    runs: { type: "string", default: "5" },
    build: { type: "string", default: "unknown" },
  },
});
const [latencyMs, runs] = [values.latency, values.runs].map(Number);

const ROUTER = "678a";
/** Longer than the spacing between the commits of one process. */
const IDLE_MS = latencyMs * 20;

/** SST's table in the same router. */
const TABLE = { [`${ROUTER}:routes`]: '["url,0001,,/sst"]', "0001:metadata": '{"host":"h","origin":{}}' };

const server = await serve({ latencyMs });
try {
  const rows = [];
  for (const size of [20, 1_000, 5_000]) rows.push(...(await sized(size)));
  const measured = ["round trips", "allowed", "Describe", "GetKey", "ListKeys", "UpdateKeys"];
  const head = ["table", "chunks", "program", ...measured];
  const table = titled(`One route of N changed, ${latencyMs} ms away`, head, rows);
  const firsts = [
    await first("is empty", 0, {}, 4),
    await first("has 30 other keys", 30, {}, 4),
    await first("has 300 other keys", 300, {}, 5),
    await first("has 300 other keys and a table of others", 300, TABLE, 5),
  ];
  const second = titled(
    `The first deploy of one route, ${latencyMs} ms away`,
    ["a store that", ...measured],
    firsts,
  );
  record(`# Round trips

Written by \`npm run bench\`: do not edit. ${machine(values.build)} Round trips are the wall time of the call with the
median of ${runs} runs, divided by the latency: what lies over a whole number is work and not waiting. Allowed is what the
design says: 3 (inline) or 4 + ⌈chunks ÷ ${IN_FLIGHT} in flight⌉ (chunked), and 1 to verify; warm 1 + 1.

${table}

An absent key is looked at again before that is believed: at once, but a round trip more. A store of up to 50 keys is
listed instead, which shows at once what is absent. So the first deploy of a router or an owner into a larger
store takes one more, once in their life; beside a chunked table the chunks are read meanwhile.

${second}`);
} finally {
  server.stop();
}

async function sized(size) {
  const before = await server.fresh();
  await call(before, size, "v1");
  const root = JSON.parse((await server.entries(before))[`${ROUTER}:routes`]);
  const chunks = Array.isArray(root) ? 0 : root.parts;
  const cold = await median(async () => {
    const arn = await server.copy(before);
    return timed(arn, size, "cold");
  });
  let turn = 0;
  const warm = await median(async () => {
    await new Promise((done) => setTimeout(done, IDLE_MS));
    await server.reset();
    return timed(before, size, `warm${(turn += 1)}`);
  });
  const allowed = chunks === 0 ? 3 + 1 : 4 + Math.ceil(chunks / IN_FLIGHT) + 1;
  return [row(size, chunks, "cold", cold, allowed), row(size, chunks, "warm", warm, 2)];
}

/** Measures the first deploy into a store with `others` unrelated keys, and `entries`. */
async function first(store, others, entries, allowed) {
  const files = Array.from({ length: others }, (_, n) => [`ffff:/file/${n}`, "s3"]);
  const found = await median(async () => {
    const arn = await server.fresh();
    await server.put(arn, { ...Object.fromEntries(files), ...entries });
    await server.reset();
    return timed(arn, 1, "first");
  });
  return [store, ...cells(found, allowed)];
}

function row(size, chunks, program, found, allowed) {
  return [`${size.toLocaleString("en-US")} routes`, String(chunks), program, ...cells(found, allowed)];
}

function cells({ ms, requests }, allowed) {
  const operations = ["DescribeKeyValueStore", "GetKey", "ListKeys", "UpdateKeys"];
  const counts = operations.map((operation) => String(requests[operation] ?? 0));
  return [(ms / latencyMs).toFixed(2), String(allowed), ...counts];
}

async function timed(arn, size, version) {
  const start = performance.now();
  await call(arn, size, version);
  return { ms: performance.now() - start, requests: (await server.stats()).requests };
}

async function median(run) {
  const found = [];
  for (let n = 0; n < runs; n++) found.push(await run());
  return found.toSorted((a, b) => a.ms - b.ms)[runs >> 1];
}

/** Deploys `size` routes to one target, except for the last one, which leads to the target of `version`. */
function call(arn, size, version) {
  const routes = Object.fromEntries(
    Array.from({ length: size }, (_, n) => [`/service/${n}`, "https://all.example"]),
  );
  routes[`/service/${size - 1}`] = `https://${version}.example`;
  return syncRoutes({ store: arn, client: server.client, router: ROUTER, owner: "bench/production", routes });
}
