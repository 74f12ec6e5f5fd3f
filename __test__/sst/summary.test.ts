/** The lines in the deploy's log. */
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";

import { Summary } from "../../lib/sst/provider/summary";
import type { SyncReport } from "../../lib/types";

type Report = SyncReport & { commit?: number };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The report of a write in a commit that has sent this many requests. */
function report(commit: number, requests: number, more: Partial<Report> = {}): Report {
  const counts = { requests: { GetKey: requests - 1, UpdateKeys: 1 }, conflicts: 0 };
  return { commit, counts, warnings: [], ...more } as unknown as Report;
}

/** A summary that prints to `lines`. */
function summary({ slots = 8, chosen = false, full = 0, named = [] as string[] } = {}) {
  const lines: string[] = [];
  const log = new Summary(
    { count: slots, chosen },
    () => full,
    () => named,
    (line) => void lines.push(line),
  );
  /** Writes once in each of these commits. */
  const write = (...commits: number[]) => {
    for (const commit of commits) {
      const done = log.begin();
      log.add(report(commit, 5));
      done();
    }
  };
  return { log, lines, write };
}

test("one line counts writes, and each commit's requests once", () => {
  const { log, lines, write } = summary();
  write(1, 1, 1, 2);
  expect(lines).toEqual([]);
  jest.advanceTimersByTime(5_000);
  expect(lines).toEqual(["4 route writes in 2 commits · 10 requests · 0 conflicts"]);
  expect(log.line()).toBe(lines[0]);
});

test("a commit's last report counts, which has all of its requests", () => {
  const { log } = summary();
  log.add(report(1, 5));
  log.add(report(1, 7, { counts: { requests: { GetKey: 7 }, conflicts: 1 } } as unknown as Report));
  expect(log.line()).toBe("2 route writes in 1 commit · 7 requests · 1 conflict");
});

test("nothing is printed while a write is under way, and again only after further writes", () => {
  const { log, lines, write } = summary();
  const done = log.begin();
  write(1);
  jest.advanceTimersByTime(10_000);
  expect(lines).toEqual([]);
  done();
  jest.advanceTimersByTime(5_000);
  expect(lines).toHaveLength(1);
  jest.advanceTimersByTime(10_000);
  // A write that failed has no report.
  log.begin()();
  jest.advanceTimersByTime(5_000);
  expect(lines).toHaveLength(1);
  write(2);
  jest.advanceTimersByTime(5_000);
  expect(lines.at(-1)).toBe("2 route writes in 2 commits · 10 requests · 0 conflicts");
});

test("nothing is printed for a process without writes, such as that of a preview", () => {
  const { log, lines } = summary();
  log.begin()();
  jest.advanceTimersByTime(5_000);
  expect(lines).toEqual([]);
});

test("a warning is printed at once, with its code, and each text once", () => {
  const { log, lines } = summary();
  const warnings = [{ code: "SST_TABLE_NEAR_LIMIT" as const, message: "the table has 46000 bytes" }];
  log.add(report(1, 5, { warnings }));
  log.add(report(2, 5, { warnings }));
  expect(lines).toEqual(["warning SST_TABLE_NEAR_LIMIT: the table has 46000 bytes"]);
});

test("a warning that a later write may settle is printed with the summary", () => {
  const named = ["117d:metadata was not deleted"];
  const { log, lines } = summary({ named });
  const done = log.begin();
  log.add(report(1, 5, { warnings: [{ code: "STILL_NAMED", message: String(named[0]) }] }));
  expect(lines).toEqual([]);
  done();
  jest.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    "warning STILL_NAMED: 117d:metadata was not deleted",
    "1 route write in 1 commit · 5 requests · 0 conflicts",
  ]);
});

const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8];

test("the hint comes once, if all slots were busy with routes in at least half of eight commits", () => {
  const { lines, write } = summary({ full: 8 });
  write(...EIGHT);
  jest.advanceTimersByTime(5_000);
  const hint =
    "Pulumi handled 8 resources at a time, which took 8 commits; " +
    "with PULUMI_PARALLEL=256 in the environment it would be about 2";
  expect(lines.slice(1)).toEqual([hint]);
  write(9);
  jest.advanceTimersByTime(5_000);
  expect(lines.filter((line) => line === hint)).toHaveLength(1);
  expect(lines).toHaveLength(3);
});

test.each([
  ["few commits", { full: 7 }, EIGHT.slice(1)],
  ["slots that were seldom busy", { full: 3 }, EIGHT],
  ["256 slots", { full: 8, slots: 256, chosen: true }, EIGHT],
])("there is no hint for %s", (_, given, commits) => {
  const { lines, write } = summary(given);
  write(...commits);
  jest.advanceTimersByTime(5_000);
  expect(lines).toHaveLength(1);
});
