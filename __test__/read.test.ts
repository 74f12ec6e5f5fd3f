/** `readRoutes`: it decodes the live table, including foreign entries, and never mixes two states. */
import { expect, test } from "@jest/globals";

import { readRoutes } from "../lib";
import type { ReadOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { declare, freshStore, refusal, routes, writes } from "./support/store";

const read = (store: LocalStore, more: Partial<ReadOptions> = {}) =>
  readRoutes({ store: store.arn, client: store.client, router: "678a", ...more });

test("every entry is told with its owner and, when asked, its metadata", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": JSON.stringify(["url,aaaa,api\\.example\\.com,/sst", "site,bbbb,,"]),
    "aaaa:metadata": '{"host":"sst.example"}',
  });
  const { ids } = await declare(store, { "*.example.com/docs": "https://docs.example" });

  const live = await read(store, { metadata: true });
  expect(live.routes).toEqual([
    {
      pattern: "api.example.com/sst",
      entry: "url,aaaa,api\\.example\\.com,/sst",
      type: "url",
      id: "aaaa",
      owner: "SST",
      owned: false,
      metadata: { host: "sst.example" },
    },
    expect.objectContaining({ type: "site", id: "bbbb", owner: "SST", entry: "site,bbbb,," }),
    {
      pattern: "*.example.com/docs",
      entry: `url,${ids["*.example.com/docs"]},.*\\.example\\.com,/docs`,
      type: "url",
      id: ids["*.example.com/docs"],
      owner: "shop/test",
      owned: true,
      metadata: { host: "docs.example", origin: {} },
    },
  ]);
  const entries = Object.entries(store.entries());
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value), 0);
  expect(live).toMatchObject({ router: "678a", chunks: 1, store: { items: entries.length, bytes } });
});

test("a look costs two Describes and the table, or a listing where that is less", async () => {
  const store = await freshStore();
  const others = Array.from({ length: 500 }, (_, n) => [`bbbb:/file-${n}`, "s3"]);
  store.setEntries(store.arn, Object.fromEntries(others));
  await declare(store, routes(200));
  store.resetStats();
  const { chunks, requests } = await read(store);
  // The marker, the chunks, one owner record, and twice the missing ledger of an index.
  expect(requests).toEqual({ describe: 2, get: chunks + 4, update: 0, list: 0 });
  const { requests: all } = await read(store, { metadata: true });
  // A listing of several pages counts when a second one shows the same.
  expect(all.list).toBe(2 * Math.ceil(Object.keys(store.entries()).length / 50));
  expect(writes(store)).toEqual([]);
});

test("an empty store is an empty table", async () => {
  const store = await freshStore();
  expect(await read(store)).toMatchObject({ routes: [], chunks: 0, tableBytes: 0 });
});

test("what is read while others write is one state", async () => {
  const store = await freshStore({ faults: { latencyMs: 2 } });
  await declare(store, routes(100, "a"));
  const writing = (async () => {
    for (let round = 0; round < 6; round++) await declare(store, routes(100, round % 2 ? "a" : "b"));
  })();
  for (let looks = 0; looks < 30; looks++) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    const live = await read(store);
    const names = new Set(live.routes.map(({ pattern }) => pattern[1]));
    expect(live.routes).toHaveLength(100);
    // A set of 100 routes changes in several batches. Old and new targets may be mixed, but no route may be duplicated or missing.
    expect(new Set(live.routes.map(({ pattern }) => pattern)).size).toBe(100);
    expect([...names].every((name) => name === "a" || name === "b")).toBe(true);
  }
  await writing;
});

test("damage, a store that is gone, a deadline and an abort reject with their codes", async () => {
  const store = await freshStore();
  store.putRaw(store.arn, "678a:routes", "null");
  expect(await refusal(read(store))).toMatchObject({ code: "TABLE_CORRUPT" });
  expect(await refusal(read(store, { router: "a:b" }))).toMatchObject({
    code: "INVALID_OPTION",
    details: { path: "router" },
  });
  const unknown = { owner: "shop" } as Partial<ReadOptions>;
  expect(await refusal(read(store, unknown))).toMatchObject({ details: { path: "owner" } });

  store.setFaults({ latencyMs: 2_000 });
  const aborted = read(store, { signal: AbortSignal.timeout(20) });
  await expect(aborted).rejects.toMatchObject({ name: "TimeoutError", cause: { code: "ABORTED" } });
  expect(await refusal(read(store, { deadline: 0.02 }))).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  store.setFaults({});
  store.deleteStore(store.arn);
  const quick = { retry: { firstWait: 0.001, maxWait: 0.002 } };
  expect(await refusal(read(store, quick))).toMatchObject({ code: "STORE_GONE" });
});
