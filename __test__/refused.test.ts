/** Bad input: each kind is rejected with its code, its path and a helpful message, and nothing is sent. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { startLocalStore } from "../lib/testing";
import { declare, refusal } from "./support/store";
import type { RouteSyncErrorCode, SyncOptions } from "../index";
import type { LocalStore } from "../lib/testing";

let store: LocalStore;
beforeAll(async () => {
  store = await startLocalStore();
});
afterAll(() => store.close());

const H = "https://h.example";
const routes = { "/api": H };

type Case = [
  what: string,
  options: object,
  code: RouteSyncErrorCode,
  path: string | undefined,
  words: RegExp,
];

/** Each case is one test, with the options that replace those of a valid call. */
function refused(cases: Case[]): void {
  test.each(cases)("%s", async (_what, options, code, path, words) => {
    const error = await refusal(declare(store, routes, options as Partial<SyncOptions>));
    expect({ code: error.code, path: error.details.path }).toEqual({ code, path });
    expect(error.message).toMatch(words);
    expect(error.message.startsWith(path ?? "")).toBe(true);
    expect(error.retryable).toBe(false);
    expect(store.stats()).toMatchObject({ total: 0, connections: 0 });
  });
}

/** A case for a pattern, which is the only route. */
const pattern = (what: string, text: string, words: RegExp): Case => [
  `${what}: ${text.length > 40 ? "…" : text}`,
  { routes: { [text]: H } },
  "INVALID_PATTERN",
  `routes[${JSON.stringify(text)}]`,
  words,
];

/** A case for a target of `/api`. */
const target = (
  what: string,
  value: unknown,
  code: RouteSyncErrorCode,
  below: string,
  words: RegExp,
): Case => [what, { routes: { "/api": value } }, code, `routes["/api"]${below}`, words];

const ARN = "arn:aws:cloudfront::123456789012:key-value-store/7e8a-11";

describe("the store's ARN", () => {
  refused([
    ["not an ARN", { store: "my-store" }, "INVALID_ARN", "store", /not an ARN.*expected arn:aws:cloudfront/],
    [
      "China's partition",
      { store: ARN.replace("aws", "aws-cn") },
      "INVALID_ARN",
      "store",
      /partition "aws-cn"/,
    ],
    [
      "GovCloud's partition",
      { store: ARN.replace("aws", "aws-us-gov") },
      "INVALID_ARN",
      "store",
      /partition "aws-us-gov"/,
    ],
    ["a bucket", { store: "arn:aws:s3:::bucket" }, "INVALID_ARN", "store", /not the ARN of a CloudFront/],
    [
      "a distribution",
      { store: ARN.replace("key-value-store/7e8a-11", "distribution/E1") },
      "INVALID_ARN",
      "store",
      /not a KeyValueStore/,
    ],
    ["missing", { store: undefined }, "INVALID_OPTION", "store", /is missing; expected the ARN/],
  ]);
});

describe("router, owner and part", () => {
  refused([
    ["an empty router", { router: "" }, "INVALID_OPTION", "router", /1 to 64.*4 hexadecimal/],
    ["a router that is too long", { router: "r".repeat(65) }, "INVALID_OPTION", "router", /65 bytes/],
    ["a router with a colon", { router: "a:b" }, "INVALID_OPTION", "router", /letters, digits/],
    ["an empty owner", { owner: "" }, "INVALID_OPTION", "owner", /1 to 128 bytes.*app\/stage/],
    ["an owner that is too long", { owner: "ö".repeat(65) }, "INVALID_OPTION", "owner", /130 bytes/],
    ["an empty part", { part: "" }, "INVALID_OPTION", "part", /1 to 1024/],
    ["a part that is too long", { part: "p".repeat(1_025) }, "INVALID_OPTION", "part", /1 to 1024/],
    ["no routes", { routes: undefined }, "INVALID_OPTION", "routes", /is missing/],
  ]);
});

describe("unknown and misspelt options are named, with the nearest right one", () => {
  refused([
    ["top", { ownr: "x" }, "INVALID_OPTION", "ownr", /unknown option "ownr"; did you mean `owner`\?/],
    [
      "top, nothing near",
      { colour: "x" },
      "INVALID_OPTION",
      "colour",
      /unknown option "colour"\. Allowed here: store, client, .*router, edge, owner/,
    ],
    ["client", { client: { profle: "x" } }, "INVALID_OPTION", "client.profle", /did you mean `profile`\?/],
    ["retry", { retry: { atemptTimeout: 1 } }, "INVALID_OPTION", "retry.atemptTimeout", /`attemptTimeout`/],
    target("target", { url: H, readTimeot: 1 }, "INVALID_OPTION", ".readTimeot", /`readTimeout`/),
    target("url", { ulr: H }, "INVALID_OPTION", ".ulr", /did you mean `url`\?/),
    target(
      "rewrite",
      { url: H, rewrite: { regexp: "a", to: "b" } },
      "INVALID_OPTION",
      ".rewrite.regexp",
      /`regex`/,
    ),
    target(
      "an option of the other kind",
      { bucket: "b.c", readTimeout: 1 },
      "INVALID_OPTION",
      ".readTimeout",
      /unknown option/,
    ),
  ]);
});

describe("patterns", () => {
  refused([
    pattern("empty", "", /empty/),
    pattern("a comma", "/a,b", /comma/),
    pattern("a scheme", "https://a.example/x", /scheme/),
    pattern("a query", "/a?b=1", /query/),
    pattern("a fragment", "/a#b", /fragment/),
    pattern("whitespace in the host", "a b.example/", /whitespace/),
    pattern("a port", "a.example:8080/", /port/),
    pattern("a * in the path", "/a/*/b", /"\*" inside its path.*literal prefix/),
    pattern("a * after a letter", "/a*", /literal prefix.*trailing "\/\*"/),
    pattern("a broken escape", "/100%", /%25/),
    [
      "two that mean the same",
      { routes: { "/api": H, "/api/*": H } },
      "ROUTE_CONFLICT",
      'routes["/api/*"]',
      /"\/api" and "\/api\/\*" mean the same/,
    ],
    [
      "two that mean the same host",
      { routes: { "A.example": H, "a.example/": H } },
      "ROUTE_CONFLICT",
      'routes["a.example/"]',
      /mean the same/,
    ],
    [
      "a bad pattern in previous",
      { previous: { "/a*": "x" } },
      "INVALID_PATTERN",
      'previous["/a*"]',
      /literal prefix/,
    ],
    ["a previous that is no id", { previous: { "/a": "x,y" } }, "INVALID_OPTION", 'previous["/a"]', /comma/],
  ]);
});

test("a pattern that is too long is refused, and shown only in part", async () => {
  const error = await refusal(declare(store, { [`/${"p".repeat(1_000)}`]: H }));
  expect(error).toMatchObject({ code: "INVALID_PATTERN" });
  expect(error.details.path).toMatch(/^routes\["\/p{20,200}…"\]$/);
  expect(error.message).toMatch(/at most 900/);
  expect(error.message.length).toBeLessThan(500);
});

describe("targets", () => {
  refused([
    target("ftp", "ftp://h.example", "INVALID_TARGET", "", /not an http: or https: URL/),
    target("no scheme", { url: "h.example" }, "INVALID_TARGET", ".url", /not an http/),
    target("credentials", "https://user:hunter2@h.example", "INVALID_TARGET", "", /credentials.*remove/),
    target("a path", { url: `${H}/x` }, "INVALID_TARGET", ".url", /path.*use `rewrite`/),
    target("a query", `${H}/?token=hunter2`, "INVALID_TARGET", "", /query/),
    target("a bare bucket name", { bucket: "docs" }, "INVALID_TARGET", ".bucket", /regional domain/),
    target("url and bucket", { url: H, bucket: "b.c" }, "INVALID_OPTION", "", /both/),
    target("neither", {}, "INVALID_OPTION", "", /neither `url` nor `bucket`/),
    target("a number", 7, "INVALID_OPTION", "", /expected a target.*found 7/),
    target("null", null, "INVALID_OPTION", "", /leave the option out/),
    target(
      "a regex that does not compile",
      { url: H, rewrite: { regex: "(", to: "" } },
      "INVALID_TARGET",
      ".rewrite.regex",
      /not a JavaScript regular expression/,
    ),
    target(
      "metadata over 1,024 bytes",
      { url: H, rewrite: { regex: "a", to: "x".repeat(1_000) } },
      "INVALID_TARGET",
      "",
      /at most 1024.*rewrite\.to \(1000 bytes\).*shorten/,
    ),
  ]);

  test("metadata that is too large carries limit and size", async () => {
    const error = await refusal(
      declare(store, { "/api": { url: H, rewrite: { regex: "a", to: "x".repeat(1_000) } } }),
    );
    expect(error.details).toMatchObject({ limit: 1_024, path: 'routes["/api"]' });
    expect(error.details.actual).toBeGreaterThan(1_024);
  });
});

describe("numbers and durations", () => {
  const range = (field: string, value: unknown, words: RegExp) =>
    target(`${field} ${String(value)}`, { url: H, [field]: value }, "INVALID_OPTION", `.${field}`, words);
  refused([
    range("readTimeout", 0, /1 to 60/),
    range("readTimeout", 61, /1 to 60/),
    range("readTimeout", 1.5, /whole seconds/),
    range("readTimeout", -1, /found -1/),
    range("readTimeout", "2 minutes", /1 to 60/),
    range("readTimeout", NaN, /NaN/),
    range("keepAliveTimeout", "soon", /"20 seconds"/),
    range("connectionTimeout", 11, /1 to 10/),
    range("connectionAttempts", 0, /1 to 3/),
    range("connectionAttempts", 4, /1 to 3/),
    range("connectionAttempts", Infinity, /Infinity/),
    ["gracePeriod -1", { gracePeriod: -1 }, "INVALID_OPTION", "gracePeriod", /0 to 86400/],
    ["deadline 0", { deadline: 0 }, "INVALID_OPTION", "deadline", /0\.001 to 3600/],
    ["deadline NaN", { deadline: NaN }, "INVALID_OPTION", "deadline", /NaN/],
    [
      "attemptTimeout 0",
      { retry: { attemptTimeout: 0 } },
      "INVALID_OPTION",
      "retry.attemptTimeout",
      /0\.001 to 600/,
    ],
    [
      "connectTimeout 61",
      { retry: { connectTimeout: 61 } },
      "INVALID_OPTION",
      "retry.connectTimeout",
      /0\.001 to 60/,
    ],
    [
      "firstWait over maxWait",
      { retry: { firstWait: 2, maxWait: 1 } },
      "INVALID_OPTION",
      "retry.firstWait",
      /`retry\.maxWait`/,
    ],
    ["verify light", { verify: "light" }, "INVALID_OPTION", "verify", /true, false or "full"/],
  ]);
});

describe("input that nothing should be made of", () => {
  const cyclic: Record<string, unknown> = { url: H };
  cyclic["rewrite"] = cyclic;
  refused([
    [
      "a cycle",
      { routes: { "/api": cyclic } },
      "INVALID_OPTION",
      'routes["/api"].rewrite',
      /contains itself/,
    ],
    ["a promise", { router: Promise.resolve("678a") }, "INVALID_OPTION", "router", /await it first/],
    ["a function", { owner: () => "x" }, "INVALID_OPTION", "owner", /function/],
    ["an array of routes", { routes: [H] }, "INVALID_OPTION", "routes", /an array/],
    ["10 MB in one value", { owner: "x".repeat(10 << 20) }, "TOO_LARGE", undefined, /at most 8388608/],
    ["100,000 routes", { routes: many(100_000) }, "TOO_LARGE", "routes", /100000 routes.*at most 50000/],
    [
      "more than a store holds",
      { routes: many(40_000, "p".repeat(60)) },
      "TOO_LARGE",
      "routes",
      /it holds 5242880/,
    ],
  ]);

  function many(count: number, prefix = ""): Record<string, string> {
    return Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`/${prefix}${n}`, `https://h${n}.example`]),
    );
  }
});

describe("what may be shown", () => {
  const credentials = {
    accessKeyId: "AKIAHUNTER",
    secretAccessKey: "hunter2-secret",
    sessionToken: "hunter3-token",
  };
  const client = { endpoint: "http://127.0.0.1:1", credentials };

  test.each<[string, object]>([
    ["another option is wrong", { client, deadline: 0 }],
    ["the secret is a number", { client: { credentials: { ...credentials, secretAccessKey: 271828 } } }],
    [
      "the secret has a line break",
      { client: { credentials: { ...credentials, secretAccessKey: "hunter2\n" } } },
    ],
    ["credentials are text", { client: { credentials: "hunter2-secret" } }],
    ["the endpoint has credentials", { client: { endpoint: "http://hunter2:hunter3@127.0.0.1" } }],
    ["a target has credentials", { routes: { "/api": "https://user:hunter2@h.example" } }],
    ["the host does not answer", { client, deadline: 0.3 }],
  ])("no secret is in an error when %s", async (_what, options) => {
    const error = await refusal(declare(store, routes, options as Partial<SyncOptions>));
    const all = [error.message, error.stack, String(error.cause), JSON.stringify(error)].join("\n");
    // Jest's own frame of this call shows none of it.
    expect(all).not.toMatch(/hunter|271828/i);
  });
});
