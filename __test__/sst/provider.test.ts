/**
 * The provider of SST's route resources on the embedded store. `npm run e2e:sst` runs it under SST's real command. A process of the
 * provider is one command of SST, so a test that starts a second one tests the next deploy.
 */
import { beforeAll, describe, expect, jest, test } from "@jest/globals";

import type { LocalStore } from "../../lib/testing";
import { holdTimeouts, stopTime } from "../support/clock";
import { bySst, entry, inState, keys, ROUTER, startProcess } from "../support/sst-resources";
import { freshStore, writes } from "../support/store";
import { table } from "../support/table";

const API = { metadata: '{"host":"api.example.com","origin":{}}' };
const NEW = { metadata: '{"host":"new.example.com","origin":{}}' };

holdTimeouts();

beforeAll(() => {
  for (const [name, value] of [
    ["SST_AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"],
    ["SST_AWS_SECRET_ACCESS_KEY", "very-secret"],
    ["SST_AWS_SESSION_TOKEN", ""],
  ] as const) {
    process.env[name] = value;
  }
});

/** A store, and the process of its first deploy. */
async function start(
  ...options: Parameters<typeof startProcess> extends [unknown, ...infer Rest] ? Rest : []
) {
  const store = await freshStore();
  return { store, first: startProcess(store, ...options) };
}

/** The keys of the store, with the table as an array. */
function stored(store: LocalStore): Record<string, unknown> {
  const { [`${ROUTER}:routes`]: root, ...rest } = store.entries();
  return root === undefined ? rest : { ...rest, table: table(store.entries()) };
}

/** Deploys `/api` with the namespace 117d. */
async function deployed() {
  const { store, first } = await start();
  await first.keys.create(keys(store, "117d", API));
  await first.entries.create(entry(store, "url,117d,,/api"));
  return store;
}

describe("a route", () => {
  test("is created, changed and removed, with SST's ids and outputs, and nothing of routesync is stored", async () => {
    const { store, first } = await start();
    const declared = { keys: keys(store, "117d", API), entry: entry(store, "url,117d,,/api") };
    expect(await first.keys.create(declared.keys)).toEqual({
      id: "entries",
      outs: { store: store.arn, namespace: "117d", entries: API },
    });
    expect(await first.entries.create(declared.entry)).toEqual({
      id: `${store.arn}:678a:routes`,
      outs: { store: store.arn, namespace: "678a", key: "routes", entry: "url,117d,,/api" },
    });
    expect(stored(store)).toEqual({ table: ["url,117d,,/api"], "117d:metadata": API.metadata });

    const second = startProcess(store);
    const changed = keys(store, "117d", NEW);
    expect(await second.keys.diff("entries", { ...declared.keys }, { ...changed })).toEqual({
      changes: true,
    });
    await second.keys.update("entries", { ...declared.keys }, { ...changed });
    const { puts, deletes } = writes(store).at(-1) ?? {};
    expect([puts, deletes]).toEqual([["117d:metadata"], undefined]);
    expect(stored(store)).toEqual({ table: ["url,117d,,/api"], "117d:metadata": NEW.metadata });

    const third = startProcess(store);
    await third.entries.delete("", declared.entry);
    await third.keys.delete("entries", changed);
    expect(store.entries()).toEqual({});
  });

  test("that is created again, as after a deploy that was killed, is there once", async () => {
    const store = await deployed();
    const before = store.entries();
    const second = startProcess(store);
    await second.keys.create(keys(store, "117d", API));
    await second.entries.create(entry(store, "url,117d,,/api"));
    expect(store.entries()).toEqual(before);
  });

  test("beside others leaves their entries and keys as they are", async () => {
    const { store, first } = await start();
    const theirs = { "678a:routes": '["url,aaaa,,/sst"]', "aaaa:metadata": "{}", "117d:other": "x" };
    store.setEntries(store.arn, theirs);
    await first.keys.create(keys(store, "117d", API));
    await first.entries.create(entry(store, "url,117d,,/api"));
    expect(table(store.entries())).toEqual(["url,aaaa,,/sst", "url,117d,,/api"]);
    const second = startProcess(store);
    await second.entries.delete("", entry(store, "url,117d,,/api"));
    await second.keys.delete("entries", keys(store, "117d", API));
    expect(stored(store)).toEqual({ table: ["url,aaaa,,/sst"], "aaaa:metadata": "{}", "117d:other": "x" });
  });

  test("is removed where the store is gone", async () => {
    const store = await deployed();
    store.deleteStore(store.arn);
    const second = startProcess(store);
    const removed = [
      second.entries.delete("", entry(store, "url,117d,,/api")),
      second.keys.delete("entries", keys(store, "117d", API)),
    ];
    await expect(Promise.all(removed)).resolves.toEqual([undefined, undefined]);
  });
});

describe("the first deploy after SST's own provider", () => {
  test("reports a change once, and its update sends nothing", async () => {
    const store = await deployed();
    store.resetStats();
    const second = startProcess(store);
    // SST's outputs omit what is false.
    const { purge: _, ...outputs } = bySst("keys", keys(store, "117d", API));
    const olds = { keys: outputs, entry: bySst("entry", entry(store, "url,117d,,/api")) };
    const news = { keys: { ...keys(store, "117d", API) }, entry: { ...entry(store, "url,117d,,/api") } };
    expect(await second.keys.diff("entries", olds.keys, news.keys)).toEqual({ changes: true });
    expect(await second.entries.diff("", olds.entry, news.entry)).toEqual({ changes: true });
    const { outs } = await second.keys.update("entries", olds.keys, news.keys);
    await second.entries.update("", olds.entry, news.entry);
    expect(store.stats().total).toBe(0);
    expect(await second.keys.diff("entries", inState(outs), news.keys)).toEqual({ changes: false });
  });

  test("writes what has changed as well", async () => {
    const store = await deployed();
    const olds = bySst("keys", keys(store, "117d", API));
    await startProcess(store).keys.update("entries", olds, { ...keys(store, "117d", NEW) });
    expect(store.entries()["117d:metadata"]).toBe(NEW.metadata);
  });

  test("takes another text of routesync's own as no change", async () => {
    const store = await deployed();
    const news = { ...entry(store, "url,117d,,/api") };
    const olds = { ...news, ["__provider"]: `${news["__provider"]}\n// of an earlier version` };
    expect(await startProcess(store).entries.diff("", olds, news)).toEqual({ changes: false });
  });
});

describe("metadata", () => {
  test("whose deletion comes before the entry's stays with a warning, and goes with the entry", async () => {
    const store = await deployed();
    const second = startProcess(store);
    await second.keys.delete("entries", keys(store, "117d", API));
    expect(store.entries()["117d:metadata"]).toBe(API.metadata);
    await second.entries.delete("", entry(store, "url,117d,,/api"));
    expect(store.entries()).toEqual({});
  });

  test("of a renamed resource stays, since its successor has the same namespace", async () => {
    const store = await deployed();
    const second = startProcess(store);
    // Pulumi creates the successor first.
    await second.keys.create(keys(store, "117d", NEW));
    await second.entries.create(entry(store, "url,117d,,/api"));
    await second.entries.delete("", entry(store, "url,117d,,/api"));
    await second.keys.delete("entries", keys(store, "117d", API));
    expect(stored(store)).toEqual({ table: ["url,117d,,/api"], "117d:metadata": NEW.metadata });
  });

  test("moves with its namespace, and the old namespace goes once no entry refers to it", async () => {
    const store = await deployed();
    const second = startProcess(store);
    await second.keys.update("entries", { ...keys(store, "117d", API) }, { ...keys(store, "2c5e", API) });
    expect(Object.keys(store.entries())).toEqual(expect.arrayContaining(["117d:metadata", "2c5e:metadata"]));
    await second.entries.update(
      "",
      { ...entry(store, "url,117d,,/api") },
      { ...entry(store, "url,2c5e,,/api") },
    );
    expect(stored(store)).toEqual({ table: ["url,2c5e,,/api"], "2c5e:metadata": API.metadata });
  });

  test("over 1,024 bytes is refused before a request, with the limit and the size", async () => {
    const { store, first } = await start();
    const large = keys(store, "117d", { metadata: "m".repeat(1_025) });
    await expect(first.keys.create(large)).rejects.toThrow(/TOO_LARGE: .*1025 bytes, .*allows 1024/u);
    expect(store.stats().total).toBe(0);
  });
});

test("two entries that change places are both there afterwards", async () => {
  const { store, first } = await start();
  const [one, two] = [entry(store, "url,1111,,/one"), entry(store, "url,2222,,/two")];
  for (const declared of [one, two]) await first.entries.create(declared);
  const second = startProcess(store);
  await second.entries.update("", { ...one }, { ...two });
  await second.entries.update("", { ...two }, { ...one });
  expect(table(store.entries()).toSorted()).toEqual(["url,1111,,/one", "url,2222,,/two"]);
});

test("an entry that changes keeps its place in the table", async () => {
  const { store, first } = await start();
  for (const name of ["1111", "2222", "3333"])
    await first.entries.create(entry(store, `url,${name},,/${name}`));
  const news = { ...entry(store, "url,4444,,/2222") };
  await startProcess(store).entries.update("", { ...entry(store, "url,2222,,/2222") }, news);
  expect(table(store.entries())).toEqual(["url,1111,,/1111", "url,4444,,/2222", "url,3333,,/3333"]);
});

describe("files of a site", () => {
  const FILES = { metadata: "{}", "/index.html": "s3", "/old.js": "s3" };

  test("that have not changed are not written again, and others go with purge", async () => {
    const { store, first } = await start();
    await first.keys.create(keys(store, "117d", FILES, true));
    store.putRaw(store.arn, "117d:/forgotten.js", "s3");
    const news = keys(store, "117d", { metadata: "{}", "/index.html": "s3", "/new.js": "s3" }, true);
    await startProcess(store).keys.update("entries", { ...keys(store, "117d", FILES, true) }, { ...news });
    expect(Object.keys(store.entries()).toSorted()).toEqual([
      "117d:/index.html",
      "117d:/new.js",
      "117d:metadata",
    ]);
    const last = writes(store).filter(({ applied }) => applied);
    expect(last.slice(1).flatMap(({ puts = [] }) => puts)).toEqual(["117d:/new.js"]);
  });

  test("stay without purge", async () => {
    const { store, first } = await start();
    await first.keys.create(keys(store, "117d", FILES));
    const news = keys(store, "117d", { metadata: "{}", "/new.js": "s3" });
    await startProcess(store).keys.update("entries", { ...keys(store, "117d", FILES) }, { ...news });
    expect(Object.keys(store.entries())).toHaveLength(4);
    expect(store.stats().requests.ListKeys).toBeUndefined();
  });

  test("of a renamed site without a router stay, since its successor has declared them", async () => {
    const { store, first } = await start();
    await first.keys.create(keys(store, "117d", FILES, true));
    await first.keys.delete("entries", keys(store, "117d", FILES, true));
    expect(Object.keys(store.entries())).toHaveLength(3);
    await startProcess(store).keys.delete("entries", keys(store, "117d", FILES, true));
    expect(store.entries()).toEqual({});
  });

  test("are all that the removal of a namespace deletes, even if it is the router's", async () => {
    const { store, first } = await start();
    const theirs = { "678a:routes": '["url,aaaa,,/sst"]', "678a:owner:cMqCe9": "{}", "678a:metadata": "{}" };
    store.setEntries(store.arn, { ...theirs, "678a:/index.html": "s3" });
    await first.keys.delete("entries", keys(store, "678a", { metadata: "{}" }, true));
    const { "678a:metadata": _, ...rest } = theirs;
    expect(store.entries()).toEqual(rest);
  });
});

test("writes wait for the resources that follow, and share one write", async () => {
  const { store, first } = await start({ gatherMs: 2_000 });
  stopTime();
  const created = [first.keys.create(keys(store, "117d", API)), first.keys.create(keys(store, "2c5e", API))];
  // This takes longer than a first request would.
  await startProcess(store).keys.create(keys(store, "beef", API));
  expect(Object.keys(store.entries())).toEqual(["beef:metadata"]);
  await jest.advanceTimersByTimeAsync(300);
  await Promise.all(created);
  expect(Object.keys(store.entries())).toHaveLength(3);
  expect(store.stats().writesAccepted).toBe(2);
});

describe("an error", () => {
  test("crosses to Pulumi with its code and without a stack or a secret", async () => {
    const { store, first } = await start();
    store.deleteStore(store.arn);
    const error = await first.keys.create(keys(store, "117d", API)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(/^routesync: STORE_GONE: /u), stack: "" });
    expect((error as Error).message).not.toMatch(/AKIAEXAMPLE|very-secret/u);
  });

  test("tells of two copies of the package, and nothing is sent", async () => {
    const { store, first } = await start({ version: "0.0.9" });
    const message =
      /^routesync: INVALID_OPTION: two copies of routesync: .* version 0\.0\.9, .*Nothing was written$/u;
    await expect(first.keys.create(keys(store, "117d", API))).rejects.toThrow(message);
    await expect(
      first.entries.update("", { ...entry(store, "url,117d,,/a") }, { ...entry(store, "url,117d,,/b") }),
    ).rejects.toThrow(message);
    expect(store.stats().total).toBe(0);
  });

  test("refuses an entry that belongs to an owner of routesync", async () => {
    const { store, first } = await start();
    const owned = entry(store, "url,cMqCe9.vWDRmqW,,/api");
    await expect(first.entries.create(owned)).rejects.toThrow(
      /add\[0\]: .*belongs to an owner of routesync/u,
    );
    expect(store.stats().total).toBe(0);
  });
});
