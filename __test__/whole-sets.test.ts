/** Whole sets of one owner: the later set wins, and routes that it does not contain are removed. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "@jest/globals";

import { effort } from "./support/effort";
import { declare, freshStore, hosts, routes, writes } from "./support/store";
import { ours, table, targets } from "./support/table";

const RUNS = effort("pairs of whole sets in one tick", 20, 100);

test("of two whole sets in one tick the later wins, and the earlier says so, many times on new stores", async () => {
  // With a round trip, in which calls of one tick meet.
  const store = await freshStore({ latencyMs: 4 });
  for (let run = 0; run < RUNS; run++) {
    const place = { arn: store.createStore(), client: store.client };
    const [earlier, later] = await Promise.all([
      declare(place, { "/a": `https://earlier${run}.example`, "/b": "https://b.example" }),
      declare(place, { "/a": `https://later${run}.example` }),
    ]);
    expect(targets(store.entries(place.arn))).toEqual({ "/a": `later${run}.example` });
    expect(later.call).toBe(earlier.call + 1);
    expect(earlier.supersededBy).toBe(later.call);
    expect(later.supersededBy).toBeUndefined();
  }
});

test("the same on one store whose state the process knows, many times with a pause before each", async () => {
  const store = await freshStore({ latencyMs: 4 });
  await declare(store, { "/a": "https://first.example" });
  for (let run = 0; run < RUNS; run++) {
    await sleep(30);
    const [earlier, later] = await Promise.all([
      declare(store, { "/a": `https://earlier${run}.example` }),
      declare(store, { "/a": `https://later${run}.example` }),
    ]);
    expect(targets(store.entries())).toEqual({ "/a": `later${run}.example` });
    expect(earlier.supersededBy).toBe(later.call);
    expect(later.supersededBy).toBeUndefined();
  }
});

test("of many whole sets in one tick the last wins", async () => {
  const store = await freshStore();
  const reports = await Promise.all(
    Array.from({ length: 30 }, (_, n) => declare(store, { [`/${n}`]: `https://h${n}.example` })),
  );
  expect(targets(store.entries())).toEqual({ "/29": "h29.example" });
  expect(reports.at(-1)?.supersededBy).toBeUndefined();
  expect(reports.slice(0, -1).every((report) => report.supersededBy === reports.at(-1)?.call)).toBe(true);
});

test("of two equal sets in one tick the routes stand, with the same ids", async () => {
  const store = await freshStore();
  const declared = routes(3);
  const [earlier, later] = await Promise.all([declare(store, declared), declare(store, declared)]);
  expect(targets(store.entries())).toEqual(hosts(declared));
  expect(earlier.ids).toEqual(later.ids);
});

test("a changed target, a dropped and a new route are told apart and are live in one write", async () => {
  const store = await freshStore();
  await declare(store, {
    "/keep": "https://k.example",
    "/change": "https://old.example",
    "/drop": "https://d.example",
  });
  store.resetStats();
  const report = await declare(store, {
    "/keep": "https://k.example",
    "/change": "https://new.example",
    "/add": "https://a.example",
  });
  expect(report).toMatchObject({
    added: ["/add"],
    changed: ["/change"],
    removed: ["/drop"],
    unchanged: ["/keep"],
    warnings: [{ code: "STALE_CACHE", pattern: "/change" }],
  });
  expect(Object.keys(report.ids).toSorted()).toEqual(["/add", "/change", "/keep"]);
  expect(writes(store)).toHaveLength(1);
  expect(targets(store.entries())).toEqual({
    "/keep": "k.example",
    "/change": "new.example",
    "/add": "a.example",
  });
});

test("a route whose target is undefined counts as left out", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://a.example", "/b": "https://b.example" });
  const report = await declare(store, { "/a": "https://a.example", "/b": undefined });
  expect(report.removed).toEqual(["/b"]);
  expect(targets(store.entries())).toEqual({ "/a": "a.example" });
});

test("an emptied table is not stored: its keys go, in one chunk or in many", async () => {
  for (const count of [1, 120]) {
    const store = await freshStore();
    await declare(store, routes(count));
    expect(table(store.entries())).toHaveLength(count);
    const report = await declare(store, {}, { gracePeriod: 0 });
    expect(report.removed).toHaveLength(count);
    expect(Object.keys(store.entries()).filter((key) => key.startsWith("678a:routes"))).toEqual([]);
  }
});

test("nothing declared on an empty store writes nothing", async () => {
  const store = await freshStore();
  const report = await declare(store, {});
  expect(report).toMatchObject({ added: [], changed: [], removed: [], unchanged: [], ids: {} });
  expect(store.entries()).toEqual({});
  expect(writes(store)).toEqual([]);
});

test("two routers of one store are two tables", async () => {
  const store = await freshStore();
  const [one, other] = await Promise.all([
    declare(store, { "/a": "https://one.example" }, { router: "aaaa" }),
    declare(store, { "/a": "https://other.example" }, { router: "bbbb" }),
  ]);
  expect(one.etag).toBe(other.etag);
  expect(one.ids["/a"]).not.toBe(other.ids["/a"]);
  expect(targets(store.entries(), "aaaa")).toEqual({ "/a": "one.example" });
  await declare(store, {}, { router: "aaaa" });
  expect(ours(store.entries(), "aaaa")).toEqual([]);
  expect(targets(store.entries(), "bbbb")).toEqual({ "/a": "other.example" });
});

test("the report tells what it took", async () => {
  const store = await freshStore({ latencyMs: 10 });
  const calls = [
    declare(store, { "/a": "https://a.example" }, { owner: "a" }),
    declare(store, { "/b": "https://b.example" }, { owner: "b" }),
  ];
  const [one, other] = await Promise.all(calls);
  expect(one).toMatchObject({
    etag: store.log().findLast((entry) => entry.applied)?.etag,
    counts: { attempts: 1, conflicts: 0, calls: 2, keysPut: store.stats().keysPut, keysDeleted: 0 },
  });
  expect(other?.counts).toEqual(one?.counts);
  const { describe, get, update, list } = one?.counts.requests ?? { describe: 0, get: 0, update: 0, list: 0 };
  expect(describe + get + update + list).toBe(store.stats().total);
  expect(one?.estimatedCostUsd).toBeCloseTo(store.stats().total / 1_000, 6);
  expect(one?.durationMs).toBeGreaterThanOrEqual(30);
  expect(one?.durationMs).toBeLessThan(2_000);
});
