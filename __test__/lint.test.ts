/** Lint rules: routes that can be stored, but do not have the intended effect, are found in the whole table before a write. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { checkRoutes, explainRoute, planRoutes, syncRoutes, verifyRoutes } from "../lib";
import type { LintRule, RouteTarget, SyncOptions } from "../index";
import { root } from "./support/run";
import { declare, freshStore, refusal, routes, writes } from "./support/store";

const A = "https://a.example";

/** For each rule the live routes, the declaration, and the pattern in the warning. */
const CASES: [LintRule, string[], SyncOptions["routes"], string | undefined][] = [
  ["URL_IP_ADDRESS", [], { "/api": "https://10.0.0.1" }, "/api"],
  ["PATTERN_NORMALIZED", [], { "API.example.com/": A }, "API.example.com/"],
  ["PATTERN_BARE_HOST", [], { api: A }, "api"],
  ["PATTERN_BARE_HOST", [], { "api/v1": A }, "api/v1"],
  ["PATTERN_BARE_HOST", [], { "docs/*": A }, "docs/*"],
  ["PATTERN_BARE_HOST", [], { "robots.txt": A }, "robots.txt"],
  ["PATTERN_PLACEHOLDER", [], { "/blog/:slug": A }, "/blog/:slug"],
  ["PATTERN_PLACEHOLDER", [], { "/{proxy+}": A }, "/{proxy+}"],
  ["PATTERN_PLACEHOLDER", [], { "/(en|de)/shop": A }, "/(en|de)/shop"],
  ["VALUE_UNSET", [], { "undefined/x": A }, "undefined/x"],
  ["VALUE_UNSET", [], { "/x": "https://undefined" }, "/x"],
  ["VALUE_UNSET", [], { "/x": { bucket: "undefined.s3.us-east-1.amazonaws.com" } }, "/x"],
  ["URL_NOT_PUBLIC", [], { "/x": "https://localhost" }, "/x"],
  ["URL_NOT_PUBLIC", [], { "/x": { url: "https://api.local" } }, "/x"],
  ["WEBSITE_ENDPOINT", [], { "/x": { bucket: "b.s3-website-us-east-1.amazonaws.com" } }, "/x"],
  ["WEBSITE_ENDPOINT", [], { "/x": "https://b.s3-website.eu-west-3.amazonaws.com" }, "/x"],
  ["REWRITE_BREAKS_PATH", [], { "/api": { url: A, rewrite: { regex: "^/api", to: "" } } }, "/api"],
  ["REWRITE_BREAKS_PATH", [], { "/v2": { url: A, rewrite: { regex: "^/v2/", to: "" } } }, "/v2"],
  ["REWRITE_BREAKS_PATH", [], { "/": { url: A, rewrite: { regex: "^", to: "https://b.example" } } }, "/"],
  ["REWRITE_BREAKS_PATH", [], { "/a": { url: A, rewrite: { regex: "^/a", to: "/a?x=1" } } }, "/a"],
  ["REWRITE_NOT_ENCODED", [], { "/api": { url: A, rewrite: { regex: "^", to: "/ä" } } }, "/api"],
  ["ROUTE_SHADOWED", [String.raw`url,aaaa,.*\.com,/`], { "a.com/api": A }, "a.com/api"],
  ["ROUTE_SHADOWED", ["url,aaaa,.*,/"], { "/api": A }, "/api"],
  ["HOST_LOSES_TO_WILDCARD", [String.raw`url,aaaa,.*\.com,/api`], { "a.com/": A }, "a.com/"],
  ["HOST_TIES_WITH_WILDCARD", [String.raw`url,aaaa,.*\.com,/`], { "ab.com/": A }, "ab.com/"],
  // The longer path decides where the hosts are equally long.
  ["HOST_TIES_WITH_WILDCARD", [String.raw`url,aaaa,.*\.com,/api`], { "ab.com/": A }, "ab.com/"],
  // The live routes are checked against the declared ones.
  ["ROUTE_SHADOWED", [String.raw`url,aaaa,a\.com,/api`], { "*.com/": A }, "*.com/"],
  ["ROUTE_SHADOWED", ["url,aaaa,,/api"], { "*": A }, "*"],
  ["HOST_LOSES_TO_WILDCARD", [String.raw`url,aaaa,a\.com,/`], { "*.com/api": A }, "*.com/api"],
  ["HOST_TIES_WITH_WILDCARD", [String.raw`url,aaaa,ab\.com,/`], { "*.com/": A }, "*.com/"],
  ["WILDCARD_UNANCHORED", [], { "api-*.x.io/": A }, "api-*.x.io/"],
  ["PATTERN_HELD_TWICE", ["url,aaaa,,/x", "url,ffffff.1234567,,/x"], { "/api": A }, "/x"],
  ["NAMESPACE_COLLISION", ["url,aaaa,,/x", "site,aaaa,,/y"], { "/api": A }, "/y"],
  ["NAMESPACE_COLLISION", ["url,678a,,/x"], { "/api": A }, "/x"],
  ["EDGE_READS", [], routes(330), undefined],
  ["EDGE_SCAN", [], routes(150), undefined],
];

test.each(CASES)("%s is found among %j", async (rule, table, declared, pattern) => {
  const store = await freshStore();
  store.setEntries(store.arn, {
    "678a:routes": JSON.stringify(table),
    "aaaa:metadata": '{"host":"h","origin":{}}',
  });
  const before = store.entries();
  // As an error it stops the call before anything is written …
  const error = await refusal(declare(store, declared, { lint: { [rule]: "error" } }));
  expect(error).toMatchObject({ code: "LINT", details: { rule } });
  expect(error.message).toContain("nothing was written");
  expect(writes(store)).toEqual([]);
  expect(store.entries()).toEqual(before);
  // … switched off it is silent …
  const silent = await declare(store, declared, { lint: { [rule]: "off" } });
  expect(silent.warnings.filter(({ code }) => code === rule)).toEqual([]);
  // The warning appears when the route is added or changed, and not every time.
  store.setEntries(store.arn, before);
  const told = (await declare(store, declared)).warnings.find(({ code }) => code === rule);
  expect(told?.pattern).toBe(pattern);
  // In the table as a whole, what another change leaves is found again; a second run changes nothing.
  expect((await declare(store, declared)).warnings).toEqual([]);
});

test.each([
  ["HTTP_ORIGIN", "http://h.example"],
  ["URL_PORT", "https://h.example:8443"],
] as const)("%s is an error unless told otherwise", async (rule, target) => {
  const store = await freshStore();
  const error = await refusal(declare(store, { "/api": target }));
  expect(error).toMatchObject({ code: "LINT", details: { rule, path: 'routes["/api"]' } });
  expect(writes(store)).toEqual([]);
  const report = await declare(store, { "/api": target }, { lint: { [rule]: "warn" } });
  expect(report.warnings).toMatchObject([{ code: rule, pattern: "/api" }]);
  // It is live now: another route can be added beside it, and the rule has nothing to say.
  const beside = await declare(store, { "/api": target, "/other": A });
  expect(beside).toMatchObject({ added: ["/other"], unchanged: ["/api"], warnings: [] });
  const verified = await verifyRoutes({
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/test",
    routes: { "/api": target, "/other": A },
  });
  expect(verified).toMatchObject({ ok: true, findings: [] });
  // A changed route is judged again.
  const changed = await refusal(declare(store, { "/api": { url: target, readTimeout: 9 }, "/other": A }));
  expect(changed).toMatchObject({ code: "LINT", details: { rule } });
});

test("what is declared may be kept by a policy, and is not judged then", async () => {
  const store = await freshStore();
  await declare(store, { "/api": A });
  const kept = await declare(store, { "/api": "http://b.example" }, { policy: "create-only" });
  expect(kept).toMatchObject({ kept: ["/api"], warnings: [] });
});

test.each([
  ["api/v1", '"/api/v1"'],
  ["docs/*", '"/docs/*"'],
  ["/blog/:slug", '"/blog"'],
  ["/(en|de)/shop", "one route for each"],
])("the warning about %s says what to write", async (pattern, instead) => {
  const store = await freshStore();
  const { warnings } = await declare(store, { [pattern]: A });
  expect(warnings.map(({ message }) => message).join()).toContain(instead);
});

test("what is unusual and can work is no finding", async () => {
  const store = await freshStore();
  const { warnings } = await declare(store, {
    "/v1/things:batchGet": A,
    "/$metadata": A,
    "/docs/undefined-behavior": A,
    "/@scope/name": A,
    "/%7Bx%7D": A,
    "*": A,
    "/local": "https://local.dev.example",
    "/files": { bucket: "b.s3.us-east-1.amazonaws.com" },
    "/api": { url: A, rewrite: { regex: "^/api/?", to: "/" } },
    "/": { url: A, rewrite: { regex: "/x", to: "" } },
  });
  const found = warnings.filter(({ code }) => !/SHADOWED|WILDCARD/u.test(code));
  // `/x` alone loses its only slash.
  expect(found).toMatchObject([{ code: "REWRITE_BREAKS_PATH", pattern: "/" }]);
});

test("a route whose target is undefined is removed with a warning, and the plan says why", async () => {
  const store = await freshStore();
  const place = { store: store.arn, client: store.client, router: "678a", owner: "shop/test" };
  await declare(store, { "/x": A, "/y": A, "/z": A });
  const next = { "/x/*": undefined, "/y": A };
  const plan = await planRoutes({ ...place, routes: next });
  const removed = plan.changes.map(({ pattern, targetUndefined }) => [pattern, targetUndefined]);
  expect(removed).toEqual([
    ["/x", true],
    ["/z", undefined],
  ]);
  expect(plan.warnings).toMatchObject([{ code: "TARGET_UNDEFINED", pattern: "/x" }]);
  expect(plan.text).toContain("(its target is undefined)");
  const error = await refusal(declare(store, next, { lint: { TARGET_UNDEFINED: "error" } }));
  expect(error).toMatchObject({ code: "LINT", details: { rule: "TARGET_UNDEFINED", path: 'routes["/x"]' } });
  // A plan that is applied says it, too.
  const applied = await syncRoutes({ plan: structuredClone(plan), client: store.client });
  expect(applied).toMatchObject({ removed: ["/x", "/z"], warnings: [{ code: "TARGET_UNDEFINED" }] });
  // The route is removed, and there are no more warnings about it.
  expect((await declare(store, next)).warnings).toEqual([]);
  expect(() => checkRoutes({ ...place, routes: next })).not.toThrow();
  expect(() => checkRoutes({ ...place, routes: { "/a,b": undefined } })).toThrow(/comma/u);
  const empty = await refusal(declare(store, { "/y": undefined }, { allowEmpty: false }));
  expect(empty).toMatchObject({ code: "UNSAFE_PLAN", message: expect.stringContaining('"/y" is undefined') });
  // As with `previous`.
  const { ids } = await declare(store, { "/p": A }, { part: "p", previous: {} });
  const part = await declare(store, { "/p": undefined }, { part: "p", previous: ids });
  expect(part).toMatchObject({ removed: ["/p"], warnings: [{ code: "TARGET_UNDEFINED", pattern: "/p" }] });
});

test("an exact host that wins, by its length or its path, is no finding", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": String.raw`["url,aaaa,.*\\.com,/"]` });
  const { warnings } = await declare(store, { "abc.com/": A, "ab.com/api": A, "/": A, "a.org/": A });
  expect(warnings).toEqual([]);
});

test("a rule tells the first twenty, and says nothing of the rest", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": String.raw`["url,aaaa,.*\\.com,/"]` });
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a.com/${n}`, A]));
  const { warnings } = await declare(store, many);
  expect(warnings.filter(({ code }) => code === "ROUTE_SHADOWED")).toHaveLength(20);
});

test("a rule rejects its own caller, and the others go on", async () => {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": String.raw`["url,aaaa,.*\\.com,/"]` });
  const [bad, good] = await Promise.allSettled([
    declare(store, { "a.com/": A }, { owner: "bad/s", lint: { ROUTE_SHADOWED: "error" } }),
    declare(store, { "/good": A }, { owner: "good/s" }),
  ]);
  expect(bad).toMatchObject({ status: "rejected", reason: { code: "LINT" } });
  expect(good).toMatchObject({ status: "fulfilled", value: { added: ["/good"] } });
});

test("what is said to be shadowed never wins, and what nothing is said of does", async () => {
  const seed = Number(process.env["ROUTESYNC_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`ROUTESYNC_SEED=${seed}`);
  let state = seed >>> 0;
  const random = <T>(values: T[]): T => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return values[Math.floor((state / 2 ** 32) * values.length)] as T;
  };
  const hosts = ["a.com", "ab.com", "x.ab.com", "*.com", "*.ab.com", "*", ""];
  const AGAINST = /^(?:ROUTE_SHADOWED|HOST_LOSES_TO_WILDCARD|HOST_TIES_WITH_WILDCARD)$/u;
  const met = { shadowed: 0, silent: 0 };
  for (let round = 0; round < 60; round++) {
    const store = await freshStore();
    const declared: Record<string, RouteTarget> = {};
    for (let n = 0; n < 6; n++) declared[`${random(hosts)}${random(["/", "/api", "/api/v1"])}`] = A;
    const { warnings } = await declare(store, declared);
    const said = warnings.filter(({ code }) => AGAINST.test(code));
    for (const pattern of Object.keys(declared).filter((one) => !one.includes("*"))) {
      const host = pattern.split("/")[0] || "none.example";
      const path = pattern.slice(pattern.indexOf("/"));
      const urls = [path, `${path.replace(/\/$/u, "")}/zzz`].map((uri) => `https://${host}${uri}`);
      const winners = await Promise.all(urls.map((url) => explainRoute({ url, routes: declared })));
      const own = winners.map(({ winner }) => winner?.pattern === pattern);
      const about = said.filter((warning) => warning.pattern === pattern).map(({ code }) => code);
      const shadowed = about.includes("ROUTE_SHADOWED");
      if (shadowed) met.shadowed++;
      if (about.length === 0) met.silent++;
      const wins = own.some(Boolean);
      // Where it loses or ties with a wildcard, the paths decide.
      const should = about.length === 0 || (!shadowed && wins);
      expect({ declared, pattern, about, wins }).toEqual({ declared, pattern, about, wins: should });
    }
  }
  expect(Math.min(met.shadowed, met.silent)).toBeGreaterThan(5);
});

test("the option, its type and docs/lint.md name the same rules", async () => {
  const store = await freshStore();
  const text = (path: string) => readFileSync(join(root, path), "utf8");
  const names = (source: string, pattern: RegExp) => [...source.matchAll(pattern)].map((match) => match[1]);
  const contract = /type LintRule =([^;]*);/u.exec(text("index.d.ts"))?.[1] ?? "";
  const rules = names(contract, /"(\w+)"/gu);
  expect(names(text("docs/lint.md"), /^\| `(\w+)`/gmu)).toEqual(rules);
  const unknown = { NOPE: "off" } as SyncOptions["lint"];
  const error = await refusal(declare(store, {}, unknown && { lint: unknown }));
  expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "lint.NOPE" } });
  for (const rule of rules) expect(error.message).toContain(rule);
  const level = { EDGE_SCAN: "loud" } as unknown as NonNullable<SyncOptions["lint"]>;
  expect(await refusal(declare(store, {}, { lint: level }))).toMatchObject({
    details: { path: "lint.EDGE_SCAN" },
  });
});
