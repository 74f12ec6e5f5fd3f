/** Common options: each writing call accepts the options that apply to it, and rejects the others. */
import { describe, expect, test } from "@jest/globals";

import { pruneOwners, releaseRoutes, removeRoutes, repairRoutes, rollbackRoutes, syncRoutes } from "../lib";
import type { SyncOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { declare, freshStore, refusal, routes } from "./support/store";
import { ours, table, targets } from "./support/table";

const at = (store: LocalStore) => ({ store: store.arn, client: store.client, router: "678a" });
const owned = (store: LocalStore) => ({ ...at(store), owner: "shop/test" });

const SST = "url,aaaa,,/sst";

/** The writing calls, without the tested options. */
const CALLS: Record<string, (store: LocalStore, more: object) => Promise<unknown>> = {
  syncRoutes: (store, more) =>
    syncRoutes({ ...owned(store), routes: { "/r0": "https://new.example" }, ...more }),
  removeRoutes: (store, more) => removeRoutes({ ...owned(store), ...more }),
  pruneOwners: (store, more) => pruneOwners({ ...at(store), match: ["shop/*"], ...more }),
  rollbackRoutes: (store, more) => rollbackRoutes({ ...owned(store), ...more }),
  releaseRoutes: (store, more) => releaseRoutes({ ...owned(store), gracePeriod: 0, ...more }),
};

/** Deploys two changes of the owner beside an entry of SST, and adds an entry that breaks every reader. */
async function damaged(): Promise<LocalStore> {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": JSON.stringify([SST]), "aaaa:metadata": "{}" });
  await declare(store, routes(1), { history: 3 });
  await declare(store, routes(2), { history: 3 });
  store.putRaw(store.arn, "678a:routes", JSON.stringify([...table(store.entries()), "bad"]));
  return store;
}

describe("repair", () => {
  test.each(Object.keys(CALLS))(
    "%s refuses a damaged table, and writes it anew with the option",
    async (name) => {
      const call = CALLS[name] as (typeof CALLS)[string];
      const store = await damaged();
      const before = store.entries();
      const error = await refusal(call(store, {}));
      expect(error).toMatchObject({
        code: "TABLE_CORRUPT",
        message: expect.stringContaining("`repair: true`"),
      });
      expect(store.entries()).toEqual(before);

      await call(store, { repair: true });
      expect(table(store.entries())).toContain(SST);
      expect(await call(store, {}).catch((thrown: { code: string }) => thrown.code)).not.toBe(
        "TABLE_CORRUPT",
      );
    },
  );

  test.each(["owner", "owners", "released"])(
    "removes the last entry of a damaged table: of a %s",
    async (what) => {
      const store = await freshStore();
      await declare(store, routes(1));
      const broken = JSON.stringify([...table(store.entries()), "bad"]);
      store.putRaw(store.arn, "678a:routes", broken);
      if (what === "owner") await removeRoutes({ ...owned(store), repair: true });
      if (what === "owners") await pruneOwners({ ...at(store), match: ["shop/*"], repair: true });
      if (what === "released") await releaseRoutes({ ...owned(store), gracePeriod: 0, repair: true });
      // A released entry stays, without an owner.
      expect(table(store.entries())).toHaveLength(what === "released" ? 1 : 0);
    },
  );

  test("repairRoutes always does, and does not take the option", async () => {
    const store = await damaged();
    const error = await refusal(repairRoutes({ ...owned(store), repair: true } as never));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "repair" } });
    await repairRoutes({ ...owned(store) });
    expect(targets(store.entries())).toEqual({ "/r0": "r0.example", "/r1": "r1.example" });
  });
});

describe("repairRoutes", () => {
  const UNSERVED: SyncOptions["routes"] = { "/a": "http://a.example" };

  test("judges what is declared by the lint levels of syncRoutes", async () => {
    const store = await freshStore();
    const options = { ...owned(store), routes: UNSERVED };
    expect(await refusal(repairRoutes(options))).toMatchObject({ code: "LINT" });
    await repairRoutes({ ...options, lint: { HTTP_ORIGIN: "off" } });
    expect(ours(store.entries())).toHaveLength(1);
  });

  test("guards the owner's routes as syncRoutes does", async () => {
    const store = await freshStore();
    await declare(store, routes(3), { generation: 7 });
    const options = { ...owned(store), routes: routes(1) };
    expect(await refusal(repairRoutes({ ...options, maxRemoved: 1 }))).toMatchObject({ code: "UNSAFE_PLAN" });
    expect(await refusal(repairRoutes({ ...options, generation: 6 }))).toMatchObject({ code: "SUPERSEDED" });
    expect(await refusal(repairRoutes({ ...options, routes: {} }))).toMatchObject({ code: "UNSAFE_PLAN" });
    expect(targets(store.entries())).toHaveProperty("/r2");
    expect((await repairRoutes({ ...options, policy: "upsert-only" })).kept).toEqual(["/r1", "/r2"]);
    await repairRoutes({ ...options, routes: {}, allowEmpty: true });
    expect(targets(store.entries())).toEqual({});
  });

  test("lets a table grow beyond what SST can write only with allowBeyondSst", async () => {
    const store = await freshStore();
    store.setEntries(store.arn, { "678a:routes": JSON.stringify([SST]), "aaaa:metadata": "{}" });
    const long = Object.fromEntries(
      Array.from({ length: 150 }, (_, n) => [`/${"p".repeat(400)}/${n}`, "https://h.example"]),
    );
    const options = { ...owned(store), routes: long };
    expect(await refusal(repairRoutes(options))).toMatchObject({ code: "SST_TABLE_LIMIT" });
    await repairRoutes({ ...options, allowBeyondSst: true });
    expect(ours(store.entries())).toHaveLength(150);
  });

  test.each<[string, Partial<SyncOptions>]>([
    ["lint", { lint: { HTTP_ORIGIN: "off" } }],
    ["previous", { previous: {} }],
    ["maxRemoved", { maxRemoved: 1 }],
    ["history", { history: 3 }],
  ])("without routes refuses %s, which is about them", async (path, more) => {
    const store = await freshStore();
    const error = await refusal(repairRoutes({ ...owned(store), ...more }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
    expect(error.message).toContain("give `routes` too");
    expect(store.stats().total).toBe(0);
  });

  test("without routes takes what concerns every write", async () => {
    const store = await freshStore();
    await declare(store, routes(1), { generation: 7 });
    expect(await refusal(repairRoutes({ ...owned(store), generation: 6 }))).toMatchObject({
      code: "SUPERSEDED",
    });
    await repairRoutes({ ...owned(store), generation: 8, verify: "full", gracePeriod: 0 });
    expect(await refusal(declare(store, routes(1), { generation: 7 }))).toMatchObject({ code: "SUPERSEDED" });
  });
});

test("what only grows a table, a call that shrinks it refuses", async () => {
  const store = await freshStore();
  const more = { allowBeyondSst: true } as object;
  const calls = [
    removeRoutes({ ...owned(store), ...more }),
    pruneOwners({ ...at(store), match: ["*"], ...more }),
  ];
  for (const error of await Promise.all(calls.map(refusal))) {
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "allowBeyondSst" } });
  }
});
