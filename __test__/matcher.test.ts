/** Compares the matcher with an independent reader: the winner, the origin and the failures must be the same. */
import { expect, test } from "@jest/globals";

import { explainRoute, isRouteSyncError } from "../lib";
import type { Explanation, RouteTarget } from "../index";
import { declare, freshStore } from "./support/store";
import { effort } from "./support/effort";
import { reader, VERSIONS } from "./support/reader.cjs";

/** The number of cases in the large comparison. A seed repeats a run: `ROUTESYNC_SEED=… npx jest matcher`. */
const CASES = Number(
  process.env["ROUTESYNC_CASES"] ?? effort("requests for the matcher and the reader", 20_000, 100_000),
);
const SEED = Number(process.env["ROUTESYNC_SEED"] ?? Date.now() % 2 ** 31);

function generator(seed: number) {
  let state = seed >>> 0;
  const below = (most: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
  const of = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  return { below, of };
}

const HOSTS = [
  "a.com",
  "ab.com",
  "x.ab.com",
  "api-1.x",
  "y.api-1.x",
  "d111.cloudfront.net",
  "long-name.ab.com",
];
const EXPRESSIONS = [
  "",
  "",
  "",
  String.raw`a\.com`,
  String.raw`ab\.com`,
  String.raw`.*\.com`,
  String.raw`.*\.ab\.com`,
  String.raw`api-.*\.x`,
  String.raw`.*`,
  // Nobody's writer makes these; a hand does.
  "A.COM",
  "a.com",
  String.raw`x.*b\.com|y.*`,
  "[a-x]*",
  String.raw`^.*`,
  "*.com",
  "(*",
  "(",
];
const SEGMENTS = ["a", "api", "b", "%C3%A9", "x.js", "", "A", "api-v2"];

function drawnPath({ below, of }: ReturnType<typeof generator>): string {
  const path = Array.from({ length: below(4) }, () => `/${of(SEGMENTS)}`).join("");
  return path + of(["", "", "/", "/*", "/é"].slice(0, below(8) ? 3 : 5));
}

const REWRITES = [
  undefined,
  undefined,
  { regex: "^/api/(.*)$", to: "/$1" },
  { regex: "(a)(p)?", to: "[$2$1$3$$$&$`$']" },
  { regex: "/(?<name>[^/]+)", to: "/$<name>-$<none>" },
  { regex: "x", to: "y" },
  { regex: "$", to: "/end$10$01" },
  { regex: "^/api", to: "" },
  { regex: "b$", to: "?b" },
  { to: "/x" },
  { regex: "(a" },
];

/** Elements of a table that are not entries. */
const BROKEN = [null, 7, "", "url", "url,id0", "url,id0,", ["url", "id0", "", "/"], { length: 4 }];

test("the reader and the matcher agree on random tables and URLs", async () => {
  console.log(`ROUTESYNC_SEED=${SEED}`);
  const random = generator(SEED);
  const { below, of } = random;
  const wrong: unknown[] = [];
  let cases = 0;
  let thrown = 0;
  while (cases < CASES && wrong.length === 0) {
    const metadata: Record<string, unknown> = {};
    const version = below(2) ? of(VERSIONS) : "3.18.6";
    // A reader that sorts gets past an entry with too few fields in some tables; explain does not go into that.
    const broken = BROKEN.filter((entry) => typeof entry !== "string" || !/^3\.(?:0|14)\./u.test(version));
    const table = Array.from({ length: 1 + below(12) }, (_, index) => {
      const rewrite = of(REWRITES);
      const type = of(["url", "url", "bucket", "site"]);
      const id = `id${index}`;
      if (below(20)) {
        const place = type === "bucket" ? { domain: `${id}.s3` } : { host: `${id}.example` };
        metadata[id] = { ...place, ...(rewrite && { rewrite }), origin: { timeouts: {} } };
      }
      if (below(300) === 0) metadata[id] = null;
      if (below(400) === 0) return of(broken) as string;
      // An odd expression is rare: one of them decides for half of the requests.
      const host = EXPRESSIONS[below(below(4) ? 9 : EXPRESSIONS.length)];
      return `${type},${id},${host},${drawnPath(random)}${below(15) ? "" : ",fifth"}`;
    });
    const entries: Record<string, string> = { "678a:routes": JSON.stringify(table) };
    for (const [id, record] of Object.entries(metadata)) entries[`${id}:metadata`] = JSON.stringify(record);
    const ask = reader(entries);
    const urls = Array.from({ length: 50 }, () => `https://${of(HOSTS)}${drawnPath(random) || "/"}`);
    // oxlint-disable-next-line no-await-in-loop -- a table after the other
    const explained = await Promise.all(
      urls.map((url) => explainRoute({ url, table, metadata, reader: `sst@${version}` })),
    );
    const found = [];
    for (const [index, url] of urls.entries()) {
      const { hostname, pathname } = new URL(url);
      // oxlint-disable-next-line no-await-in-loop -- an edge function serves one request at a time
      found.push({
        url,
        told: explained[index] as Explanation,
        read: await ask(hostname, pathname, { version }),
      });
    }
    for (const { url, told, read } of found) {
      cases++;
      if (read.throws) thrown++;
      const site = told.winner?.type === "site";
      const said = told.breaks
        ? { throws: true }
        : {
            entry: told.winner?.entry ?? null,
            missing: told.missingMetadata ?? false,
            uri: told.missingMetadata || site ? undefined : told.rewrittenUri,
            origin: told.origin && "host" in told.origin ? told.origin.host : told.origin?.domain,
          };
      const did = read.throws
        ? { throws: true }
        : {
            entry: read.entry,
            missing: read.missing ?? false,
            uri: read.missing || site ? undefined : read.uri,
            origin: read.origin ?? undefined,
          };
      if (JSON.stringify(said) !== JSON.stringify(did))
        wrong.push({ url, table, version, metadata, said, did });
    }
  }
  expect(wrong).toEqual([]);
  // Both kinds of cases were there.
  expect(thrown).toBeGreaterThan(cases / 200);
  expect(thrown).toBeLessThan(cases / 2);
}, 300_000);

/** Damage to the values that contain a table, besides damage to the table itself. */
const DAMAGE: ((entries: Record<string, string>) => void)[] = [
  () => {},
  () => {},
  (entries) => delete entries["678a:routes:1"],
  (entries) => delete entries["678a:routes"],
  (entries) => (entries["678a:routes:0"] += "]"),
  (entries) => (entries["678a:routes:0"] = ""),
  ...["null", "7", '"url,a,,/"', "{}", '{"parts":0}', "[", "", "[1,2]", '{"parts":'].map(
    (root) => (entries: Record<string, string>) => {
      entries["678a:routes"] = root;
    },
  ),
];

test("the reader and the matcher agree on live tables, whole and damaged", async () => {
  console.log(`ROUTESYNC_SEED=${SEED}`);
  const random = generator(SEED + 1);
  const { below, of } = random;
  const store = await freshStore();
  const met = { throws: 0, wins: 0, none: 0 };
  for (let round = 0; round < 150; round++) {
    const lines = Array.from({ length: 2 + below(12) }, (_, index) => {
      return `url,id${index},${EXPRESSIONS[below(9)]},${drawnPath(random)}`;
    });
    const text = JSON.stringify(lines);
    const cuts = Array.from({ length: 1 + below(3) }, () => below(text.length)).toSorted((a, b) => a - b);
    const entries: Record<string, string> = { "678a:routes": JSON.stringify({ parts: cuts.length + 1 }) };
    for (const [part, from] of [0, ...cuts].entries()) {
      // A value is never empty: a chunk may be blank.
      entries[`678a:routes:${part}`] = text.slice(from, cuts[part]) || " ";
    }
    for (const index of lines.keys()) entries[`id${index}:metadata`] = `{"host":"h${index}","origin":{}}`;
    if (below(4) === 0) of(DAMAGE)(entries);
    for (const [key, value] of Object.entries(entries)) if (value === "") delete entries[key];
    store.setEntries(store.arn, entries);
    const ask = reader(store.entries());
    for (let n = 0; n < 3; n++) {
      const url = new URL(`https://${of(HOSTS)}${drawnPath(random) || "/"}`);
      // oxlint-disable-next-line no-await-in-loop -- an edge function serves one request at a time
      const read = await ask(url.hostname, url.pathname);
      // oxlint-disable-next-line no-await-in-loop -- beside it
      const told = await explainRoute({
        url: url.href,
        store: store.arn,
        client: store.client,
        router: "678a",
      });
      const did = read.throws ? "throws" : (read.entry ?? "none");
      expect({ url, entries, told: told.breaks ? "throws" : (told.winner?.entry ?? "none") }).toEqual({
        url,
        entries,
        told: did,
      });
      met[did === "throws" || did === "none" ? did : "wins"]++;
    }
  }
  expect(Math.min(...Object.values(met))).toBeGreaterThan(10);
});

test("whatever syncRoutes accepts is served, and by its target", async () => {
  const { below, of } = generator(SEED);
  const hosts = ["", "", "api.example.com", "*.example.com", "MÜNCHEN.de", "pr-*.x.io", "a+b.com", "_x.y"];
  const paths = [
    "/",
    "/api",
    "/api/",
    "/é",
    "/a%20b",
    "/A",
    "/x/*",
    "/~u",
    "/a;b=1",
    "/:id",
    "/@v",
    "/a.b-c_d",
  ];
  for (let round = 0; round < 12; round++) {
    const store = await freshStore();
    const wanted: Record<string, RouteTarget> = {};
    for (let n = 0; n < 30; n++) wanted[of(hosts) + of(paths)] = `https://t${below(1_000)}.example`;
    // Some spellings mean the same: each pattern is offered alone, and what is refused is left out.
    const accepted: Record<string, RouteTarget> = {};
    for (const [pattern, target] of Object.entries(wanted)) {
      const next = { ...accepted, [pattern]: target };
      const refused = await explainRoute({ url: "/", routes: next }).then(
        () => false,
        (error: unknown) => isRouteSyncError(error),
      );
      if (!refused) accepted[pattern] = target;
    }
    await declare(store, accepted);
    const ask = reader(store.entries());
    for (const [pattern, target] of Object.entries(accepted)) {
      const host = pattern.split("/")[0]?.replaceAll("*", "any") ?? "";
      const url = new URL(
        `https://${host || "d1.cloudfront.net"}/${pattern.split("/").slice(1).join("/").replace(/\*$/u, "")}`,
      );
      const read = await ask(url.hostname, url.pathname);
      const told = await explainRoute({
        url: url.href,
        store: store.arn,
        client: store.client,
        router: "678a",
      });
      // Another route may be the better one for this URL; if this one wins, it is by its own target.
      expect(read.throws).toBeUndefined();
      expect(read.entry).toBe(told.winner?.entry);
      expect(read.origin).toBe(told.origin && "host" in told.origin ? told.origin.host : undefined);
      expect(
        [told.winner, ...told.alsoMatched].map((route) => accepted[route?.pattern ?? ""] ?? target),
      ).toContain(target);
    }
  }
});

/** The winners of the requests, by version. */
test.each([
  ["3.14.27", [0, 2, 3, 4]],
  ["3.14.28", [null, 2, 3, 4]],
  ["3.17.1", [null, 2, 3, 4]],
  ["3.17.2", [null, 2, 3, 5]],
  ["3.17.40", [null, 2, 3, 5]],
  ["3.18.0", [null, null, null, 5]],
  ["3.18.5", [null, null, null, 5]],
  ["3.18.6", [null, null, 3, 5]],
  ["4.17.1", [null, null, 3, 5]],
] as const)("the edge function of SST %s is asked", async (version, winners) => {
  const table = [
    String.raw`url,n0,a\.com,/host`,
    "url,n1,,/unused",
    "url,n2,,/api",
    "url,n3,,/below/",
    "url,n4,,/twice",
    "url,n5,,/twice",
  ];
  const urls = ["https://xa.com.org/host", "/apix", "/below/x", "/twice"];
  const asked = urls.map((url) => explainRoute({ url, table, reader: `sst@${version}` }));
  const found = (await Promise.all(asked)).map(({ winner }) => winner && Number(winner.id.slice(1)));
  expect(found.map((index) => index ?? null)).toEqual(winners);
  const [, , , twice] = await Promise.all(asked);
  expect(twice?.winner?.why).toContain(winners[3] === 5 ? "the last one" : "the first one");
});

test.each([
  ["/api", { regex: "^/api", to: "" }, '""', "does not begin with a slash"],
  ["/v2/x", { regex: "^/v2/?", to: "" }, '"x"', "does not begin with a slash"],
  ["/v2/x", { regex: "^", to: "https://b.example" }, '"https://b.example/v2/x"', "begin with a slash"],
  ["/a", { regex: "^/a", to: "/a?x=1" }, '"/a?x=1"', "has a query or a fragment"],
])("a rewrite of %s by %j breaks the request", async (url, rewrite, made, why) => {
  const told = await explainRoute({ url, routes: { "/": { url: "https://b.example", rewrite } } });
  expect(told.breaks).toMatchObject({ status: 502, message: expect.stringContaining(why) });
  expect(told.breaks?.message).toContain(made);
  expect(told.origin).toBeUndefined();
  expect(told.rewrittenUri).toBeUndefined();
});

test("a live table is explained with its owners, and a declaration without a store", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": String.raw`["url,aaaa,,/api","site,bbbb,,"]`,
    "aaaa:metadata": '{"host":"sst.example","origin":{}}',
    "bbbb:metadata":
      '{"base":"/docs","custom404":"/404.html","s3":{"domain":"b.s3","dir":"/v1","routes":["/assets"]}}',
    "bbbb:/index.html": "s3",
  });
  await declare(store, {
    "/api/v2": { url: "https://v2.example", rewrite: { regex: "^/api/v2", to: "" }, readTimeout: 30 },
  });
  const explain = (url: string) =>
    explainRoute({ url, store: store.arn, client: store.client, router: "678a" });
  expect(await explain("https://x.com/api/v2/users?q=1")).toMatchObject({
    matched: true,
    uri: "/api/v2/users",
    winner: { pattern: "/api/v2", owner: "shop/test", why: expect.stringContaining("longest path") },
    alsoMatched: [
      { pattern: "/api", owner: "SST", why: "the winner's path is longer" },
      { pattern: "/", owner: "SST", type: "site" },
    ],
    rewrittenUri: "/users",
    origin: {
      type: "url",
      host: "v2.example",
      protocol: "https",
      settings: { timeouts: { readTimeout: 30 } },
    },
  });
  expect((await explain("/docs/")).origin).toEqual({ type: "bucket", domain: "b.s3", part: "file" });
  expect((await explain("/docs/")).rewrittenUri).toBe("/v1/docs/index.html");
  expect((await explain("/docs/assets/x")).rewrittenUri).toBe("/v1/docs/assets/x/index.html");
  expect((await explain("/docs/none")).rewrittenUri).toBe("/v1/docs/404.html");
  store.putRaw(store.arn, "aaaa:metadata");
  expect(await explain("/api")).toMatchObject({ matched: true, missingMetadata: true });

  const none = await explainRoute({ url: "/other", routes: { "/api": "https://a.example" } });
  expect(none).toMatchObject({ matched: false, alsoMatched: [] });
  expect(none.winner).toBeUndefined();
});

test("a declaration's sites are explained with their files, and what others write is not missing", async () => {
  const site = { s3: { domain: "b.s3.us-east-1.amazonaws.com" }, servers: [["s.example", 50.1, 8.6]] };
  const routes = {
    "/": { site, files: ["/index.html", "/guide.html"] } as RouteTarget,
    "/docs": { namespace: "f2de", type: "site" } as RouteTarget,
  };
  expect(await explainRoute({ url: "/guide", routes })).toMatchObject({
    origin: { type: "bucket", part: "file" },
    rewrittenUri: "/guide.html",
  });
  expect(await explainRoute({ url: "/other", routes })).toMatchObject({
    origin: { type: "url", host: "s.example", part: "server" },
  });
  const elsewhere = await explainRoute({ url: "/docs", routes });
  expect(elsewhere).toMatchObject({ matched: true, winner: { id: "f2de" } });
  expect(elsewhere.missingMetadata).toBeUndefined();
  expect(elsewhere.origin).toBeUndefined();
});

test("a table without metadata is explained up to the winner", async () => {
  const told = await explainRoute({ url: "/a", table: ["url,x,,/a"] });
  expect(told).toMatchObject({ matched: true, winner: { id: "x" } });
  expect(told.missingMetadata).toBeUndefined();
});

test("bad questions are refused with their path", async () => {
  const wrong: [object, string][] = [
    [{ routes: {} }, "url"],
    [{ url: "ftp://x", routes: {} }, "url"],
    [{ url: "x", routes: {} }, "url"],
    [{ url: "/", routes: {}, reader: "sst" }, "reader"],
    [{ url: "/", routes: {}, reader: "sst>=3.17.2" }, "reader"],
    [{ url: "/", routes: {}, reader: "sst@3.17" }, "reader"],
    [{ url: "/", routes: {}, reader: "sst@2.49.0" }, "reader"],
    [{ url: "/", routes: {}, reader: 3 }, "reader"],
    [{ url: "/", table: "a" }, "table"],
    [{ url: "/" }, "router"],
    [{ url: "/", table: [], owner: "x" }, "owner"],
  ];
  for (const [options, path] of wrong) {
    const error = await explainRoute(options as never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
  }
});
