/** Many concurrent calls of one process need few requests and round trips, and lose nothing. */
import { expect, test } from "@jest/globals";

import { declare, freshStore, hosts, routes } from "./support/store";
import { targets } from "./support/table";

const LATENCY_MS = 100;

/** The least number of sequential round trips. A request that waits for another one's answer arrives at least one latency later. */
function roundTrips(times: number[]): number {
  let [trips, first] = [0, -Infinity];
  for (const time of times.toSorted((a, b) => a - b)) {
    if (time - first < LATENCY_MS * 0.9) continue;
    [trips, first] = [trips + 1, time];
  }
  return trips;
}

test("100 calls with 100 targets take at most 3 writes, 9 requests and 8 round trips, and again none", async () => {
  const store = await freshStore({ latencyMs: LATENCY_MS });
  const declared = routes(100);
  const all = () =>
    Promise.all(
      Object.entries(declared).map(([pattern, target], n) =>
        declare(store, { [pattern]: target }, { previous: {}, part: `urn:${n}` }),
      ),
    );

  const reports = await all();

  const { requests, total, malformed } = store.stats();
  expect(malformed).toBe(0);
  expect(requests.UpdateKeys).toBeLessThanOrEqual(3);
  expect(total).toBeLessThanOrEqual(9);
  expect(roundTrips(store.log().map(({ atMs }) => atMs))).toBeLessThanOrEqual(8);
  expect(targets(store.entries())).toEqual(hosts(declared));
  expect(reports.map((report) => report.added.length)).toEqual(Array.from({ length: 100 }, () => 1));
  expect(new Set(reports.flatMap((report) => Object.values(report.ids))).size).toBe(100);

  store.resetStats();
  const before = store.entries();
  const again = await all();
  expect(store.stats().requests.UpdateKeys).toBeUndefined();
  expect(store.entries()).toEqual(before);
  expect(again.flatMap((report) => report.unchanged)).toEqual(Object.keys(declared));
  expect(again.map((report) => report.ids)).toEqual(reports.map((report) => report.ids));
});
