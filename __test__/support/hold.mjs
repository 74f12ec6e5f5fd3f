/**
 * Measures the time for which one call with 10,000 routes blocks the event loop of a separate process, and prints it in milliseconds. For
 * comparison, it measures the part that every call with JSON has: writing the options and reading the report. It runs the call at least
 * `least` times and at most `runs` times, and ends when the best run is within `boundMs` of the JSON.
 */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { syncRoutes } from "routesync";

const { options, runs, least, boundMs } = JSON.parse(process.argv[2]);

const timed = (work) => {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
};

/** The longest time without a timer event while `work` runs, minus the millisecond of the sampling. */
async function longestHold(work) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await sleep(5);
  delays.reset();
  const result = await work();
  await sleep(5);
  delays.disable();
  return [Math.max(0, delays.max / 1e6 - 1), result];
}

const found = [];
const best = (name) => Math.min(...found.map((one) => one[name]));
for (let run = 0; run < runs; run++) {
  const routes = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, n) => [`/service/${n}/v${run}`, `https://h${n}.example`]),
  );
  const [hold, report] = await longestHold(() => syncRoutes({ ...options, routes }));
  const [writing] = timed(() => JSON.stringify(routes));
  const text = JSON.stringify(report);
  const [reading] = timed(() => JSON.parse(text));
  found.push({ hold, json: Math.max(writing, reading), ms: report.durationMs });
  if (found.length >= least && best("hold") - best("json") <= boundMs) break;
}
console.log(JSON.stringify(found));
