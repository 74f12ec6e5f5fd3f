/**
 * Writes the tables of figures of the README and of docs/edge-cost.md, between their markers, from bench/results.json. With `--check`, it
 * fails if a table differs.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const ROUTES = [1, 10, 100, 1_000];
const LATENCY_MS = 20;
const COLUMNS = [
  ["routesync", "routesync"],
  ["a careful program alone, unchecked", "single-shot"],
  ["one write per route", "sst"],
];

const { grid, edgeCost } = JSON.parse(readFileSync(join(root, "bench", "results.json"), "utf8"));
const between = /(<!-- figures[^>]*-->\n)[\s\S]*?(\n<!-- \/figures -->)/;
const { format, resolveConfig } = await import("prettier");
await fill("README.md", table());
await fill(join("docs", "edge-cost.md"), costs());

async function fill(name, made) {
  const file = join(root, name);
  const text = readFileSync(file, "utf8");
  if (!between.test(text)) fail(`${name} has no markers for the figures`);
  const replaced = text.replace(between, (_, begin, end) => `${begin}\n${made}\n${end}`);
  const formatted = await format(replaced, { ...(await resolveConfig(file)), filepath: file });
  if (!process.argv.includes("--check")) writeFileSync(file, formatted);
  else if (formatted !== text) fail(`${name} differs from bench/results.json: run npm run docs`);
}

/** What a request costs with each function, in tables of paths. It is empty if the bench had no njs. */
function costs() {
  if (!edgeCost.tool) return "";
  const of = (reader, routes) =>
    edgeCost.rows.find((one) => one.table === "paths" && one.reader === reader && one.routes === routes);
  const cells = (row) =>
    row
      ? [row.reads.max.toLocaleString("en"), thousands(row.instructions.max), kilobytes(row.memory.max)]
      : ["", "", ""];
  const sizes = edgeCost.rows.filter(({ table: name, reader }) => name === "paths" && reader === "sst");
  const line = (list) => `| ${list.join(" | ")} |`;
  const heads = ["scan", "with index"].flatMap((name) => [
    `${name}: reads`,
    "instructions, thousand",
    "memory, KB",
  ]);
  return [
    line(["routes", ...heads]),
    line(["---:", ...heads.map(() => "---:")]),
    ...sizes.map(({ routes }) =>
      line([routes.toLocaleString("en"), ...cells(of("scan", routes)), ...cells(of("index", routes))]),
    ),
  ].join("\n");
}

function thousands(value) {
  return Math.round(value / 1_000).toLocaleString("en");
}

function kilobytes(value) {
  return Math.round(value / 1_024).toLocaleString("en");
}

function table() {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [
    row(["routes", ...COLUMNS.map(([title]) => title)]),
    row(["---:", ...COLUMNS.map(() => "---:")]),
    ...ROUTES.map((routes) =>
      row([routes.toLocaleString("en"), ...COLUMNS.map(([, peer]) => cell(routes, peer))]),
    ),
  ].join("\n");
}

/** The text of a cell. It is empty if the peer was not measured with this number of routes. */
function cell(routes, peer) {
  // First deploys are on the axis `routes`, except for the size that it shares with the axis `latency`, where that one is listed.
  const found = grid.find(
    (one) =>
      ["routes", "latency"].includes(one.axis) &&
      one.routes === routes &&
      one.latencyMs === LATENCY_MS &&
      one.peer === peer,
  );
  if (!found) return "";
  if (found.failed > 0 || found.lost > 0)
    fail(
      `${peer} did not deploy all of ${routes} routes, so its figures cannot be shown: run npm run bench again`,
    );
  return `${found.requests.toLocaleString("en")} API calls, ${seconds(found.ms)}`;
}

function seconds(ms) {
  return `${ms < 10_000 ? (ms / 1_000).toFixed(2) : Math.round(ms / 1_000)} s`;
}

function fail(message) {
  console.error(`routesync: ${message}`);
  process.exit(1);
}
