/**
 * Measures the cost of contention: many processes write one store at the same time, without faults, and coordinated only by the ETag.
 * Prints tables, and writes them into bench/results.md. `npm run storm -- --contention` runs it.
 */
import { syncRoutes } from "routesync";

import { machine, record, seconds, titled } from "./support/results.mjs";
import { serve } from "./support/serve.mjs";
import { median } from "./storm/deploys.mjs";
import { Slot } from "./storm/slot.mjs";

const PROCESSES = 16;
const DEPLOYS = 25;
const LATENCY_MS = 20;
/** The round trips of a commit without contention: read, write, verify. */
const ROUND_TRIPS = 3;
/** The number of processes that start on a busy store, one after another. */
const NEWCOMERS = 20;
const ROUTER = "678a";

export async function contention(build) {
  const server = await serve({ latencyMs: LATENCY_MS });
  try {
    record([preface(build), await many(server), await newcomers(server)].join("\n\n"));
  } finally {
    server.stop();
  }
}

/** Each process changes the target of its own route repeatedly, as fast as it can. */
async function many(server) {
  const arn = await server.fresh();
  const slots = Array.from({ length: PROCESSES }, () => new Slot());
  const call = (index, target) => callOf(server, arn, index, target);
  // The first deploy makes sure that all processes have started, and have read the store.
  await Promise.all(slots.map((slot, index) => answerOf(slot, 0, call(index, "first"))));
  const { requests: warmup, conflicts } = await server.stats();

  const start = performance.now();
  const answers = await Promise.all(
    slots.map(async (slot, index) => {
      const own = [];
      for (let n = 1; n <= DEPLOYS; n++) own.push(await answerOf(slot, n, call(index, `v${n}`)));
      return own;
    }),
  );
  const wall = performance.now() - start;
  for (const slot of slots) slot.leave();

  const stats = await server.stats();
  const commits = PROCESSES * DEPLOYS;
  const updates = stats.requests.UpdateKeys - warmup.UpdateKeys;
  const all = Object.values(stats.requests).reduce((sum, one) => sum + one, 0);
  const before = Object.values(warmup).reduce((sum, one) => sum + one, 0);
  const times = answers.flat().map(({ ms }) => ms);
  const least = commits * ROUND_TRIPS * LATENCY_MS;
  const row = (what, found, bar = "") => [what, found, bar];
  return titled(
    `${PROCESSES} processes × ${DEPLOYS} deploys of one route, ${LATENCY_MS} ms away`,
    ["what", "found", "bar"],
    [
      row("commits", String(commits)),
      row("`UpdateKeys` for each commit", (updates / commits).toFixed(2), "≤ 4"),
      row(
        "of them refused for a stale ETag",
        (((stats.conflicts - conflicts) / updates) * 100).toFixed(0) + " %",
      ),
      row("API calls for each commit", ((all - before) / commits).toFixed(1)),
      row("wall time", seconds(wall), `≤ ${seconds(3 * least)}`),
      row(`wall time of ${commits} commits × ${ROUND_TRIPS} round trips`, (wall / least).toFixed(2), "≤ 3"),
      row("a commit, median", seconds(median(times))),
      row("a commit, slowest", seconds(Math.max(...times))),
      row("slowest ÷ median", (Math.max(...times) / median(times)).toFixed(1), "≤ 10"),
      row("first process done ÷ last", spread(answers)),
    ],
  );
}

/** A measure of fairness: the total time of the first process to finish, divided by that of the last. */
function spread(answers) {
  const totals = answers.map((own) => own.reduce((sum, { ms }) => sum + ms, 0));
  return (Math.min(...totals) / Math.max(...totals)).toFixed(2);
}

/** One process commits without pause. Other processes, which have not read the store, deploy one by one. */
async function newcomers(server) {
  const arn = await server.fresh();
  let landed = 0;
  const over = new AbortController();
  const busy = (async () => {
    while (!over.signal.aborted) {
      await syncRoutes(callOf(server, arn, 0, `v${landed}`));
      landed += 1;
    }
  })();
  const kept = [];
  const attempts = [];
  for (let index = 1; index <= NEWCOMERS; index++) {
    const slot = new Slot();
    // This call is rejected and sends nothing, but it loads the addon.
    await answerOf(slot, 0, { ...callOf(server, arn, index, "v"), deadline: 0 }, false);
    const before = landed;
    const { counts } = await answerOf(slot, 1, callOf(server, arn, index, "v"));
    kept.push(landed - before);
    attempts.push(counts.attempts);
    slot.leave();
  }
  over.abort();
  await busy;
  return titled(
    `One process commits back to back, ${NEWCOMERS} others come to it cold, ${LATENCY_MS} ms away`,
    ["what", "found", "bar"],
    [
      ["commits of the busy one before a cold one's stood, median", String(median(kept)), ""],
      ["the same, at most", String(Math.max(...kept)), "≤ 20"],
      ["attempts of a cold one, at most", String(Math.max(...attempts)), ""],
    ],
  );
}

function callOf({ client }, store, index, target) {
  const routes = { [`/p${index}`]: `https://${target}.p${index}.example` };
  return { store, client, router: ROUTER, owner: `bench/p${index}`, routes };
}

async function answerOf(slot, n, call, succeeds = true) {
  const [answer] = await slot.run(n, [call]);
  if (succeeds && !answer?.ids) throw new Error(`a deploy failed: ${JSON.stringify(answer)}`);
  return answer;
}

function preface(build) {
  return `# What it costs to be one of many

Written by \`npm run storm -- --contention\`: do not edit. ${machine(build)} Processes of their own, which share
nothing but the store; owners of their own; all on one table. The store is the embedded one in a process of its own and waits
${LATENCY_MS} ms before each answer. A commit that meets nobody is ${ROUND_TRIPS} round trips: read, write, check. The bars are what we set
ourselves; the figures are as measured.`;
}
