/** The costs of requests as a chapter of bench/results.md. */
import { titled } from "../support/results.mjs";
import { edgeBars, READERS } from "./cost.mjs";

const number = (value, digits = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const range = ({ median, max }) => (median === max ? number(max) : `${number(median)} to ${number(max)}`);

export function edgeCostChapter(results) {
  const { tool, rows } = results;
  const cells = rows.map((row) => [
    row.table,
    number(row.routes),
    READERS[row.reader],
    range(row.reads),
    range(row.bytes),
    tool ? range(row.instructions) : ratio(row, rows),
    tool ? `${number(row.memory.max / 1_024)} KB` : "",
  ]);
  const head = [
    "table",
    "routes",
    "function",
    "reads",
    "bytes",
    tool ? "instructions" : "time ÷ (a)",
    "memory",
  ];
  const bars = edgeBars(results).map(({ what, found, bar, holds }) => [holds ? "✓" : "✗", what, found, bar]);
  return `# What a request costs at the edge

Written by \`npm run bench\`: do not edit. ${method(results)}
A range is from the median to the most of a table's requests: matched ones, also those with the most reads, and ones without a route. Memory is the most.

${titled("Functions and tables", head, cells)}

![Reads, instructions and memory of one request, by the number of routes](plots/edge-cost.svg)

${hostileTable(results)}

${bars.length > 0 ? titled("Bars of the edge", ["", "what", "found", "bar"], bars) : "The bars need instructions."}`;
}

function method({ tool, readCost }) {
  if (!tool)
    return `This machine has no njs or no valgrind. So there are no instructions and no memory, but the
time in Node as a multiple of (a).`;
  return `Instructions are those of njs ${tool.njs}, counted by cachegrind: a run with the request,
minus a run without it. What the stand-in store takes is left out: ${number(readCost)} instructions a read. Memory is the growth of njs's pool, and the values that were read.`;
}

/** The time of a row as a multiple of (a) on the same table. */
function ratio({ table, routes, ms }, rows) {
  const sst = rows.find((one) => one.reader === "sst" && one.table === table && one.routes === routes);
  return number(ms.median / sst.ms.median, 2);
}

function hostileTable({ tool, hostile }) {
  const tables = new Map();
  const requests = new Map();
  for (const row of hostile) {
    tables.set(
      `${row.table} ${row.routes}`,
      row.table === "paths" ? `${number(row.routes)} paths` : row.table,
    );
    const cells = requests.get(row.request) ?? [row.request];
    cells.push(number(tool ? row.instructions.max : row.reads.max));
    requests.set(row.request, cells);
  }
  const title = `Hostile requests to routesync's function: ${tool ? "instructions" : "reads"}`;
  return titled(title, ["request", ...tables.values()], [...requests.values()]);
}
