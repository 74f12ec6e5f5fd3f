/**
 * Checks whether a change made the core slower. Runs the criterion benches, and compares each one's time, as a ratio to the reference
 * loop of the same run, with bench/core/baseline.json. Fails if a bench is slower by more than a quarter in each of four runs, or has
 * no baseline.
 *
 * `npm run bench:core [-- --save] [plan|chunks|matcher|ids …]`
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseArgs } from "node:util";

import { checkRust, fail, root, run } from "./ready.mjs";

const BENCHES = ["plan", "chunks", "matcher", "ids"];
/** Only the least time of a bench counts, and a few seconds are enough to find it. */
const SHORT = ["--noplot", "--warm-up-time", "1", "--measurement-time", "2"];
/** The folder prefix that criterion makes from the name `reference/<bench>`. */
const REFERENCE = "reference_";
/** The largest accepted factor. In the best of a few runs, the noise between runs of one build stays below it. */
const WORSE = 1.25;
/** How often a bench that seems slower is run again. */
const AGAIN = 3;

const { values, positionals } = parseArgs({
  options: { save: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : BENCHES;
const unknown = names.find((name) => !BENCHES.includes(name));
if (unknown) fail(`there is no bench ${unknown}: choose from ${BENCHES.join(", ")}`);

checkRust();
const file = join(root, "bench", "core", "baseline.json");
const samples = join(root, "target", "criterion");
const baseline = JSON.parse(readFileSync(file, "utf8"));
const found = measured(names);
const isWorse = ([bench, { ratio }]) => baseline[bench] === undefined || ratio > baseline[bench] * WORSE;
// A bench that another process slowed down is faster in another run. One that the change slowed down is not.
for (let again = 0; again < AGAIN && !values.save; again++) {
  const suspects = new Set(
    Object.entries(found)
      .filter(isWorse)
      .map(([bench]) => bench.split("/")[0]),
  );
  if (suspects.size === 0) break;
  for (const [bench, next] of Object.entries(measured([...suspects]))) {
    if (next.ratio < found[bench].ratio) found[bench] = next;
  }
}
const worse = Object.entries(found)
  .filter(isWorse)
  .map(([bench]) => bench);
const ratios = { ...baseline };
const rows = Object.entries(found).map(([bench, { ns, ratio }]) => {
  const before = baseline[bench];
  ratios[bench] = ratio;
  const change = before && (ratio / before).toFixed(2);
  return { bench, ms: (ns / 1e6).toPrecision(3), ratio, baseline: before, change };
});
console.table(rows);
if (values.save) {
  const sorted = Object.entries(ratios).toSorted(([a], [b]) => a.localeCompare(b));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  console.log("Written to bench/core/baseline.json.");
} else if (worse.length > 0) {
  fail(
    `slower than ${WORSE} times bench/core/baseline.json, or missing from it: ${worse.join(", ")}. Make it faster, or save the new baseline with --save`,
  );
}

/** Runs benches. Returns the time of each, and its ratio to the reference loop of the same run. */
function measured(which) {
  // Delete the results of earlier runs.
  rmSync(samples, { recursive: true, force: true });
  for (const name of which)
    run("cargo", ["bench", "--locked", "--package", "routesync-bench", "--bench", name, "--", ...SHORT]);
  const least = leastTimes();
  const ratio = (bench, ns) => Number((ns / least[`${REFERENCE}${bench.split("/")[0]}`]).toPrecision(3));
  const benches = Object.entries(least).filter(([bench]) => !bench.startsWith(REFERENCE));
  return Object.fromEntries(benches.map(([bench, ns]) => [bench, { ns, ratio: ratio(bench, ns) }]));
}

/** The nanoseconds of each bench's fastest sample, which other processes on the machine disturbed the least. */
function leastTimes() {
  const times = {};
  for (const name of readdirSync(samples, { recursive: true })) {
    if (!name.endsWith(join("new", "sample.json"))) continue;
    const { iters, times: taken } = JSON.parse(readFileSync(join(samples, name), "utf8"));
    const bench = relative(samples, dirname(dirname(join(samples, name))))
      .split(sep)
      .join("/");
    times[bench] = Math.min(...taken.map((time, index) => time / iters[index]));
  }
  return times;
}
