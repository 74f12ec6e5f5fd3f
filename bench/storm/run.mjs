/** Runs a storm: the store, the deploying processes, SST's writer, and the judge that replays the writes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { tableKeys } from "../peers/table.mjs";
import { serve } from "../support/serve.mjs";
import { deployAll, Tally } from "./deploys.mjs";
import { Judge } from "./judge.mjs";
import { drawSets, ownerOf, routerOf, ROUTERS } from "./sets.mjs";

const [BUSY, QUIET] = ROUTERS;
/** The initial store: a table of SST with escapes as Go writes them, and a long one. */
function initial(seed) {
  const lasting = lastingEntries(seed);
  return {
    [`${BUSY}:routes`]: '["url,0000,,/caf\\u00e9\\u0026","url,0001,,/ü"]',
    "0000:metadata": "{}",
    ...tableKeys(QUIET, lasting),
    ...Object.fromEntries(lasting.map((entry) => [`${entry.split(",")[1]}:metadata`, "{}"])),
  };
}

/** Entries of SST that nobody changes. They need several chunks, so the first deploy with `index: true` builds an index. */
function lastingEntries(seed) {
  // In every second storm, the root of an index has no room for all patterns.
  const patterns = seed % 2 === 0 ? 2 : 24;
  return [
    ...Array.from({ length: 40 }, (_, n) => `url,5a${n + 10},,/lasting/${n % 4}/${n}`),
    ...Array.from({ length: patterns }, (_, n) => `url,5c${n + 10},.*\\.${n}\\.lasting\\.example\\.com,/`),
    "url,5b00,,",
    "bucket,5b01,,/",
    "url,5b02,.*\\.lasting\\.example\\.com,",
    "url,5b03,a\\.lasting\\.example\\.com,/lasting/",
    // No request matches these.
    "url,5b04,a.lasting.example.com,/lasting",
    "url,5b05,,lasting",
  ];
}
/** The time in milliseconds between two reads of the journal. */
const LOOK_MS = 100;
/** The faults for a fraction of the requests. Throttling, lost requests and lost answers each hit half of it. */
export function faultsOf(fraction) {
  const how = ["500", "502", "503", "504", "reset", "truncate", "notJson", "hang"];
  return {
    latencyMs: 4,
    jitterMs: 6,
    throttle: { fraction: fraction / 2 },
    failBefore: { fraction: fraction / 2, how },
    failAfter: { fraction: fraction / 2, how },
    lag: { versions: 3, forMs: 300, fraction },
    staleAs409: fraction > 0,
  };
}

/** Runs a storm, and calls `onProgress` with its state. */
export async function storm({ processes, deploys, faults, kills, seed, deadline }, onProgress = () => {}) {
  const server = await serve({ seed });
  const arn = await server.fresh();
  const entries = initial(seed);
  await server.put(arn, entries);
  await server.journal();
  await server.faults(faultsOf(faults));
  const sets = drawSets({ processes, deploys, seed });
  const judges = ROUTERS.map((router) => {
    const own = sets.map((routes, slot) => (routerOf(slot) === router ? routes : []));
    return new Judge({ router, sets: own, entries, seed });
  });
  const state = {
    place: { store: arn, client: server.client, deadline, retry: { attemptTimeout: 0.5 } },
    kills,
    seed,
    tally: new Tally(deadline),
    begun: sets.map(() => 0),
    settled: sets.map(() => 0),
  };
  const sst = sstWriter({ endpoint: server.endpoint, arn, router: BUSY, seed });

  const start = performance.now();
  let over = false;
  const looking = (async () => {
    for (;;) {
      const last = over;
      // A deploy that settled before this point has no more writes after it.
      const settled = [...state.settled];
      await sleep(LOOK_MS);
      const writes = await server.journal();
      for (const judge of judges) judge.replay(writes, settled, [...state.begun]);
      onProgress({ settled: state.settled, tally: state.tally, judges });
      if (last) return;
    }
  })();
  await Promise.all(
    sets.map((routes, slot) =>
      deployAll(state, slot, routes).catch(({ message }) => {
        state.tally.stuck += 1;
        judges[0].complain("lost", `process ${slot} gave up: ${message}`);
      }),
    ),
  );
  const seconds = (performance.now() - start) / 1_000;
  const foreign = await sst.stop();
  over = true;
  await looking;
  const last = await server.entries(arn);
  for (const judge of judges) judge.finish(last, ownerOf);
  const stats = await server.stats();
  server.stop();
  return { tally: state.tally, judges, stats, seconds, foreign };
}

function sstWriter(options) {
  const child = fork(new URL("sst.mjs", import.meta.url), [JSON.stringify(options)]);
  const done = once(child, "message");
  return {
    async stop() {
      child.send("stop");
      return (await done)[0].writes;
    },
  };
}
