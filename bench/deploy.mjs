/**
 * What a deploy takes, at a round trip's distance from the store: `--routes 100 --latency 20 --runs 9`.
 * Prints the median and the slowest run of each case, and the requests of one.
 */
import { parseArgs } from "node:util";

import { syncRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

const { values } = parseArgs({
  options: {
    routes: { type: "string", default: "100" },
    latency: { type: "string", default: "20" },
    runs: { type: "string", default: "9" },
  },
});
const [count, latencyMs, runs] = [values.routes, values.latency, values.runs].map(Number);

/** `count` routes that lead to version `v`. */
const routesOf = (v) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`/service/${n}`, `https://v${v}-${n}.example`]),
  );

/** Every case starts in a store of its own: nothing is warm that the case did not warm. */
const cases = {
  "one call, all routes": async (sync) => sync({ routes: routesOf(1) }),
  "a call per route": async (sync) =>
    Promise.all(
      Object.entries(routesOf(1)).map(([pattern, url]) =>
        sync({ part: pattern, previous: {}, routes: { [pattern]: url } }),
      ),
    ),
  "nothing to do": async (sync) => sync({ routes: routesOf(0) }),
  "all targets changed": async (sync) => sync({ routes: routesOf(1) }),
};
const deployedBefore = new Set(["nothing to do", "all targets changed"]);

for (const [name, run] of Object.entries(cases)) {
  const times = [];
  let requests = 0;
  for (let n = 0; n < runs; n++) {
    const store = await startLocalStore({ latencyMs });
    const sync = (options) =>
      syncRoutes({ store: store.arn, client: store.client, router: "678a", owner: "bench", ...options });
    if (deployedBefore.has(name)) await sync({ routes: routesOf(0) });
    store.resetStats();
    const logged = store.log().length;
    const start = performance.now();
    await run(sync);
    times.push(performance.now() - start);
    requests = store.log().length - logged;
    await store.close();
  }
  times.sort((a, b) => a - b);
  const [median, slowest] = [times[runs >> 1], times.at(-1)].map((ms) => `${ms.toFixed(0)} ms`);
  console.log(
    `${name.padEnd(24)} median ${median.padStart(8)}  slowest ${slowest.padStart(8)}  requests ${requests}`,
  );
}
