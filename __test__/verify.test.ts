/** `verifyRoutes` and `listOwners`: checks of the live state. */
import { expect, test } from "@jest/globals";

import { listOwners, verifyRoutes } from "../lib";
import type { VerifyOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { damages, declared, deployed, idOf } from "./support/damage";
import { reader } from "./support/reader.cjs";
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
  expect(found.requests).toEqual({ describe: 2, get: 0, list: 2 * pages, update: 0 });
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

test.each<[string, string]>([
  ["bucket,dddd,,/sst/c", '{"domain":"c.s3.us-east-1.amazonaws.com"}'],
  ["bucket,dddd,,/sst/c", '{"domain":"c.s3.us-east-1.amazonaws.com","origin":{}}'],
  ["bucket,dddd,,/sst/c", '{"domain":"c.s3.us-east-1.amazonaws.com","origin":null,"rewrite":null}'],
  ["url,dddd,,/sst/c", '{"host":"c.example"}'],
])("metadata that every reader accepts is no finding: %s, %s", async (entry, metadata) => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": JSON.stringify([entry]), "dddd:metadata": metadata });
  expect(await verify(store, {})).toMatchObject({ ok: true, findings: [] });
  const ask = reader(store.entries());
  expect(await ask("h.example", "/sst/c")).toMatchObject({ origin: expect.stringMatching(/^c\./u) });
});

test.each<[string, string]>([
  ["bucket,dddd,,/sst/c", '{"origin":{"timeouts":{}}}'],
  ["url,dddd,,/sst/c", '{"origin":{}}'],
  ["url,dddd,,/sst/c", '{"host":"c.example","rewrite":{"regex":"(","to":"/"}}'],
  ["url,dddd,,/sst/c", "null"],
])("metadata that the reader fails on is found: %s, %s", async (entry, metadata) => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": JSON.stringify([entry]), "dddd:metadata": metadata });
  const { findings } = await verify(store, {});
  expect(findings.map(({ code }) => code)).toEqual(["METADATA_GARBLED"]);
  const read = await reader(store.entries(), { strict: true })("h.example", "/sst/c");
  expect(read.throws).toBeDefined();
});

test("altered metadata is a finding where the edge acts on the difference, which is named", async () => {
  const store = await freshStore();
  const routed = { "/a": { url: "https://a.example", readTimeout: 30 } };
  const report = await declare(store, routed);
  const key = `${report.ids["/a"]}:metadata`;
  const found = async (metadata: string) => {
    store.putRaw(store.arn, key, metadata);
    return (await verify(store, { ...owned, routes: routed })).findings;
  };
  expect(await found('{"origin":{"timeouts":{"readTimeout":30.0},"x":1},"host":"A.example"}')).toEqual([]);
  const [finding] = await found('{"host":"a.example","origin":{}}');
  expect(finding).toMatchObject({
    code: "METADATA_ALTERED",
    message: expect.stringContaining("origin.timeouts.readTimeout is absent, declared is 30"),
  });
});

test("collisions, foreign leftovers, empty owners and a newer form are named", async () => {
  const store = await deployed();
  const [owner] = idOf(store, "/other0").split(".");
  const record = `678a:owner:${owner}`;
  await declare(store, { "/gone": "https://gone.example" }, { owner: "gone/stage" });
  await declare(store, {}, { owner: "gone/stage", gracePeriod: 0 });
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
