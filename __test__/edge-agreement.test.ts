/**
 * The edge function against `explainRoute`, an independent reader that scans, and itself in njs: on random tables with all kinds of targets,
 * with an index and without one. `ROUTESYNC_SEED=<seed>` repeats a run, `ROUTESYNC_REQUESTS=<n>` sets the number of requests.
 */
import { expect, test } from "@jest/globals";

import { explainRoute, setIndex } from "../lib";
import { edgeFunction } from "../lib/edge";
import { loadFunction } from "../lib/edge/runtime";
import { outcome, viewerRequest } from "./support/edge";
import { effort } from "./support/effort";
import { njsVersion, runInNjs } from "./support/njs";
import { reader } from "./support/reader.cjs";
import { freshStore } from "./support/store";

const SEED = Number(process.env["ROUTESYNC_SEED"] ?? Date.now() % 2 ** 31);
const REQUESTS = Number(
  process.env["ROUTESYNC_REQUESTS"] ?? effort("requests for the edge function", 1_500, 20_000),
);
const PER_TABLE = 100;

let state = SEED >>> 0;
const below = (end: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * end);
};
const of = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;

const SEGMENTS = ["a", "api", "b", "%C3%A9", "x.js", "A", "v2", "constructor", "__proto__"];
const HOSTS = [
  "a.com",
  "ab.com",
  "x.ab.com",
  "long-name.ab.com",
  "__proto__",
  "constructor",
  "d111.cloudfront.net",
];
const PATTERNS = ["", "", "", ...HOSTS.map((host) => host.replaceAll(".", String.raw`\.`))].concat([
  String.raw`.*\.com`,
  String.raw`.*\.ab\.com`,
  String.raw`x\..*`,
  String.raw`.*a.*\.com`,
  ".*",
]);
const REWRITES = [
  undefined,
  undefined,
  { regex: "^/api/(.*)$", to: "/$1" },
  { regex: "/(?<name>[^/]+)", to: "/$<name>-x" },
  { regex: "^", to: "/start" },
];

const path = (): string =>
  Array.from({ length: below(4) }, () => `/${of(SEGMENTS)}`).join("") + of(["", "", "/"]);

/** A random table, with the metadata and files of its entries. */
function draw(count: number): Record<string, string> {
  const keys: Record<string, string> = {};
  const entries = Array.from({ length: count }, (_, n) => {
    const id = n.toString(16).padStart(4, "0");
    const type = of(["url", "url", "bucket", "site"]);
    keys[`${id}:metadata`] = JSON.stringify(metadata(type, id));
    if (type === "site")
      for (let k = below(4); k > 0; k--)
        keys[`${id}:${decodeURI(path())}${of(["", ".html", "/index.html"])}`] = "s3";
    // Distinct paths make larger tables, shared ones make ties.
    const own = count > 40 && below(3) > 0 ? `/n${n}` : "";
    return `${type},${id},${of(PATTERNS)},${own}${path()}`;
  });
  const table = JSON.stringify(entries);
  if (table.length <= 1_000) return { ...keys, "678a:routes": table };
  const chunks = table.match(/.{1,1000}/gsu) as string[];
  keys["678a:routes"] = JSON.stringify({ parts: chunks.length });
  for (const [n, chunk] of chunks.entries()) keys[`678a:routes:${n}`] = chunk;
  return keys;
}

function metadata(type: string, id: string): Record<string, unknown> {
  const rewrite = of(REWRITES);
  const origin = of([
    {},
    { protocol: "http" },
    { connectionAttempts: 2, timeouts: { readTimeout: 20 } },
    {
      originAccessControlConfig: {
        enabled: true,
        signingBehavior: "always",
        signingProtocol: "sigv4",
        originType: "lambda",
      },
    },
  ]);
  if (type === "url") return { host: `h${id}.example`, ...(rewrite && { rewrite }), origin };
  if (type === "bucket") return { domain: `b${id}.s3.us-east-1.amazonaws.com`, ...(rewrite && { rewrite }) };
  return {
    s3: {
      domain: `s${id}.s3.us-east-1.amazonaws.com`,
      dir: of(["", "/v1"]),
      routes: of([[], ["/a"], ["/api/b"]]),
    },
    ...of([{}, { base: "/api" }]),
    ...of([{}, { custom404: "/404.html" }, { custom404: "/404.html", errorResponseCode: 404 }]),
    ...of([{}, { servers: [[`v${id}.example`, 1, 2]], origin: { timeouts: { readTimeout: 9 } } }]),
    ...of([{}, { image: { host: `i${id}.example`, route: "/b" } }]),
  };
}

test(`in Node${njsVersion ? `, in njs ${njsVersion}` : ""}, explained, and scanned: seed ${SEED}`, async () => {
  const text = edgeFunction({ router: "678a" });
  let [matched, lives, throughIndex] = [0, 0, 0];
  for (let asked = 0; asked < REQUESTS; asked += PER_TABLE) {
    const store = await freshStore();
    const keys = draw(of([1, 5, 25, 60, 150, 400]));
    store.setEntries(store.arn, keys);
    const at = { store: store.arn, client: store.client, router: "678a" };
    await setIndex({ ...at, index: true });
    const indexed = store.entries();
    const scanned = Object.fromEntries(Object.entries(keys));
    const paths =
      Object.values(keys)
        .join("")
        .match(/\/n\d+[^"]*/gu) ?? [];
    const requests = Array.from({ length: PER_TABLE }, () => ({
      host: of([...HOSTS, "y.com", "x.y"]),
      uri:
        of([path, () => of(paths.length > 0 ? paths : ["/"])])() + of(["", "/", "/a", "/a/b//x", "x"]) || "/",
    })).map(({ host, uri }) => ({ host, uri: uri.startsWith("/") ? uri : `/${uri}` }));
    const events = requests.map(({ host, uri }) => viewerRequest(host, uri));
    const [withIndex, without] = [indexed, scanned].map((from) => loadFunction(text, (key) => from[key]));
    const inNjs = njsVersion ? [indexed, scanned].map((from) => runInNjs(text, from, events)) : [];
    const scan = reader(scanned);
    const [lines, data] = [tableOf(scanned), dataOf(scanned)];
    for (const [n, { host, uri }] of requests.entries()) {
      const what = JSON.stringify({ SEED, asked, n, host, uri });
      const result = await withIndex!(events[n]!);
      const found = outcome(result);
      expect([what, outcome(await without!(events[n]!))]).toEqual([what, found]);
      for (const results of inNjs) expect([what, outcome(results[n]!)]).toEqual([what, found]);
      const told = await scan(host, uri);
      expect([what, told.throws]).toEqual([what, undefined]);
      expect([what, told.entry?.split(",")[1]]).toEqual([what, found["route"]]);
      if (found["route"] === undefined) continue;
      matched += 1;
      if (host.startsWith("_")) continue;
      const url = `https://${host}${uri}`;
      const live = below(8) === 0;
      const explained = live
        ? await explainRoute({ ...at, url, reader: "routesync" })
        : await explainRoute({ url, table: lines, metadata: data, reader: "routesync" });
      if (explained.uri !== uri || explained.breaks) continue;
      expect([what, explained.winner?.id]).toEqual([what, found["route"]]);
      // Without a store, `explainRoute` knows no files.
      if (!live && explained.winner?.type === "site") continue;
      expect([what, explained.rewrittenUri ?? uri]).toEqual([what, found["uri"]]);
      const { origin } = explained;
      const name = origin?.type === "url" ? origin.host : origin?.domain;
      expect([what, name]).toEqual([what, (found["origin"] as { domainName: string }).domainName]);
      if (!live) continue;
      lives += 1;
      if (explained.usesIndex) throughIndex += 1;
      // `explainRoute` does not count the names that a file of a site may have.
      const read = result.reads.filter(({ key }) => /^678a:|:metadata$/u.test(key)).length;
      expect([what, explained.reads]).toEqual([what, read]);
    }
    await store.close();
  }
  // Most requests must find a route, or the comparison says little.
  expect(matched / REQUESTS).toBeGreaterThan(0.3);
  expect(throughIndex / lives).toBeGreaterThan(0.2);
}, 600_000);

const tableOf = (keys: Record<string, string>): string[] => {
  const root = JSON.parse(keys["678a:routes"] as string) as string[] | { parts: number };
  if (Array.isArray(root)) return root;
  const chunks = Array.from({ length: root.parts }, (_, n) => keys[`678a:routes:${n}`]);
  return JSON.parse(chunks.join("")) as string[];
};

const dataOf = (keys: Record<string, string>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(keys)
      .filter(([key]) => key.endsWith(":metadata"))
      .map(([key, value]) => [key.slice(0, -":metadata".length), JSON.parse(value) as unknown]),
  );
