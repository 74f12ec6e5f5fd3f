/** Sites with their files, and references to namespaces that other constructs fill. */
import { expect, test } from "@jest/globals";

import { pruneOwners, removeRoutes, repairRoutes, verifyRoutes } from "../lib";
import type { RouteTarget, SyncOptions } from "../index";
import { declare, freshStore, refusal, writes } from "./support/store";
import { table } from "./support/table";
import type { Entries } from "./support/table";

const domain = "docs.s3.us-east-1.amazonaws.com";

function site(files: string[], dir = "/v1"): RouteTarget {
  return { site: { s3: { domain, dir } }, files };
}

/** File names as a bundler makes them. */
function built(count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const hash = ((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, "0");
    return `/_astro/${["index", "page", "chunk"][n % 3]}.${hash}.js`;
  });
}

/** The file names under an id, as the edge reads them. */
function filesOf(entries: Entries, id: string | undefined): string[] {
  return Object.keys(entries)
    .filter((key) => key.startsWith(`${id}:/`))
    .map((key) => key.slice(`${id}:`.length))
    .toSorted();
}

test("a site stands with SST's metadata, its files and an entry of its own", async () => {
  const store = await freshStore();
  const report = await declare(store, {
    "/docs": {
      site: {
        s3: { domain, dir: "/v1", routes: ["/_astro"] },
        servers: [["a.example", 38.9, -77]],
        base: "/docs",
      },
      files: ["/index.html", "/é x.png"],
    },
  });
  const id = report.ids["/docs"];
  const entries = store.entries();
  expect(table(entries)).toEqual([`site,${id},,/docs`]);
  expect(entries[`${id}:metadata`]).toBe(
    `{"base":"/docs","s3":{"domain":"${domain}","dir":"/v1","routes":["/_astro"]},"servers":[["a.example",38.9,-77]]}`,
  );
  expect(entries[`${id}:/index.html`]).toBe("s3");
  expect(filesOf(entries, id)).toEqual(["/index.html", "/é x.png"].toSorted());
  expect(writes(store)).toHaveLength(1);
});

test("a site keeps its id, and a change of files and metadata is one write", async () => {
  const store = await freshStore();
  const first = await declare(store, { "/docs": site(["/a", "/b", "/c"]) });
  store.resetStats();
  const second = await declare(store, { "/docs": site(["/b", "/c", "/d"], "/v2") });
  expect(second).toMatchObject({ ids: first.ids, changed: ["/docs"], added: [], unchanged: [] });
  expect(writes(store)).toHaveLength(1);
  const entries = store.entries();
  expect(filesOf(entries, second.ids["/docs"])).toEqual(["/b", "/c", "/d"]);
  expect(entries[`${second.ids["/docs"]}:metadata`]).toContain('"/v2"');
  store.resetStats();
  expect(await declare(store, { "/docs": site(["/d", "/c", "/b"], "/v2") })).toMatchObject({
    unchanged: ["/docs"],
  });
  expect(writes(store)).toEqual([]);
});

test("10,000 files: full batches at first, then one write and few reads for what changed", async () => {
  const store = await freshStore();
  const files = built(10_000);
  const first = await declare(store, { "/docs": site(files) });
  const id = first.ids["/docs"] ?? "";
  expect(filesOf(store.entries(), id)).toHaveLength(10_000);
  const nodes = Object.keys(store.entries()).filter((key) => key.startsWith(`${id}:files:`)).length;
  // 48 of the 50 keys of each write are files and their tree. The other two are records.
  expect(first.counts.requests.update).toBeLessThanOrEqual(Math.ceil((10_000 + nodes + 2) / 48));

  // Other options, another engine: it knows nothing, like the next deploy's process.
  let waits = 1;
  const cold = (names: string[], previous?: string[]) =>
    declare(
      store,
      { "/docs": site(names) },
      {
        retry: { maxWait: ++waits },
        ...(previous && { previous: { "/docs": { id, files: previous } } }),
      },
    );
  const changed = files.map((name, at) => (at % 4_000 === 17 ? name.replace(".js", ".new.js") : name));

  const remembered = await cold(changed, files);
  expect(remembered).toMatchObject({ changed: ["/docs"], ids: first.ids });
  // Two Describes, the table, two records, the write, and a record read back.
  expect(remembered.counts.requests).toEqual({ describe: 2, get: 4, update: 1, list: 0 });
  expect(filesOf(store.entries(), id)).toEqual(changed.toSorted());

  const back = await cold(files);
  // And a leaf and a page for each of three names that go and three that come, at most.
  expect(back.counts.requests).toMatchObject({ describe: 2, update: 1, list: 0 });
  expect(back.counts.requests.get).toBeLessThanOrEqual(4 + 2 * 6);
  expect(filesOf(store.entries(), id)).toEqual(files.toSorted());

  const wrong = await cold(changed, built(9_000));
  expect(wrong.changed).toEqual(["/docs"]);
  expect(filesOf(store.entries(), id)).toEqual(changed.toSorted());

  store.resetStats();
  const same = await cold(changed);
  expect(same).toMatchObject({
    unchanged: ["/docs"],
    counts: { requests: { describe: 2, get: 3, update: 0, list: 0 } },
  });
  expect(writes(store)).toEqual([]);
}, 60_000);

test("a removed site goes with all its files once nobody can ask for them", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, { "/docs": site(built(200)), "/api": "https://api.example" });
  await declare(store, { "/api": "https://api.example" });
  expect(filesOf(store.entries(), ids["/docs"])).toHaveLength(200);
  await declare(store, { "/api": "https://api.example" }, { gracePeriod: 0 });
  const left = Object.keys(store.entries()).filter((key) => key.startsWith(`${ids["/docs"]}:`));
  expect(left).toEqual([]);
});

test("a full check puts lost metadata of a site again, and lost files where the store is listed", async () => {
  const store = await freshStore();
  const declared = { "/docs": site(["/a", "/b"]) };
  const { ids } = await declare(store, declared);
  const before = store.entries();
  const { [`${ids["/docs"]}:metadata`]: _, [`${ids["/docs"]}:/a`]: __, ...rest } = before;
  store.setEntries(store.arn, rest);
  await declare(store, declared, { verify: "full" });
  expect(store.entries()[`${ids["/docs"]}:metadata`]).toBe(before[`${ids["/docs"]}:metadata`]);
  expect(filesOf(store.entries(), ids["/docs"])).toEqual(["/a", "/b"]);
});

test("a reference leads to a namespace of somebody else, and leaves it alone", async () => {
  const store = await freshStore();
  const foreign = { "f2de:metadata": "{}", "f2de:/index.html": "s3" };
  store.setEntries(store.arn, foreign);
  const report = await declare(store, { "/docs": { namespace: "f2de", type: "site" } });
  expect(report.ids).toEqual({ "/docs": "f2de" });
  expect(table(store.entries())[0]).toMatch(/^site,f2de,,\/docs,@[A-Za-z0-9]{6}$/);
  expect(await refusal(declare(store, { "/docs": "https://p.example" }, { owner: "p" }))).toMatchObject({
    code: "ROUTE_CONFLICT",
    details: { holder: "shop/test" },
  });
  const gone = await declare(store, {}, { part: "x", previous: report.ids, gracePeriod: 0 });
  expect(gone.removed).toEqual(["/docs"]);
  expect(store.entries()).toMatchObject(foreign);
});

test("an entry of SST for the same namespace can be adopted or taken over", async () => {
  for (const more of [{ adopt: true }, { takeover: true }]) {
    const store = await freshStore();
    store.setEntries(store.arn, { "678a:routes": '["site,f2de,,/docs"]', "f2de:metadata": "{}" });
    const declared: SyncOptions["routes"] = { "/docs": { namespace: "f2de", type: "site" } };
    expect(await refusal(declare(store, declared))).toMatchObject({ code: "ROUTE_CONFLICT" });
    const report = await declare(store, declared, more);
    expect(report.taken).toEqual([{ pattern: "/docs", from: "SST" }]);
    expect(table(store.entries())[0]).toMatch(/^site,f2de,,\/docs,@/);
    expect(await declare(store, declared)).toMatchObject({ unchanged: ["/docs"] });
    await declare(store, {}, { gracePeriod: 0 });
    expect(store.entries()).toHaveProperty(["f2de:metadata"]);
  }
});

test("another owner takes a site's place, and the old one's files go in time", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, { "/docs": site(built(120)) }, { owner: "one" });
  const keys = () => Object.keys(store.entries()).filter((key) => key.startsWith(`${ids["/docs"]}:`));
  const taker = { owner: "two", takeover: true };
  const report = await declare(store, { "/docs": site(["/index.html"]) }, taker);
  expect(report.taken).toEqual([{ pattern: "/docs", from: "one" }]);
  expect(keys().length).toBeGreaterThan(120);
  await declare(store, { "/docs": site(["/index.html"]) }, { ...taker, gracePeriod: 0 });
  expect(keys()).toEqual([]);
  expect(filesOf(store.entries(), report.ids["/docs"])).toEqual(["/index.html"]);
});

test("an owner that is pruned or removed goes with the files of its sites", async () => {
  const store = await freshStore();
  const at = { store: store.arn, client: store.client, router: "678a" };
  await declare(store, { "/docs": site(built(120)), "/old": site(["/a"]) }, { owner: "pr-1" });
  // One is still on the list of what was retired.
  await declare(store, { "/docs": site(built(120)) }, { owner: "pr-1" });
  await declare(store, { "/blog": site(built(70)) }, { owner: "pr-2" });
  const sites = () => Object.keys(store.entries()).filter((key) => /^\w{6}\.\w{7}:/u.test(key));
  expect(await pruneOwners({ ...at, match: ["pr-1"] })).toMatchObject({ pruned: [{ owner: "pr-1" }] });
  expect(Object.keys(store.entries()).filter((key) => key.endsWith(":site"))).toHaveLength(1);
  await removeRoutes({ ...at, owner: "pr-2" });
  expect(sites()).toEqual([]);
});

test("what a site lost is found and repaired, and what hangs on no site goes", async () => {
  const store = await freshStore();
  const declared = { "/docs": site(built(90)) };
  const { ids } = await declare(store, declared);
  const at = { store: store.arn, client: store.client, router: "678a", owner: "shop/test", routes: declared };
  expect(await verifyRoutes(at)).toMatchObject({ ok: true, findings: [] });
  const sound = store.entries();
  const { [`${ids["/docs"]}:metadata`]: _, [`${ids["/docs"]}:${built(1)[0]}`]: __, ...rest } = sound;
  store.setEntries(store.arn, { ...rest, "abcdef.1234567:/lost.js": "s3", "abcdef.1234567:site": "{}" });
  const { findings } = await verifyRoutes(at);
  expect(findings.map(({ code }) => code)).toEqual([
    "METADATA_MISSING",
    "FILES_MISSING",
    "METADATA_ORPHANED",
  ]);
  await repairRoutes({ ...at });
  expect(await verifyRoutes(at)).toMatchObject({ ok: true, findings: [] });
  const changed = Object.entries(store.entries()).filter(([key, value]) => sound[key] !== value);
  expect(changed.map(([key]) => key.replace(/:owner:.*/u, ":owner"))).toEqual(["678a:owner"]);
});

test("what cannot be served is refused before anything is sent", async () => {
  const store = await freshStore();
  const tries: [RouteTarget, string][] = [
    [{ site: { s3: { domain }, base: "/" } }, 'routes["/docs"].site.base'],
    [{ site: { s3: { domain }, servers: [["h", 91, 0]] } }, 'routes["/docs"].site.servers[0][1]'],
    [{ site: { s3: { domain } }, files: ["/a", "b"] }, 'routes["/docs"].files[1]'],
    [{ namespace: "abcdef.1234567", type: "site" }, 'routes["/docs"].namespace'],
  ];
  for (const [target, path] of tries) {
    expect(await refusal(declare(store, { "/docs": target }))).toMatchObject({ details: { path } });
  }
  expect(store.log()).toEqual([]);
});
