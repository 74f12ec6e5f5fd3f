/** Tables that SST wrote, and the results of an independent reader. */
import { afterEach, expect, test } from "@jest/globals";

import { OutsideClient } from "./support/client";
import { declare, freshStore, hosts, refusal, routes } from "./support/store";
import { foreign, ours, rawTable, table, targets, writtenBySst } from "./support/table";
import type { Place } from "./support/store";

const clients: OutsideClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.close()));
const reader = (place: Place) => clients[clients.push(new OutsideClient(place)) - 1] as OutsideClient;

/** Entries of SST, with all peculiarities of its writer. */
const theirs = Array.from({ length: 60 }, (_, n) => {
  const ns = n.toString(16).padStart(4, "0");
  return n % 3 === 0 ? `site,${ns},,/käse&brot/${n}` : `url,${ns},.*\\.shop${n}\\.example\\.com,/<a>/${n}`;
});

/** The raw JSON text of each entry in the table. */
const slices = (raw: string) => raw.slice(1, -1).split(/(?<="),(?=")/);

test("the service's own client reads what was written", async () => {
  const store = await freshStore();
  const declared = routes(150);
  const report = await declare(store, declared);
  const entries = await reader(store).list();
  expect(entries).toEqual(store.entries());
  expect(targets(entries)).toEqual(hosts(declared));
  expect((await reader(store).describe()).etag).toBe(report.etag);
});

test("the table is SST's byte for byte: entries, marker, chunks, metadata", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, {
    "/api": {
      url: "https://h.example",
      readTimeout: "1 minute",
      rewrite: { regex: "^/api/(.*)$", to: "/$1" },
    },
    "*.example.com/files": { bucket: "b.s3.us-east-1.amazonaws.com" },
  });
  const [api, files] = [ids["/api"], ids["*.example.com/files"]];
  const get = (key: string) => reader(store).get(key);
  expect(table(store.entries()).toSorted()).toEqual(
    [`url,${api},,/api`, `bucket,${files},.*\\.example\\.com,/files`].toSorted(),
  );
  expect(await get(`${api}:metadata`)).toBe(
    '{"host":"h.example","rewrite":{"regex":"^/api/(.*)$","to":"/$1"},"origin":{"timeouts":{"readTimeout":60}}}',
  );
  expect(await get(`${files}:metadata`)).toBe(
    '{"domain":"b.s3.us-east-1.amazonaws.com","origin":{"timeouts":{}}}',
  );

  await declare(store, routes(100));
  const parts = JSON.parse((await get("678a:routes")) ?? "{}").parts as number;
  expect(await get("678a:routes")).toBe(`{"parts":${parts}}`);
  for (let part = 0; part < parts; part++) {
    expect(Buffer.byteLength((await get(`678a:routes:${part}`)) ?? "")).toBeLessThanOrEqual(1_000);
  }
  expect(await get(`678a:routes:${parts}`)).toBeUndefined();
});

test("entries of SST keep their bytes and order, though they were cut inside", async () => {
  const store = await freshStore();
  const before = writtenBySst(theirs);
  const boundary = Object.values(before).some((chunk) => /[^",\]}]$/.test(chunk));
  expect(boundary).toBe(true);
  store.setEntries(store.arn, { ...before, "0000:metadata": "{}", "0003:/index.html": "s3" });

  await declare(store, routes(80));
  await declare(store, { ...routes(40), "/r1": "https://changed.example" });
  await declare(store, routes(40, "x"), { owner: "other/stage" });
  await declare(store, {});

  const entries = store.entries();
  expect(foreign(entries)).toEqual(foreign(before));
  const all = slices(rawTable(entries));
  expect(slices(rawTable(before)).every((slice) => all.includes(slice))).toBe(true);
  expect(all).toHaveLength(theirs.length + 40);
  expect(entries).toMatchObject({ "0000:metadata": "{}", "0003:/index.html": "s3" });
});

test("an escape within an entry of SST keeps its spelling", async () => {
  const store = await freshStore();
  const spelt = '["url,aaaa,,\\/a\\u0026b","site,bbbb,,/\\u00e9" , "url,cccc,,/ü,fifth"]';
  store.setEntries(store.arn, { "678a:routes": spelt });
  await declare(store, routes(60));
  const raw = rawTable(store.entries());
  for (const slice of ['"url,aaaa,,\\/a\\u0026b"', '"site,bbbb,,/\\u00e9"', '"url,cccc,,/ü,fifth"']) {
    expect(raw).toContain(slice);
  }
  await declare(store, {});
  expect(foreign(store.entries())).toEqual(["url,aaaa,,/a&b", "site,bbbb,,/é", "url,cccc,,/ü,fifth"]);
});

test("a damaged table is TABLE_CORRUPT, names the key and is left as it is", async () => {
  for (const [entries, key] of [
    [{ "678a:routes": '["url,aaaa,,/a"' }, "678a:routes"],
    [{ "678a:routes": '{"parts":2}', "678a:routes:0": '["url,aaaa,,/a"' }, "678a:routes:1"],
    [{ "678a:routes": "null" }, "678a:routes"],
  ] as const) {
    const store = await freshStore();
    store.setEntries(store.arn, entries);
    const error = await refusal(declare(store, routes(1)));
    expect(error).toMatchObject({ code: "TABLE_CORRUPT", retryable: false, details: { key } });
    expect(error.message).toContain(key);
    expect(store.entries()).toEqual(entries);
  }
});

test("beside entries of SST, a table that its writers could not handle is refused", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/a"]' });
  const long = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`/${"p".repeat(400)}/${n}`, "https://h.example"]),
    );
  const warned = await declare(store, long(110));
  expect(warned.warnings.map(({ code }) => code)).toContain("SST_TABLE_NEAR_LIMIT");
  const error = await refusal(declare(store, long(130)));
  expect(error).toMatchObject({ code: "SST_TABLE_LIMIT", details: { limit: 49_000 } });
  expect(error.details.actual).toBeGreaterThan(49_000);
  expect(ours(store.entries())).toHaveLength(110);
});
