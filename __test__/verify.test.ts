/** `verifyRoutes` and `listOwners`: what stands, judged. */
import { expect, test } from "@jest/globals";

import { listOwners, verifyRoutes } from "../lib";
import type { VerifyOptions } from "../index";
import type { LocalStore } from "../testing";
import { damages, declared, deployed, idOf } from "./support/damage";
import { declare, freshStore, refusal, routes, writes } from "./support/store";

const owned = { router: "678a", owner: "shop/test", routes: declared };
const verify = (store: LocalStore, more: Partial<VerifyOptions> = owned) =>
  verifyRoutes({ store: store.arn, client: store.client, ...more });

test("what was deployed is found to stand, for the price of a listing", async () => {
  const store = await deployed();
  store.resetStats();
  const found = await verify(store);
  expect(found).toMatchObject({ ok: true, findings: [], routers: { "678a": 67 } });
  const pages = Math.ceil(Object.keys(store.entries()).length / 50);
  expect(found.requests).toEqual({ describe: 2, get: 0, list: pages, update: 0 });
  expect(writes(store)).toEqual([]);
  // Without a declaration the store is judged against itself, and all routers of it.
  await declare(store, routes(2), { router: "beef" });
  expect(await verify(store, {})).toMatchObject({ ok: true, routers: { "678a": 67, beef: 2 } });
  expect(await verify(store, { router: "beef" })).toMatchObject({ routers: { beef: 2 } });
});

test.each(Object.entries(damages))("%s is found, with what it does to users", async (_, damage) => {
  const store = await deployed();
  damage.inflict(store);
  const { findings, ok } = await verify(store);
  const found = findings.find(({ code }) => code === damage.code);
  expect(found).toMatchObject({ effect: expect.stringMatching(/\w/u), remedy: expect.stringMatching(/\w/u) });
  expect(ok).toBe(found?.severity === "info");
});

test("what is declared and not live, and what is live and not declared, is told apart", async () => {
  const store = await deployed();
  await declare(store, { "/b": "https://b.example" }, { owner: "b/stage" });
  const { "/r0": _, ...rest } = declared;
  const next = {
    ...rest,
    "/r1": "https://new.example",
    "/new": "https://new.example",
    "/b": "https://x.example",
  };
  const { findings } = await verify(store, { ...owned, routes: next });
  expect(findings.map(({ code, pattern, owner }) => ({ code, pattern, owner }))).toEqual([
    { code: "ROUTE_MISSING", pattern: "/new", owner: "shop/test" },
    { code: "ROUTE_DIFFERS", pattern: "/r1", owner: "shop/test" },
    { code: "ROUTE_UNDECLARED", pattern: "/r0", owner: "shop/test" },
    { code: "ROUTE_HELD", pattern: "/b", owner: "b/stage" },
  ]);
  // A part says nothing of the rest.
  const part = await verify(store, { ...owned, routes: { "/r2": "https://r2.example" }, previous: {} });
  expect(part).toMatchObject({ ok: true, findings: [] });
});

test("collisions, foreign leftovers, empty owners and a newer form are named", async () => {
  const store = await deployed();
  const [owner] = idOf(store, "/other0").split(".");
  const record = `678a:owner:${owner}`;
  await declare(store, { "/gone": "https://gone.example" }, { owner: "gone/stage" });
  await declare(store, {}, { owner: "gone/stage", graceSeconds: 0 });
  const table = store.entries()["678a:routes:0"] ?? "";
  store.putRaw(store.arn, "678a:routes:0", table.replace("/sst/b", "/r3"));
  store.putRaw(store.arn, "dddd:metadata", "{}");
  store.putRaw(store.arn, record, '{"v":2}');
  const { findings } = await verify(store, {});
  expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
    "warning COLLISION",
    "info METADATA_UNNAMED",
    "info RECORD_NEWER",
    "info OWNER_EMPTY",
  ]);
  expect(findings[0]?.owner).toBe("SST, shop/test");
});

test("owners are listed with their routes; emptied ones when asked for", async () => {
  const store = await deployed();
  await declare(store, { "/g": "https://g.example" }, { owner: "gone/stage", generation: 4 });
  await declare(store, {}, { owner: "gone/stage" });
  const list = (emptied?: boolean) =>
    listOwners({ store: store.arn, client: store.client, router: "678a", ...(emptied ? { emptied } : {}) });
  const { owners, foreign } = await list();
  expect(owners.map(({ owner, routes: count }) => [owner, count])).toEqual([
    ["other/stage", 5],
    ["shop/test", 60],
  ]);
  expect(foreign).toBe(2);
  expect(owners[0]?.at).toBeGreaterThan(1_700_000_000);
  expect((await list(true)).owners[0]).toMatchObject({ owner: "gone/stage", routes: 0, generation: 4 });
});

test("bad options are refused with their path", async () => {
  const store = await freshStore();
  const wrong: [Partial<VerifyOptions>, string][] = [
    [{ routes: {} }, "router"],
    [{ router: "678a", routes: {} }, "owner"],
    [{ router: "678a", owner: "x" }, "routes"],
    [{ rooter: "678a" } as Partial<VerifyOptions>, "rooter"],
  ];
  for (const [options, path] of wrong) {
    expect(await refusal(verify(store, options))).toMatchObject({
      code: "INVALID_OPTION",
      details: { path },
    });
  }
});
