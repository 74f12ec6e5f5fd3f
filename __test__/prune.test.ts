/** `pruneOwners`: the removed owners and keys, and the number of requests. */
import { expect, test } from "@jest/globals";

import { pruneOwners } from "../lib";
import type { PruneOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { declare, freshStore, refusal, routes, writes } from "./support/store";
import { foreign, ours, table, targets } from "./support/table";
import type { Entries } from "./support/table";

const DAY = 86_400;

const prune = (store: LocalStore, more: Partial<PruneOptions>) =>
  pruneOwners({ store: store.arn, client: store.client, router: "678a", ...more } as PruneOptions);

/** Routes such as `/app/pr-1/0` to `https://app-pr-1-0.example`. */
const preview = (owner: string, each = 1) =>
  Object.fromEntries(
    Array.from({ length: each }, (_, n) => [
      `/${owner}/${n}`,
      `https://${owner.replaceAll("/", "-")}-${n}.example`,
    ]),
  );

/** Deploys routes for each owner. `app/pr-1` has `/app/pr-1/0`, and so on. */
async function deployed(owners: string[], each = 1): Promise<LocalStore> {
  const store = await freshStore();
  await Promise.all(owners.map((owner) => declare(store, preview(owner, each), { owner })));
  return store;
}

/** The keys of the owners' records, by owner name. */
function records(entries: Entries): Record<string, string> {
  const keys = Object.keys(entries).filter((key) => /^678a:owner:[A-Za-z0-9]{6}$/u.test(key));
  return Object.fromEntries(
    keys.map((key) => [(JSON.parse(entries[key] ?? "") as { owner: string }).owner, key]),
  );
}

/** Changes an owner's record, as if it were written the given number of seconds ago. */
function age(store: LocalStore, owner: string, seconds: number): void {
  const key = records(store.entries())[owner] ?? "";
  const record = JSON.parse(store.entries()[key] ?? "") as { at: number };
  record.at = Math.floor(Date.now() / 1_000) - seconds;
  store.putRaw(store.arn, key, JSON.stringify(record));
}

const owners = (pruned: { owner: string }[] | undefined) => pruned?.map(({ owner }) => owner);

test("match names the owners that go, keep those that stay", async () => {
  const all = ["app/main", "app/pr-1", "app/pr-1/web", "app/pr-22", "shop/pr-1"];
  for (const [more, gone] of [
    [{ match: ["app/pr-*"] }, ["app/pr-1", "app/pr-1/web", "app/pr-22"]],
    [{ match: ["app/pr-?"] }, ["app/pr-1"]],
    [{ match: ["*/pr-1", "app/main"] }, ["app/main", "app/pr-1", "shop/pr-1"]],
    [{ match: ["pr-1", "app"] }, undefined],
    [{ keep: ["app/main", "shop/*"] }, ["app/pr-1", "app/pr-1/web", "app/pr-22"]],
    [{ keep: ["*"] }, undefined],
  ] as [Partial<PruneOptions>, string[] | undefined][]) {
    // oxlint-disable-next-line no-await-in-loop -- each in a store of its own, one after the other
    const store = await deployed(all);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const { pruned } = await prune(store, more);
    expect(pruned).toEqual(gone?.map((owner) => ({ owner, routes: [`/${owner}/0`] })));
    const left = all.filter((owner) => !gone?.includes(owner));
    expect(Object.keys(targets(store.entries())).toSorted()).toEqual(left.map((owner) => `/${owner}/0`));
    const known = Object.keys(records(store.entries())).filter((owner) => owner !== "routesync/prune");
    expect(known.toSorted()).toEqual(left);
  }
});

test("olderThan spares who has written since", async () => {
  const store = await deployed(["app/pr-1", "app/pr-2", "app/pr-3"]);
  age(store, "app/pr-1", 8 * DAY);
  age(store, "app/pr-2", 6 * DAY);
  const { pruned } = await prune(store, { match: ["app/*"], olderThan: "7 days" });
  expect(owners(pruned)).toEqual(["app/pr-1"]);
  expect(owners((await prune(store, { keep: ["app/main"], olderThan: "144 hours" })).pruned)).toEqual([
    "app/pr-2",
  ]);
  expect(Object.keys(targets(store.entries()))).toEqual(["/app/pr-3/0"]);
});

test("a rehearsal writes nothing, and tells what the prune then does", async () => {
  const store = await deployed(["app/main", "app/pr-1", "app/pr-2"], 10);
  const before = store.entries();
  store.resetStats();
  const would = await prune(store, { match: ["app/pr-*"], dryRun: true });
  expect(store.entries()).toEqual(before);
  expect(store.stats().requests.UpdateKeys).toBeUndefined();
  const did = await prune(store, { match: ["app/pr-*"] });
  expect(owners(did.pruned)).toEqual(["app/pr-1", "app/pr-2"]);
  expect(would.pruned).toEqual(did.pruned);
  store.resetStats();
  expect((await prune(store, { match: ["app/pr-*"] })).pruned).toBeUndefined();
  expect(writes(store)).toEqual([]);
});

test("an owner that deploys in the same moment stays", async () => {
  const store = await deployed(["app/pr-1", "app/pr-2"]);
  store.resetStats();
  const [report, live] = await Promise.all([
    prune(store, { match: ["app/*"] }),
    declare(store, { "/new": "https://new.example" }, { owner: "app/pr-1" }),
  ]);
  expect(owners(report.pruned)).toEqual(["app/pr-2"]);
  expect(live).toMatchObject({ added: ["/new"], removed: ["/app/pr-1/0"] });
  expect(writes(store)).toHaveLength(1);
  expect(targets(store.entries())).toEqual({ "/new": "new.example" });
  expect(records(store.entries())).toHaveProperty(["app/pr-1"]);
});

test("an owner that was pruned deploys again as if for the first time, whatever its generation", async () => {
  const store = await freshStore();
  await declare(store, routes(3), { owner: "app/pr-1", generation: 9 });
  await prune(store, { match: ["app/pr-1"] });
  const report = await declare(store, routes(3), { owner: "app/pr-1", generation: 2 });
  expect(report).toMatchObject({ added: ["/r0", "/r1", "/r2"], warnings: [] });
});

test("sites, their files, and what was retired or spilled go with their owner", async () => {
  const store = await freshStore();
  const owner = "app/pr-1";
  const site = (count: number) => ({
    site: { s3: { domain: "docs.s3.us-east-1.amazonaws.com", dir: "/v1" } },
    files: Array.from({ length: count }, (_, n) => `/_astro/${n}.js`),
  });
  await declare(store, { "/main": "https://main.example" }, { owner: "app/main" });
  const before = store.entries();
  // 150 retired targets take more than one record holds, and one of the two sites is retired, too.
  await declare(store, { "/site": site(120), "/old": site(60), ...preview(owner, 150) }, { owner });
  await declare(store, { "/site": site(120) }, { owner });
  // Another's record that it took over is its own to sweep.
  await declare(
    store,
    { "/main": "https://taken.example", "/site": site(120) },
    { owner, takeover: ["/main"] },
  );
  const theirs = records(store.entries())[owner] ?? "none";
  const spills = Object.keys(store.entries()).filter((key) => key.startsWith(`${theirs}:`));
  expect(spills.length).toBeGreaterThan(0);
  expect(Object.keys(store.entries()).filter((key) => key.includes("/_astro/"))).toHaveLength(180);

  const { pruned } = await prune(store, { match: [owner] });
  expect(pruned).toEqual([{ owner, routes: expect.arrayContaining(["/site", "/main"]) }]);
  const id = theirs.slice("678a:owner:".length);
  const left = () =>
    Object.keys(store.entries()).filter((key) => key.startsWith(`${id}.`) || key.startsWith(theirs));
  expect(left()).toEqual([]);
  // The other owner lost its route to the takeover before, and has nothing left but its record.
  expect(Object.keys(store.entries()).filter((key) => !key.endsWith(":metadata"))).toEqual(
    Object.keys(before)
      .filter((key) => key.includes(":owner:"))
      .concat(records(store.entries())["routesync/prune"] ?? [])
      .toSorted(),
  );
  expect(Object.keys(store.entries()).filter((key) => key.endsWith(":metadata"))).toEqual([]);
});

test("a store that is gone has nobody left to prune", async () => {
  const store = await deployed(["app/pr-1"]);
  store.deleteStore(store.arn);
  const report = await prune(store, { match: ["*"], retry: { firstWait: 0.001, maxWait: 0.002 } });
  expect(report).toMatchObject({ removed: [], warnings: [{ code: "STORE_GONE" }] });
  expect(report.pruned).toBeUndefined();
});

test("bad options are refused with their place, before anything is asked of the store", async () => {
  const store = await deployed(["app/pr-1"]);
  store.resetStats();
  for (const [more, path] of [
    [{}, "options"],
    [{ match: ["a"], keep: ["b"] }, "keep"],
    [{ match: [] }, "match"],
    [{ match: "app/*" }, "match"],
    [{ match: [7] }, "match"],
    [{ keep: [""] }, "keep"],
    [{ match: ["a"], olderThan: "a while" }, "olderThan"],
    [{ match: ["a"], olderThan: -1 }, "olderThan"],
    [{ match: ["a"], dryRun: "yes" }, "dryRun"],
    [{ match: ["a"], router: "a:b" }, "router"],
    [{ match: ["a"], routes: {} }, "routes"],
  ] as [object, string][]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const error = await refusal(prune(store, more));
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect(error.details.path ?? "").toContain(path);
  }
  expect(store.stats().total).toBe(0);
});

const PREVIEWS = 100;
const EACH = 10;
/** SST's and an unrelated resident's. */
const RESIDENTS = {
  "678a:routes": '["url,aaaa,,/sst"]',
  "aaaa:metadata": '{"host":"sst.example","origin":{}}',
  "bbbb:/index.html": "s3",
};

test("a hundred previews go, with all that they have and nothing of anyone else's", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, RESIDENTS);
  const previews = Array.from({ length: PREVIEWS }, (_, n) => `app/pr-${n}`);
  await declare(store, routes(30, "main"), { owner: "app/main" });
  await Promise.all(previews.map((owner) => declare(store, preview(owner, EACH), { owner })));
  const before = store.entries();
  const held = new Set(previews);
  const ids = Object.entries(records(before)).filter(([owner]) => held.has(owner));
  const prefixes = ids.map(([, key]) => key.slice("678a:owner:".length));
  const theirs = (key: string) =>
    prefixes.some((id) => key.startsWith(`${id}.`) || key.startsWith(`678a:owner:${id}`));
  const chunks = Object.keys(before).filter((key) => /^678a:routes:\d+$/u.test(key)).length;

  store.resetStats();
  const report = await prune(store, { match: ["app/pr-*"] });
  const { requests, keysPut, keysDeleted } = store.stats();
  const bounds = costs(before, report.counts.keysPut + report.counts.keysDeleted, chunks);
  const reads = (requests.GetKey ?? 0) + (requests.ListKeys ?? 0) + (requests.DescribeKeyValueStore ?? 0);
  console.log({ reads, writes: requests.UpdateKeys, keysPut, keysDeleted, chunks, bounds });

  expect(report.pruned).toHaveLength(PREVIEWS);
  expect(report.pruned?.every((one) => one.routes.length === EACH)).toBe(true);
  const after = store.entries();
  expect(Object.keys(after).filter(theirs)).toEqual([]);
  // What is left is what was there, but for the table's own keys and the record of who pruned.
  const rest = (entries: Entries) =>
    Object.entries(entries).filter(([key]) => !key.startsWith("678a:") && !theirs(key));
  expect(rest(after)).toEqual(rest(before));
  expect(foreign(after)).toEqual(foreign(before));
  expect(ours(after)).toEqual(ours(before).filter((line) => !theirs(line.split(",")[1] ?? "")));
  expect(table(after)).toHaveLength(31);
  expect(requests.UpdateKeys).toBeLessThanOrEqual(bounds.writes);
  expect(reads).toBeLessThanOrEqual(bounds.reads);
}, 60_000);

/** What a prune may cost. Pages of a listing may be of several states, so the table is read key by key beside it. */
function costs(before: Entries, keys: number, chunks: number) {
  const pages = Math.ceil(Object.keys(before).length / 50);
  const others = Math.min(PREVIEWS, pages);
  // The owner who prunes is read, too, and the write is checked by two reads.
  return {
    writes: Math.ceil(keys / 50),
    reads: 1 + chunks + others + 3 + 2,
    issue: Math.min(1 + chunks + PREVIEWS, pages) + 3,
  };
}
