/**
 * Random deploys that wait for the edge, at locations where the changes of each key arrive after a random time. When a deploy is confirmed,
 * no request at its location gets an old route. `ROUTESYNC_SEED=<seed>` repeats the deploys, `ROUTESYNC_DEPLOYS=<n>` sets their number, and
 * `ROUTESYNC_LAG_MS=<ms>` the longest time.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "@jest/globals";

import { edgeFunction } from "../lib/edge";
import { loadFunction } from "../lib/edge/runtime";
import { viewerRequest } from "./support/edge";
import { effort } from "./support/effort";
import { freshEdge } from "./support/local-edge";
import { declare, freshStore } from "./support/store";

const SEED = Number(process.env["ROUTESYNC_SEED"] ?? Date.now() % 2 ** 31);
const DEPLOYS = Number(process.env["ROUTESYNC_DEPLOYS"] ?? effort("deploys that wait for the edge", 32, 128));
const LAG_MS = Number(process.env["ROUTESYNC_LAG_MS"] ?? 2_000);
/** The deploys of one router. */
const PER_ROUTER = 8;
/** The routers that deploy at the same time. With longer lags, each asks less often. */
const AT_ONCE = Math.max(8, Math.round(LAG_MS / 250));

const CODE = edgeFunction({ router: "678a", probe: true });

/** A generator of whole numbers below `end`. */
function random(seed: number): (end: number) => number {
  let state = seed >>> 0;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

/** A random set of routes: a part of those before, some of them with another target, and new ones. */
function draw(
  below: (end: number) => number,
  before: Record<string, string>,
  size: number,
): Record<string, string> {
  const target = () => `https://t${below(1_000_000)}.example`;
  const next: Record<string, string> = {};
  for (const [pattern, to] of Object.entries(before)) {
    const what = below(10);
    if (what > 0) next[pattern] = what === 1 ? target() : to;
  }
  const hosts = ["", "", "", "a.com", "*.com", "b.a.com"];
  for (let n = below(4) + 1; n > 0 || Object.keys(next).length < size; n -= 1) {
    const depth = below(3) + 1;
    const path = Array.from({ length: depth }, () => `/s${below(12)}`).join("");
    next[`${hosts[below(hosts.length)]}${path}`] = target();
  }
  return next;
}

/** Requests that a pattern gets, unless another route takes them. */
function requests(pattern: string): { host: string; uri: string }[] {
  const at = pattern.indexOf("/");
  const host = pattern.slice(0, at).replace("*", "x") || "other.example";
  const path = pattern.slice(at);
  return [
    { host, uri: path },
    { host, uri: `${path}/deeper` },
  ];
}

test(`${DEPLOYS} random deploys are confirmed only when no request gets an old route`, async () => {
  console.log(`ROUTESYNC_SEED=${SEED}`);
  const routers = Math.ceil(DEPLOYS / PER_ROUTER);
  const found: Awaited<ReturnType<typeof deploys>>[] = [];
  // This process serves all locations, so more at a time would only wait for it.
  for (let first = 0; first < routers; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, routers - first) }, (_, n) => deploys(first + n));
    found.push(...(await Promise.all(some)));
  }
  expect(found.flatMap(({ wrong }) => wrong)).toEqual([]);
  const confirmed = found.reduce((sum, one) => sum + one.confirmed, 0);
  const asked = found.reduce((sum, one) => sum + one.asked, 0);
  console.log(
    `${confirmed} confirmed deploys, ${asked} requests compared, changes arrived up to ${LAG_MS} ms late`,
  );
  expect(confirmed).toBe(Math.ceil(DEPLOYS / PER_ROUTER) * PER_ROUTER);
}, 1_800_000);

/** Deploys to a router of its own. Even ones have an index. */
async function deploys(number: number): Promise<{ wrong: string[]; confirmed: number; asked: number }> {
  const below = random(SEED + number * 7_919);
  const store = await freshStore();
  const lags = new Map<string, number>();
  const lagMs = (key: string): number => {
    const lag = lags.get(key) ?? below(LAG_MS + 1);
    lags.set(key, lag);
    return lag;
  };
  const edge = await freshEdge({ store, function: CODE, lagMs });
  const late = loadFunction(CODE, (key) => store.value(key, undefined, lagMs(key)));
  const now = loadFunction(CODE, (key) => store.value(key));
  const index = number % 2 === 0;
  const wrong: string[] = [];
  let live: Record<string, string> = {};
  let confirmed = 0;
  let asked = 0;
  for (let deploy = 0; deploy < PER_ROUTER; deploy += 1) {
    const size = index ? 40 : [1, 10, 60][number % 3]!;
    const next = draw(below, live, size);
    const { edge: shown } = await declare(store, next, {
      index,
      edge: { url: edge.url, deadline: 120 },
    });
    if (shown?.confirmed === true) confirmed += 1;
    else wrong.push(`router ${number}, deploy ${deploy} is not confirmed: ${JSON.stringify(shown)}`);
    const patterns = [...new Set([...Object.keys(live), ...Object.keys(next)])];
    live = next;
    // At once, and at two later moments, since a late key could bring an old route back.
    for (let moment = 0; moment < 3; moment += 1) {
      for (const { host, uri } of patterns.flatMap(requests)) {
        const event = () => viewerRequest(host, uri);
        const [is, should] = [routeOf(await late(event())), routeOf(await now(event()))];
        asked += 1;
        if (is !== should)
          wrong.push(
            `router ${number}, deploy ${deploy}, moment ${moment}: ${host}${uri} gets ${is}, not ${should}`,
          );
      }
      await sleep(below(LAG_MS / 2));
    }
  }
  return { wrong, confirmed, asked };
}

/** The route that the function chose, or the status of its answer. */
function routeOf({ returned }: { returned?: unknown }): string {
  const { headers, statusCode } = returned as {
    headers?: Record<string, { value: string }>;
    statusCode?: number;
  };
  return headers?.["x-routesync-route"]?.value ?? String(statusCode);
}
