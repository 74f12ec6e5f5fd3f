/** `planRoutes`: it writes nothing, its plan matches `syncRoutes` exactly, and the plan is applied exactly or not at all. */
import { expect, test } from "@jest/globals";

import { planRoutes, syncRoutes } from "../lib";
import type { RouteTarget, RoutesPlan, SyncOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { effort } from "./support/effort";
import { node } from "./support/run";
import { declare, freshStore, refusal, routes, writes } from "./support/store";
import { targets } from "./support/table";

const options = (
  store: LocalStore,
  declared: SyncOptions["routes"],
  more: Partial<SyncOptions> = {},
): SyncOptions => ({
  store: store.arn,
  client: store.client,
  router: "678a",
  owner: "shop/test",
  routes: declared,
  ...more,
});

test("changes are told field by field, in data, in text and in Markdown", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/sst"]' });
  await declare(store, { "/held": "https://held.example" }, { owner: "other/stage" });
  await declare(store, {
    "/same": "https://same.example",
    "/api": { url: "https://api.example", readTimeout: 20 },
    "/kind": "https://kind.example",
    "/old": "https://old.example",
  });
  const before = store.entries();
  store.resetStats();
  const plan = await planRoutes(
    options(
      store,
      {
        "/same": "https://same.example",
        "/api": { url: "https://api.example", readTimeout: 30 },
        "/kind": { bucket: "b.s3.us-east-1.amazonaws.com" },
        "/new": "https://new.example",
        "/held": "https://mine.example",
      },
      { takeover: ["/held"] },
    ),
  );
  expect(store.entries()).toEqual(before);
  expect(writes(store)).toEqual([]);
  expect(plan).toMatchObject({
    version: 1,
    router: "678a",
    owner: "shop/test",
    unchanged: ["/same"],
    foreign: [{ owner: "SST", routes: 1 }],
    atomic: true,
    batches: 1,
    edgeReads: { before: 2, after: 2 },
  });
  expect(plan.changes.map(({ action, pattern }) => `${action} ${pattern}`)).toEqual([
    "add /new",
    "change /api",
    "change /kind",
    "change /held",
    "remove /old",
  ]);
  expect(plan.changes[1]?.fields).toEqual([{ path: "origin.timeouts.readTimeout", before: 20, after: 30 }]);
  expect(plan.changes[2]).toMatchObject({ from: { type: "url" }, to: { type: "bucket" } });
  expect(plan.changes[3]).toMatchObject({ takenFrom: "other/stage" });
  expect(plan.changes[4]).toMatchObject({ from: { metadata: { host: "old.example" } } });
  expect(plan.text.replaceAll(/\d+ bytes|\d+ → \d+ bytes/gu, "N bytes")).toMatchSnapshot("text");
  expect(plan.markdown.replaceAll(/\d+ bytes|\d+ → \d+ bytes/gu, "N bytes")).toMatchSnapshot("markdown");
});

test("a plan is applied to the state it was made for, also from a file and by another process", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const plan = await planRoutes(options(store, routes(5)));
  expect(JSON.stringify(plan)).not.toContain(store.client.credentials?.secretAccessKey);
  const kept = JSON.stringify(plan);
  const program = `require("routesync").syncRoutes({ plan: ${kept}, client: ${JSON.stringify(store.client)} })
    .then((report) => console.log(report.added.join()))`;
  expect(await node(["-e", program])).toBe("/r3,/r4");
  expect(Object.keys(targets(store.entries()))).toHaveLength(5);

  // The store has moved: by that very write.
  const again = await refusal(syncRoutes({ plan: JSON.parse(kept) as RoutesPlan, client: store.client }));
  expect(again).toMatchObject({ code: "PLAN_STALE", retryable: false });
});

test("any write by anyone makes a plan stale, whoever is warm or cold", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const plan = await planRoutes(options(store, routes(5)));
  await declare(store, { "/other": "https://other.example" }, { owner: "other/stage" });
  const before = store.entries();
  expect(await refusal(syncRoutes({ plan, client: store.client }))).toMatchObject({ code: "PLAN_STALE" });
  expect(store.entries()).toEqual(before);
  const fresh = await planRoutes(options(store, routes(5)));
  store.putRaw(store.arn, "foreign", "write");
  expect(await refusal(syncRoutes({ plan: fresh, client: store.client }))).toMatchObject({
    code: "PLAN_STALE",
  });
  const last = await planRoutes(options(store, routes(5)));
  expect((await syncRoutes({ plan: last, client: store.client })).added).toEqual(["/r3", "/r4"]);
});

test("what a plan may say besides is how to get there", async () => {
  const store = await freshStore();
  const plan = await planRoutes(options(store, routes(1)));
  const { client } = store;
  const routesToo = { plan, client, routes: {} } as unknown as SyncOptions;
  expect(await refusal(syncRoutes(routesToo))).toMatchObject({
    code: "INVALID_OPTION",
    details: { path: "routes" },
  });
  const newer = { ...plan, version: 2 } as unknown as RoutesPlan;
  expect(await refusal(syncRoutes({ plan: newer, client }))).toMatchObject({ details: { path: "plan" } });
  const bare = { version: 1, etag: "x" } as unknown as RoutesPlan;
  expect(await refusal(syncRoutes({ plan: bare, client }))).toMatchObject({
    details: { path: "plan.options" },
  });
});

test("a plan that a guard refuses is made all the same, and says so", async () => {
  const store = await freshStore();
  await declare(store, routes(4));
  const plan = await planRoutes(options(store, {}));
  expect(plan.refusal).toMatchObject({ code: "UNSAFE_PLAN", details: { actual: 4 } });
  expect(plan.changes.filter(({ action }) => action === "remove")).toHaveLength(4);
  expect(plan.text).toContain("refused UNSAFE_PLAN");
  expect(await refusal(syncRoutes({ plan, client: store.client }))).toMatchObject({ code: "UNSAFE_PLAN" });
  expect(
    await refusal(planRoutes(options(store, { "/r0": "https://x.example" }, { owner: "x" }))),
  ).toMatchObject({ code: "ROUTE_CONFLICT", details: { holder: "shop/test" } });
});

test("a plan and the call that follows agree: changes, keys, batches, requests", async () => {
  const seed = Date.now() % 1_000_000;
  let state = seed;
  // A small random generator. The test prints its seed, which repeats the run.
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const drawn = (): Record<string, RouteTarget> =>
    Object.fromEntries(
      Array.from({ length: random(random(3) ? 40 : 400) + 1 }, () => {
        const path = `/p${random(600)}`;
        return [path, `https://h${random(3) ? path.slice(2) : random(20)}.example`];
      }),
    );
  const rounds = effort("random plans that a call follows", 10, 40);
  for (let round = 0; round < rounds; round++) {
    const store = await freshStore();
    if (random(2)) store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/sst","url,bbbb,,/p5"]' });
    for (let n = random(3); n > 0; n--) {
      await declare(store, drawn(), {
        takeover: true,
        owner: `o${random(2)}/s`,
        gracePeriod: random(2) * 60,
        ...(random(3) ? {} : { history: random(3) }),
      });
    }
    const call = options(store, drawn(), {
      owner: `o${random(3)}/s`,
      takeover: true,
      policy: (["sync", "upsert-only", "create-only"] as const)[random(3)] ?? "sync",
      verify: random(3) !== 0,
      ...(random(3) ? {} : { generation: 1 + random(3) }),
      ...(random(4) ? {} : { history: random(4) }),
      gracePeriod: random(2) * 60,
    });
    const plan = await planRoutes(call);
    store.resetStats();
    // Another process: this one knows the state already.
    const program = `require("routesync").syncRoutes(${JSON.stringify({ plan, client: store.client })})
      .then((report) => console.log(JSON.stringify(report)))`;
    const report = JSON.parse(await node(["-e", program]));
    const told = (action: string) =>
      plan.changes.filter((change) => change.action === action).map(({ pattern }) => pattern);
    const agreed = {
      seed,
      round,
      added: told("add"),
      changed: told("change"),
      removed: told("remove"),
      kept: told("keep"),
      unchanged: plan.unchanged,
      requests: plan.requests,
      writes: plan.batches,
      keys: plan.keys,
    };
    const { added, changed, removed, kept, unchanged, counts } = report;
    expect({
      seed,
      round,
      added,
      changed,
      removed,
      kept,
      unchanged,
      requests: counts.requests,
      writes: writes(store).length,
      keys: { put: counts.keysPut, deleted: counts.keysDeleted },
    }).toEqual(agreed);
  }
});
