/** Runs a storm: the store, the deploying processes, SST's writer, and the judge that replays the writes. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { serve } from "../support/serve.mjs";
import { deployAll, Tally } from "./deploys.mjs";
import { Judge } from "./judge.mjs";
import { drawSets, ownerOf } from "./sets.mjs";

const ROUTER = "678a";
/** The initial store: a table of SST with escapes as Go writes them. */
const INITIAL = {
  [`${ROUTER}:routes`]: '["url,0000,,/caf\\u00e9\\u0026","url,0001,,/ü"]',
  "0000:metadata": "{}",
};
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
  await server.put(arn, INITIAL);
  await server.journal();
  await server.faults(faultsOf(faults));
  const sets = drawSets({ processes, deploys, seed });
  const judge = new Judge({ router: ROUTER, sets, entries: INITIAL });
  const state = {
    place: { store: arn, client: server.client, router: ROUTER, deadline, retry: { attemptTimeout: 0.5 } },
    kills,
    seed,
    tally: new Tally(deadline),
    begun: sets.map(() => 0),
    settled: sets.map(() => 0),
  };
  const sst = sstWriter({ endpoint: server.endpoint, arn, router: ROUTER, seed });

  const start = performance.now();
  let over = false;
  const looking = (async () => {
    for (;;) {
      const last = over;
      // A deploy that settled before this point has no more writes after it.
      const settled = [...state.settled];
      await sleep(LOOK_MS);
      judge.replay(await server.journal(), settled, [...state.begun]);
      onProgress({ settled: state.settled, tally: state.tally, judge });
      if (last) return;
    }
  })();
  await Promise.all(
    sets.map((routes, slot) =>
      deployAll(state, slot, routes).catch(({ message }) => {
        state.tally.stuck += 1;
        judge.complain("lost", `process ${slot} gave up: ${message}`);
      }),
    ),
  );
  const seconds = (performance.now() - start) / 1_000;
  const foreign = await sst.stop();
  over = true;
  await looking;
  judge.finish(await server.entries(arn), ownerOf);
  const stats = await server.stats();
  server.stop();
  return { tally: state.tally, judge, stats, seconds, foreign };
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
