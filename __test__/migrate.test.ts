/** The migration from the legacy form: the example migration URL by URL, and the notes about differences. */
import { runInNewContext } from "node:vm";

import { beforeAll, describe, expect, test } from "@jest/globals";

import type { LegacyRoutes, Migration, MigrationNote, RouteTarget } from "../index";
import { explainRoute, isRouteSyncError, migrateRoutes } from "../lib";
import { legacyArrival, legacyWinner } from "./support/legacy";
import type { Arrival } from "./support/legacy";
import { node } from "./support/run";

const SEED = Number(process.env["ROUTESYNC_SEED"] ?? Date.now() % 2 ** 31);

/** The target of a path in the new table. */
async function arrival(routes: Record<string, RouteTarget>, uri: string): Promise<Arrival | null> {
  const { origin, rewrittenUri } = await explainRoute({ url: uri, routes });
  if (!origin) return null;
  return { origin: origin.type === "url" ? origin.host : origin.domain, uri: rewrittenUri as string };
}

const winner = async (routes: Record<string, RouteTarget>, url: string) =>
  (await explainRoute({ url, routes })).winner?.pattern ?? null;

/** The codes of notes about requests whose answer differs. */
const changes = (notes: MigrationNote[]) =>
  notes.filter(({ severity, example }) => severity !== "info" && example);

/** Checks the examples of all notes: the winning route and its target must be correct. */
async function expectExamplesHold(legacy: LegacyRoutes, { routes, notes }: Migration) {
  for (const { pattern, example } of changes(notes)) {
    const { url, before, after } = example as NonNullable<typeof example>;
    const asked = { before: legacyWinner(legacy, url), after: await winner(routes, url) };
    expect({ pattern, url, ...asked }).toEqual({ pattern, url, before, after });
    expect(after && routes[after]).not.toEqual(before && asMigrated(legacy[before]));
  }
}

/** The target of a legacy route in the form of the table. The legacy router interpreted backslashes in a rewrite once more. */
const asMigrated = (target: LegacyRoutes[string]) =>
  JSON.parse(JSON.stringify(target).replaceAll(String.raw`\\`, "")) as unknown;

describe("the worked migration", () => {
  let legacy: LegacyRoutes;
  let settled: Record<string, RouteTarget>;
  let injection: string;
  let migration: Migration;

  beforeAll(async () => {
    const program = `
      import { legacy } from "./examples/migrate/legacy.mjs";
      import { injection, settled } from "./examples/migrate/migrated.mjs";
      import { migrateRoutes } from "routesync";
      const migration = await migrateRoutes(legacy);
      console.log(JSON.stringify({ legacy, migration, injection, settled: settled(migration.routes) }));`;
    const printed = await node(["--input-type=module", "-e", program]);
    ({ legacy, settled, injection, migration } = JSON.parse(printed) as never);
  });

  /** Paths of up to three segments; those that begin like a pattern among them. */
  const segments =
    "about api v1 v2 files account pay payments paypal robots.txt a.jpg apix accounts API x".split(" ");
  const below = segments.flatMap((one) => segments.map((two) => `/${one}/${two}`));
  const deep = below.flatMap((path) => [`${path}/`, `${path}/x`, `${path}/b.jpg`]);
  const paths = [
    ...segments.map((one) => `/${one}`),
    ...segments.map((one) => `/${one}/`),
    ...below,
    ...deep,
  ];
  const urls = ["/", "/.jpg", ...paths];

  test("leads every URL where it led, once the notes have been followed", async () => {
    const otherwise: string[] = [];
    for (const uri of urls) {
      const event = { request: { uri, headers: {} as Record<string, unknown> } };
      runInNewContext(`(() => {${injection}})()`, { event });
      const before = legacyArrival(legacy, uri);
      const after = await arrival(settled, event.request.uri);
      if (JSON.stringify(before) !== JSON.stringify(after)) otherwise.push(uri);
      // The code that belonged to one route runs for that one.
      expect([uri, "x-shop" in event.request.headers]).toEqual([uri, legacyWinner(legacy, uri) === "/api/*"]);
    }
    // The note on /robots.txt leaves these paths to the user.
    expect(otherwise.length).toBeGreaterThan(0);
    expect(otherwise.filter((uri) => !uri.startsWith("/robots.txt/"))).toEqual([]);
  });

  test("without that, leads otherwise only where a note tells", async () => {
    const told = new Set(changes(migration.notes).map(({ pattern }) => pattern));
    const otherwise = new Map<string, string>();
    for (const uri of urls) {
      const before = legacyArrival(legacy, uri);
      const after = await arrival(migration.routes, uri);
      if (JSON.stringify(before) === JSON.stringify(after)) continue;
      const { alsoMatched, winner: won } = await explainRoute({ url: uri, routes: migration.routes });
      otherwise.set(
        uri,
        [legacyWinner(legacy, uri), won?.pattern, ...alsoMatched.map(({ pattern }) => pattern)].join(),
      );
    }
    expect(otherwise.get("/a.jpg")).toBe("/*.jpg,/");
    expect(otherwise.get("/api/v2/x")).toBe("/api/*,/api/v2/,/api/,/");
    expect(otherwise.get("/robots.txt/x")).toBe("/*,/robots.txt,/");
    expect(otherwise.get("/payments")).toBe("/pay*,/");
    const kinds = [/^\/\*\.jpg,/u, /^\/api\/\*,\/api\/v2\/,/u, /,\/robots\.txt,/u, /^\/pay\*,/u];
    expect([...otherwise].filter(([, who]) => !kinds.some((kind) => kind.test(who)))).toEqual([]);
    expect([...told]).toEqual(["/*.jpg", "/robots.txt", "/api/v2/*", "/pay*"]);
  });

  test("gives notes whose examples hold", async () => {
    expect(changes(migration.notes)).toHaveLength(4);
    await expectExamplesHold(legacy, migration);
    for (const { example } of changes(migration.notes)) {
      const url = example?.url as string;
      expect(await arrival(migration.routes, url)).not.toEqual(legacyArrival(legacy, url));
    }
  });

  test("runs as a script, whole and in a stage", async () => {
    const whole = await node(["examples/migrate/migrate.mjs"]);
    expect(whole).toContain("/api/v2/x  /api/v2/  k3qd7n2v5x.lambda-url.eu-west-1.on.aws/v2/x");
    const stage = await node(["examples/migrate/migrate.mjs", "/files/*"]);
    expect(stage).toContain("info STAYS /api/*");
    expect(stage).toContain("/files/z: /files/* → /*");
  });

  test("in stages, leads every URL where it led at each stage, but for what is told", async () => {
    const patterns = Object.keys(legacy);
    for (let count = 1; count < patterns.length; count += 1) {
      const only = patterns.slice(0, count);
      const stage = await migrateRoutes(legacy, { only });
      const rest = Object.fromEntries(Object.entries(legacy).filter(([pattern]) => !only.includes(pattern)));
      const after = async (uri: string) => (await arrival(stage.routes, uri)) ?? legacyArrival(rest, uri);
      const differing: string[] = [];
      for (const uri of urls) {
        if (JSON.stringify(await after(uri)) !== JSON.stringify(legacyArrival(legacy, uri)))
          differing.push(uri);
      }
      const told = changes(stage.notes);
      for (const { example } of told) {
        const { url, before, after: now } = example as NonNullable<typeof example>;
        expect(legacyWinner(legacy, url)).toBe(before);
        expect((await winner(stage.routes, url)) ?? legacyWinner(rest, url)).toBe(now);
        expect(await after(url)).not.toEqual(legacyArrival(legacy, url));
      }
      expect([only, differing.length > 0]).toEqual([only, told.length > 0]);
      expect(stage.notes.filter(({ code }) => code === "STAYS").map(({ pattern }) => pattern)).toEqual(
        Object.keys(rest),
      );
    }
  });
});

test(`where no note tells, nothing changes: seed ${SEED}`, async () => {
  let state = SEED >>> 0;
  const of = <T>(values: readonly T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return values[Math.floor((state / 2 ** 32) * values.length)] as T;
  };
  const segment = () => of(["a", "b", "ab", "a.js", "%20"]);
  const drawnPattern = () =>
    of([
      `/${segment()}/*`,
      `/${segment()}*`,
      `/${segment()}`,
      `/${segment()}/${segment()}/*`,
      "/*.js",
      "/*/b",
      "/?/*",
      "/*",
    ]);
  const drawnTarget = () =>
    of<LegacyRoutes[string]>([
      "https://one.example",
      "https://two.example",
      { bucket: "b.s3.us-east-1.amazonaws.com" },
      { url: "https://two.example", rewrite: { regex: String.raw`^\/(a|b)(\/|$)`, to: "/$1-" } },
    ]);
  let differences = 0;
  for (let run = 0; run < 150; run += 1) {
    const legacy = Object.fromEntries(
      Array.from({ length: of([1, 2, 3, 4, 5]) }, () => [drawnPattern(), drawnTarget()]),
    ) as LegacyRoutes;
    const migration = await migrateRoutes(legacy);
    await expectExamplesHold(legacy, migration);
    const silent = changes(migration.notes).length === 0;
    for (let asked = 0; asked < 12; asked += 1) {
      const uri = of([
        `/${segment()}`,
        `/${segment()}/`,
        `/${segment()}/${segment()}`,
        `/${segment()}x/b`,
        "/",
      ]);
      const [before, after] = [legacyArrival(legacy, uri), await arrival(migration.routes, uri)];
      const same = JSON.stringify(before) === JSON.stringify(after);
      expect({ legacy, uri, after, passes: same || !silent }).toEqual({ legacy, uri, after, passes: true });
      if (!same) differences += 1;
    }
  }
  // Or nothing was tried.
  expect(differences).toBeGreaterThan(50);
});

describe("what is passed as it stands in a configuration", () => {
  /** As SST's components look: promises of values, and a type. */
  const component = (type: string) => ({
    __pulumiResource: true,
    __pulumiType: type,
    urn: { __pulumiOutput: true },
  });

  test.each<[string, LegacyRoutes[string], string, string]>([
    ["a function", component("sst:aws:Function"), "NEEDS_URL", ".url"],
    ["a function as the url", { url: component("sst:aws:Function") }, "NEEDS_URL", ".url"],
    ["a bucket", component("sst:aws:Bucket"), "NEEDS_DOMAIN", "bucketRegionalDomainName"],
    [
      "a bucket as the bucket",
      { bucket: component("sst:aws:Bucket") },
      "NEEDS_DOMAIN",
      "bucketRegionalDomainName",
    ],
    ["a handler", "src/api.handler", "NEEDS_URL", ".url"],
  ])("%s is told what it needs", async (_, target, code, words) => {
    const { routes, notes } = await migrateRoutes({ "/api/*": target, "/*": "https://web.example" });
    expect(Object.keys(routes)).toEqual(["/"]);
    expect(notes[0]).toMatchObject({ code, severity: "error", pattern: "/api/*" });
    expect(notes[0]?.message).toContain(words);
    expect(notes[0]?.example).toEqual({ url: "/api/x", before: "/api/*", after: "/" });
  });

  test("a target that is undefined is left out", async () => {
    expect(await migrateRoutes({ "/a/*": undefined })).toEqual({ routes: {}, notes: [] });
  });
});

test.each<[string, unknown, unknown, string | undefined]>([
  ["no object", undefined, undefined, "legacy"],
  ["null", null, undefined, "legacy"],
  ["the Router's arguments", { routes: { "/*": "https://h.example" } }, undefined, "legacy.routes"],
  ["a pattern without its slash", { "api/*": "https://h.example" }, undefined, 'legacy["api/*"]'],
  ["no URL", { "/*": "myapp.com" }, undefined, 'legacy["/*"]'],
  ["an Output", { "/*": { __pulumiOutput: true } }, undefined, 'legacy["/*"]'],
  ["an Output as the url", { "/*": { url: { __pulumiOutput: true } } }, undefined, 'legacy["/*"].url'],
  [
    "a rewrite that does not compile",
    { "/*": { url: "https://h.example", rewrite: { regex: "(", to: "" } } },
    undefined,
    'legacy["/*"].rewrite.regex',
  ],
  ["a stage of what is not there", { "/*": "https://h.example" }, { only: ["/api/*"] }, "options.only"],
  ["an unknown option", {}, { onyl: [] }, "options.onyl"],
])("%s is refused with its place", async (_, legacy, options, path) => {
  const error = await migrateRoutes(legacy as LegacyRoutes, options as never).catch(
    (thrown: unknown) => thrown,
  );
  expect(isRouteSyncError(error)).toBe(true);
  expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
});
