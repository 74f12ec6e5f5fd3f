/** The edge function: its options, its size, and what it does with a request, in Node and, where it is installed, in njs. */
import { describe, expect, test } from "@jest/globals";

import { edgeFunction, FUNCTION_BYTES } from "../lib/edge";
import type { EdgeFunctionOptions } from "../lib/edge";
import { check } from "../lib/edge/language";
import { type EdgeEvent, type EdgeResult, loadFunction } from "../lib/edge/runtime";
import { isRouteSyncError, setIndex } from "../lib";
import { outcome, values, viewerRequest } from "./support/edge";
import { isAcceptedByNjs, njsVersion, runInNjs } from "./support/njs";
import { declare, freshStore, routes } from "./support/store";

const OPTIONS: EdgeFunctionOptions = { router: "678a" };
const ALL: EdgeFunctionOptions = {
  ...OPTIONS,
  otherwise: "defaultOrigin",
  blockDefaultDomain: true,
  probe: true,
  openNext: true,
};

/** Runs one function for one event, in Node and in njs, which must agree. */
async function run(
  keys: Record<string, string>,
  event: EdgeEvent,
  options: Partial<EdgeFunctionOptions> = {},
): Promise<EdgeResult> {
  const text = edgeFunction({ ...OPTIONS, ...options });
  const result = await loadFunction(text, (key) => keys[key])(event);
  const { returned, origin } = result;
  const expected = { returned, ...(origin && { origin }), reads: result.reads };
  expect(njsVersion === undefined ? [expected] : runInNjs(text, keys, [event])).toEqual([expected]);
  return result;
}

/** A table of one route with this metadata, for all paths. */
function one(type: string, metadata: unknown, files: string[] = []): Record<string, string> {
  const named = files.map((name): [string, string] => [`ab12:${name}`, "s3"]);
  return {
    "678a:routes": JSON.stringify([`${type},ab12,,/`]),
    "ab12:metadata": JSON.stringify(metadata),
    ...Object.fromEntries(named),
  };
}

const refusal = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (isRouteSyncError(error)) return error;
  }
  throw new Error("nothing was refused");
};

describe("the text", () => {
  test("has at most 5,000 bytes without optional parts and 6,500 with all, and is in the runtime's language", () => {
    const [none, all] = [edgeFunction(OPTIONS), edgeFunction(ALL)];
    expect(Buffer.byteLength(none)).toBeLessThanOrEqual(5_000);
    expect(Buffer.byteLength(all)).toBeLessThanOrEqual(6_500);
    for (const text of [none, all]) {
      expect(check(text)).toEqual([]);
      expect(text).not.toMatch(/\$\w+;/u);
      expect(text).toMatch(/^import cf from ?"cloudfront";/u);
    }
  });

  test.each<[Record<string, unknown>, string]>([
    [{}, "router: is undefined; expected 1 to 64"],
    [{ router: 'a"b' }, 'router: is "a\\"b"'],
    [{ router: "678a", rooter: 1 }, "rooter: is not an option; expected one of router"],
    [{ router: "678a", otherwise: "503" }, 'otherwise: is "503"; expected "notFound" or "defaultOrigin"'],
    [{ router: "678a", probe: "yes" }, 'probe: is "yes"; expected true or false'],
    [{ router: "678a", before: () => 1 }, "before: is function"],
    [
      { router: "678a", before: "\nconst { a } = event;" },
      "destructuring, in line 2; expected the name of the property",
    ],
    [{ router: "678a", after: "}; let x = (" }, "after: "],
    [{ router: "678a", before: `"${"x".repeat(9_000)}"` }, "before: the function has"],
  ])("refuses %j", (options, message) => {
    const error = refusal(() => edgeFunction(options as unknown as EdgeFunctionOptions));
    expect(error.code).toBe("INVALID_OPTION");
    expect(error.message).toContain(message);
    expect(Object.keys(error.details)).toEqual(["path"]);
  });

  test("counts the code of a user", () => {
    const free = FUNCTION_BYTES - Buffer.byteLength(edgeFunction(OPTIONS));
    expect(edgeFunction({ ...OPTIONS, before: "return;".padEnd(free - 200) })).toContain("return;");
    expect(() => edgeFunction({ ...OPTIONS, before: "return;".padEnd(free) })).toThrow("at most 10240 bytes");
  });
});

describe("the check of the language", () => {
  const REFUSED = [
    "for (var x of [1]) {}",
    "var [a] = [1];",
    "var { a } = { a: 1 };",
    "Math.max(...[1]);",
    "var a = { ...{} };",
    "function f(a = 1) {}",
    "var a = {}; a?.b;",
    "class A {}",
    "function* g() {}",
    "async function* g() {}",
    "var a = 1; a ||= 2;",
    "String.raw`a`;",
    "try {} catch {}",
    "/a/s;",
    "/a/u;",
    "1n;",
    "function F() { new.target }",
    "async function f() { g(await 1) } function g() {}",
    "async function f() { new Array(await 1) }",
    "async function f() { Math.max(1, [await 1][0]) }",
    "import('x');",
    "await 1;",
    "var a = ;",
    "let a; let a;",
  ];
  const ALLOWED = [
    "for (const k in { a: 1 }) {}",
    "for (let i = 0; i < 1; i++) {}",
    "function f(...a) {}",
    "var a = null ?? 1;",
    "var a = 2 ** 3;",
    "var a = `x${1}`;",
    "var f = (a) => ({ b: a });",
    "var o = { f() {}, ['a']: 1, get x() { return 1 } };",
    "/(?<n>a)(?<=a)b/gimy;",
    "async function f() { return 1 ? await 1 : [await 2].slice(0) }",
    "async function f() { (await [1]).slice(0) }",
    "async function f() { g(function () { return 1 }) } function g() {}",
    "a: for (;;) { break a; }",
    "Math.max(1, 2,);",
    "var Map = 1; Map + 1;",
    "var o = { Map: 1 }; o.Map;",
    "new Uint8Array(1); Buffer.from('a'); Symbol('a'); Promise.resolve(1); String.fromCharCode(1);",
  ];

  test.each(REFUSED)("refuses %s", (code) => {
    expect(check(code)).not.toEqual([]);
    expect(njsVersion !== undefined && isAcceptedByNjs(code)).toBe(false);
  });
  test.each(ALLOWED)("accepts %s", (code) => {
    expect(check(code)).toEqual([]);
    expect(njsVersion === undefined || isAcceptedByNjs(code)).toBe(true);
  });
  test.each([
    "new Map()",
    "eval('1')",
    "setTimeout(f, 1); function f() {}",
    "fetch('x')",
    "Reflect.ownKeys({})",
  ])("refuses %s, which AWS's runtime has not", (code) => {
    expect(check(code)).toMatchObject([
      { line: 1, message: expect.stringContaining("the runtime does not have") },
    ]);
  });
  test("refuses an async function inside another, which AWS does not support", () => {
    expect(check("async function f() { var g = async () => 1; await g() }")).toHaveLength(1);
  });
});

describe("targets", () => {
  test.each([
    ["https", { host: "a.example", origin: {} }, { domainName: "a.example", port: 443, protocol: "https" }],
    [
      "http",
      { host: "a.example", origin: { protocol: "http" } },
      { domainName: "a.example", port: 80, protocol: "http" },
    ],
    [
      "a port",
      { host: "a.example:8443", origin: {} },
      { domainName: "a.example", port: 8443, protocol: "https" },
    ],
    ["no origin", { host: "a.example" }, { domainName: "a.example", port: 443, protocol: "https" }],
  ])("a url with %s", async (_, metadata, { domainName, port, protocol }) => {
    const event = viewerRequest("www.example", "/x", {
      headers: values({ "x-routesync-route": "forged", "x-forwarded-host": "forged" }),
    });
    const { returned, origin } = await run(one("url", metadata), event);
    expect(origin).toEqual({
      domainName,
      customOriginConfig: { port, protocol, sslProtocols: ["TLSv1.2"] },
      originAccessControlConfig: { enabled: false },
    });
    expect(returned).toMatchObject({
      uri: "/x",
      headers: values({ "x-forwarded-host": "www.example", "x-routesync-route": "ab12" }),
    });
  });

  test("a url with attempts, timeouts, signing and a rewrite", async () => {
    const access = {
      enabled: true,
      signingBehavior: "always",
      signingProtocol: "sigv4",
      originType: "lambda",
    };
    const timeouts = { connectionTimeout: 3, readTimeout: 60 };
    const origin = { connectionAttempts: 2, timeouts, originAccessControlConfig: access };
    const metadata = { host: "f.example", rewrite: { regex: "^/api/(.*)$", to: "/$1" }, origin };
    const result = await run(one("url", metadata), viewerRequest("www.example", "/api/users"));
    expect(result.origin).toMatchObject({
      connectionAttempts: 2,
      timeouts,
      originAccessControlConfig: access,
    });
    expect(result.returned).toMatchObject({ uri: "/users" });
  });

  test("a bucket gets signed requests without cookies", async () => {
    const metadata = {
      domain: "b.s3.us-east-1.amazonaws.com",
      origin: { timeouts: { connectionTimeout: 3 } },
    };
    const event = viewerRequest("www.example", "/x.png", { cookies: values({ session: "secret" }) });
    const { returned, origin } = await run(one("bucket", metadata), event);
    expect(origin).toEqual({
      domainName: "b.s3.us-east-1.amazonaws.com",
      originAccessControlConfig: {
        enabled: true,
        signingBehavior: "always",
        signingProtocol: "sigv4",
        originType: "s3",
      },
      timeouts: { connectionTimeout: 3 },
    });
    expect(returned).toMatchObject({ cookies: {} });
  });

  const SITE = {
    base: "/docs",
    s3: { domain: "b.s3.us-east-1.amazonaws.com", dir: "/v1", routes: ["/assets"] },
    image: { host: "image.example", route: "/_image" },
    servers: [
      ["eu.example", 50.1, 8.6],
      ["us.example", 39, -77.4],
      ["jp.example", 35.7, 139.7],
    ],
    origin: { timeouts: { readTimeout: 20 } },
  };
  test.each([
    ["a file", "/docs/a.css", ["/a.css"], "b.s3.us-east-1.amazonaws.com", "/v1/docs/a.css"],
    ["a page", "/docs/guide", ["/guide.html"], "b.s3.us-east-1.amazonaws.com", "/v1/docs/guide.html"],
    [
      "an index",
      "/docs/guide",
      ["/guide/index.html"],
      "b.s3.us-east-1.amazonaws.com",
      "/v1/docs/guide/index.html",
    ],
    [
      "a decoded name",
      "/docs/k%C3%A4se/",
      ["/käse/index.html"],
      "b.s3.us-east-1.amazonaws.com",
      "/v1/docs/k%C3%A4se/index.html",
    ],
    ["a folder", "/docs/assets/x", [], "b.s3.us-east-1.amazonaws.com", "/v1/docs/assets/x/index.html"],
    ["a file in a folder", "/docs/assets/x.png", [], "b.s3.us-east-1.amazonaws.com", "/v1/docs/assets/x.png"],
    ["an image", "/docs/_image/x", [], "image.example", "/docs/_image/x"],
    ["a server", "/docs/%zz", ["/%zz"], "eu.example", "/docs/%zz"],
    ["a long name", `/docs/${"é".repeat(300)}`, [], "eu.example", `/docs/${"é".repeat(300)}`],
  ])("a site: %s", async (_, uri, files, domainName, expected) => {
    const { returned, origin } = await run(one("site", SITE, files), viewerRequest("www.example", uri));
    expect(origin).toMatchObject({ domainName });
    expect(returned).toMatchObject({ uri: expected });
  });

  test.each([
    ["48.2", "16.4", "eu.example"],
    ["40.7", "-74", "us.example"],
    ["-33.9", "151.2", "jp.example"],
    // Across the date line.
    ["52", "-179", "jp.example"],
  ])("the nearest server of a site: %s %s", async (latitude, longitude, domainName) => {
    const place = values({
      "cloudfront-viewer-latitude": latitude,
      "cloudfront-viewer-longitude": longitude,
    });
    const { origin } = await run(
      one("site", SITE),
      viewerRequest("www.example", "/docs/x", { headers: place }),
    );
    expect(origin).toMatchObject({ domainName, timeouts: { readTimeout: 20 } });
  });

  test("a site without servers: its page, or its bucket", async () => {
    const s3 = { domain: "b.s3.us-east-1.amazonaws.com", dir: "" };
    const at = viewerRequest("www.example", "/x");
    const page = await run(one("site", { s3, base: "/docs", custom404: "/404.html" }), at);
    expect(page.returned).toMatchObject({ uri: "/docs/404.html" });
    const bucket = await run(one("site", { s3, custom404: "/404.html", errorResponseCode: 404 }), at);
    expect(bucket.returned).toMatchObject({ uri: "/x" });
  });

  test("names of parameters with a slash are encoded for a server, whose requests are signed", async () => {
    const event = viewerRequest("www.example", "/docs/x", { querystring: values({ "a/b": "1", c: "2" }) });
    const { returned } = await run(one("site", SITE), event);
    expect(returned).toMatchObject({ querystring: values({ "a%2Fb": "1", c: "2" }) });
  });

  test("servers built with OpenNext get their headers on request", async () => {
    const headers = values({
      rsc: "1",
      "next-url": "/a",
      "cloudfront-viewer-city": "Wien",
      "cloudfront-viewer-country-region": "9",
    });
    const event = viewerRequest("www.example", "/docs/x", { headers });
    const plain = outcomeHeaders(await run(one("site", SITE), event));
    expect(plain).not.toHaveProperty("x-open-next-cache-key");
    const given = outcomeHeaders(await run(one("site", SITE), event, { openNext: true }));
    expect(given).toMatchObject(values({ "x-open-next-city": "Wien", "x-open-next-region": "9" }));
    const other = viewerRequest("www.example", "/docs/x", {
      headers,
      cookies: values({ __prerender_bypass: "p" }),
    });
    const preview = outcomeHeaders(await run(one("site", SITE), other, { openNext: true }));
    expect(preview["x-open-next-cache-key"]).not.toEqual(given["x-open-next-cache-key"]);
  });
});

const outcomeHeaders = ({ returned }: EdgeResult) =>
  (returned && "headers" in returned && returned.headers) as Record<string, { value: string }>;

describe("requests that no route matches, and errors", () => {
  const keys = { ...one("url", { host: "a.example" }), "678a:routes": '["url,ab12,,/api"]' };
  const forged = viewerRequest("www.example", "/x", { headers: values({ "x-routesync-route": "ab12" }) });

  test("404, which no cache keeps", async () => {
    const answer = { statusCode: 404, headers: { "cache-control": { value: "no-store" } } };
    expect((await run(keys, forged)).returned).toEqual(answer);
    expect((await run({}, forged)).returned).toEqual(answer);
  });

  test("the distribution's own origin, without a route's id", async () => {
    const { returned, origin } = await run(keys, forged, { otherwise: "defaultOrigin" });
    expect(origin).toBeUndefined();
    expect(returned).toMatchObject({ uri: "/x", headers: values({ "x-forwarded-host": "www.example" }) });
    expect(outcomeHeaders({ returned, reads: [], printed: [] })).not.toHaveProperty("x-routesync-route");
  });

  test.each<[string, Record<string, string>]>([
    ["a table that is no JSON", { "678a:routes": "[" }],
    ["a missing chunk", { "678a:routes": '{"parts":2}', "678a:routes:0": "[" }],
    [
      "a missing chunk between two entries",
      {
        ...one("url", { host: "h" }),
        "678a:routes": '{"parts":3}',
        "678a:routes:0": '["url,ab12,,/"',
        "678a:routes:2": ',"url,ab12,,/a"]',
      },
    ],
    ["an entry of two fields", { "678a:routes": '["url,ab12"]' }],
    ["missing metadata", { "678a:routes": '["url,ab12,,/"]' }],
    ["metadata that is no JSON", { "678a:routes": '["url,ab12,,/"]', "ab12:metadata": "{" }],
    ["an unknown type", { ...one("url", { host: "h" }), "678a:routes": '["gopher,ab12,,/"]' }],
    [
      "a type that is a name of objects",
      { ...one("url", { host: "h" }), "678a:routes": '["constructor,ab12,,/"]' },
    ],
    ["a site without targets", one("site", {})],
  ])("%s: 503, which no cache keeps", async (_, broken) => {
    const { returned, origin } = await run(broken, viewerRequest("www.example", "/x"));
    expect(returned).toEqual({ statusCode: 503, headers: { "cache-control": { value: "no-store" } } });
    expect(origin).toBeUndefined();
  });

  test("a store that cannot be read: 503, and a single failure is tried again", async () => {
    const text = edgeFunction(OPTIONS);
    const down = await loadFunction(text, () => Promise.reject(new Error("unavailable")))(forged);
    expect(down.returned).toMatchObject({ statusCode: 503 });
    let failed = false;
    const once = await loadFunction(text, (key) => {
      if (failed) return (keys as Record<string, string>)[key];
      failed = true;
      throw new Error("unavailable");
    })(viewerRequest("www.example", "/api"));
    expect(outcome(once)).toMatchObject({ route: "ab12" });
  });
});

describe("optional parts", () => {
  const keys = one("url", { host: "a.example" });

  test("blocks the distribution's own domain", async () => {
    const blocked = await run(keys, viewerRequest("D111.CloudFront.net", "/"), { blockDefaultDomain: true });
    expect(blocked.returned).toMatchObject({ statusCode: 403 });
    expect(blocked.reads).toEqual([]);
    const other = await run(keys, viewerRequest("cloudfront.net.example", "/"), { blockDefaultDomain: true });
    expect(outcome(other)).toMatchObject({ route: "ab12" });
  });

  test("the probe names the route of another request, also where the domain is blocked", async () => {
    const ask = async (host: string, uri: string, from = keys) => {
      const querystring = values({ host, uri: encodeURIComponent(uri) });
      const event = viewerRequest("d111.cloudfront.net", "/.well-known/routesync", { querystring });
      const { returned } = await run(from, event, ALL);
      return returned as { statusCode: number; body: string; headers: Record<string, { value: string }> };
    };
    const told = await ask("www.example", "/a b");
    expect(JSON.parse(told.body)).toEqual({ id: "ab12", metadata: true });
    expect(told.headers["cache-control"]).toEqual({ value: "no-store" });
    const { "ab12:metadata": _, ...without } = keys;
    expect(JSON.parse((await ask("www.example", "/", without as typeof keys)).body)).toEqual({
      id: "ab12",
      metadata: false,
    });
    expect(JSON.parse((await ask("www.example", "/", {} as typeof keys)).body)).toEqual({ id: null });
    const off = await run(keys, viewerRequest("www.example", "/.well-known/routesync"));
    expect(outcome(off)).toMatchObject({ route: "ab12" });
  });
});

describe("an index", () => {
  async function indexed(count: number) {
    const store = await freshStore();
    await declare(store, routes(count), { index: true });
    return { store, keys: store.entries() };
  }
  const request = viewerRequest("www.example", "/r77/x");

  test("takes three reads, and as many for 2,000 routes as for 100", async () => {
    for (const count of [100, 2_000]) {
      const { keys } = await indexed(count);
      const result = await run(keys, request);
      expect(result.reads).toHaveLength(3);
      expect(result.origin).toMatchObject({ domainName: "r77.example" });
    }
  });

  test("a page or metadata that is missing leads to the former epoch, or else to the table", async () => {
    const { store, keys: before } = await indexed(100);
    // A new layout: the former one stays for requests under way.
    store.putRaw(store.arn, "678a:routes", before["678a:routes"]?.replace(/"1 (\w+ \d+) \w+/u, '"1 $1 -'));
    await declare(store, { ...routes(100), "/r77": "https://moved.example" });
    const after = store.entries();
    expect((await run(after, request)).origin).toMatchObject({ domainName: "moved.example" });
    const [, epoch] = /"1 (\w+) /u.exec(after["678a:routes"] as string) as unknown as [string, string];
    const torn = Object.fromEntries(
      Object.entries(after).filter(([key]) => !key.startsWith(`678a:index:${epoch}.`)),
    );
    // The former epoch names metadata that the grace period keeps.
    expect((await run(torn, request)).origin).toMatchObject({ domainName: "r77.example" });
    const none = Object.fromEntries(Object.entries(torn).filter(([key]) => !key.startsWith("678a:index")));
    const scanned = await run(none, request);
    expect(scanned.origin).toMatchObject({ domainName: "moved.example" });
  });

  test("a root of an unknown version is not read", async () => {
    const { store, keys } = await indexed(100);
    const newer = { ...keys, "678a:routes": (keys["678a:routes"] as string).replace('"1 ', '"2 ') };
    const result = await run(newer, request);
    expect(result.origin).toMatchObject({ domainName: "r77.example" });
    expect(result.reads.some(({ key }) => key.includes(":index"))).toBe(false);
    await setIndex({ store: store.arn, client: store.client, router: "678a", index: false });
    expect((await run(store.entries(), request)).origin).toMatchObject({ domainName: "r77.example" });
  });

  test("hostile requests get an answer", async () => {
    const { keys } = await indexed(300);
    const uris = [
      `/${"a".repeat(8_190)}`,
      "/".repeat(8_191),
      "/%00",
      "/../../r7",
      "/r7/..//%2e",
      "/__proto__",
      "/constructor/x",
      `/r7${"/x".repeat(4_000)}`,
    ];
    for (const uri of uris) {
      for (const host of ["www.example", "__proto__", "constructor", "^$", "a".repeat(250)]) {
        const { returned } = await run(keys, viewerRequest(host, uri));
        const expected = uri.startsWith("/r7/") ? "r7.example" : undefined;
        expect([uri.slice(0, 20), host, "statusCode" in returned!]).toEqual([
          uri.slice(0, 20),
          host,
          !expected,
        ]);
      }
    }
  });
});
