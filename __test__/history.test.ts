/** `history`, `listHistory` and `rollbackRoutes`: the stored history of changes, and the routes that a rollback restores. */
import { describe, expect, test } from "@jest/globals";

import { listHistory, pruneOwners, removeRoutes, repairRoutes, rollbackRoutes, verifyRoutes } from "../lib";
import type { RollbackOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { declare, freshStore, hosts, refusal, routes, writes } from "./support/store";
import { targets } from "./support/table";

const at = (store: LocalStore) => ({
  store: store.arn,
  client: store.client,
  router: "678a",
  owner: "shop/test",
});

const rollback = (store: LocalStore, more: Partial<RollbackOptions> = {}) =>
  rollbackRoutes({ ...at(store), ...more });

const changes = async (store: LocalStore) => (await listHistory(at(store))).changes;

/** All keys except the owner records, whose times and numbers always increase. */
const apartFromRecords = (store: LocalStore) =>
  Object.entries(store.entries()).filter(([key]) => !key.includes(":owner:"));

const noFindings = async (store: LocalStore) =>
  expect((await verifyRoutes({ store: store.arn, client: store.client })).findings).toEqual([]);

test("without history nothing is kept, and there is nothing to go back to", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  await declare(store, routes(2));
  expect(Object.keys(store.entries()).filter((key) => key.includes(":history:"))).toEqual([]);
  expect(await listHistory(at(store))).toMatchObject({ keep: 0, changes: [] });
  const error = await refusal(rollback(store));
  expect(error.code).toBe("NO_HISTORY");
  expect(error.message).toContain("`history`");
});

test("the last change is undone: what was added goes, what was changed and removed is back", async () => {
  const store = await freshStore();
  const before = {
    "/a": "https://a.example",
    "/b": "https://b.example",
    "/c": "https://c.example",
  };
  await declare(store, before, { history: 5 });
  await declare(store, { "/a": "https://a2.example", "/d": "https://d.example", "/b": "https://b.example" });
  expect(await changes(store)).toMatchObject([
    { change: 1, added: ["/d"], replaced: ["/a", "/c"] },
    { change: 0, added: ["/a", "/b", "/c"], replaced: [] },
  ]);
  store.resetStats();
  const report = await rollback(store);
  expect(report).toMatchObject({ added: ["/c"], changed: ["/a"], removed: ["/d"] });
  expect(report.warnings.map(({ code }) => code)).toEqual(["STALE_CACHE"]);
  expect(targets(store.entries())).toEqual(hosts(before));
  // One atomic write, and no target is written again.
  expect(writes(store)).toHaveLength(1);
  expect(writes(store)[0]?.puts?.filter((key) => key.endsWith(":metadata"))).toEqual([]);
  await noFindings(store);
  expect((await declare(store, before)).unchanged).toHaveLength(3);
});

test("the look-up of the last change is in the report's requests", async () => {
  const store = await freshStore();
  await declare(store, routes(2), { history: 3 });
  await declare(store, routes(4));
  store.resetStats();
  const { counts, estimatedCostUsd } = await rollback(store);
  const sent = Object.values(counts.requests).reduce((sum, count) => sum + count, 0);
  expect(sent).toBe(store.stats().total);
  expect(estimatedCostUsd).toBeCloseTo(store.stats().total * 0.001);
});

describe("verify", () => {
  const findings = async (store: LocalStore) =>
    (await verifyRoutes({ store: store.arn, client: store.client })).findings;
  const parts = (store: LocalStore) =>
    Object.keys(store.entries()).filter((key) => key.includes(":history:"));

  test("finds a part of a change that is missing, or cannot be read", async () => {
    const store = await freshStore();
    await declare(store, routes(2), { history: 3 });
    await declare(store, routes(3));
    const [first = "", second = ""] = parts(store);
    store.putRaw(store.arn, first);
    store.putRaw(store.arn, second, "no entries");
    expect(await findings(store)).toMatchObject([
      {
        code: "HISTORY_DAMAGED",
        severity: "warning",
        key: first,
        owner: "shop/test",
        message: expect.stringContaining("does not exist"),
      },
      {
        code: "HISTORY_DAMAGED",
        severity: "warning",
        key: second,
        message: expect.stringContaining("cannot be read"),
      },
    ]);
    expect((await verifyRoutes({ store: store.arn, client: store.client })).ok).toBe(false);
    // The remedy: the history is forgotten.
    await declare(store, routes(3), { history: 0, gracePeriod: 0 });
    expect(await findings(store)).toEqual([]);
  });

  test("tells the last parts apart, which a deploy that was cut off leaves out", async () => {
    const store = await freshStore();
    await declare(store, routes(200, "a-longer-name-of-a-route"), { history: 3 });
    const [first = "", ...rest] = parts(store);
    const last = rest.at(-1) ?? "";
    expect(rest.length).toBeGreaterThan(1);
    store.putRaw(store.arn, last);
    expect(await findings(store)).toMatchObject([{ code: "HISTORY_DAMAGED", severity: "info", key: last }]);
    store.putRaw(store.arn, first);
    expect((await findings(store)).map(({ severity, key }) => [severity, key])).toEqual([
      ["warning", first],
      ["info", last],
    ]);
  });
});

test("a rollback is a change, and is undone by another", async () => {
  const store = await freshStore();
  await declare(store, routes(2), { history: 3 });
  await declare(store, routes(4));
  const stood = targets(store.entries());
  await rollback(store);
  expect(targets(store.entries())).toEqual(hosts(routes(2)));
  await rollback(store);
  expect(targets(store.entries())).toEqual(stood);
  expect((await changes(store)).map(({ change }) => change)).toEqual([3, 2, 1]);
});

test("`to` goes back over several changes, whatever they did in turn", async () => {
  const store = await freshStore();
  const first = { "/a": "https://one.example", "/b": "https://b.example" };
  await declare(store, first, { history: 10 });
  await declare(store, { "/a": "https://two.example" });
  await declare(store, { "/a": "https://one.example", "/c": "https://c.example" });
  await declare(store, { "/b": "https://other.example", "/c": "https://c2.example" });
  await rollback(store, { to: 1 });
  expect(targets(store.entries())).toEqual(hosts(first));
  expect(await rollback(store, { to: 1 })).toMatchObject({ added: [], changed: [], removed: [] });
  await rollback(store, { to: 0 });
  expect(targets(store.entries())).toEqual({});
});

test("only so many changes are kept, with what they lead to, and then no longer", async () => {
  const store = await freshStore();
  const version = (n: number) => ({ "/a": `https://v${n}.example` });
  const metadata = () => Object.keys(store.entries()).filter((key) => key.endsWith(":metadata")).length;
  await declare(store, version(0), { history: 2, gracePeriod: 0 });
  for (let n = 1; n < 6; n++) await declare(store, version(n), { gracePeriod: 0 });
  expect((await changes(store)).map(({ change }) => change)).toEqual([5, 4]);
  expect(metadata()).toBe(3);
  await noFindings(store);
  const error = await refusal(rollback(store, { to: 3 }));
  expect(error).toMatchObject({ code: "NO_HISTORY" });
  expect(error.message).toContain("from change 4 to 5");
  await rollback(store, { to: 4 });
  expect(targets(store.entries())).toEqual({ "/a": "v3.example" });
  await declare(store, version(9), { history: 0, gracePeriod: 0 });
  await declare(store, version(10), { gracePeriod: 0 });
  expect(metadata()).toBe(1);
  expect(Object.keys(store.entries()).filter((key) => key.includes(":history:"))).toEqual([]);
  await noFindings(store);
});

test("how many are kept holds for the owner until another number is said", async () => {
  const store = await freshStore();
  await declare(store, routes(1), { history: 3 });
  store.resetStats();
  await declare(store, routes(1));
  await declare(store, routes(1), { history: 3 });
  expect(writes(store)).toEqual([]);
  expect(await listHistory(at(store))).toMatchObject({ keep: 3 });
  await declare(store, routes(1), { history: 4 });
  expect(await listHistory(at(store))).toMatchObject({ keep: 4 });
});

test("a change of many routes keeps what it replaced in several keys, and goes back as a whole", async () => {
  const store = await freshStore();
  const many = (host: string) =>
    Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`/r${n}`, `https://${host}${n % 7}.example`]));
  await declare(store, many("a"), { history: 1 });
  await declare(store, many("b"));
  const parts = Object.keys(store.entries()).filter((key) => key.includes(":history:"));
  expect(parts.length).toBeGreaterThan(10);
  await rollback(store, { verify: "full" });
  expect(targets(store.entries())).toEqual(hosts(many("a")));
  await noFindings(store);
});

test("parts of one owner are undone commit by commit", async () => {
  const store = await freshStore();
  const one = await declare(store, { "/a": "https://a.example" }, { part: "one", previous: {}, history: 5 });
  await declare(store, { "/b": "https://b.example" }, { part: "two", previous: {} });
  await declare(store, {}, { part: "one", previous: one.ids });
  await rollback(store, { to: 1 });
  expect(targets(store.entries())).toEqual({ "/a": "a.example" });
  // The part finds its own route again, under the id that it knows.
  expect(await declare(store, {}, { part: "one", previous: one.ids })).toMatchObject({ removed: ["/a"] });
});

test("a pattern that another owner has taken is a conflict, and one taken from another is not given back", async () => {
  const store = await freshStore();
  await declare(store, { "/a": "https://a.example", "/b": "https://b.example" }, { history: 5 });
  await declare(store, { "/b": "https://b.example" });
  await declare(store, { "/a": "https://theirs.example" }, { owner: "other" });
  const error = await refusal(rollback(store));
  expect(error).toMatchObject({ code: "ROUTE_CONFLICT", details: { holder: "other" } });
  await declare(store, { "/a": "https://a.example", "/b": "https://b.example" }, { takeover: true });
  await rollback(store);
  expect(targets(store.entries())).toEqual({ "/b": "b.example" });
});

test("a dry run tells the same and writes nothing", async () => {
  const store = await freshStore();
  await declare(store, routes(3), { history: 5 });
  await declare(store, routes(1));
  const stood = store.entries();
  const would = await rollback(store, { dryRun: true });
  expect(would).toMatchObject({ added: ["/r1", "/r2"], changed: [], removed: [] });
  expect(store.entries()).toEqual(stood);
  expect(await rollback(store)).toMatchObject({ added: would.added, ids: would.ids });
});

test("an older generation rolls nothing back", async () => {
  const store = await freshStore();
  await declare(store, routes(3), { history: 5, generation: 7 });
  expect((await refusal(rollback(store, { generation: 6 }))).code).toBe("SUPERSEDED");
});

test("a removed owner and a pruned one leave no history", async () => {
  const store = await freshStore();
  const keys = () => Object.keys(store.entries()).filter((key) => key.includes(":history:"));
  await declare(store, routes(3), { history: 5 });
  await declare(store, routes(2));
  await removeRoutes(at(store));
  expect(keys()).toEqual([]);
  await declare(store, routes(3), { history: 5, owner: "pr-1" });
  await declare(store, routes(2), { owner: "pr-1" });
  expect(keys()).toHaveLength(2);
  await pruneOwners({ store: store.arn, client: store.client, router: "678a", match: ["pr-1"] });
  expect(keys()).toEqual([]);
  expect(apartFromRecords(store)).toEqual([]);
});

test("parts of a history that nobody knows of are found, and repaired away", async () => {
  const store = await freshStore();
  await declare(store, routes(2), { history: 5 });
  await declare(store, routes(1));
  const key = Object.keys(store.entries()).find((name) => name.endsWith(":1:0")) ?? "";
  store.putRaw(store.arn, key.replace(":1:0", ":9:0"), "[]");
  store.putRaw(store.arn, "678a:history:AAAAAA:0:0", "[]");
  const { findings } = await verifyRoutes({ store: store.arn, client: store.client });
  expect(findings.map(({ code }) => code)).toEqual(["HISTORY_ORPHANED", "HISTORY_ORPHANED"]);
  await repairRoutes({ ...at(store), owner: "someone/else" });
  expect(Object.keys(store.entries()).filter((name) => name.includes(":history:"))).toHaveLength(2);
  await rollback(store);
  expect(targets(store.entries())).toEqual(hosts(routes(2)));
});

test("a site that changed in place is a change of its own: undoing it undoes nothing older", async () => {
  const store = await freshStore();
  const site = (dir: string) => ({
    "/docs": { site: { s3: { domain: "b.s3.us-east-1.amazonaws.com", dir } }, files: [`${dir}.html`] },
  });
  await declare(store, site("/v1"), { history: 5 });
  await declare(store, site("/v2"));
  expect((await changes(store)).map(({ change }) => change)).toEqual([1, 0]);
  expect(await rollback(store)).toMatchObject({ unchanged: ["/docs"], removed: [] });
  expect((await declare(store, site("/v2"))).unchanged).toEqual(["/docs"]);
});

test("a damaged history is refused, and a rollback that failed says how to repeat it", async () => {
  const store = await freshStore();
  const many = (host: string) =>
    Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`/r${n}`, `https://${host}.example`]));
  await declare(store, many("good"), { history: 5 });
  await declare(store, many("bad"));
  const part = Object.keys(store.entries()).find((key) => key.endsWith(":1:0")) ?? "";
  const kept = store.entries()[part];
  for (const damage of [undefined, "garbage"]) {
    store.putRaw(store.arn, part, damage);
    const error = await refusal(rollback(store));
    expect(error).toMatchObject({ code: "NO_HISTORY" });
    expect(error.message).toContain("damaged");
  }
  store.putRaw(store.arn, part, kept);
  store.setFaults({ script: [{ on: "UpdateKeys", after: true, how: "hang" }] });
  const cut = await refusal(rollback(store, { deadline: 1 }));
  expect(cut.message).toContain("`to: 1`");
  store.setFaults({});
  await rollback(store, { to: 1 });
  expect(targets(store.entries())).toEqual(hosts(many("good")));
});
