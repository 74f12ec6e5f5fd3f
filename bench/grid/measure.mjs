/** Measures one cell: programs of the peer, a store, and what stands in it in the end. */
import { setTimeout as sleep } from "node:timers/promises";

import { liveRoutes } from "../../examples/support/live.mjs";
import { Program } from "../support/program.mjs";
import { ROUTER, routesOf } from "../support/routes.mjs";

/** A peer that has not come to an end by then stops by itself, where it can. */
const LIMIT_MS = 120_000;
/** Puts and deletes that one `UpdateKeys` takes. */
const BATCH = 50;
/** Commits of one process keep this many round trips apart: a warm program has been idle for longer. */
const IDLE_ROUND_TRIPS = 20;
/** What stands before is written once for all cells that begin with it: peer and routes → ARN. */
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
      // One program tells its own time: the parent's holds the way there and back.
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
  // The unchecked call leaves what the checked one leaves.
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

/** The cell's own deploy, as the first of the program: what is measured is `again`. */
async function warmUp(server, { again, latencyMs }, program, job) {
  // At the latency of the measurement: the program learns how far the store is.
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
    // As one program: import and work, without what Node or Python themselves take to start.
    cpuMs: sum("cpuMs") + programs.reduce((total, { imported }) => total + imported.importCpuMs, 0),
    workCpuMs: sum("cpuMs"),
    importMs: programs[0].imported.importMs,
    peakMb: most("peakMb"),
    loopMaxMs: answers[0].loopMaxMs === null ? null : most("loopMaxMs"),
    loopP99Ms: answers[0].loopP99Ms === null ? null : most("loopP99Ms"),
  };
}

/**
 * The fewest requests: 1 Describe, the keys that must be read (the table, its chunks, the owner's record), and the keys that in
 * the end were changed, 50 with each write.
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

/** Failed: its writer said so, and it is not live. Lost: its writer said that all is well, and it is not live. */
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

/** A table that does not parse answers no request: none of its routes is live. */
function liveOrNone(entries) {
  try {
    return liveRoutes(entries, ROUTER);
  } catch {
    return [];
  }
}
