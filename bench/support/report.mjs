/** The results as chapters of bench/results.md. */
import { LATENCY_MS, OURS, PEERS } from "../grid/cells.mjs";
import { machine, seconds, titled } from "./results.mjs";

const number = (value, digits = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

const AXES = {
  routes: ["First deploy of N routes", "routes"],
  latency: ["First deploy of 100 routes, by latency", "latency"],
  throttle: ["A store that lets few requests a second pass", "requests a second"],
  writers: ["Many writers at once, 10 routes of its own each", "writers"],
  changed: ["A share of 20,000 routes changed", "changed"],
  table: ["One route of N changed", "routes"],
};

export function barsChapter(bars) {
  const rows = bars.map(({ what, found, bar, holds }) => [holds ? "✓" : "✗", what, found, bar]);
  return `# What must hold

Written by \`npm run bench\`: do not edit. Ratios of figures of the run below; ✗ is a bar that this run did not meet.

${titled("Bars", ["", "what", "found", "bar"], rows)}`;
}

export function gridChapter(grid, build) {
  const tables = Object.entries(AXES).map(([axis, [title, head]]) => {
    const cells = grid.filter((cell) => onAxis(cell, axis)).toSorted((a, b) => atOn(a, axis) - atOn(b, axis));
    const away = axis === "latency" ? "" : `, ${LATENCY_MS} ms away`;
    return `${titled(
      `${title}${away}`,
      [head, ...HEAD],
      cells.map((cell) => row(cell, axis)),
    )}\n\n![${title}](plots/${axis}.svg)`;
  });
  return `# Beside the peers

Written by \`npm run bench\`: do not edit. ${machine(build)} The store is the embedded one in a process of its own, over HTTP on loopback, which waits before
each answer; it is not AWS, which has no published latency. Each run is a program that has just started, on a store of its own;
figures are those of the run with the median wall time (of 3, fewer where a run takes seconds). \`bench/results.json\` has them all.

- **Requests** are counted by the server. **Limit** is 1 Describe, the keys that must be read (table, chunks, owner record) and ⌈changed keys ÷ 50⌉
  writes. Dollars are CloudFront's $0.001 a request. **Trips** are the wall time divided by the latency.
- **CPU** is the program's, its import and its work; what Node or Python take to start is left out. **Memory** is the peak of the whole
  process. **Loop** is how late the event loop was, at most and in 99 of 100 turns.
- **Failed** are routes whose writer said so; **lost** are routes that are not live though their writer said nothing.
- Peers: (a) and (b) are SST's algorithm, 16 resources at a time, stopped after 120 s. (c) and (d) are Describe, GetKey, UpdateKeys in
  batches of 50, without any handling of contention. (e) lists the store and owns all of it. Only routesync checks in the end that
  its write stands, which is one round trip; the row with \`verify: false\` shows what it takes without.

${tables.join("\n\n")}`;
}

const HEAD = [
  "peer", "requests", "limit", "writes", "refused", "cost", "trips", "wall", "CPU", "memory", "loop max", "loop p99", "failed", "lost",
]; // prettier-ignore

const IMPORTED = {
  nothing: "Node alone",
  "routesync-import": "routesync",
  [OURS]: "routesync, and its addon loaded",
};

/** The common point of two axes is measured once. */
function onAxis(cell, axis) {
  return cell.axis === axis || (axis === "routes" && cell.axis === "latency" && cell.at === LATENCY_MS);
}

function atOn(cell, axis) {
  return axis === "routes" ? cell.routes : cell.at;
}

function row(cell, axis) {
  const at = {
    latency: `${cell.latencyMs} ms`,
    changed: `${cell.at} %`,
    table: `${number(cell.at)} ${cell.warm ? "warm" : "cold"}`,
  };
  const ms = (value) => (value === null ? "" : `${number(value, 1)} ms`);
  return [
    at[axis] ?? number(atOn(cell, axis)),
    PEERS[cell.peer],
    number(cell.requests),
    cell.writers === 1 && !cell.warm ? number(cell.limit.requests) : "",
    number(cell.writes),
    number(cell.refused),
    `$${cell.dollars.toFixed(3)}`,
    cell.roundTrips === null ? "" : cell.roundTrips.toFixed(1),
    seconds(cell.ms),
    `${number(cell.cpuMs)} ms`,
    `${number(cell.peakMb)} MB`,
    ms(cell.loopMaxMs),
    ms(cell.loopP99Ms),
    number(cell.failed),
    number(cell.lost),
  ];
}

export function nativeChapter({ imports, many, large, waiting }, grid) {
  const importRows = Object.entries(imports).map(([peer, found]) => [
    IMPORTED[peer] ?? PEERS[peer],
    `${number(found.importMs, 1)} ms`,
    `${number(found.importCpuMs, 1)} ms`,
    `${number(found.peakMb, 1)} MB`,
  ]);
  const cpuRows = ["single-shot", "boto3", "exclusive", OURS].map((peer) => {
    const cells = grid.filter((cell) => cell.axis === "routes" && cell.peer === peer);
    const { at, workCpuMs, requests } = cells.toSorted((a, b) => b.at - a.at)[0];
    return [PEERS[peer], number(at), number(requests), `${(workCpuMs / requests).toFixed(2)} ms`];
  });
  const largeRows = Object.entries(large).map(([peer, found]) => [
    PEERS[peer],
    `${number(found.bytes / 1e6, 2)} MB`,
    number(found.keys),
    number(found.total),
    seconds(found.ms),
    `${number(found.cpuMs)} ms`,
    `${number(found.peakMb)} MB`,
    `${number(found.loopMaxMs, 1)} ms`,
  ]);
  return `# What the native core is for

Written by \`npm run bench\`: do not edit. Same machine, same run.

${titled("Import, with the addon or the SDK's code and SigV4A", ["program", "wall", "CPU", "peak memory"], importRows)}

${titled("CPU of each request, work alone: the largest first deploy", ["program", "routes", "requests", "CPU a request"], cpuRows)}

${titled("A store of some 5 MB, read whole and held against a declaration, no latency", ["program", "store", "keys", "requests", "wall", "CPU", "memory", "loop max"], largeRows)}

${number(many.calls)} concurrent calls on ${many.stores} stores, ${many.latencyMs} ms away: ${seconds(many.ms)}, ${number(many.requests)} requests (at most ${many.maxInFlight} in flight), ${number(many.cpuMs)} ms of CPU, ${number(many.peakMb)} MB,
event loop late by ${number(many.loopMaxMs, 1)} ms at most and ${number(many.loopP99Ms, 1)} ms in 99 of 100 turns.

A deploy ${number(waiting.latencyMs)} ms away waits for ${seconds(waiting.wallMs)} and spends ${number(waiting.cpuMs, 1)} ms of CPU; the same without latency ${number(waiting.cpuMsWithoutWaiting, 1)} ms.`;
}

export function edgeChapter(rows) {
  const cells = rows.map(({ routes, writer, reads, bytes, scanned }) => [
    number(routes),
    writer,
    number(reads),
    number(bytes),
    number(scanned),
  ]);
  return `# What a table costs at the edge

Written by \`npm run bench\`: do not edit. One request, answered by a reader written from SST's format and run in \`node:vm\`. Every read is billed. Our ids are longer than SST's, which collide; they cost bytes.

${titled("A request's reads, parsed bytes and scanned entries", ["routes", "written by", "reads", "bytes", "entries"], cells)}

![What a table costs at the edge](plots/edge.svg)`;
}
