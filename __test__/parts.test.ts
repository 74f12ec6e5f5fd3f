/** Parts of a set: `previous`, and the ownership of routes among parts. */
import { expect, test } from "@jest/globals";

import { declare, freshStore, refusal, routes } from "./support/store";
import { entryAt, foreign, ours, targets } from "./support/table";

test("a call with previous leaves the owner's other routes alone", async () => {
  const store = await freshStore();
  const api = await declare(store, { "/api": "https://a.example" }, { part: "urn:api", previous: {} });
  const web = await declare(store, { "/web": "https://w.example" }, { part: "urn:web", previous: {} });
  expect(targets(store.entries())).toEqual({ "/api": "a.example", "/web": "w.example" });

  const moved = await declare(store, { "/v2": "https://a.example" }, { part: "urn:api", previous: api.ids });
  expect(moved).toMatchObject({ added: ["/v2"], removed: ["/api"], warnings: [] });
  const gone = await declare(store, {}, { part: "urn:web", previous: web.ids });
  expect(gone).toMatchObject({ removed: ["/web"], ids: {} });
  expect(targets(store.entries())).toEqual({ "/v2": "a.example" });
});

test("a renamed construct's late delete does not take the new one's route", async () => {
  const store = await freshStore();
  const target = "https://same.example";
  const old = await declare(store, { "/api": target }, { part: "urn:old", previous: {} });
  // Pulumi makes the new one first, then deletes the old one.
  const renamed = await declare(store, { "/api": target }, { part: "urn:new", previous: {} });
  expect(renamed.ids["/api"]).not.toBe(old.ids["/api"]);
  const late = await declare(store, {}, { part: "urn:old", previous: old.ids });
  expect(late.removed).toEqual([]);
  expect(targets(store.entries())).toEqual({ "/api": "same.example" });
  expect(entryAt(store.entries(), "/api")).toContain(renamed.ids["/api"]);
});

test("the same, when both meet in one commit, in either order", async () => {
  for (const newFirst of [true, false]) {
    const store = await freshStore({ latencyMs: 5 });
    const old = await declare(store, { "/api": "https://old.example" }, { part: "urn:old", previous: {} });
    const make = () => declare(store, { "/api": "https://new.example" }, { part: "urn:new", previous: {} });
    const drop = () => declare(store, {}, { part: "urn:old", previous: old.ids });
    await Promise.all(newFirst ? [make(), drop()] : [drop(), make()]);
    expect(targets(store.entries())).toEqual({ "/api": "new.example" });
  }
});

test("an own live route that previous does not name is replaced, with a warning", async () => {
  const store = await freshStore();
  await declare(store, { "/api": "https://interrupted.example" }, { previous: {} });
  const report = await declare(store, { "/api": "https://again.example" }, { previous: {} });
  expect(report.changed).toEqual(["/api"]);
  expect(report.warnings.map(({ code, pattern }) => [code, pattern])).toContainEqual([
    "REPLACED_LIVE_ROUTE",
    "/api",
  ]);
  expect(targets(store.entries())).toEqual({ "/api": "again.example" });

  const known = await declare(store, { "/api": "https://known.example" }, { previous: report.ids });
  expect(known.warnings.map(({ code }) => code)).not.toContain("REPLACED_LIVE_ROUTE");
});

test("ids are usable as previous by another process's words: as plain JSON", async () => {
  const store = await freshStore();
  const declared = { ...routes(3), "Shop.Example.com/Käse": "https://k.example" };
  const { ids } = await declare(store, declared, { previous: {} });
  expect(Object.keys(ids)).toEqual(Object.keys(declared));
  const report = await declare(store, {}, { previous: JSON.parse(JSON.stringify(ids)) });
  expect(report.removed.toSorted()).toEqual(Object.keys(declared).toSorted());
  expect(ours(store.entries())).toEqual([]);
});

test("two parts that claim a pattern with different targets at once are a conflict of the later", async () => {
  const store = await freshStore({ latencyMs: 5 });
  const one = declare(store, { "/api": "https://one.example" }, { part: "urn:1", previous: {} });
  const other = refusal(
    declare(
      store,
      { "/api": "https://other.example", "/b": "https://b.example" },
      { part: "urn:2", previous: {} },
    ),
  );
  const innocent = declare(store, { "/c": "https://c.example" }, { part: "urn:3", previous: {} });
  expect((await one).added).toEqual(["/api"]);
  expect(await other).toMatchObject({
    code: "ROUTE_CONFLICT",
    retryable: false,
    details: { path: 'routes["/api"]' },
  });
  expect((await other).message).toContain("urn:1");
  await innocent;
  expect(targets(store.entries())).toEqual({ "/api": "one.example", "/c": "c.example" });
});

test("a pattern that SST holds is a conflict, and stays as it is", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/api"]', "aaaa:metadata": "{}" });
  const before = store.entries();
  const error = await refusal(declare(store, { "/x": "https://x.example", "/api/*": "https://a.example" }));
  expect(error).toMatchObject({
    code: "ROUTE_CONFLICT",
    details: { path: 'routes["/api/*"]', holder: "SST" },
  });
  expect(error.message).toMatch(/SST.*remove it there first/);
  expect(store.entries()).toEqual(before);
  // A neighbour is none.
  await declare(store, { "/api/v2": "https://a.example" });
  expect(foreign(store.entries())).toEqual(["url,aaaa,,/api"]);
});

test("a pattern that another owner holds is a conflict, until that owner drops it", async () => {
  const store = await freshStore();
  await declare(store, { "/api": "https://one.example" }, { owner: "one/stage" });
  const error = await refusal(declare(store, { "/api": "https://two.example" }, { owner: "two/stage" }));
  expect(error).toMatchObject({ code: "ROUTE_CONFLICT", details: { path: 'routes["/api"]' } });
  expect(error.details.holder).toBeTruthy();
  expect(targets(store.entries())).toEqual({ "/api": "one.example" });

  await declare(store, {}, { owner: "one/stage" });
  await declare(store, { "/api": "https://two.example" }, { owner: "two/stage" });
  expect(targets(store.entries())).toEqual({ "/api": "two.example" });
});

test("a conflict with another owner names that owner", async () => {
  const store = await freshStore();
  await declare(store, { "/api": "https://one.example" }, { owner: "one/stage" });
  const error = await refusal(declare(store, { "/api": "https://two.example" }, { owner: "two/stage" }));
  expect(error.details.holder).toBe("one/stage");
  expect(error.message).toContain("one/stage");
});

test("routes under an owner's id without that owner's record are not touched", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, { "/api": "https://a.example" });
  const owner = (ids["/api"] as string).split(".")[0];
  store.putRaw(store.arn, `678a:owner:${owner}`);
  const before = store.entries();
  expect(await refusal(declare(store, {}))).toMatchObject({ code: "OWNER_ID_TAKEN", retryable: false });
  expect(store.entries()).toEqual(before);
});

test("a record of a newer version is not touched", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, { "/api": "https://a.example" });
  const key = `678a:owner:${(ids["/api"] as string).split(".")[0]}`;
  store.putRaw(store.arn, key, '{"v":2}');
  const before = store.entries();
  const error = await refusal(declare(store, {}));
  expect(error).toMatchObject({ code: "FORMAT_NEWER", details: { key } });
  expect(store.entries()).toEqual(before);
});

test("an id of another owner, or of SST, in previous removes nothing", async () => {
  const store = await freshStore();
  store.putRaw(store.arn, "678a:routes", '["url,ab12,,/sst"]');
  store.putRaw(store.arn, "ab12:metadata", '{"host":"sst.example","origin":{}}');
  const theirs = await declare(store, { "/a": "https://a.example" }, { owner: "one/stage" });
  const before = store.entries();
  const previous = { ...theirs.ids, "/sst": "ab12" };
  const report = await declare(store, {}, { owner: "two/stage", previous, gracePeriod: 0 });
  expect(report.removed).toEqual([]);
  expect(store.entries()).toEqual(before);
});
