/** What the local edge refuses: options, requests of viewers, and what functions return, each as CloudFront does. */
import { describe, expect, test } from "@jest/globals";

import { startLocalEdge } from "../lib/testing";
import { ask, fn, freshEdge, origin, raw } from "./support/local-edge";
import { declare, freshStore, refusal } from "./support/store";

const router = "678a";
const ANSWER = fn("return { statusCode: 200, body: request.uri };");

test.each([
  ["no router", {}, "router", "router: found nothing; expected the namespace of the route table"],
  ["no store", { store: undefined, router }, "store", "expected the store of startLocalStore()"],
  ["an unknown option", { router, prt: 1 }, "prt", "found an unknown option"],
  ["a port out of range", { router, port: 65_536 }, "port", "port: found 65536; expected a whole number"],
  ["a router that is none", { router: "no router" }, "router", "router"],
  ["a large function", { function: `${ANSWER}//${"x".repeat(10_240)}` }, "function", "at most 10240 bytes"],
  ["a language of its own", { function: fn("for (const a of []) ;") }, "function", "for…of"],
  ["no code", { function: "function (" }, "function", "function: "],
  [
    "a URL as a host",
    { router, origins: { "https://a.example": "." } },
    'origins["https://a.example"]',
    "expected a host",
  ],
  [
    "a URL with a path",
    { router, origins: { "*": "http://127.0.0.1:1/x" } },
    'origins["*"]',
    "without a path",
  ],
  ["HTTPS", { router, origins: { "*": "https://127.0.0.1" } }, 'origins["*"]', "expected http://host:port"],
  ["no folder", { router, origins: { "*": "/no/such/folder" } }, 'origins["*"]', "which is no folder"],
  ["a cache of a size", { router, cache: 10 }, "cache", "cache: found 10; expected true or false"],
])("%s is an INVALID_OPTION", async (_, options, path, message) => {
  const store = await freshStore();
  const error = await refusal(startLocalEdge({ store, ...options } as never));
  expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
  expect(error.message).toContain(message);
});

test("a port in use is an INVALID_OPTION, and an unknown ARN says that there is no such store", async () => {
  const store = await freshStore();
  const { port } = await freshEdge({ store, router });
  expect(await refusal(startLocalEdge({ store, router, port }))).toMatchObject({
    code: "INVALID_OPTION",
    message: `port: found ${port}, which is in use; expected a free port, or 0 for any`,
    details: { path: "port" },
  });
  expect(await refusal(startLocalEdge({ store, router, arn: "arn:none" }))).toMatchObject({
    code: "STORE_GONE",
  });
});

describe("a request", () => {
  const long = "x".repeat(10_000);

  test.each([
    [400, "is of an absolute form", "GET http://a.example/ HTTP/1.1", ""],
    [400, "begins with no slash", "GET x HTTP/1.1", ""],
    [400, "is for the server", "OPTIONS * HTTP/1.1", ""],
    [400, "has a fragment", "GET /a#b HTTP/1.1", ""],
    [414, "has a long URL", `GET /${"x".repeat(8_192)} HTTP/1.1`, ""],
    [413, "has long headers", "GET / HTTP/1.1", `a: ${long}\r\nb: ${long}\r\nc: ${long}\r\n`],
    [413, "has headers that Node does not read", "GET / HTTP/1.1", `a: ${"x".repeat(70_000)}\r\n`],
    [403, "is a GET with a body", "GET / HTTP/1.1", "content-length: 1\r\n"],
    [405, "is a TRACE", "TRACE / HTTP/1.1", ""],
    [405, "is a CONNECT", "CONNECT a.example:443 HTTP/1.1", ""],
    [405, "has a method of WebDAV", "PROPFIND / HTTP/1.1", ""],
    [
      200,
      "has a URL of the most bytes",
      `GET /${"x".repeat(8_192 - "http://a.example/".length)} HTTP/1.1`,
      "",
    ],
    [200, "has headers of many bytes", "GET / HTTP/1.1", `a: ${long}\r\nb: ${long}\r\n`],
    [200, "is a GET without a body", "GET / HTTP/1.1", "content-length: 0\r\n"],
  ])("is a %d if it %s", async (status, _, line, headers) => {
    const store = await freshStore();
    const edge = await freshEdge({ store, function: ANSWER });
    const got = await raw(
      edge,
      `${line}\r\nhost: a.example\r\nconnection: close\r\n${headers}\r\n${headers.startsWith("content-length: 1") ? "x" : ""}`,
    );
    expect(Number(got.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length))).toBe(status);
    // Node refuses some before they are requests.
    const refused = edge.requests().filter((entry) => entry.status !== 200);
    const forms = refused.map(({ origin: chosen, reads, error }) => [chosen, reads, typeof error]);
    expect(forms).toEqual(refused.map(() => ["-", 0, "string"]));
  });

  test("is a 400 without a host", async () => {
    const store = await freshStore();
    const edge = await freshEdge({ store, function: ANSWER });
    expect(await raw(edge, "GET / HTTP/1.0\r\n\r\n")).toContain("400 Bad Request");
    expect(await raw(edge, "no HTTP\r\n\r\n")).toContain("400 Bad Request");
  });
});

describe("a function that", () => {
  const large = `new Array(41 * 1024).join("x")`;

  test.each([
    [502, "returns a uri without a slash", `request.uri = "x"; return request;`, "the uri is"],
    [502, "returns a query in the uri", `request.uri = "/x?a"; return request;`, "the uri is"],
    [502, "returns a fragment in the uri", `request.uri = "/x#a"; return request;`, "the uri is"],
    [502, "returns a uri that is no text", `request.uri = 1; return request;`, "the uri is 1"],
    [502, "changes the method", `request.method = "POST"; return request;`, "the method is POST"],
    [
      502,
      "adds a header of CloudFront",
      `request.headers["x-amz-cf-id"] = { value: "1" }; return request;`,
      "x-amz-cf-id",
    ],
    [502, "adds x-edge-*", `request.headers["x-edge-a"] = { value: "1" }; return request;`, "x-edge-a"],
    [
      502,
      "adds connection",
      `request.headers.connection = { value: "close" }; return request;`,
      "connection",
    ],
    [502, "adds proxy-*", `request.headers["proxy-a"] = { value: "1" }; return request;`, "proxy-a"],
    [
      502,
      "adds x-forwarded-proto",
      `request.headers["x-forwarded-proto"] = { value: "1" }; return request;`,
      "x-forwarded-proto",
    ],
    [502, "changes host", `request.headers.host = { value: "b.example" }; return request;`, "header host"],
    [502, "deletes host", `delete request.headers.host; return request;`, "header host"],
    [
      502,
      "adds content-length",
      `request.headers["content-length"] = { value: "1" }; return request;`,
      "content-length",
    ],
    [502, "adds via", `request.headers.via = { value: "1" }; return request;`, "header via"],
    [
      502,
      "returns upper case",
      `request.headers["X-A"] = { value: "1" }; return request;`,
      "not in lower case",
    ],
    [502, "returns a header without a value", `request.headers["x-a"] = "1"; return request;`, "x-a is"],
    [
      502,
      "breaks a header's line",
      `request.headers["x-a"] = { value: "1\\r\\n" }; return request;`,
      "characters",
    ],
    [502, "returns no parameters", `delete request.querystring; return request;`, "querystring is no object"],
    [502, "returns a status as text", `return { statusCode: "200" };`, "statusCode is"],
    [502, "returns a status out of range", `return { statusCode: 600 };`, "statusCode is 600"],
    [502, "returns a large body", `return { statusCode: 200, body: ${large} };`, "at most 40960"],
    [
      502,
      "returns a large header",
      `return { statusCode: 200, headers: { a: { value: ${large} } } };`,
      "at most 40960",
    ],
    [502, "returns a body of another form", `return { statusCode: 200, body: { data: "x" } };`, "body is"],
    [
      502,
      "answers with upper case",
      `return { statusCode: 200, headers: { "X-A": { value: "1" } } };`,
      "lower case",
    ],
    [502, "answers with via", `return { statusCode: 200, headers: { via: { value: "1" } } };`, "header via"],
    [503, "throws", `throw new Error("mine");`, "mine"],
    [503, "returns nothing", "", "neither a request nor a response"],
    [503, "returns null", "return null;", "neither a request nor a response"],
  ])("gets a %d if it %s", async (status, _, body, message) => {
    const store = await freshStore();
    const edge = await freshEdge({ store, function: fn(body), origins: { "*": await origin() } });
    const got = await ask(edge, "/a?b=1");
    expect([got.status, got.body]).toEqual([status, expect.stringContaining(message)]);
    expect(edge.requests()).toMatchObject([{ status, origin: "-", error: expect.stringContaining(message) }]);
  });

  const custom = { port: 443, protocol: "https", sslProtocols: ["TLSv1.2"] };

  test.each([
    ["a URL as a domain", { domainName: "https://api.example" }],
    ["a port in the domain", { domainName: "api.example:8443" }],
    ["a domain of one label", { domainName: "localhost" }],
    ["no attempt", { domainName: "api.example", connectionAttempts: 0 }],
    ["4 attempts", { domainName: "api.example", connectionAttempts: 4 }],
    ["a connectionTimeout of 11 s", { domainName: "api.example", timeouts: { connectionTimeout: 11 } }],
    ["a readTimeout of 61 s", { domainName: "api.example", timeouts: { readTimeout: 61 } }],
    ["a readTimeout of half a second", { domainName: "api.example", timeouts: { readTimeout: 0.5 } }],
    ["a keepAliveTimeout of 61 s", { domainName: "api.example", timeouts: { keepAliveTimeout: 61 } }],
    ["an unknown timeout", { domainName: "api.example", timeouts: { read: 1 } }],
    ["port 81", { domainName: "api.example", customOriginConfig: { ...custom, port: 81 } }],
    ["port 65536", { domainName: "api.example", customOriginConfig: { ...custom, port: 65_536 } }],
    ["a port as text", { domainName: "api.example", customOriginConfig: { ...custom, port: "443" } }],
    ["another protocol", { domainName: "api.example", customOriginConfig: { ...custom, protocol: "ftp" } }],
  ])("gets a 503 for an origin with %s", async (_, chosen) => {
    const store = await freshStore();
    const text = fn(`cf.updateRequestOrigin(${JSON.stringify(chosen)}); return request;`);
    const edge = await freshEdge({ store, function: text, origins: { "*": await origin() } });
    const got = await ask(edge, "/");
    expect([got.status, got.body]).toEqual([503, expect.stringContaining("updateRequestOrigin refuses")]);
  });

  test.each([80, 443, 1_024, 65_535])("may choose port %d", async (port) => {
    const store = await freshStore();
    const chosen = {
      domainName: "api.example",
      customOriginConfig: { ...custom, port },
      connectionAttempts: 3,
    };
    const text = fn(`cf.updateRequestOrigin(${JSON.stringify(chosen)}); return request;`);
    const edge = await freshEdge({ store, function: text, origins: { "api.example": await origin() } });
    expect((await ask(edge, "/")).status).toBe(200);
  });
});

test("a store that is gone is a 503", async () => {
  const store = await freshStore();
  const arn = store.createStore("other");
  await declare({ arn, client: store.client }, { "/": "https://api.example" });
  const edge = await freshEdge({ store, arn, router, origins: { "*": await origin() } });
  store.deleteStore(arn);
  expect((await ask(edge, "/")).status).toBe(503);
});
