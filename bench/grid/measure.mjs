/** Measures one cell: runs the peer's programs on a store, and checks the final state of the store. */
import { setTimeout as sleep } from "node:timers/promises";

import { liveRoutes } from "../../examples/support/live.mjs";
import { Program } from "../support/program.mjs";
import { ROUTER, routesOf } from "../support/routes.mjs";

/** The time limit in milliseconds after which a peer stops, if it supports a limit. */
const LIMIT_MS = 120_000;
/** The most puts and deletes of one `UpdateKeys`. */
const BATCH = 50;
/** The idle time of a warm program, in round trips. It is longer than the spacing between the commits of one process. */
const IDLE_ROUND_TRIPS = 20;
/** The ARN of the prepared store for each peer and its initial routes. It is written once, for all cells that begin with it. */
const standing = new Map();

export async function measure(server, cell) {
  const arn = await prepare(server, cell);
  const jobs = Array.from({ length: cell.writers }, (_, index) => jobOf(server, cell, arn, index));
  const programs = jobs.map(() => new Program(cell.peer));
  try {
    await Promise.all(programs.map(({ ready }) => ready));
    if (cell.warm) await warmUp(server, cell, programs[0], jobs[0]);
    const before = await server.entries(arn);
    await server.faults({ latencyMs: cell.latencyMs, throttle: cell.throttle });
    await server.reset();
    const start = performance.now();
    const answers = await Promise.all(programs.map((program, index) => program.run(jobs[index])));
    const ms = performance.now() - start;
    const stats = await server.stats();
    const after = await server.entries(arn);
    return {
      ...figures(stats, answers, programs),
      // A single program measures its own time. The parent's time includes the communication with it.
      ms: cell.writers === 1 ? answers[0].ms : ms,
      roundTrips: cell.latencyMs > 0 ? (cell.writers === 1 ? answers[0].ms : ms) / cell.latencyMs : null,
      limit: limitOf(before, after),
      ...judged(after, jobs, answers),
    };
  } finally {
    for (const program of programs) program.leave();
  }
}

async function prepare(server, { peer, before }) {
  if (!before) return server.fresh();
  // The unverified call writes the same as the verified one.
  const writer = peer === "routesync-unchecked" ? "routesync" : peer;
  const key = `${writer} ${JSON.stringify(before)}`;
  if (!standing.has(key)) {
    const arn = await server.fresh();
    await server.faults({});
    const program = new Program(writer);
    await program.ready;
    const { error } = await program.run({ ...jobOf(server, {}, arn, 0), routes: before });
    program.leave();
    if (error) throw new Error(`${peer} could not write what is to stand before: ${error}`);
    standing.set(key, arn);
  }
  return server.copy(standing.get(key));
}

function jobOf({ endpoint, client }, { routes, size }, arn, index) {
  return {
    server: { endpoint, client },
    arn,
    router: ROUTER,
    owner: `bench/writer-${index}`,
    routes: routes ?? routesOf(size, { writer: index }),
    first: index * (size ?? 0),
    limitMs: LIMIT_MS,
  };
}

/** Runs the cell's deploy as the first one of the program. The measured deploy is `again`. */
async function warmUp(server, { again, latencyMs }, program, job) {
  // The latency is that of the measurement, since the program adapts to the latency of the store.
  await server.faults({ latencyMs });
  const { error } = await program.run({ ...job });
  if (error) throw new Error(`the warming deploy failed: ${error}`);
  await sleep(latencyMs * IDLE_ROUND_TRIPS);
  job.routes = again;
}

function figures(stats, answers, programs) {
  const sum = (name) => answers.reduce((total, answer) => total + answer[name], 0);
  const most = (name) => answers.reduce((found, answer) => Math.max(found, answer[name] ?? 0), 0);
  return {
    requests: stats.total,
    writes: stats.requests.UpdateKeys ?? 0,
    refused: stats.conflicts,
    throttled: stats.throttled,
    dollars: stats.total / 1_000,
    // The time of the program's import and work, without the start of Node or Python.
    cpuMs: sum("cpuMs") + programs.reduce((total, { imported }) => total + imported.importCpuMs, 0),
    workCpuMs: sum("cpuMs"),
    importMs: programs[0].imported.importMs,
    peakMb: most("peakMb"),
    loopMaxMs: answers[0].loopMaxMs === null ? null : most("loopMaxMs"),
    loopP99Ms: answers[0].loopP99Ms === null ? null : most("loopP99Ms"),
  };
}

/**
 * The least number of requests: 1 Describe, one for each key that must be read (the table, its chunks, the owner's record), and one write
 * for each 50 changed keys.
 */
function limitOf(before, after) {
  const root = before[`${ROUTER}:routes`];
  const parsed = root === undefined ? [] : JSON.parse(root);
  const chunks = Array.isArray(parsed) ? 0 : parsed.parts;
  const changed = new Set(
    [...Object.keys(before), ...Object.keys(after)].filter((key) => before[key] !== after[key]),
  );
  const owners = 1;
  return {
    chunks,
    changedKeys: changed.size,
    requests: 1 + 1 + chunks + owners + Math.ceil(changed.size / BATCH),
  };
}

/** Counts the routes that are not live. A route has failed if its writer reported a failure, and is lost if its writer reported success. */
function judged(after, jobs, answers) {
  const live = new Map(liveOrNone(after).map(({ pattern, target }) => [pattern, target]));
  let failed = 0;
  let lost = 0;
  const errors = [];
  for (const [index, { routes }] of jobs.entries()) {
    const { error, failed: told = [] } = answers[index];
    if (error) errors.push(error);
    const said = new Set(told);
    for (const [pattern, url] of Object.entries(routes)) {
      if (live.get(pattern) === new URL(url).host) continue;
      if (error || said.has(pattern)) failed += 1;
      else lost += 1;
    }
  }
  return { failed, lost, errors: [...new Set(errors)] };
}

/** The live routes. If the table does not parse, no request is answered, and no route is live. */
function liveOrNone(entries) {
  try {
    return liveRoutes(entries, ROUTER);
  } catch {
    return [];
  }
}
