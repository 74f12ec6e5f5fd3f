/** Two versions of routesync on one store, with a newer and an older form of records: neither damages data that it does not understand. */
import { expect, test } from "@jest/globals";

import {
  listHistory,
  listOwners,
  planRoutes,
  pruneOwners,
  readRoutes,
  releaseRoutes,
  removeRoutes,
  repairRoutes,
  rollbackRoutes,
  syncRoutes,
  verifyRoutes,
} from "../lib";
import type { RouteTarget, SyncOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { declare, freshStore, hosts, refusal, writes } from "./support/store";
import { entryAt, targets } from "./support/table";

const NEWER = "newer/stage";
const OURS = "ours/stage";
const theirs = { "/newer": "https://newer.example", "/newer/api": "https://api.newer.example" };
const own = { "/ours": "https://ours.example" };

const at = (store: LocalStore) => ({ store: store.arn, client: store.client, router: "678a" });

/** A site, whose record has a separate version. */
const site = (file: string): RouteTarget => ({ site: { s3: { domain: "s.example" } }, files: [file] });

/** The applied writes. The ETag may reject a write that was planned from this process's cached snapshot, so rejected ones do not count. */
const applied = (store: LocalStore) => writes(store).filter((write) => write.applied);

interface Shared {
  store: LocalStore;
  /** Key of the newer owner's record. */
  record: string;
  /** The keys and values that a newer version has, byte for byte. */
  newer(): Record<string, string | undefined>;
}

/** A store with this version's owner and another owner, whose record a newer version of routesync wrote in a newer form. */
async function shared(): Promise<Shared> {
  const store = await freshStore();
  const { ids } = await declare(store, theirs, { owner: NEWER });
  await declare(store, own, { owner: OURS });
  const id = Object.values(ids)[0]?.split(".")[0] as string;
  const record = `678a:owner:${id}`;
  store.putRaw(store.arn, record, JSON.stringify({ v: 2, name: NEWER, ledger: { kept: ["abc"] } }));
  store.putRaw(store.arn, `678a:owner:${id}:0`, '{"a spill":"of another form"}');
  store.putRaw(store.arn, `678a:history:${id}:1:0`, '{"a change":"of another form"}');
  store.resetStats();
  const newer = () => Object.fromEntries(Object.entries(store.entries()).filter(([key]) => key.includes(id)));
  return { store, record, newer };
}

const calls: [string, (options: Omit<SyncOptions, "routes">) => Promise<unknown>][] = [
  ["a sync", (options) => syncRoutes({ ...options, routes: { "/other": "https://other.example" } })],
  ["a sync of what stands", (options) => syncRoutes({ ...options, routes: theirs })],
  ["a sync of nothing", (options) => syncRoutes({ ...options, routes: {}, allowEmpty: true })],
  ["a part", (options) => syncRoutes({ ...options, routes: {}, previous: { "/newer": "abcdef.1234567" } })],
  ["a sync with repair", (options) => syncRoutes({ ...options, routes: theirs, repair: true })],
  ["a sync with history", (options) => syncRoutes({ ...options, routes: theirs, history: 3 })],
  ["a plan", (options) => planRoutes({ ...options, routes: theirs })],
  ["a removal", removeRoutes],
  ["a release", releaseRoutes],
  ["a repair", (options) => repairRoutes({ ...options, routes: theirs, dryRun: true })],
];

/** The outcome of a call by an owner whose record has a newer form. */
async function outcome(call: (options: Omit<SyncOptions, "routes">) => Promise<unknown>) {
  const { store, record } = await shared();
  const before = store.entries();
  const { code, retryable, message, details } = await refusal(call({ ...at(store), owner: NEWER }));
  expect(store.entries()).toEqual(before);
  expect(applied(store)).toEqual([]);
  const [named, upgrade] = [details.key === record, message.includes("upgrade routesync")];
  return { code, retryable, named, upgrade };
}

const REFUSED = { code: "FORMAT_NEWER", retryable: false, named: true, upgrade: true };

test.each(calls)("%s of an owner with a newer record is refused, and nothing is written", async (_, call) => {
  expect(await outcome(call)).toEqual(REFUSED);
});

// The record is read as if there were none: NO_HISTORY, and an empty list. Nothing is written either.
test("a rollback of an owner with a newer record is refused", async () => {
  expect(await outcome(rollbackRoutes)).toEqual(REFUSED);
});
test("the list of changes of an owner with a newer record is refused", async () => {
  expect(await outcome(listHistory)).toEqual(REFUSED);
});

test("pruning all owners leaves the newer one, whose name is not known, alone", async () => {
  const { store, newer } = await shared();
  const before = newer();
  const report = await pruneOwners({ ...at(store), match: ["*"] });
  expect(report.pruned?.map(({ owner }) => owner)).toEqual([OURS]);
  expect(newer()).toEqual(before);
  expect(targets(store.entries())).toEqual(hosts(theirs));
});

test("our owner goes on beside the newer one", async () => {
  const { store, newer } = await shared();
  const before = newer();
  for (const routes of [{ ...own, "/more": "https://more.example" }, { "/moved": "https://m.example" }, {}]) {
    await declare(store, routes, { owner: OURS, gracePeriod: 0, history: 2 });
    expect(targets(store.entries())).toEqual(hosts({ ...theirs, ...routes }));
  }
  await rollbackRoutes({ ...at(store), owner: OURS });
  await removeRoutes({ ...at(store), owner: OURS });
  expect(newer()).toEqual(before);
});

test("a repair of our owner, the keys of others included, leaves the newer one alone", async () => {
  const { store, newer } = await shared();
  const before = newer();
  await repairRoutes({ ...at(store), owner: OURS, routes: own, foreign: true });
  expect(newer()).toEqual(before);
});

test("a pattern of the newer owner is a conflict; taken over, all else of that owner stays", async () => {
  const { store, newer } = await shared();
  const wanted = { ...own, "/newer": "https://ours.example" };
  const error = await refusal(declare(store, wanted, { owner: OURS }));
  expect(error.code).toBe("ROUTE_CONFLICT");
  const before = newer();
  await declare(store, wanted, { owner: OURS, takeover: ["/newer"] });
  expect(newer()).toEqual(before);
  expect(entryAt(store.entries(), "/newer/api")).toBeDefined();
});

// Only a record of our own form is asked whether it lists the id as well; of a newer one that is not known.
test("what was taken over is left to its owner, which may list it in a form that only it knows", async () => {
  const { store, newer } = await shared();
  const wanted = { ...own, "/newer": "https://ours.example" };
  await declare(store, wanted, { owner: OURS, takeover: ["/newer"] });
  const before = newer();
  await declare(store, { ...wanted, "/later": "https://later.example" }, { owner: OURS, gracePeriod: 0 });
  expect(newer()).toEqual(before);
});

test("what reads understands the table, and says of whom it knows no more", async () => {
  const { store, record } = await shared();
  const { routes } = await readRoutes(at(store));
  expect(routes.map(({ pattern }) => pattern).toSorted()).toEqual(["/newer", "/newer/api", "/ours"]);
  const { findings } = await verifyRoutes(at(store));
  expect(findings.filter(({ key }) => key === record)).toMatchObject([{ code: "RECORD_NEWER" }]);
  const { owners } = await listOwners(at(store));
  expect(owners.map(({ owner }) => owner)).toContain(OURS);
  expect(applied(store)).toEqual([]);
});

test("a site's record of a newer form refuses the site, and nothing is written", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, { "/": site("/a") });
  const key = `${ids["/"]}:site`;
  store.putRaw(store.arn, key, '{"v":2,"tree":"of another form"}');
  const before = store.entries();
  const error = await refusal(declare(store, { "/": site("/b") }));
  expect(error).toMatchObject({ code: "FORMAT_NEWER", details: { key, path: 'routes["/"]' } });
  expect(store.entries()).toEqual(before);
});

test("the first form of record, without what came later, is understood and carried on", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, theirs);
  const id = Object.values(ids)[0]?.split(".")[0] as string;
  const key = `678a:owner:${id}`;
  const oldest = { v: 1, owner: "shop/test", seq: 7, at: 1_795_489_800, commit: "abcdefghijkl" };
  store.putRaw(store.arn, key, JSON.stringify(oldest));
  expect((await verifyRoutes(at(store))).findings).toEqual([]);
  const report = await declare(store, { "/newer": "https://moved.example" }, { history: 2 });
  expect(report).toMatchObject({ changed: ["/newer"], removed: ["/newer/api"] });
  expect(JSON.parse(store.entries()[key] as string)).toMatchObject({ v: 1, owner: "shop/test", seq: 8 });
  await rollbackRoutes({ ...at(store), owner: "shop/test" });
  expect(targets(store.entries())).toEqual(hosts(theirs));
});
