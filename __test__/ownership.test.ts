/** Ownership of routes: takeovers, adoption, policies, guards and generations. */
import { expect, test } from "@jest/globals";

import { removeRoutes } from "../lib";
import type { RouteTarget } from "../index";
import { declare, freshStore, refusal, routes, writes } from "./support/store";
import { foreign, ours, table, targets } from "./support/table";

const one = { owner: "one/stage" };
const two = { owner: "two/stage" };

test("a takeover switches the route in one write, and keeps the old record for requests under way", async () => {
  const store = await freshStore();
  const before = await declare(store, { "/api": "https://one.example", "/own": "https://own.example" }, one);
  store.resetStats();
  const report = await declare(store, { "/api": "https://two.example" }, { ...two, takeover: true });

  expect(report).toMatchObject({
    added: [],
    changed: ["/api"],
    taken: [{ pattern: "/api", from: "one/stage" }],
  });
  expect(writes(store)).toHaveLength(1);
  expect(targets(store.entries())).toEqual({ "/api": "two.example", "/own": "own.example" });
  expect(store.entries()).toHaveProperty([`${before.ids["/api"]}:metadata`]);

  // The former owner gets a conflict, and does not take the route back without a takeover.
  const error = await refusal(declare(store, { "/api": "https://one.example" }, one));
  expect(error).toMatchObject({ code: "ROUTE_CONFLICT", details: { holder: "two/stage" } });
  const back = await declare(store, { "/api": "https://one.example" }, { ...one, takeover: ["/api"] });
  expect(back).toMatchObject({ taken: [{ pattern: "/api", from: "two/stage" }], removed: ["/own"] });
  // The record that had been retired is named again: no sweep may take it.
  await declare(store, { "/x": "https://x.example" }, { ...two, gracePeriod: 0 });
  await declare(store, { "/api": "https://one.example" }, { ...one, gracePeriod: 0 });
  expect(targets(store.entries())).toEqual({ "/api": "one.example", "/x": "x.example" });
});

test("a takeover takes only what it names", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://one.example", "/b": "https://one.example" }, one);
  const mine = { "/a": "https://two.example", "/b": "https://two.example" };
  const before = store.entries();
  expect(await refusal(declare(store, mine, { ...two, takeover: ["/a"] }))).toMatchObject({
    code: "ROUTE_CONFLICT",
    details: { path: 'routes["/b"]', holder: "one/stage" },
  });
  expect(store.entries()).toEqual(before);
  expect(await refusal(declare(store, mine, { ...two, takeover: ["/c"] }))).toMatchObject({
    code: "INVALID_OPTION",
    details: { path: "takeover" },
  });
});

test("a route of SST is taken over with its place, and SST's own keys stay", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": '["url,aaaa,,/a","url,bbbb,,/api","url,cccc,,/c"]',
    "bbbb:metadata": '{"host":"sst.example","origin":{}}',
  });
  const report = await declare(store, { "/api": "https://two.example" }, { takeover: true });
  expect(report.taken).toEqual([{ pattern: "/api", from: "SST" }]);
  expect(table(store.entries())[1]).toBe(`url,${report.ids["/api"]},,/api`);
  expect(foreign(store.entries())).toEqual(["url,aaaa,,/a", "url,cccc,,/c"]);
  await declare(store, { "/api": "https://three.example" }, { gracePeriod: 0 });
  expect(store.entries()["bbbb:metadata"]).toBe('{"host":"sst.example","origin":{}}');
});

test("SST's site without a path holds what / means", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": '["site,aaaa,,","url,bbbb,,/b"]', "aaaa:metadata": "{}" });
  const root = { "/": "https://mine.example" };
  expect(await refusal(declare(store, root))).toMatchObject({
    code: "ROUTE_CONFLICT",
    details: { holder: "SST" },
  });
  await declare(store, root, { takeover: true });
  expect(foreign(store.entries())).toEqual(["url,bbbb,,/b"]);
  expect(targets(store.entries())).toEqual({ "/": "mine.example" });
});

test.each<[target: RouteTarget, entry: string, metadata: string]>([
  ["https://a.example", "url", '{"host":"a.example"}'],
  ["https://a.example", "url", '{"host":"a.example","origin":{"timeouts":{}}}'],
  ["https://a.example", "url", '{"host":"a.example","origin":{"protocol":"https"}}'],
  ["https://a.example", "url", '{"host":"a.example","rewrite":null,"origin":{}}'],
  ["https://a.example", "url", '{"host":"A.Example","origin":{}}'],
  ["https://a.example", "url", '{"host":"a.example","origin":{},"note":"by hand"}'],
  [{ bucket: "b.s3.us-east-1.amazonaws.com" }, "bucket", '{"domain":"b.s3.us-east-1.amazonaws.com"}'],
])("adopting %j takes an entry that does the same: %s %s", async (target, kind, metadata) => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": `["${kind},aaaa,,/api"]`, "aaaa:metadata": metadata });
  const report = await declare(store, { "/api": target }, { adopt: true });
  expect(report).toMatchObject({ changed: ["/api"], taken: [{ pattern: "/api", from: "SST" }] });
});

test.each<[metadata: string, field: string]>([
  ['{"host":"b.example","origin":{}}', 'host is "b.example", declared is "a.example"'],
  [
    '{"host":"a.example","origin":{"timeouts":{"readTimeout":9}}}',
    "origin.timeouts.readTimeout is 9, declared is absent",
  ],
  ['{"host":"a.example","origin":{"protocol":"http"}}', 'origin.protocol is "http", declared is absent'],
  ['{"host":"a.example","rewrite":{"regex":"^/a","to":"/"}}', 'rewrite.regex is "^/a", declared is absent'],
  ["oops", "its metadata, aaaa:metadata, is no JSON object"],
])("adopting names the field that differs in %s", async (metadata, field) => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/api"]', "aaaa:metadata": metadata });
  const error = await refusal(declare(store, { "/api": "https://a.example" }, { adopt: true }));
  expect(error).toMatchObject({ code: "ROUTE_CONFLICT", message: expect.stringContaining(field) });
});

test("adopting takes an equal route of SST with its metadata, which goes in time", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": '["url,bbbb,,/api","url,bbbb,,/api2","url,dddd,,/other"]',
    // As SST writes it: another order and spacing say the same.
    "bbbb:metadata": '{ "origin": {}, "host": "api.example" }',
    "dddd:metadata": '{"host":"elsewhere.example","origin":{}}',
  });
  const differs = await refusal(declare(store, { "/other": "https://api.example" }, { adopt: true }));
  expect(differs).toMatchObject({ code: "ROUTE_CONFLICT", details: { holder: "SST", key: "dddd:metadata" } });
  expect(await refusal(declare(store, { "/api": "https://api.example" }))).toMatchObject({
    code: "ROUTE_CONFLICT",
  });

  const first = await declare(store, { "/api": "https://api.example" }, { adopt: true, gracePeriod: 0 });
  expect(first).toMatchObject({ changed: ["/api"], taken: [{ pattern: "/api", from: "SST" }], warnings: [] });
  // SST's second entry still leads there.
  expect(store.entries()).toHaveProperty(["bbbb:metadata"]);
  const both = { "/api": "https://api.example", "/api2": "https://api.example" };
  await declare(store, both, { adopt: true });
  expect(store.entries()).toHaveProperty(["bbbb:metadata"]);
  await declare(store, { ...both, "/new": "https://new.example" }, { gracePeriod: 0 });
  expect(store.entries()).not.toHaveProperty(["bbbb:metadata"]);
  expect(foreign(store.entries())).toEqual(["url,dddd,,/other"]);
});

test("of two owners in one commit, the one that is overtaken is told by whom", async () => {
  const store = await freshStore();
  const [first, second] = await Promise.all([
    declare(store, { "/api": "https://one.example" }, one),
    declare(store, { "/api": "https://two.example" }, { ...two, takeover: true }),
  ]);
  expect(first.supersededBy).toBe(second.call);
  expect(second.supersededBy).toBeUndefined();
  expect(targets(store.entries())).toEqual({ "/api": "two.example" });
});

test("upsert-only adds and changes, and removes nothing", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://a.example", "/b": "https://b.example" });
  const next = { "/a": "https://new.example", "/c": "https://c.example" };
  const report = await declare(store, next, { policy: "upsert-only" });
  expect(report).toMatchObject({ added: ["/c"], changed: ["/a"], removed: [], kept: ["/b"] });
  expect(targets(store.entries())).toEqual({ "/a": "new.example", "/b": "b.example", "/c": "c.example" });
});

test("create-only adds, and leaves what stands", async () => {
  const store = await freshStore();
  const before = await declare(store, { "/a": "https://a.example", "/b": "https://b.example" });
  const next = { "/a": "https://new.example", "/c": "https://c.example" };
  const report = await declare(store, next, { policy: "create-only" });
  expect(report).toMatchObject({ added: ["/c"], changed: [], removed: [], kept: ["/a", "/b"] });
  expect(report.ids["/a"]).toBe(before.ids["/a"]);
  expect(targets(store.entries())).toEqual({ "/a": "a.example", "/b": "b.example", "/c": "c.example" });
  store.resetStats();
  await declare(store, next, { policy: "create-only" });
  expect(writes(store)).toEqual([]);
});

test("an empty set over one that is not empty must be meant", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const before = store.entries();
  const error = await refusal(declare(store, {}, { allowEmpty: false }));
  expect(error).toMatchObject({ code: "UNSAFE_PLAN", retryable: false, details: { limit: 0, actual: 3 } });
  expect(error.message).toContain("allowEmpty");
  expect(store.entries()).toEqual(before);
  // The removal of a construct intentionally removes all of its routes.
  const part = await declare(store, { "/p": "https://p.example" }, { part: "urn:p", previous: {} });
  await declare(store, {}, { part: "urn:p", previous: part.ids, allowEmpty: false });
  expect(ours(store.entries())).toHaveLength(3);
  await declare(store, {}, { allowEmpty: true });
  expect(ours(store.entries())).toEqual([]);
  await declare(store, {}, { allowEmpty: false });
});

test("maxRemoved bounds what goes, as a number and as a share", async () => {
  const store = await freshStore();
  await declare(store, routes(10));
  await declare(store, routes(5, "other"), { owner: "other/stage" });
  const before = store.entries();
  for (const [maxRemoved, limit] of [
    [2, 2],
    ["29%", 2],
    [0, 0],
  ] as const) {
    const error = await refusal(declare(store, routes(7), { maxRemoved }));
    expect(error).toMatchObject({ code: "UNSAFE_PLAN", details: { limit, actual: 3 } });
    expect(error.message).toContain("3 of the 10 routes");
  }
  expect(store.entries()).toEqual(before);
  expect((await declare(store, routes(7), { maxRemoved: "30%" })).removed).toHaveLength(3);

  const part = await declare(store, routes(4, "p"), { part: "urn:p", previous: {} });
  const error = await refusal(
    declare(store, routes(1, "p"), { part: "urn:p", previous: part.ids, maxRemoved: 2 }),
  );
  expect(error).toMatchObject({ code: "UNSAFE_PLAN", details: { limit: 2, actual: 3 } });
});

test("an older generation is refused, for every part and after the owner was emptied", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://new.example" }, { generation: 7 });
  const before = store.entries();
  const late = await refusal(declare(store, { "/a": "https://old.example" }, { generation: 6 }));
  expect(late).toMatchObject({ code: "SUPERSEDED", retryable: false, details: { limit: 7, actual: 6 } });
  expect(await refusal(declare(store, {}, { generation: 6 }))).toMatchObject({ code: "SUPERSEDED" });
  expect(store.entries()).toEqual(before);

  const parts = ["urn:a", "urn:b"].map((part) =>
    declare(store, { [`/${part}`]: "https://p.example" }, { part, previous: {}, generation: 7 }),
  );
  await Promise.all(parts);
  await declare(store, {}, { generation: 8 });
  expect(await refusal(declare(store, { "/a": "https://old.example" }, { generation: 7 }))).toMatchObject({
    code: "SUPERSEDED",
  });
  // Another owner has its own fence.
  await declare(store, { "/b": "https://b.example" }, { owner: "other/stage", generation: 1 });
});

test("removing an owner takes its routes and their records, and nobody else's", async () => {
  const store = await freshStore();
  await declare(store, routes(30), one);
  await declare(store, routes(5, "x"), one);
  await declare(store, { "/two": "https://two.example" }, two);
  const remove = (more = {}) =>
    removeRoutes({ store: store.arn, client: store.client, router: "678a", ...one, ...more });
  expect(await refusal(remove({ maxRemoved: 4 }))).toMatchObject({ code: "UNSAFE_PLAN" });
  const report = await remove();
  expect(report.removed).toHaveLength(5);
  expect(targets(store.entries())).toEqual({ "/two": "two.example" });
  // Also what an earlier change had left for requests under way.
  expect(Object.keys(store.entries()).filter((key) => key.endsWith(":metadata"))).toHaveLength(1);
  store.resetStats();
  expect((await remove()).removed).toEqual([]);
  expect(writes(store)).toEqual([]);

  store.deleteStore(store.arn);
  const gone = await remove({ retry: { firstWait: 0.001, maxWait: 0.002 } });
  expect(gone).toMatchObject({ removed: [], warnings: [{ code: "STORE_GONE" }] });
  const bad = await refusal(remove({ routes: {} }));
  expect(bad).toMatchObject({ code: "INVALID_OPTION", details: { path: "routes" } });
});

test("removals, takeovers and syncs of one moment share a commit", async () => {
  const store = await freshStore();
  await declare(store, routes(3), one);
  await declare(store, { "/held": "https://two.example" }, two);
  store.resetStats();
  await Promise.all([
    removeRoutes({ store: store.arn, client: store.client, router: "678a", ...one }),
    declare(store, { "/held": "https://three.example" }, { owner: "three/stage", takeover: true }),
    declare(store, { "/four": "https://four.example" }, { owner: "four/stage" }),
  ]);
  expect(writes(store)).toHaveLength(1);
  expect(targets(store.entries())).toEqual({ "/held": "three.example", "/four": "four.example" });
});

test("a higher generation is recorded though nothing else changes, once", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://a.example" }, { generation: 1 });
  store.resetStats();
  await declare(store, { "/a": "https://a.example" }, { generation: 2 });
  expect(writes(store)).toHaveLength(1);
  await declare(store, { "/a": "https://a.example" }, { generation: 2 });
  expect(writes(store)).toHaveLength(1);
  expect(await refusal(declare(store, { "/a": "https://a.example" }, { generation: 1 }))).toMatchObject({
    code: "SUPERSEDED",
  });
});
