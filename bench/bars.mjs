/** Computes ratios from the results of one run, and compares each with its limit. */
import { FAR_MS, LATENCY_MS, OURS } from "./grid/cells.mjs";
import { IN_FLIGHT } from "./support/in-flight.mjs";

/** The most requests of a deploy beyond the least possible number. */
const BEYOND = 3;
const CAREFUL = "single-shot";

/** Returns `{ what, found, bar, holds }` for each ratio. */
export function bars({ grid, native }) {
  const of = (axis, at, peer, warm = false) =>
    grid.find((one) => one.axis === axis && one.at === at && one.peer === peer && one.warm === warm);
  return [
    ...againstSst(of("latency", FAR_MS, OURS), of("latency", FAR_MS, "sst")),
    beyondLimit(grid),
    ...againstCareful(grid, native),
    ...contended(of),
    ...tableSize(of),
    ...linear(grid, native),
  ];
}

function atMost(what, value, bar, digits = 2) {
  return { what, found: value.toFixed(digits), bar: `≤ ${bar.toFixed(digits)}`, holds: value <= bar };
}

function atLeast(what, value, bar) {
  return { what, found: value.toFixed(1), bar: `≥ ${bar}`, holds: value >= bar };
}

function againstSst(ours, sst) {
  const where = `100 routes, fresh, ${FAR_MS} ms: (a) ÷ ours`;
  return [
    atLeast(`${where}, requests`, sst.requests / ours.requests, 100),
    atLeast(`${where}, wall time`, sst.ms / ours.ms, 30),
  ];
}

function beyondLimit(grid) {
  const cells = grid.filter(
    ({ peer, writers, throttle, warm }) => peer === OURS && writers === 1 && !throttle && !warm,
  );
  const over = cells.map((cell) => ({ ...cell, over: cell.requests - cell.limit.requests }));
  const worst = over.toSorted((a, b) => b.over - a.over)[0];
  const where = `most requests beyond the limit, ${cells.length} cells without contention (${worst.axis} ${worst.at})`;
  return atMost(where, worst.over, BEYOND, 0);
}

/** The worst ratio of the cells in which both peers ran cold, as the only writer, with latency and without throttling. */
function againstCareful(grid, { imports }) {
  const pairs = (peer) =>
    grid
      .filter(
        (one) => one.peer === peer && one.writers === 1 && one.latencyMs > 0 && !one.throttle && !one.warm,
      )
      .flatMap((ours) => {
        const theirs = grid.find(
          (one) => one.peer === CAREFUL && one.axis === ours.axis && one.at === ours.at && !one.warm,
        );
        return theirs ? [{ ours, theirs }] : [];
      });
  const worst = (what, name, bar, peer = OURS) => {
    const ratios = pairs(peer).map(({ ours, theirs }) => ({ ours, ratio: ours[name] / theirs[name] }));
    const sorted = ratios.toSorted((a, b) => b.ratio - a.ratio);
    const [{ ours, ratio }] = sorted;
    const middle = sorted[sorted.length >> 1].ratio.toFixed(2);
    const where = `ours ÷ (c), ${what}, worst of ${sorted.length} cells (${ours.axis} ${ours.at}; median ${middle})`;
    return atMost(where, ratio, bar);
  };
  return [
    worst("wall time with our check in the end", "ms", 1.05),
    worst("wall time with `verify: false`", "ms", 1.05, "routesync-unchecked"),
    worst("CPU of import and work", "cpuMs", 0.3),
    worst("peak memory of the whole process", "peakMb", 0.7),
    atMost("ours ÷ (c), import", imports["routesync-import"].importMs / imports[CAREFUL].importMs, 0.1),
    atMost(
      "ours ÷ (c), import and the addon loaded",
      imports[OURS].importMs / imports[CAREFUL].importMs,
      0.1,
    ),
  ];
}

function contended(of) {
  const careful = of("writers", 2, CAREFUL);
  const ours = of("writers", 32, OURS);
  const missing = ({ failed, lost }) => failed + lost;
  return [
    { ...atLeast("(c) with 2 writers: routes that are not live", missing(careful), 1), bar: "≥ 1" },
    atMost("ours with 32 writers: routes that are not live", missing(ours), 0, 0),
  ];
}

function tableSize(of) {
  const small = of("table", 20, OURS);
  const large = of("table", 20_000, OURS);
  const warm = (size) => of("table", size, OURS, true);
  const expected = (4 + Math.ceil(large.limit.chunks / IN_FLIGHT)) / 4;
  const where = `one route of 20,000 ÷ one of 20, ${LATENCY_MS} ms, wall time`;
  return [
    atMost(`${where}, warm`, warm(20_000).ms / warm(20).ms, 1.5),
    atMost(
      `${where}, cold (1.2 × (4 + ⌈${large.limit.chunks} ÷ ${IN_FLIGHT}⌉) ÷ 4)`,
      large.ms / small.ms,
      1.2 * expected,
    ),
  ];
}

/** Checks that the cost is linear: the cost per additional changed route must be the same for a tenth of the routes and for all. */
function linear(grid, { waiting }) {
  const cells = grid
    .filter(({ axis, peer }) => axis === "changed" && peer === OURS)
    .toSorted((a, b) => a.changed - b.changed);
  const [least] = cells;
  const [some, all] = cells.slice(-2);
  const each = (cell, name) => (cell[name] - least[name]) / (cell.changed - least.changed);
  const row = (what, name) =>
    atMost(
      `one more changed route, ${what}: ${all.at} % ÷ ${some.at} %`,
      each(all, name) / each(some, name),
      1.2,
    );
  const share = (waiting.cpuMs - waiting.cpuMsWithoutWaiting) / waiting.wallMs;
  return [
    row("requests", "requests"),
    row("wall time", "ms"),
    row("CPU", "workCpuMs"),
    atMost(`CPU seconds in a second of waiting (${waiting.latencyMs} ms away)`, share, 0.01, 3),
  ];
}
