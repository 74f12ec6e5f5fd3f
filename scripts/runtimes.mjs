/**
 * `npm run test:runtimes [-- --only <part of a name>…]`: tests the package on every runtime, test runner, package manager and kind of
 * module resolution. The package is packed as it is published, and installed from this workspace into empty projects elsewhere.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { install, ready, root } from "./ready.mjs";

const HELP = `usage: npm run test:runtimes [-- --only <part of a name>…] [--packed <folder>] [--write]

Tables: runtimes, runners, layouts, platforms, types, package. --only selects the tables and runtimes whose name contains
the part: --only bun, --only "node 22", --only types. --packed uses the tarballs in a folder instead of building and
packing. --write writes the results of a complete run into docs/runtimes.md.`;

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    packed: { type: "string" },
    write: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const wanted = (name) => values.only === undefined || values.only.some((part) => name.includes(part));

if (values.packed) install();
else ready();
// These modules need the installed dependencies.
const checks = await import("../e2e/runtimes/checks.mjs");
const { packDependencies, startRegistry } = await import("../e2e/runtimes/registry.mjs");
const { fetched, RUNTIMES, THIS_NODE } = await import("../e2e/runtimes/tools.mjs");
const { packAll, packedIn } = await import("./pack.mjs");

const parent = mkdtempSync(join(tmpdir(), "routesync-runtimes-"));
const { main, platforms } = values.packed ? packedIn(values.packed) : packAll(join(parent, "packed"));
const registry = await startRegistry([
  main,
  ...platforms,
  ...packDependencies(main.manifest, join(parent, "packed")),
]);
const place = { parent, registry: registry.url };

const all = wanted("runtimes") || wanted("runners");
const chosen = RUNTIMES.filter(({ name }) => all || wanted(name)).map(fetched);
const named = chosen.some(({ name }) => wanted(name));
const tables = [
  ["runtimes", named || wanted("runtimes"), () => checks.tryRuntimes(chosen, place)],
  ["runners", named || wanted("runners"), () => checks.tryRunners(chosen, place)],
  ["layouts", wanted("layouts"), () => checks.tryLayouts(place)],
  ["platforms", wanted("platforms"), () => checks.tryPlatforms(place)],
  ["types", wanted("types"), () => checks.tryTypes(place)],
  ["package", wanted("package"), () => checks.tryPackage(main)],
];
const counts = { ok: 0, FAILED: 0, "–": 0 };
const found = new Map();
try {
  for (const [name, asked, rows] of tables) {
    if (!asked) continue;
    const since = performance.now();
    const table = await rows();
    found.set(name, table);
    show(name, table);
    console.log(`  in ${((performance.now() - since) / 1000).toFixed(0)} s`);
  }
} finally {
  registry.close();
  rmSync(parent, { recursive: true, force: true });
}
if (values.write) await write();
console.log(`\n${counts.ok} passed, ${counts.FAILED} failed, ${counts["–"]} skipped`);
process.exitCode = counts.FAILED > 0 || counts.ok === 0 ? 1 : 0;

function cellOf(outcome) {
  if (outcome === undefined) return "ok";
  return outcome.why ? "–" : "FAILED";
}

/** Prints a table, then the reasons of failed and skipped cells. */
function show(name, rows) {
  const columns = Object.keys(rows[0]?.[1] ?? {});
  const first = Math.max(name.length, ...rows.map(([row]) => row.length));
  const line = (head, cells) =>
    [head.padEnd(first), ...cells.map((cell, at) => cell.padEnd(Math.max(6, columns[at].length)))]
      .join("  ")
      .trimEnd();
  console.log(`\n${line(name, columns)}`);
  const notes = new Set();
  for (const [row, outcomes] of rows) {
    const cells = columns.map((column) => cellOf(outcomes[column]));
    for (const cell of cells) counts[cell] += 1;
    console.log(line(row, cells));
    for (const [column, outcome] of Object.entries(outcomes)) {
      if (outcome !== undefined) notes.add(`${row}, ${column}: ${outcome.why ?? outcome}`);
    }
  }
  for (const note of notes) console.log(`  ${note.replaceAll("\n", "\n    ")}`);
}

/** Writes each table between its marks in docs/runtimes.md, if it has marks. */
async function write() {
  const file = join(root, "docs", "runtimes.md");
  let text = readFileSync(file, "utf8");
  for (const [name, rows] of found) {
    const columns = Object.keys(rows[0][1]);
    const lines = [["", ...columns], ["", ...columns].map(() => "---")];
    for (const [row, outcomes] of rows) {
      // The row of the Node that runs this script depends on the machine.
      if (row !== THIS_NODE.name) lines.push([row].concat(columns.map((column) => cellOf(outcomes[column]))));
    }
    const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    const marks = new RegExp(`(<!-- ${name} -->\n).*?(<!-- /${name} -->)`, "su");
    text = text.replace(marks, (_, start, end) => `${start}\n${table}\n\n${end}`);
  }
  const { format, resolveConfig } = await import("prettier");
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: "markdown" }));
}
