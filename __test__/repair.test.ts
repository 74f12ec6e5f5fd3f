/** A damaged table: the error names the damage, and only `repair` repairs it. */
import { expect, test } from "@jest/globals";

import { declare, freshStore, hosts, refusal, routes } from "./support/store";
import { foreign, ours, table, targets } from "./support/table";
import type { LocalStore } from "../lib/testing";

const SST = ["url,aaaa,,/sst/a", "url,bbbb,,/sst/b"];

/** SST's two entries, 60 routes of the owner in several chunks, and one of another owner. */
async function deployed(): Promise<LocalStore> {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": JSON.stringify(SST), "aaaa:metadata": "{}" });
  await declare(store, routes(60));
  await declare(store, { "/other": "https://other.example" }, { owner: "other/stage" });
  return store;
}

/** Damages the table. Returns the key that the error must name, and the number of entries that can still be read. */
const DAMAGE: Record<string, (store: LocalStore) => { key: string; readable: RegExp }> = {
  "a chunk that is missing": (store) => {
    store.putRaw(store.arn, "678a:routes:1");
    return { key: "678a:routes:1", readable: /from the \d+ entries/ };
  },
  "a chunk that breaks off": (store) => {
    const chunk = store.entries()["678a:routes:1"] as string;
    store.putRaw(store.arn, "678a:routes:1", chunk.slice(0, 500));
    return { key: "678a:routes", readable: /from the \d+ entries/ };
  },
  "a root that is no JSON": (store) => {
    store.putRaw(store.arn, "678a:routes", "<html>");
    return { key: "678a:routes", readable: /from the 0 entries/ };
  },
  "a root that is null": (store) => {
    store.putRaw(store.arn, "678a:routes", "null");
    return { key: "678a:routes", readable: /from the 0 entries/ };
  },
  "an entry with three fields": (store) => {
    const chunk = store.entries()["678a:routes:0"] as string;
    store.putRaw(store.arn, "678a:routes:0", chunk.replace("url,bbbb,,/sst/b", "url,bbbb,"));
    return { key: "678a:routes", readable: /from the 6\d entries/ };
  },
};

test.each(Object.keys(DAMAGE))("%s is TABLE_CORRUPT, and repair repairs it", async (what) => {
  const store = await deployed();
  const { key, readable } = DAMAGE[what]?.(store) ?? { key: "", readable: /never/ };
  const before = store.entries();
  const next = { ...routes(60), "/new": "https://new.example" };

  const error = await refusal(declare(store, next));
  expect(error).toMatchObject({ code: "TABLE_CORRUPT", retryable: false, details: { key } });
  expect(error.message).toContain("`repair: true`");
  expect(error.message).toContain(key);
  expect(store.entries()).toEqual(before);

  const report = await declare(store, next, { repair: true });
  expect(report.warnings).toMatchObject([
    { code: "TABLE_REPAIRED", message: expect.stringMatching(readable) },
  ]);
  expect(targets(store.entries())).toMatchObject(hosts(next));
  const lines = table(store.entries());
  expect(new Set(lines).size).toBe(lines.length);

  // What could not be read comes back with its owner's next deploy; and the table is whole for all.
  await declare(store, { "/other": "https://other.example" }, { owner: "other/stage" });
  expect(targets(store.entries())).toEqual({ ...hosts(next), "/other": "other.example" });
  expect((await declare(store, next)).warnings).toEqual([]);
});

test("a repair keeps every entry that can be read, with its bytes, whoever it belongs to", async () => {
  const store = await deployed();
  const was = store.entries();
  const last = Object.keys(was).findLast((key) => /^678a:routes:\d+$/.test(key)) as string;
  store.putRaw(store.arn, last, `${was[last]?.slice(0, -10)}`);
  await declare(store, routes(60), { repair: true });
  expect(foreign(store.entries())).toEqual(SST);
  expect(ours(store.entries()).slice(0, 20)).toEqual(ours(was).slice(0, 20));
  // Unreferenced chunks and metadata are not part of the damage.
  expect(store.entries()["aaaa:metadata"]).toBe("{}");
});

test("a repair leaves no chunk behind that the marker does not count", async () => {
  const store = await deployed();
  store.putRaw(store.arn, "678a:routes:0", '["url,aaaa');
  await declare(store, routes(1), { repair: true });
  const entries = store.entries();
  const root = entries["678a:routes"] as string;
  const parts = root.startsWith("[") ? 0 : (JSON.parse(root) as { parts: number }).parts;
  const chunks = Object.keys(entries).filter((key) => /^678a:routes:\d+$/.test(key));
  expect(chunks.toSorted()).toEqual(Array.from({ length: parts }, (_, n) => `678a:routes:${n}`));
});

test("repair of a table that is whole changes nothing and warns of nothing", async () => {
  const store = await deployed();
  const before = store.entries();
  const report = await declare(store, routes(60), { repair: true });
  expect(report).toMatchObject({ warnings: [], added: [], changed: [], removed: [] });
  expect(store.entries()).toEqual(before);
});

/** Another engine, which has not read the table before the damage. */
const cold = { retry: { firstWait: 0.05 } };

test("of two calls of one commit the one that asks for it repairs, and both stand", async () => {
  const store = await deployed();
  store.putRaw(store.arn, "678a:routes:1");
  const plain = declare(store, routes(60), cold);
  const repairing = declare(
    store,
    { "/other": "https://other.example" },
    { owner: "other/stage", repair: true, ...cold },
  );
  expect((await repairing).warnings).toMatchObject([{ code: "TABLE_REPAIRED" }]);
  expect((await plain).warnings).toMatchObject([{ code: "TABLE_REPAIRED" }]);
  expect(targets(store.entries())).toEqual({ ...hosts(routes(60)), "/other": "other.example" });
});

test("a repair is told of, also by a process that remembers the table as it was", async () => {
  const store = await deployed();
  store.putRaw(store.arn, "678a:routes:1");
  const report = await declare(store, { ...routes(60), "/new": "https://new.example" }, { repair: true });
  expect(targets(store.entries())).toHaveProperty(["/new"], "new.example");
  expect(report.warnings).toMatchObject([{ code: "TABLE_REPAIRED" }]);
});

test.each(["its part", "the whole set"])(
  "the last entry goes, and the damaged table with it: %s",
  async (what) => {
    const store = await freshStore();
    const { ids } = await declare(store, routes(1), { part: "a", previous: {} });
    store.putRaw(store.arn, "678a:routes", JSON.stringify([...table(store.entries()), "bad"]));
    await declare(store, {}, { repair: true, ...(what === "its part" && { part: "a", previous: ids }) });
    expect(store.entries()).not.toHaveProperty("678a:routes");
  },
);

test("a table from which nothing can be read goes, also where nothing else changes", async () => {
  const store = await freshStore();
  store.putRaw(store.arn, "678a:routes", "<html>");
  await declare(store, {}, { repair: true });
  expect(store.entries()).not.toHaveProperty("678a:routes");
});
