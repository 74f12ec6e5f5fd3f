/** `checkRoutes`: checks of a declaration without a store. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { checkRoutes, planRoutes } from "../lib";
import type { LintRule, RouteTarget, SyncOptions } from "../index";
import { root } from "./support/run";
import { freshStore, refusal, routes } from "./support/store";

const A = "https://a.example";
const BASE = {
  store: "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d-1111-2222-3333-444455556666",
  router: "678a",
  owner: "shop/test",
};
const rewritten = (to: string) => ({ url: A, rewrite: { regex: "^/api", to } });
/** Routes with separate targets that fill more than 80 % of a store. */
const large = Object.fromEntries(
  Array.from({ length: 4_800 }, (_, n) => [`/r${n}`, rewritten(`/${n}${"x".repeat(850)}`)]),
);

/** For each rule that works without a store, a declaration and the pattern in the warning. */
const FOUND: { [R in LintRule]?: [SyncOptions["routes"], string | undefined] } = {
  HTTP_ORIGIN: [{ "/a": "http://a.example" }, "/a"],
  URL_PORT: [{ "/a": "https://a.example:8443" }, "/a"],
  URL_IP_ADDRESS: [{ "/a": "https://10.0.0.1" }, "/a"],
  URL_NOT_PUBLIC: [{ "/a": "https://localhost" }, "/a"],
  WEBSITE_ENDPOINT: [{ "/a": { bucket: "b.s3-website-us-east-1.amazonaws.com" } }, "/a"],
  VALUE_UNSET: [{ "/a": "https://undefined" }, "/a"],
  PATTERN_NORMALIZED: [{ "A.example/": A }, "A.example/"],
  PATTERN_BARE_HOST: [{ api: A }, "api"],
  PATTERN_PLACEHOLDER: [{ "/:slug": A }, "/:slug"],
  REWRITE_NOT_ENCODED: [{ "/api": rewritten("/ä") }, "/api"],
  REWRITE_BREAKS_PATH: [{ "/api": rewritten("") }, "/api"],
  ROUTE_SHADOWED: [{ "*.com/": A, "a.com/api": A }, "a.com/api"],
  HOST_LOSES_TO_WILDCARD: [{ "*.com/api": A, "a.com/": A }, "a.com/"],
  HOST_TIES_WITH_WILDCARD: [{ "*.com/": A, "ab.com/": A }, "ab.com/"],
  WILDCARD_UNANCHORED: [{ "api-*.x.io/": A }, "api-*.x.io/"],
  NAMESPACE_COLLISION: [{ "/a": { namespace: "678a", type: "url" } }, "/a"],
  EDGE_READS: [routes(330), undefined],
  EDGE_SCAN: [routes(150), undefined],
  STORE_NEARLY_FULL: [large, undefined],
};

const cases = Object.entries(FOUND).map(([rule, [declared, pattern]]) => ({ rule, declared, pattern }));

test.each(cases)("$rule is judged without a store, as the plan judges it", async (one) => {
  const { rule, declared, pattern } = one;
  const store = await freshStore();
  const options = {
    ...BASE,
    store: store.arn,
    client: store.client,
    routes: declared,
    lint: { [rule]: "warn" as const },
  };
  const { warnings } = checkRoutes(options);
  const found = warnings.find(({ code }) => code === rule);
  expect(found && { pattern: found.pattern }).toEqual({ pattern });
  expect(store.stats().total).toBe(0);
  expect((await planRoutes(options)).warnings).toEqual(warnings);

  const strict = { ...options, lint: { [rule]: "error" as const } };
  const told = await refusal(planRoutes(strict));
  expect(told).toMatchObject({ code: "LINT", details: { rule } });
  const { code, message, details } = told;
  expect(() => checkRoutes(strict)).toThrow(expect.objectContaining({ code, message, details }));

  const silent = checkRoutes({ ...options, lint: { [rule]: "off" as const } });
  expect(silent.warnings.filter((warning) => warning.code === rule)).toEqual([]);
});

test("rules have the levels that they have in a plan", () => {
  const lint = expect.objectContaining({
    code: "LINT",
    details: { rule: "HTTP_ORIGIN", path: 'routes["/api"]' },
  });
  expect(() => checkRoutes({ ...BASE, routes: { "/api": "http://api.example" } })).toThrow(lint);
  expect(checkRoutes({ ...BASE, routes: { "/api": A } }).warnings).toEqual([]);
});

test("a rule about what is live finds nothing, whatever its level", () => {
  const lint = { TARGET_UNDEFINED: "error", PATTERN_HELD_TWICE: "error" } as const;
  const { warnings, digests } = checkRoutes({ ...BASE, routes: { "/a": A, "/b": undefined }, lint });
  expect({ warnings, patterns: Object.keys(digests) }).toEqual({ warnings: [], patterns: ["/a"] });
});

test("options that only concern live routes reject nothing", () => {
  const guarded: Partial<SyncOptions> = {
    previous: { "/gone": "ymPLUm.X8CY1OW" },
    part: "p",
    takeover: true,
    adopt: true,
    policy: "create-only",
    maxRemoved: 0,
    generation: 7,
    history: 3,
    repair: true,
  };
  expect(checkRoutes({ ...BASE, ...guarded, routes: { "/a": A } }).warnings).toEqual([]);
  expect(checkRoutes({ ...BASE, routes: {} })).toEqual({ warnings: [], digests: {} });
});

test("a rule tells the first twenty", () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`a.com/${n}`, A]));
  const { warnings } = checkRoutes({ ...BASE, routes: { "*.com/": A, ...many } });
  expect(warnings.filter(({ code }) => code === "ROUTE_SHADOWED")).toHaveLength(20);
});

const S3 = { domain: "b.s3.us-east-1.amazonaws.com" };
const site = (more: object, files: string[] = []) => ({ site: { s3: S3, ...more }, files }) as RouteTarget;

test.each<[string, RouteTarget, RouteTarget]>([
  ["a URL as text or as a field", A, { url: A }],
  ["the case of a host", A, "https://A.Example"],
  ["a final slash", A, `${A}/`],
  ["the unit of a time-out", { url: A, readTimeout: "1 minute" }, { url: A, readTimeout: 60 }],
  [
    "the order of fields",
    { url: A, connectionAttempts: 2, readTimeout: 9 },
    JSON.parse(`{"readTimeout":9,"connectionAttempts":2,"url":"${A}"}`),
  ],
  ["the order of files", site({}, ["/a", "/b"]), site({}, ["/b", "/a"])],
  [
    "the case of a server",
    site({ servers: [["h.example", 1, 2]] }),
    site({ servers: [["H.example", 1, 2]] }),
  ],
])("%s is no difference of digests", (_, one, other) => {
  const digests = (target: RouteTarget) => checkRoutes({ ...BASE, routes: { "/a": target } }).digests;
  expect(digests(one)).toEqual(digests(other));
  // Who declares it, and where, does not enter.
  const elsewhere = { store: BASE.store, router: "beef", owner: "other/test", part: "p" };
  expect(checkRoutes({ ...elsewhere, routes: { "/a": one } }).digests).toEqual(digests(other));
});

test("whatever is stored for a route makes its digest", () => {
  const different: RouteTarget[] = [
    A,
    "https://b.example",
    { url: A, readTimeout: 9 },
    rewritten("/"),
    { bucket: "a.example" },
    site({}),
    site({ base: "/x" }),
    site({}, ["/a"]),
    site({}, ["/a", "/b"]),
    site({}, ["/a/b"]),
    { namespace: "b", type: "site" },
    { namespace: "c", type: "site" },
    { namespace: "b", type: "url" },
  ];
  const declared = Object.fromEntries(different.map((target, n) => [`/r${n}`, target]));
  const { digests } = checkRoutes({ ...BASE, routes: declared });
  expect(Object.keys(digests).toSorted()).toEqual(Object.keys(declared).toSorted());
  expect(new Set(Object.values(digests)).size).toBe(different.length);
});

test("docs/lint.md says which rules are judged without a store", () => {
  const rows = [
    ...readFileSync(join(root, "docs/lint.md"), "utf8").matchAll(/^\| `(\w+)` +\| \w+ +\| ([\w ]+?) +\|/gmu),
  ];
  const judged = rows.filter(([, , where]) => where !== "no").map(([, rule]) => rule);
  expect(judged).toEqual(Object.keys(FOUND));
  expect(rows.length).toBe(judged.length + 2);
});
