/** The index of a table: its life through the public functions, on the embedded store. */
import { describe, expect, test } from "@jest/globals";

import {
  explainRoute,
  planRoutes,
  readRoutes,
  releaseRoutes,
  repairRoutes,
  setIndex,
  verifyRoutes,
} from "../lib";
import type { RouteTarget, SyncOptions, SyncReport } from "../index";
import type { LocalStore } from "../lib/testing";
import { declare, freshStore, refusal, routes, writes } from "./support/store";
import { SstWriter } from "./support/sst";
import { table } from "./support/table";

const at = (store: LocalStore) => ({ store: store.arn, client: store.client, router: "678a" });
const owned = (store: LocalStore) => ({ ...at(store), owner: "shop/test" });

/** A store whose table of `count` routes has an index, and what the deploy reported. */
async function indexed(
  count: number,
  more: Partial<SyncOptions> = {},
): Promise<{ store: LocalStore; report: SyncReport }> {
  const store = await freshStore();
  return { store, report: await declare(store, routes(count), { index: true, ...more }) };
}

const keysOf = (store: LocalStore) => Object.keys(store.entries()).filter((key) => key.includes(":index"));
const pagesOf = (store: LocalStore) => keysOf(store).filter((key) => /\.\d+$/u.test(key));
const codes = async (store: LocalStore) =>
  (await verifyRoutes(at(store))).findings.map(({ code, severity }) => `${severity} ${code}`);

/** The marker as JSON: the number of chunks, and the root as the name of a second member. A table in one value has no marker. */
function marker(store: LocalStore): { parts: number; root: string | undefined } {
  const members = JSON.parse(store.entries()["678a:routes"] as string) as Record<string, number> | string[];
  if (Array.isArray(members)) return { parts: 0, root: undefined };
  const [root, ...others] = Object.keys(members).filter((name) => name !== "parts");
  expect(others).toEqual([]);
  return { parts: members["parts"] as number, root };
}

/** Writes the marker with another root, by hand. */
function putRoot(store: LocalStore, change: (root: string) => string): void {
  const { parts, root = "" } = marker(store);
  store.putRaw(store.arn, "678a:routes", JSON.stringify({ parts, [change(root)]: 0 }));
}

/** Lets the pages of former layouts be due. */
function wait(store: LocalStore): void {
  const ledger = store.entries()["678a:index"] as string;
  const earlier = ledger.replaceAll(/"at":(\d+)/gu, (_, seconds: string) => `"at":${Number(seconds) - 400}`);
  store.putRaw(store.arn, "678a:index", earlier);
}

describe("a deploy with `index: true`", () => {
  test("builds an index from the second chunk on, in the same write", async () => {
    const { store, report: small } = await indexed(10);
    expect(small).not.toHaveProperty("indexPages");
    expect(keysOf(store)).toEqual([]);
    store.resetStats();
    const report = await declare(store, routes(200), { index: true });
    expect(report.warnings.map(({ code }) => code)).not.toContain("INDEX_MISSING");
    expect(report.indexPages).toBe(pagesOf(store).length);
    expect(report.indexPages).toBeGreaterThan(5);
    const live = await readRoutes(at(store));
    expect(live.index).toEqual({ epoch: expect.any(String), pages: report.indexPages, late: false });
    expect(marker(store).root).toContain(` ${live.index?.epoch} `);
    expect(table(store.entries())).toHaveLength(200);
    expect(await codes(store)).toEqual([]);
  });

  test("is needed once: a deploy without the option keeps the index up to date, of any owner", async () => {
    const { store } = await indexed(100);
    const other = await declare(store, routes(20, "x"), { owner: "other/test" });
    expect(other.indexPages).toBeGreaterThan(0);
    expect((await declare(store, routes(90))).indexPages).toBeGreaterThan(0);
    expect(await codes(store)).toEqual([]);
    const few = await declare(store, routes(1));
    expect(few).not.toHaveProperty("indexPages");
    expect(marker(store).root).toBeUndefined();
    // The wish outlives a small table.
    expect((await declare(store, routes(100))).indexPages).toBeGreaterThan(0);
  });

  test("a change of one route writes one page, in one write", async () => {
    const { store } = await indexed(1_000);
    store.resetStats();
    const { counts } = await declare(store, { ...routes(1_000), "/r7": "https://moved.example" });
    // The chunk, the page, the marker, the metadata and the owner's record.
    expect(counts.keysPut).toBeLessThanOrEqual(5);
    const puts = Object.keys(store.journal().at(-1)?.puts ?? {});
    expect(puts.filter((key) => key.includes(":index")).length).toBeLessThanOrEqual(1);
    expect(writes(store)).toHaveLength(1);
    expect(await codes(store)).toEqual([]);
  });

  test("nothing about it is written or read without the option", async () => {
    const store = await freshStore();
    const report = await declare(store, routes(100));
    expect(report).not.toHaveProperty("indexPages");
    expect(keysOf(store)).toEqual([]);
    expect(store.log().filter(({ key }) => key?.includes(":index"))).toEqual([]);
    expect(await readRoutes(at(store))).not.toHaveProperty("index");
    expect(await planRoutes({ ...owned(store), routes: routes(90) })).not.toHaveProperty("index");
  });
});

test("a route that moves needs no invalidation with `index`, whose reader has the route's id in the cache key", async () => {
  const moved = { ...routes(60), "/r7": "https://moved.example" };
  const stale = async (more: Partial<SyncOptions>, later: Partial<SyncOptions>) => {
    const store = await freshStore();
    await declare(store, routes(60), more);
    const { warnings } = await declare(store, moved, later);
    return warnings.filter(({ code }) => code === "STALE_CACHE").length;
  };
  expect(await stale({}, {})).toBe(1);
  expect(await stale({ index: true }, {})).toBe(0);
  expect(await stale({}, { index: true })).toBe(0);
  expect(await stale({ index: true }, { index: false })).toBe(1);
});

describe("giving it up", () => {
  test("`index: false` drops the root, and later deploys with it delete the pages after 5 minutes", async () => {
    const { store } = await indexed(100);
    const pages = pagesOf(store);
    const report = await declare(store, routes(100), { index: false });
    expect(report).not.toHaveProperty("indexPages");
    expect(marker(store).root).toBeUndefined();
    expect(pagesOf(store)).toEqual(pages);
    await declare(store, routes(99), { index: false });
    expect(pagesOf(store)).toEqual(pages);
    wait(store);
    const { counts } = await declare(store, routes(98), { index: false });
    expect(counts.keysDeleted).toBeGreaterThanOrEqual(pages.length);
    expect(keysOf(store)).toEqual([]);
    expect(await codes(store)).toEqual([]);
    expect(await declare(store, routes(97))).not.toHaveProperty("indexPages");
  });

  test("of calls of one commit that disagree, the one that wants an index wins", async () => {
    const store = await freshStore();
    const all = await Promise.all([
      declare(store, routes(60), { index: true }),
      declare(store, routes(60, "x"), { owner: "other/test", index: false }),
    ]);
    expect(all.map(({ indexPages }) => indexPages)).toEqual([all[0].indexPages, all[0].indexPages]);
    expect(marker(store).root).toBeDefined();
  });
});

describe("setIndex", () => {
  test("builds and drops the index, and changes no route", async () => {
    const store = await freshStore();
    await declare(store, routes(100));
    const before = table(store.entries());
    const on = await setIndex({ ...at(store), index: true });
    expect(on).toMatchObject({ added: [], changed: [], removed: [], ids: {}, warnings: [] });
    expect(on.indexPages).toBe(pagesOf(store).length);
    const again = await setIndex({ ...at(store), index: true });
    expect(again).toMatchObject({
      indexPages: on.indexPages,
      counts: { keysPut: 0, requests: { update: 0 } },
    });
    expect(table(store.entries())).toEqual(before);
    const off = await setIndex({ ...at(store), index: false });
    expect(off).not.toHaveProperty("indexPages");
    expect(marker(store).root).toBeUndefined();
    expect(table(store.entries())).toEqual(before);
    expect(await codes(store)).toEqual([]);
  });

  test("writes nothing for a table in one value, or for none", async () => {
    const store = await freshStore();
    expect(await setIndex({ ...at(store), index: true })).toMatchObject({ counts: { keysPut: 0 } });
    await declare(store, routes(10));
    const before = store.entries();
    expect(await setIndex({ ...at(store), index: true })).not.toHaveProperty("indexPages");
    expect(store.entries()).toEqual(before);
  });

  test.each([
    ["index", {}],
    ["index", { index: "on" }],
    ["repair", { index: true, repair: true }],
    ["owner", { index: true, owner: "shop/test" }],
    ["router", { index: true, router: "no router" }],
  ])("refuses options that it does not take: %s", async (path, more) => {
    const store = await freshStore();
    const error = await refusal(setIndex({ ...at(store), ...more } as never));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
  });
});

describe("a plan", () => {
  test("says what the index costs, and what a request costs with it", async () => {
    const { store } = await indexed(100);
    const options = { ...owned(store), routes: { ...routes(200), "/r7": "https://moved.example" } };
    const plan = await planRoutes(options);
    const { index, edgeReads } = plan;
    expect(index?.before).toMatchObject({ pages: pagesOf(store).length });
    expect(index?.after?.reads).toBeLessThanOrEqual(4);
    expect(index?.scanInstructions.after).toBeGreaterThan(5 * (index?.after?.instructions ?? Infinity));
    expect(plan.text).toMatch(
      /\nindex (?:\d+ → )?\d+ pages, \d+ bytes, \d+ keys in the writes; with it a request/u,
    );
    const report = await declare(store, options.routes);
    // Those of a function that scans, as before.
    expect(edgeReads.after).toBe(marker(store).parts + 2);

    const then = (await planRoutes(options)).index;
    expect(then).toMatchObject({ keys: 0, before: then?.after });
    expect(then?.after?.pages).toBe(report.indexPages);
    const epoch = (await readRoutes(at(store))).index?.epoch;
    const entries = Object.entries(store.entries()).filter(([key]) => key.startsWith(`678a:index:${epoch}.`));
    expect(then?.after?.bytes).toBe(
      entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0),
    );
  });

  test("says that the index is dropped", async () => {
    const { store } = await indexed(100);
    const plan = await planRoutes({ ...owned(store), routes: routes(100), index: false });
    expect(plan.index).toMatchObject({ before: { pages: pagesOf(store).length } });
    expect(plan.index).not.toHaveProperty("after");
    expect(plan.text).toContain("\nthe index is dropped\n");
  });
});

describe("damage", () => {
  /** Repairs with the owner's routes, after a dry run that writes nothing. */
  async function repaired(store: LocalStore): Promise<void> {
    const options = { ...owned(store), routes: routes(100) };
    const before = store.entries();
    const would = await repairRoutes({ ...options, dryRun: true });
    expect(store.entries()).toEqual(before);
    const done = await repairRoutes(options);
    expect(done.repaired).toEqual(would.repaired);
    expect(done.repaired?.length).toBeGreaterThan(0);
    expect(await codes(store)).toEqual([]);
    const { reads, usesIndex } = await explainRoute({ ...at(store), url: "/r7", reader: "routesync" });
    expect({ reads, usesIndex }).toEqual({ reads: 3, usesIndex: true });
  }

  test.each<[string, string, (store: LocalStore) => void]>([
    [
      "a page is gone",
      "error INDEX_DAMAGED",
      (store) => store.putRaw(store.arn, pagesOf(store)[0] as string),
    ],
    [
      "a page has another route",
      "error INDEX_DAMAGED",
      (store) => {
        const key = pagesOf(store)[1] as string;
        store.putRaw(store.arn, key, store.entries()[key]?.replace('"/r', '"/s'));
      },
    ],
    ["the root is late", "warning INDEX_LATE", (store) => putRoot(store, digest("-"))],
    ["the root is of another table", "error INDEX_STALE", (store) => putRoot(store, digest("0a1b2c3d"))],
    [
      "pages are of no epoch",
      "info INDEX_ORPHANED",
      (store) => store.putRaw(store.arn, "678a:index:ZZZZZZ.0", "{}"),
    ],
  ])("%s: verifyRoutes finds it, and repairRoutes repairs it", async (_, found, inflict) => {
    const { store } = await indexed(100);
    inflict(store);
    expect(await codes(store)).toEqual([found]);
    await repaired(store);
  });

  test("a newer root is left as it is by whoever reads", async () => {
    const { store } = await indexed(100);
    putRoot(store, (root) => root.replace(/^1 /u, "2 "));
    expect(await codes(store)).toContain("info INDEX_NEWER");
    expect(await readRoutes(at(store))).not.toHaveProperty("index");
  });

  test("a deploy after an interrupted one builds a new index, of another owner too", async () => {
    const { store } = await indexed(100);
    putRoot(store, digest("-"));
    const epoch = (await readRoutes(at(store))).index;
    expect(epoch?.late).toBe(true);
    await declare(store, routes(1, "x"), { owner: "other/test" });
    const live = (await readRoutes(at(store))).index;
    expect(live).toMatchObject({ late: false });
    expect(live?.epoch).not.toBe(epoch?.epoch);
    expect(await codes(store)).toEqual([]);
  });
});

/** The root with another digest of its table. */
const digest = (text: string) => (root: string) => root.replace(/^(1 \w+ \d+) \S+/u, `$1 ${text}`);

describe("explainRoute for routesync's function", () => {
  const declared: Record<string, RouteTarget> = {
    ...routes(60),
    "example.com/": "https://root.example",
    "example.com/r1/deep/path": "https://deep.example",
    "*.example.com/": "https://any.example",
    "a.example.com/r1": "https://a.example",
    "/r1/deep": "https://nohost.example",
  };
  const urls = [
    "/r1",
    "/r1/deep/path/x",
    "/none",
    "https://example.com/r1/deep/path",
    "https://example.com/r1/deep",
    "https://a.example.com/r1/x",
    "https://a.example.com/r1x",
    "https://b.example.com/r1",
    "https://other.com/r1/deep",
  ];

  test.each(urls)("%s has the same winner as for SST's, with fewer reads", async (url) => {
    const store = await freshStore();
    await declare(store, declared, { index: true });
    const theirs = await explainRoute({ ...at(store), url });
    const { reads, usesIndex, indexLeadsTo, ...ours } = await explainRoute({
      ...at(store),
      url,
      reader: "routesync",
    });
    expect({ ...ours, reads: theirs.reads }).toEqual(theirs);
    expect({ usesIndex, indexLeadsTo }).toEqual({ usesIndex: true });
    expect(reads).toBeLessThanOrEqual(5);
    expect(theirs).not.toHaveProperty("usesIndex");
  });

  test("without an index it scans; without a store it reads nothing", async () => {
    const store = await freshStore();
    await declare(store, declared);
    const live = await explainRoute({ ...at(store), url: "/r1", reader: "routesync" });
    expect(live).toMatchObject({ usesIndex: false, reads: marker(store).parts + 2 });
    const alone = await explainRoute({ routes: declared, url: "/r1", reader: "routesync" });
    expect(alone.winner?.pattern).toBe("/r1");
    expect(alone).not.toHaveProperty("reads");
    expect(alone).not.toHaveProperty("usesIndex");
  });

  test("says where a late index leads instead", async () => {
    const { store } = await indexed(60);
    const late = digest("-")(marker(store).root as string);
    const old = Object.fromEntries(keysOf(store).map((key) => [key, store.entries()[key] as string]));
    await declare(store, { ...routes(60), "/r7": "https://moved.example", "/r7/new": "https://new.example" });
    // As if the deploy had been interrupted after its table.
    for (const [key, value] of Object.entries(old)) store.putRaw(store.arn, key, value);
    putRoot(store, () => late);
    const found = await explainRoute({ ...at(store), url: "/r7/new", reader: "routesync" });
    expect(found).toMatchObject({ winner: { pattern: "/r7/new" }, usesIndex: true, indexLeadsTo: "/r7" });
  });

  test("an unknown reader is refused with those that there are", async () => {
    const error = await refusal(explainRoute({ routes: declared, url: "/", reader: "route" as never }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "reader" } });
    expect(error.message).toContain('"routesync", or "sst@<version>"');
  });
});

describe("`noIndex` says why there is none", () => {
  const why = async (store: LocalStore) => {
    const { index, noIndex } = await readRoutes(at(store));
    expect(index === undefined).toBe(noIndex !== undefined);
    return noIndex;
  };

  test("no table, a small one, nobody asked, given up", async () => {
    const store = await freshStore();
    expect(await readRoutes(at(store))).not.toHaveProperty("noIndex");
    await declare(store, routes(3), { index: true });
    expect(await why(store)).toBe("small");
    await declare(store, routes(100));
    expect(await why(store)).toBe("notRequested");
    await declare(store, routes(100), { index: true });
    expect(await readRoutes(at(store))).not.toHaveProperty("noIndex");
    await declare(store, routes(100), { index: false });
    expect(await why(store)).toBe("notRequested");
  });

  test("SST has dropped it, once or too often", async () => {
    const { store } = await indexed(100);
    const { parts } = marker(store);
    const drop = () => store.putRaw(store.arn, "678a:routes", JSON.stringify({ parts }));
    drop();
    expect(await why(store)).toBe("dropped");
    for (let n = 0; n < 20 && (await why(store)) === "dropped"; n += 1) {
      await declare(store, routes(100));
      drop();
    }
    expect(await why(store)).toBe("droppedTooOften");
    const report = await declare(store, routes(100));
    expect(report.warnings.map(({ code }) => code)).toContain("INDEX_MISSING");
    expect(await why(store)).toBe("droppedTooOften");
    wait(store);
    await declare(store, routes(99));
    await declare(store, routes(100));
    expect(await readRoutes(at(store))).not.toHaveProperty("noIndex");
  });

  test("a host has no form, patterns take too much room, a newer version wrote it", async () => {
    const { store } = await indexed(60);
    const { parts } = marker(store);
    const last = `678a:routes:${parts - 1}`;
    store.putRaw(store.arn, last, store.entries()[last]?.replace(/\]$/u, ',"url,aaaa,[ab].*,/sst"]'));
    store.putRaw(store.arn, "678a:routes", JSON.stringify({ parts }));
    expect(await why(store)).toBe("noForm");

    const other = await freshStore();
    await declare(other, previews(400), { index: true });
    expect(await why(other)).toBe("tooLarge");

    putRoot(other, () => "9 Xk3f9a");
    other.putRaw(other.arn, "678a:index", '{"v":9}');
    expect(await why(other)).toBe("newer");
  });
});

test("a release keeps the index, of the entries as they then are", async () => {
  const { store } = await indexed(200);
  const report = await releaseRoutes({ ...owned(store), gracePeriod: 0 });
  expect(report.indexPages).toBeGreaterThan(5);
  const live = await readRoutes(at(store));
  expect(live.index).toMatchObject({ pages: report.indexPages, late: false });
  expect(live.routes.map(({ owned: held }) => held)).toEqual(Array(200).fill(false));
  expect(await codes(store)).toEqual([]);
  const asked = await explainRoute({ ...at(store), url: "/r7/x", reader: "routesync" });
  expect(asked).toMatchObject({ usesIndex: true, winner: { pattern: "/r7" } });
});

const previews = (count: number): Record<string, RouteTarget> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`*.pr-${n}.example.com/`, `https://pr-${n}.example`]),
  );

describe("beside others", () => {
  test("a table that could have no index any more is refused, unless the index is given up", async () => {
    const { store } = await indexed(60);
    await declare(store, previews(20), { owner: "pr/test" });
    const before = store.entries();
    const error = await refusal(declare(store, previews(400), { owner: "pr/test" }));
    expect(error).toMatchObject({ code: "INDEX_TOO_LARGE", retryable: false });
    expect(error.message).toContain("`index: false`");
    expect(store.entries()).toEqual(before);
    const options = { ...at(store), owner: "pr/test", routes: previews(400) };
    expect((await refusal(planRoutes(options))).code).toBe("INDEX_TOO_LARGE");
    await declare(store, previews(400), { owner: "pr/test", index: false });
    expect(table(store.entries())).toHaveLength(460);
  });

  test("a table that cannot have one in the first place is live without it, with a warning", async () => {
    const store = await freshStore();
    const report = await declare(store, previews(400), { index: true });
    expect(report.warnings.find(({ code }) => code === "INDEX_MISSING")?.message).toContain("has no index");
    expect(report).not.toHaveProperty("indexPages");
    expect(table(store.entries())).toHaveLength(400);
  });

  test("an entry that the index has no form for keeps the table without one", async () => {
    const { store } = await indexed(60);
    const last = `678a:routes:${marker(store).parts - 1}`;
    const odd = '"url,aaaa,[ab].*,/sst"';
    store.putRaw(store.arn, last, store.entries()[last]?.replace(/\]$/u, `,${odd}]`));
    expect(table(store.entries())).toContain("url,aaaa,[ab].*,/sst");
    const report = await declare(store, routes(61));
    expect(report.warnings.find(({ code }) => code === "INDEX_MISSING")?.message).toContain("[ab].*");
    expect(report).not.toHaveProperty("indexPages");
  });

  test("SST's writer drops it, and the next deploy without the option builds it again", async () => {
    const { store } = await indexed(60);
    const sst = new SstWriter(store);
    await sst.add("aaaa", "/sst", "sst.example");
    expect(marker(store).root).toBeUndefined();
    expect(await codes(store)).toEqual(["warning INDEX_MISSING"]);
    expect(await readRoutes(at(store))).not.toHaveProperty("index");
    // It changes nothing itself.
    const report = await declare(store, routes(60));
    expect(report.indexPages).toBeGreaterThan(0);
    expect(table(store.entries())).toHaveLength(61);
    expect(await codes(store)).toEqual([]);
    const { winner, usesIndex } = await explainRoute({ ...at(store), url: "/sst", reader: "routesync" });
    expect({ entry: winner?.entry, usesIndex }).toEqual({ entry: "url,aaaa,,/sst", usesIndex: true });
    // Given up, it does not come back.
    await setIndex({ ...at(store), index: false });
    await sst.add("bbbb", "/sst/b", "sst.example");
    sst.close();
    expect(await declare(store, routes(59))).not.toHaveProperty("indexPages");
    expect(await codes(store)).toEqual([]);
  });
});
