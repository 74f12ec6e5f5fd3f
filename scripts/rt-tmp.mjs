/**
 * `npm run test:runtimes [-- --only <part of a name>…]`: the package, packed as it is published and installed from this
 * workspace alone into empty projects elsewhere, on every runtime, test runner, package manager and kind of resolution.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { tryLayouts, tryPlatforms, tryRunners, tryRuntimes, tryTypes } from "../e2e/runtimes/checks.mjs";
import { packDependencies, startRegistry } from "../e2e/runtimes/registry.mjs";
import { fetched, RUNTIMES } from "../e2e/runtimes/tools.mjs";
import { packAll } from "./pack.mjs";
import { fail, ready } from "./ready.mjs";

const HELP = `usage: npm run test:runtimes [-- --only <part of a name>…]

Tables: runtimes, runners, layouts, platforms, types. --only runs those whose name has the part, and of the runtimes
those whose name has it: --only bun, --only "node 22", --only types.`;

const { values } = parseArgs({ options: { only: { type: "string", multiple: true }, help: { type: "boolean" } } });
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const wanted = (name) => values.only === undefined || values.only.some((part) => name.includes(part));


const parent = mkdtempSync(join(tmpdir(), "routesync-runtimes-"));
const { main, platforms } = packAll(join(parent, "packed"));
const packages = [main, ...platforms, ...packDependencies(main.manifest, join(parent, "packed"))];
const registry = await startRegistry(packages);
const place = { parent, registry: registry.url };

const chosen = RUNTIMES.filter(({ name }) => wanted(name) || wanted("runtimes") || wanted("runners")).map(fetched);
const named = chosen.some(({ name }) => wanted(name));
const tables = [
  ["runtimes", named || wanted("runtimes"), () => tryRuntimes(chosen, place)],
  ["runners", named || wanted("runners"), () => tryRunners(chosen, place)],
  ["layouts", wanted("layouts"), () => tryLayouts(place)],
  ["platforms", wanted("platforms"), () => tryPlatforms(place)],
  ["types", wanted("types"), () => tryTypes(place)],
];
const counts = { passed: 0, failed: 0, absent: 0 };
try {
  for (const [name, asked, rows] of tables) if (asked) show(name, await rows());
} finally {
  registry.close();
  rmSync(parent, { recursive: true, force: true });
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.absent} skipped`);
if (counts.passed === 0) fail(`nothing is named ${values.only?.join(", ")}`);
process.exitCode = counts.failed > 0 ? 1 : 0;

/** Prints a table, then what failed and what is not there. */
function show(name, rows) {
  const columns = Object.keys(rows[0]?.[1] ?? {});
  const first = Math.max(name.length, ...rows.map(([row]) => row.length));
  const line = (head, cells) =>
    `${head.padEnd(first)}  ${cells.map((cell, at) => cell.padEnd(Math.max(6, columns[at].length))).join("  ")}`;
  const notes = [];
  console.log(`\n${line(name, columns)}`);
  for (const [row, outcomes] of rows) {
    const cells = columns.map((column) => {
      const outcome = outcomes[column];
      const [cell, counted] =
        outcome === undefined ? ["ok", "passed"] : outcome.why ? ["–", "absent"] : ["FAILED", "failed"];
      counts[counted] += 1;
      if (outcome !== undefined) notes.push(`${row}, ${column}: ${outcome.why ?? outcome}`);
      return cell;
    });
    console.log(line(row, cells));
  }
  for (const note of new Set(notes)) console.log(`  ${note.replaceAll("\n", "\n    ")}`);
}
