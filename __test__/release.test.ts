/** `releaseRoutes`: the routes stay, and all other data of routesync is removed. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "@jest/globals";

import { readRoutes, releaseRoutes, syncRoutes, verifyRoutes } from "../lib";
import type { ReleaseOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { Hearing } from "./support/events";
import { declare, freshStore, hosts, refusal, routes, writes } from "./support/store";
import { table } from "./support/table";

const release = (store: LocalStore, more: Partial<ReleaseOptions> = {}) =>
  releaseRoutes({
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/test",
    gracePeriod: 1,
    ...more,
  });

/** The host of each pattern, for the routes of all owners. */
const leads = (store: LocalStore) => {
  const entries = store.entries();
  const lead = (line: string): [string, string] => {
    const [, id, host, path] = line.split(",");
    const metadata = JSON.parse(entries[`${id}:metadata`] ?? "{}") as { host?: string; domain?: string };
    return [`${host}${path}`, metadata.host ?? metadata.domain ?? ""];
  };
  return Object.fromEntries(table(entries).map(lead));
};

test("entries become plain ones in one write, and records of routesync go after it", async () => {
  const store = await freshStore();
  const declared = { ...routes(5), "docs.example.com/": { bucket: "docs.s3.us-east-1.amazonaws.com" } };
  await declare(store, declared, { history: 3 });
  await declare(store, { ...declared, "/r0": "https://moved.example" });
  const before = leads(store);
  store.resetStats();
  const report = await release(store, { gracePeriod: 0 });
  expect(report.changed).toHaveLength(6);
  expect(leads(store)).toEqual(before);
  const live = await readRoutes({ store: store.arn, client: store.client, router: "678a" });
  expect(live.routes.map(({ owner }) => owner)).toEqual(Array(6).fill("SST"));
  const names = Object.keys(store.entries()).filter((key) => !key.startsWith("678a:routes"));
  expect(names.every((key) => /^[0-9a-f]{16}:metadata$/u.test(key))).toBe(true);
  expect(names).toHaveLength(6);
  expect((await verifyRoutes({ store: store.arn, client: store.client })).findings).toEqual([]);
});

test("what stood is kept for requests under way until the grace is over", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const stood = store.entries();
  await release(store);
  const [switched, gone] = writes(store).slice(-2);
  // All new records are written before the old ones are deleted.
  expect(switched?.deletes ?? []).toEqual([]);
  expect(gone?.puts ?? []).toEqual([]);
  expect(gone?.deletes).toHaveLength(4);
  expect((gone?.atMs ?? 0) - (switched?.atMs ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(Object.keys(store.entries()).filter((key) => key in stood)).toEqual(["678a:routes"]);
});

test("the report is of both of its commits, and the wait between them is told", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  store.resetStats();
  const hearing = new Hearing();
  const report = await hearing.until(release(store, { onProgress: hearing.onProgress }));
  const sent = writes(store).slice(-2);
  const count = (keys: (write: (typeof sent)[number]) => unknown[] | undefined) =>
    sent.reduce((sum, write) => sum + (keys(write)?.length ?? 0), 0);
  expect(report.counts).toMatchObject({
    keysPut: count(({ puts }) => puts),
    keysDeleted: count(({ deletes }) => deletes),
    attempts: 2,
  });
  const { describe, get, list, update } = report.counts.requests;
  expect(describe + get + list + update).toBe(store.stats().total);
  expect(report.estimatedCostUsd).toBeCloseTo(store.stats().total * 0.001);
  expect(report.durationMs).toBeGreaterThanOrEqual(1_000);
  const live = await readRoutes({ store: store.arn, client: store.client, router: "678a" });
  expect(report.etag).toBe(live.etag);
  expect(hearing.wrong).toEqual([]);
  const [waiting, ...more] = hearing.of("waiting");
  expect(more).toEqual([]);
  expect(waiting?.waitMs).toBeGreaterThan(0);
  expect(waiting?.waitMs).toBeLessThanOrEqual(2_000);
  expect(hearing.types.indexOf("waiting")).toBeGreaterThan(hearing.types.indexOf("written"));
});

test("nothing is told of a wait that there is none of", async () => {
  const store = await freshStore();
  await declare(store, routes(1));
  const hearing = new Hearing();
  await hearing.until(release(store, { gracePeriod: 0, onProgress: hearing.onProgress }));
  expect(hearing.of("waiting")).toEqual([]);
});

test("a release that was cut off is finished by the next, and a finished one writes nothing", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const short = await refusal(release(store, { gracePeriod: 60, deadline: "1 minute" }));
  expect(short).toMatchObject({ code: "INVALID_OPTION", details: { path: "deadline" } });
  const controller = new AbortController();
  const cut = release(store, { gracePeriod: 60, signal: controller.signal });
  while (leads(store)["/r0"] === undefined || table(store.entries())[0]?.includes(".")) await sleep(1);
  controller.abort(new Error("cut off"));
  await expect(cut).rejects.toThrow("cut off");
  expect(leads(store)).toEqual(hosts(routes(3)));
  expect(Object.keys(store.entries()).some((key) => key.includes(":owner:"))).toBe(true);
  await release(store, { gracePeriod: 0 });
  expect(Object.keys(store.entries()).some((key) => key.includes(":owner:"))).toBe(false);
  const sent = writes(store).length;
  await release(store);
  expect(writes(store)).toHaveLength(sent);
});

test("other owners and entries of SST stay, byte for byte", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": '["url,aaaa,,/sst"]',
    "aaaa:metadata": '{"host":"sst.example"}',
  });
  await declare(store, routes(2, "theirs"), { owner: "other" });
  const theirs = Object.entries(store.entries()).filter(
    ([key]) => key.includes(":owner:") || key.includes("."),
  );
  await declare(store, routes(2));
  await release(store, { gracePeriod: 0 });
  expect(store.entries()).toMatchObject(Object.fromEntries(theirs));
  expect(store.entries()).toMatchObject({ "aaaa:metadata": '{"host":"sst.example"}' });
  expect(leads(store)).toEqual({
    "/sst": "sst.example",
    ...hosts(routes(2, "theirs")),
    ...hosts(routes(2)),
  });
});

test("more than one write takes is handed back, too", async () => {
  const store = await freshStore();
  await declare(store, routes(300));
  await release(store, { gracePeriod: 0, verify: "full" });
  expect(leads(store)).toEqual(hosts(routes(300)));
  expect((await verifyRoutes({ store: store.arn, client: store.client })).findings).toEqual([]);
});

test("a namespace that SST fills goes on leading there", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "f2de:metadata": '{"host":"web.example"}' });
  await declare(store, { "/web": { namespace: "f2de", type: "url" } });
  await release(store, { gracePeriod: 0 });
  expect(store.entries()["678a:routes"]).toBe('["url,f2de,,/web"]');
});

test("a site cannot be handed back, and nothing is written", async () => {
  const store = await freshStore();
  await declare(store, {
    "/a": "https://a.example",
    "/docs": { site: { s3: { domain: "b.s3.us-east-1.amazonaws.com", dir: "/v1" } }, files: ["/index.html"] },
  });
  const stood = store.entries();
  const error = await refusal(release(store, { gracePeriod: 0 }));
  expect(error.code).toBe("NOT_RELEASABLE");
  expect(store.entries()).toEqual(stood);
});

test("a dry run tells the routes and writes nothing; what is adopted again is the owner's as before", async () => {
  const store = await freshStore();
  await declare(store, routes(2));
  const stood = store.entries();
  expect((await release(store, { dryRun: true })).changed).toEqual(["/r0", "/r1"]);
  expect(store.entries()).toEqual(stood);
  await release(store, { gracePeriod: 0 });
  const back = await syncRoutes({
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/test",
    routes: routes(2),
    adopt: true,
  });
  expect(back.taken.map(({ from }) => from)).toEqual(["SST", "SST"]);
});

test("what is deployed while a release waits stays its owner's", async () => {
  const store = await freshStore();
  await declare(store, routes(2));
  const released = release(store, { gracePeriod: 1 });
  while (table(store.entries())[0]?.includes(".")) await sleep(1);
  await declare(store, { "/new": "https://new.example" });
  expect((await released).changed).toEqual(["/r0", "/r1"]);
  expect(table(store.entries()).filter((line) => line.includes("."))).toHaveLength(1);
  expect(Object.keys(store.entries()).some((key) => key.includes(":owner:"))).toBe(true);
});

test("any set, with and without an index: the routes lead where they led, and no key is left over", async () => {
  const seed = Number(process.env["ROUTESYNC_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`ROUTESYNC_SEED=${seed}`);
  let state = seed >>> 0;
  const below = (end: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
  const pick = <T>(choices: readonly T[]) => choices[below(choices.length)] as T;
  for (let n = 0; n < 8; n += 1) {
    const store = await freshStore();
    const targets = pick([1, 5, 1_000]);
    const set = () =>
      Object.fromEntries(
        Array.from({ length: 1 + below(pick([10, 60, 250])) }, (_, at) => [
          `/r${at}`,
          `https://t${below(targets)}.example`,
        ]),
      );
    const options = { index: pick([true, false]), history: pick([0, 2]), gracePeriod: pick([0, 60]) };
    const sets = [set(), set()];
    for (const declared of sets) await declare(store, declared, options);
    const before = leads(store);
    if (pick([true, false])) await declare(store, routes(below(80), "theirs"), { owner: "other" });
    const failing = pick([0, 1, 2]);
    store.script([
      { on: "UpdateKeys", how: pick(["reset", "503", "stale"]), times: failing, after: pick([true, false]) },
    ]);
    await release(store, { gracePeriod: pick([0, 0, 1]) });
    const what = JSON.stringify({ seed, n, ...options, sizes: sets.map((it) => Object.keys(it).length) });
    expect([what, leads(store)]).toMatchObject([what, before]);
    const { findings } = await verifyRoutes({ store: store.arn, client: store.client });
    expect([what, findings]).toEqual([what, []]);
    const records = Object.keys(store.entries()).filter((key) => key.startsWith("678a:owner:"));
    expect([what, records.length <= 1]).toEqual([what, true]);
  }
});
