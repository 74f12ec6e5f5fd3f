/**
 * Sequential round trips of a deploy that changes one route: cold (a program that has just started) and warm (one that
 * has deployed before), beside what the design allows. Prints a table and puts it into bench/results.md.
 */
import { parseArgs } from "node:util";

import { syncRoutes } from "routesync";

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
/** Requests of one process in flight at once (`IN_FLIGHT` in src/store/client.rs). */
const IN_FLIGHT = 16;
/** Longer than commits of one process keep apart. */
const IDLE_MS = latencyMs * 20;

const server = await serve({ latencyMs });
try {
  const rows = [];
  for (const size of [20, 1_000, 5_000]) rows.push(...(await sized(size)));
  const head = ["table", "chunks", "program", "round trips", "allowed", "Describe", "GetKey", "UpdateKeys"];
  const table = titled(`One route of N changed, ${latencyMs} ms away`, head, rows);
  record(`# Round trips

Written by \`npm run bench\`: do not edit. ${machine(values.build)} Round trips are the wall time of the call with the
median of ${runs} runs, divided by the latency: what lies over a whole number is work and not waiting. Allowed is what the
design says: 3 (inline) or 4 + ⌈chunks ÷ ${IN_FLIGHT} in flight⌉ (chunked), and 1 to verify; warm 1 + 1.

${table}`);
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

function row(size, chunks, program, { ms, requests }, allowed) {
  const count = (operation) => String(requests[operation] ?? 0);
  return [
    `${size.toLocaleString("en-US")} routes`,
    String(chunks),
    program,
    (ms / latencyMs).toFixed(2),
    String(allowed),
    count("DescribeKeyValueStore"),
    count("GetKey"),
    count("UpdateKeys"),
  ];
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

/** `size` routes to one target, the last of them to that of `version`. */
function call(arn, size, version) {
  const routes = Object.fromEntries(
    Array.from({ length: size }, (_, n) => [`/service/${n}`, "https://all.example"]),
  );
  routes[`/service/${size - 1}`] = `https://${version}.example`;
  return syncRoutes({ store: arn, client: server.client, router: ROUTER, owner: "bench/production", routes });
}
