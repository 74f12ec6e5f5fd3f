/** Compares the native core with AWS's JavaScript SDK: import time, memory, CPU time and event loop delay. */
import { OURS } from "./grid/cells.mjs";
import { Program } from "./support/program.mjs";
import { ROUTER, routesOf } from "./support/routes.mjs";

const IMPORTS = 9;
const STORES = 50;
const CALLS = 1_000;
const LATENCY_MS = 20;
/** The latency in milliseconds with which the CPU time of waiting is measured. */
const SLOW_MS = 1_000;
/** The number of routes whose table and metadata are almost 5 MB, the limit of a store. */
const LARGE = 35_000;

export async function native(server) {
  return {
    imports: await imports(),
    many: await many(server),
    large: await large(server),
    waiting: await waiting(server),
  };
}

/** The medians of import times, including Node without imports. */
async function imports() {
  const found = { nothing: [], "routesync-import": [], [OURS]: [], "single-shot": [], boto3: [] };
  for (let n = 0; n < IMPORTS; n++) {
    for (const [peer, runs] of Object.entries(found)) {
      const program = new Program(peer);
      runs.push(await program.ready);
      program.leave();
    }
  }
  const medians = (runs) =>
    Object.fromEntries(
      Object.keys(runs[0]).map((name) => [
        name,
        runs.map((run) => run[name]).toSorted((a, b) => a - b)[IMPORTS >> 1],
      ]),
    );
  return Object.fromEntries(Object.entries(found).map(([peer, runs]) => [peer, medians(runs)]));
}

async function many(server) {
  const arns = [];
  for (let n = 0; n < STORES; n++) arns.push(await server.fresh());
  await server.faults({ latencyMs: LATENCY_MS });
  const answer = await once("many", { ...jobOf(server), arns, calls: CALLS });
  const { total, maxInFlight } = await server.stats();
  return { stores: STORES, calls: CALLS, latencyMs: LATENCY_MS, requests: total, maxInFlight, ...answer };
}

/** Each peer writes a store of about 5 MB, reads it completely, and compares it with the declaration. */
async function large(server) {
  const routes = routesOf(LARGE);
  const found = {};
  for (const [writer, reader] of [
    [OURS, "whole-store"],
    ["exclusive", "exclusive"],
  ]) {
    // prettier-ignore
    const arn = await server.fresh();
    await server.faults({});
    await once(writer, { ...jobOf(server), arn, routes });
    const entries = await server.entries(arn);
    const bytes = Object.entries(entries).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    await server.reset();
    const answer = await once(reader, { ...jobOf(server), arn, routes });
    found[writer] = {
      routes: LARGE,
      bytes,
      keys: Object.keys(entries).length,
      ...answer,
      ...(await server.stats()),
    };
  }
  return found;
}

/** Runs the same deploy without latency and with a long one. The difference is the CPU time of waiting. */
async function waiting(server) {
  const runs = [];
  for (const latencyMs of [0, SLOW_MS]) {
    const arn = await server.fresh();
    await server.faults({ latencyMs });
    runs.push(await once(OURS, { ...jobOf(server), arn, routes: routesOf(10), idle: true }));
  }
  const [near, far] = runs;
  return { latencyMs: SLOW_MS, wallMs: far.ms, cpuMs: far.cpuMs, cpuMsWithoutWaiting: near.cpuMs };
}

async function once(peer, job) {
  const program = new Program(peer);
  await program.ready;
  const answer = await program.run(job);
  program.leave();
  if (answer.error) throw new Error(`${peer}: ${answer.error}`);
  return answer;
}

function jobOf({ endpoint, client }) {
  return { server: { endpoint, client }, router: ROUTER, owner: "bench/native" };
}
