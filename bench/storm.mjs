/**
 * Many processes deploy changing sets at the same time, to a store that throttles, fails, loses answers and returns stale reads. The
 * processes are killed at random, and a writer of SST works on the same table. An independent reader replays every applied write in
 * order: no route may be lost, broken or dark, nothing foreign may be damaged, and an index must find what a scan of the table finds.
 *
 * There are two routers in the store. SST's writer works on one, and drops its index with each write. Half of the processes deploy with
 * `index: true`.
 *
 * `npm run storm -- [--processes 16] [--deploys 25] [--faults 0.1] [--kills 0.05] [--seed n] [--deadline 120]`
 * `npm run storm -- --contention`: measures the cost of many writers, without faults and kills. See `contention.mjs`.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { median } from "./storm/deploys.mjs";
import { storm } from "./storm/run.mjs";

const HELP = `npm run storm -- [options]

  --processes <n>   processes that deploy at once              (16)
  --deploys <n>     deploys of each                            (25)
  --faults <share>  requests that fail, in each of 3 ways      (0.1)
  --kills <share>   deploys that are killed with SIGKILL       (0.05)
  --deadline <s>    deadline of each call                      (120)
  --seed <n>        seed of the declarations and the faults    (random)
  --contention      instead: many writers without faults; writes a section of bench/results.md
`;

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "16" },
    deploys: { type: "string", default: "25" },
    faults: { type: "string", default: "0.1" },
    kills: { type: "string", default: "0.05" },
    deadline: { type: "string", default: "120" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    build: { type: "string", default: "unknown" },
    contention: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else if (values.contention) await (await import("./contention.mjs")).contention(values.build);
else await main();

async function main() {
  const { build, contention: _, help: __, ...rest } = values;
  const options = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [name, number(name, value)]),
  );
  const { processes, deploys, faults, kills, seed } = options;
  console.log(
    `${processes} processes × ${deploys} deploys, faults ${faults}, kills ${kills}, seed ${seed}, ${build} build`,
  );
  const all = processes * deploys;
  const result = await storm(options, ({ settled, tally, judges }) => {
    if (!process.stderr.isTTY) return;
    const done = sum(settled);
    process.stderr.write(
      `\r\x1b[K${done}/${all} deploys · ${judges[0].writes} writes · ${tally.killed} killed · ${wrong(judges)} wrong`,
    );
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  report(result);
  if (wrong(result.judges) + result.tally.late > 0) {
    const file = join(tmpdir(), `storm-${seed}.json`);
    const evidence = Object.fromEntries(result.judges.map((judge) => [judge.router, judge.evidence ?? []]));
    writeFileSync(file, JSON.stringify(evidence, undefined, 1));
    console.log(`\nNOT as promised: run it again with --seed ${seed}; the states before are in ${file}`);
    process.exitCode = 1;
  }
  const missing = unproved(result.judges);
  if (missing) {
    console.log(`\nNOT a proof of the index: ${missing}`);
    process.exitCode = 1;
  }
}

function number(name, text) {
  const value = Number(text);
  const share = name === "faults" || name === "kills";
  if (!(share ? value >= 0 && value <= 0.5 : Number.isInteger(value) && value > 0)) {
    console.error(
      `storm: --${name} takes ${share ? "a share, 0 to 0.5" : "a whole number above 0"}, not ${text}`,
    );
    process.exit(2);
  }
  return value;
}

function wrong(judges) {
  return sum(judges, ({ counts }) => sum(Object.values(counts)));
}

/** Why a storm says nothing of the index. */
function unproved(judges) {
  if (!judges.some(({ chunks }) => chunks > 1)) return "no table had more than one chunk";
  return sum(judges, ({ index }) => index.requests) === 0 ? "no request went through one" : undefined;
}

function sum(list, of = (one) => one) {
  return list.reduce((total, one) => total + of(one), 0);
}

function report({ tally, judges, stats, seconds, foreign }) {
  const attempts = tally.commits.map((counts) => counts.attempts);
  const count = (kind) => sum(judges, ({ counts }) => counts[kind]);
  const indexed = (what) => sum(judges, ({ index }) => index[what]);
  const codes = Object.entries(tally.rejected).map(([code, { calls }]) => `${calls} ${code}`);
  const lines = {
    lost: count("lost"),
    broken: count("broken"),
    dark: count("dark"),
    "foreign damaged": count("foreign"),
    "wrong in an index": count("index"),
    "settled too late": tally.late,
    "writes replayed": `${judges[0].writes}, ${sum(judges, ({ ours }) => ours)} of them ours, ${foreign} answered to SST's writer`,
    "deploys killed": `${tally.killed}, ${tally.skipped} of them left for the next deploy to finish`,
    "calls settled": `${tally.times.length}, in ${tally.commits.length} commits that wrote`,
    "calls rejected, run again": codes.join(", ") || 0,
    "attempts per commit": `${(sum(attempts) / attempts.length).toFixed(2)} on average, ${Math.max(...attempts)} at most`,
    "conflicts, as the store saw them": stats.conflicts,
    requests: `${stats.total}, of which ${stats.faults} met a fault`,
    "a call": `${(median(tally.times) / 1_000).toFixed(2)} s in the median, ${(Math.max(...tally.times) / 1_000).toFixed(2)} s at most`,
    "wall time": `${seconds.toFixed(1)} s`,
    "chunks of a table, at most": judges.map(({ router, chunks }) => `${chunks} (${router})`).join(", "),
    "epochs of the indexes": judges.map(({ router, index }) => `${index.epochs.size} (${router})`).join(", "),
    "requests through an index": `${indexed("requests")}, ${indexed("late")} of them under a late root; ${indexed("copies")} more through a copy`,
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(34)}${value}`);
  for (const [code, { message }] of Object.entries(tally.rejected)) console.log(`${code}: ${message}`);
  for (const { router, found } of judges) {
    for (const [kind, texts] of Object.entries(found)) {
      for (const text of texts) console.log(`${kind}: ${router}: ${text}`);
    }
  }
}
