/** The metadata of entries: kept for requests under way, swept later, and written again if it is lost. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "@jest/globals";

import { declare, freshStore, routes, writes } from "./support/store";
import { ours, targets } from "./support/table";
import type { Entries } from "./support/table";

const records = (entries: Entries) =>
  Object.keys(entries)
    .filter((key) => key.endsWith(":metadata"))
    .toSorted();
const recordOf = (id: string | undefined) => `${id}:metadata`;

test("the record of a changed and of a removed route stays for the grace period", async () => {
  const store = await freshStore();
  const before = await declare(store, { "/a": "https://old.example", "/b": "https://b.example" });
  const after = await declare(store, { "/a": "https://new.example" });
  const kept = [before.ids["/a"], before.ids["/b"], after.ids["/a"]].map(recordOf);
  expect(records(store.entries())).toEqual(kept.toSorted());
});

test.concurrent("a later call of the owner sweeps what is due, and only that", async () => {
  const store = await freshStore();
  const more = { gracePeriod: 1 };
  const first = await declare(store, { "/a": "https://1.example" }, more);
  await declare(store, { "/a": "https://2.example" }, more);
  expect(Object.keys(store.entries())).toContain(recordOf(first.ids["/a"]));
  await sleep(2_100);
  const third = await declare(store, { "/a": "https://2.example", "/b": "https://b.example" }, more);
  expect(third.counts.keysDeleted).toBe(1);
  expect(records(store.entries())).toEqual(Object.values(third.ids).map(recordOf).toSorted());
});

test.concurrent("the same set again writes nothing but a due sweep, once", async () => {
  const store = await freshStore();
  const more = { gracePeriod: 1 };
  await declare(store, { "/a": "https://1.example" }, more);
  const second = await declare(store, { "/a": "https://2.example" }, more);
  store.resetStats();
  await declare(store, { "/a": "https://2.example" }, more);
  expect(writes(store)).toEqual([]);
  await sleep(2_100);
  await declare(store, { "/a": "https://2.example" }, more);
  expect(writes(store)).toHaveLength(1);
  expect(records(store.entries())).toEqual([recordOf(second.ids["/a"])]);
  await declare(store, { "/a": "https://2.example" }, more);
  expect(writes(store)).toHaveLength(1);
});

test.concurrent("a target that is declared again before the sweep keeps its record", async () => {
  const store = await freshStore();
  const more = { gracePeriod: 1 };
  const first = await declare(store, { "/a": "https://1.example" }, more);
  await declare(store, { "/a": "https://2.example" }, more);
  const back = await declare(store, { "/a": "https://1.example" }, more);
  expect(back.ids).toEqual(first.ids);
  await sleep(2_100);
  await declare(store, { "/a": "https://1.example", "/b": "https://b.example" }, more);
  expect(targets(store.entries())).toEqual({ "/a": "1.example", "/b": "b.example" });
  expect(records(store.entries())).toHaveLength(2);
});

test("gracePeriod 0 deletes records together with their last entry", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, routes(60), { gracePeriod: 0 });
  const kept = await declare(
    store,
    { "/r0": "https://r0.example", "/r1": "https://new.example" },
    { gracePeriod: 0 },
  );
  expect(kept.ids["/r0"]).toBe(ids["/r0"]);
  expect(records(store.entries())).toEqual(Object.values(kept.ids).map(recordOf).toSorted());
  await declare(store, {}, { gracePeriod: 0 });
  expect(records(store.entries())).toEqual([]);
});

test("routes of a part that lead to the same target share one record, while one of them is left", async () => {
  const store = await freshStore();
  const target = "https://same.example";
  const { ids } = await declare(store, { "/a": target, "/b": target }, { gracePeriod: 0 });
  expect(ids["/a"]).toBe(ids["/b"]);
  expect(records(store.entries())).toEqual([recordOf(ids["/a"])]);
  await declare(store, { "/b": target }, { gracePeriod: 0 });
  expect(targets(store.entries())).toEqual({ "/b": "same.example" });
});

test('verify "full" puts records again that are missing or altered', async () => {
  const store = await freshStore();
  const declared = routes(4);
  const { ids } = await declare(store, declared);
  const before = store.entries();
  store.putRaw(store.arn, recordOf(ids["/r1"]));
  store.putRaw(store.arn, recordOf(ids["/r2"]), '{"host":"elsewhere.example","origin":{}}');
  const report = await declare(store, declared, { verify: "full" });
  expect(report).toMatchObject({ ids, unchanged: Object.keys(declared), changed: [] });
  const keys = [recordOf(ids["/r1"]), recordOf(ids["/r2"])].toSorted();
  const why = expect.stringMatching(/missing or altered/u);
  expect(report.repaired).toEqual(keys.map((key) => ({ action: "put", key, why })));
  for (const key of records(before)) expect(store.entries()[key]).toBe(before[key]);
  expect(records(store.entries())).toEqual(records(before));
});

test('verify "full" of a large set lists where that takes fewer requests', async () => {
  const store = await freshStore();
  const declared = routes(200);
  const { ids } = await declare(store, declared);
  store.putRaw(store.arn, recordOf(ids["/r150"]));
  store.resetStats();
  const { counts } = await declare(store, declared, { verify: "full" });
  expect(counts.requests.list).toBeGreaterThan(0);
  expect(store.stats().total).toBeLessThan(40);
  expect(Object.keys(targets(store.entries()))).toHaveLength(200);
});

test("verify false believes the write, verify true reads it back", async () => {
  const store = await freshStore();
  const reads = () => {
    const { requests } = store.stats();
    store.resetStats();
    return [requests.DescribeKeyValueStore, requests.UpdateKeys];
  };
  await declare(store, routes(1), { verify: false });
  expect(reads()).toEqual([1, 1]);
  await declare(store, routes(2));
  expect(reads()).toEqual([1, 1]);
  await declare(store, routes(3), { verify: false });
  expect(reads()).toEqual([undefined, 1]);
  expect(ours(store.entries())).toHaveLength(3);
});
