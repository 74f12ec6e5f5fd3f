/**
 * Did a change make the core slower? Runs the criterion benches and tells each one's time as a ratio to the reference loop of the
 * same run, beside benches/baseline.json; fails where one has become worse by more than a quarter, or has no baseline.
 *
 * `npm run bench:core [-- --save] [plan|chunks|matcher|ids …]`
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { parseArgs } from "node:util";

import { checkRust, fail, root, run } from "./ready.mjs";

const BENCHES = ["plan", "chunks", "matcher", "ids"];
/** The least time of a bench is what counts: a few seconds of each show it. */
const SHORT = ["--noplot", "--warm-up-time", "1", "--measurement-time", "2"];
/** What criterion makes of the name `reference/<bench>` for its folder. */
const REFERENCE = "reference_";
/** Noise of ratios between runs of one build stays below. */
const WORSE = 1.25;

const { values, positionals } = parseArgs({
  options: { save: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : BENCHES;
const unknown = names.find((name) => !BENCHES.includes(name));
if (unknown) fail(`there is no bench ${unknown}: take ${BENCHES.join(", ")}`);

checkRust();
const file = join(root, "benches", "baseline.json");
const samples = join(root, "target", "criterion");
// What an earlier run left is no result of this one.
rmSync(samples, { recursive: true, force: true });
for (const name of names)
  run("cargo", ["bench", "--locked", "--no-default-features", "--bench", name, "--", ...SHORT]);

const baseline = JSON.parse(readFileSync(file, "utf8"));
const ratios = { ...baseline };
const worse = [];
const rows = [];
const least = leastTimes();
for (const [bench, ns] of Object.entries(least)) {
  const [group] = bench.split("/");
  if (bench.startsWith(REFERENCE)) continue;
  const ratio = Number((ns / least[`${REFERENCE}${group}`]).toPrecision(3));
  const before = baseline[bench];
  ratios[bench] = ratio;
  if (before === undefined || ratio > before * WORSE) worse.push(bench);
  rows.push({
    bench,
    ms: (ns / 1e6).toPrecision(3),
    ratio,
    baseline: before,
    change: before && (ratio / before).toFixed(2),
  });
}
console.table(rows);
if (values.save) {
  const sorted = Object.entries(ratios).toSorted(([a], [b]) => a.localeCompare(b));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  console.log("Written to benches/baseline.json.");
} else if (worse.length > 0) {
  fail(`worse than benches/baseline.json by more than ${WORSE} times, or not in it: ${worse.join(", ")}`);
}

/** Nanoseconds of each bench's least disturbed sample: on a busy machine the least says the most. */
function leastTimes() {
  const found = {};
  for (const name of readdirSync(samples, { recursive: true })) {
    if (!name.endsWith(join("new", "sample.json"))) continue;
    const { iters, times } = JSON.parse(readFileSync(join(samples, name), "utf8"));
    const bench = relative(samples, dirname(dirname(join(samples, name))))
      .split(sep)
      .join("/");
    found[bench] = Math.min(...times.map((time, index) => time / iters[index]));
  }
  return found;
}
