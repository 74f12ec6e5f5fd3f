/** The cells of the grid. Each axis varies one value from a common point, and not all combinations are measured. */
import { routesOf, routesToOne } from "../support/routes.mjs";

export const LATENCY_MS = 20;
/** The latency of a far store in the comparisons with limits. */
export const FAR_MS = 80;

export const OURS = "routesync";
export const PEERS = {
  [OURS]: "routesync, checked in the end",
  "routesync-unchecked": "routesync, `verify: false`",
  "single-shot": "(c) single-shot, JavaScript SDK",
  boto3: "(d) single-shot, boto3",
  exclusive: "(e) list all, batches of 50",
  sst: "(a) SST's algorithm",
  "sst-backoff": "(b) the same, exponential backoff",
};
const ALL = Object.keys(PEERS);
const ONE_BY_ONE = new Set(["sst", "sst-backoff"]);

/** One cell: a peer, its deploy and the latency. `before` has the routes that the same peer has deployed before. */
function cell(axis, at, peer, rest) {
  return { axis, at, peer, latencyMs: LATENCY_MS, writers: 1, warm: false, ...rest };
}

export function cells({ full }) {
  return [...fresh(full), ...latency(), ...throttle(), ...writers(full), ...changed(full), ...table(full)];
}

/** First deploys. The size of 100 routes is left out, since it is the common point and on the axis of latencies. */
function fresh(full) {
  const sizes = full ? [1, 3, 10, 30, 300, 1_000, 3_000, 10_000, 20_000] : [1, 10, 1_000, 20_000];
  // SST's writers fail on tables of more than 49 chunks, and take minutes on much smaller ones.
  const most = full ? 300 : 10;
  return sizes.flatMap((size) =>
    ALL.filter((peer) => size <= most || !ONE_BY_ONE.has(peer)).map((peer) =>
      cell("routes", size, peer, { routes: routesOf(size), changed: size }),
    ),
  );
}

function latency() {
  return [0, LATENCY_MS, FAR_MS].flatMap((latencyMs) =>
    ALL.map((peer) => cell("latency", latencyMs, peer, { latencyMs, routes: routesOf(100), changed: 100 })),
  );
}

function throttle() {
  const perSecond = 20;
  return [OURS, "single-shot", "boto3", "exclusive", "sst", "sst-backoff"].map((peer) =>
    cell("throttle", perSecond, peer, {
      throttle: { perSecond },
      routes: routesOf(ONE_BY_ONE.has(peer) ? 10 : 1_000),
      changed: ONE_BY_ONE.has(peer) ? 10 : 1_000,
    }),
  );
}

function writers(full) {
  const counts = full ? [1, 2, 4, 8, 16, 32] : [1, 2, 8, 32];
  return counts.flatMap((count) =>
    [OURS, "single-shot", "boto3", "exclusive", "sst"]
      .filter((peer) => peer === OURS || count <= (full ? 8 : 2))
      .map((peer) => cell("writers", count, peer, { writers: count, size: 10, changed: 10 })),
  );
}

function changed(full) {
  const size = 20_000;
  const shares = full ? [0.01, 0.1, 1, 3, 10, 30, 100] : [0.01, 1, 10, 100];
  return shares.flatMap((share) => {
    const changes = Math.max(1, Math.round((size * share) / 100));
    return [OURS, "single-shot", "boto3", "exclusive"].map((peer) =>
      cell("changed", share, peer, {
        before: routesOf(size),
        routes: routesOf(size, { changed: changes }),
        changed: changes,
      }),
    );
  });
}

function table(full) {
  const sizes = full ? [20, 200, 1_000, 5_000, 10_000, 20_000] : [20, 1_000, 20_000];
  const cold = [OURS, "routesync-unchecked", "single-shot", "boto3"];
  return sizes.flatMap((size) => {
    const warm = oneChanged(size, OURS, {
      warm: true,
      again: routesToOne(size, { changed: 1, version: "v3" }),
    });
    return cold.map((peer) => oneChanged(size, peer)).concat(warm);
  });
}

function oneChanged(size, peer, more) {
  const routes = routesToOne(size, { changed: 1 });
  return cell("table", size, peer, { before: routesToOne(size), routes, changed: 1, ...more });
}
