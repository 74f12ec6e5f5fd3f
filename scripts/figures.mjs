/** Writes the README's table of figures, between its markers, from bench/results.json. With `--check`, it fails if the table differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const file = join(root, "README.md");
const ROUTES = [1, 10, 100, 1_000];
const LATENCY_MS = 20;
const COLUMNS = [
  ["routesync", "routesync"],
  ["a careful program alone, unchecked", "single-shot"],
  ["one write per route", "sst"],
];

const { grid } = JSON.parse(readFileSync(join(root, "bench", "results.json"), "utf8"));
const text = readFileSync(file, "utf8");
const between = /(<!-- figures[^>]*-->\n)[\s\S]*?(\n<!-- \/figures -->)/;
if (!between.test(text)) fail("README.md has no markers for the figures");

const { format, resolveConfig } = await import("prettier");
const made = await format(
  text.replace(between, (_, begin, end) => `${begin}\n${table()}\n${end}`),
  {
    ...(await resolveConfig(file)),
    filepath: file,
  },
);
if (!process.argv.includes("--check")) writeFileSync(file, made);
else if (made !== text) fail("README.md differs from bench/results.json: run npm run docs");

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
