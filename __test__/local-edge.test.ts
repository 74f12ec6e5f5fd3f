/** The local edge: what reaches the origins, over real HTTP. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, test } from "@jest/globals";

import type { LocalEdgeRequest } from "../lib/testing";
import { ask, echoed, freshEdge, origin } from "./support/local-edge";
import { declare, freshStore, routes } from "./support/store";

const router = "678a";
const folder = mkdtempSync(join(tmpdir(), "routesync-edge-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
}

describe("a url target", () => {
  test("gets the method, the path, the query string, the headers and the body", async () => {
    const store = await freshStore();
    const target = { url: "https://api.example", rewrite: { regex: "^/api/(.*)$", to: "/$1" } };
    await declare(store, { "/api": target });
    const edge = await freshEdge({ store, router, origins: { "api.example": await origin() } });
    const got = await echoed(edge, "/api/caf%C3%A9?b=2&a=%2F&b=3&flag", {
      method: "POST",
      headers: {
        "X-Own": "1",
        connection: "x-hop",
        "x-hop": "1",
        cookie: "s=1; t=2",
        "x-forwarded-for": "192.0.2.1",
      },
      body: "text",
    });
    expect(got).toMatchObject({ method: "POST", url: "/caf%C3%A9?b=2&a=%2F&b=3&flag", body: "text" });
    expect(got.headers).toMatchObject({
      host: "api.example",
      "x-own": "1",
      cookie: "s=1; t=2",
      "x-forwarded-for": "192.0.2.1, 127.0.0.1",
      "x-forwarded-host": "a.example",
      "x-routesync-route": expect.stringMatching(/^[\w.]+$/u),
      via: expect.stringContaining("(CloudFront)"),
    });
    expect(got.headers).not.toHaveProperty("x-hop");
  });

  test("is named in the answer, in requests() and to onRequest", async () => {
    const store = await freshStore();
    const { ids } = await declare(store, { "b.example/api": "https://api.example" });
    const seen: LocalEdgeRequest[] = [];
    const edge = await freshEdge({
      store,
      router,
      origins: { "api.example": await origin() },
      onRequest: (one) => seen.push(one),
    });
    const { headers } = await ask(edge, "/api?x", { host: "B.example:443" });
    const id = ids["b.example/api"];
    expect(headers).toMatchObject({
      "x-edge-route": id,
      "x-edge-reads": "2",
      "x-edge-origin": "https://api.example",
    });
    expect(headers).not.toHaveProperty("x-edge-cache");
    expect(edge.requests()).toEqual([
      {
        method: "GET",
        host: "b.example",
        uri: "/api",
        status: 200,
        route: id,
        pattern: "b.example/api",
        reads: 2,
        origin: "https://api.example",
        cache: "off",
        ms: expect.any(Number),
        printed: [],
      },
    ]);
    expect(seen).toEqual(edge.requests());
  });

  test("may have a port and plain HTTP", async () => {
    const store = await freshStore();
    const declared = {
      "/a": "http://api.example:8080",
      "/b": "https://api.example:8443",
      "/c": "http://api.example",
    };
    await declare(store, declared, { lint: { HTTP_ORIGIN: "off", URL_PORT: "off" } });
    const origins = {
      "api.example:8080": await origin((_, response) => response.end("8080")),
      "api.example": await origin((_, response) => response.end("others")),
    };
    const edge = await freshEdge({ store, router, origins });
    const got = await Promise.all(["/a", "/b", "/c"].map((path) => ask(edge, path)));
    expect(got.map(({ body, headers }) => [body, headers["x-edge-origin"]])).toEqual([
      ["8080", "http://api.example:8080"],
      ["others", "https://api.example:8443"],
      ["others", "http://api.example"],
    ]);
  });

  test("streams a long body in both directions, and keeps repeated headers", async () => {
    const store = await freshStore();
    await declare(store, { "/": "https://api.example" });
    const listening = await origin((incoming, response) => {
      response.writeHead(201, { "set-cookie": ["a=1", "b=2"], "x-edge-origin": "mine" });
      incoming.pipe(response);
    });
    const edge = await freshEdge({ store, router, origins: { "*": listening } });
    const body = "0123456789".repeat(200_000);
    const got = await ask(edge, "/", { method: "PUT", headers: { "transfer-encoding": "chunked" }, body });
    expect(got).toMatchObject({ status: 201, body });
    expect(got.headers).toMatchObject({
      "set-cookie": ["a=1", "b=2"],
      "x-edge-origin": "https://api.example",
    });
  });
});

describe("a bucket target", () => {
  const domain = "docs.s3.us-east-1.amazonaws.com";

  test("is a folder: keys are decoded paths, and what is missing is 403", async () => {
    file("docs/a b.html", "<p>");
    file("docs/deep/é.unknown", "?");
    writeFileSync(join(folder, "secret.txt"), "s");
    const store = await freshStore();
    await declare(store, { "docs.example/": { bucket: domain } });
    const edge = await freshEdge({ store, router, origins: { [domain]: join(folder, "docs") } });
    const get = (path: string, how = {}) => ask(edge, path, { host: "docs.example", ...how });
    const page = await get("/a%20b.html?v=1");
    expect(page).toMatchObject({ status: 200, body: "<p>" });
    expect(page.headers).toMatchObject({
      "content-type": "text/html",
      "content-length": "3",
      "x-edge-origin": `bucket ${domain}`,
    });
    expect((await get("/deep/%C3%A9.unknown")).headers["content-type"]).toBe("binary/octet-stream");
    expect(await get("/a%20b.html", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
    const etag = page.headers.etag ?? "";
    expect((await get("/a%20b.html", { headers: { "if-none-match": etag } })).status).toBe(304);
    for (const path of [
      "/",
      "/none",
      "/deep",
      "/deep/",
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/deep//x",
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 403]);
    }
    expect((await get("/a%20b.html", { method: "PUT", body: "x" })).status).toBe(403);
    expect((await get("/%zz")).status).toBe(400);
  });

  test("may be a server", async () => {
    const store = await freshStore();
    await declare(store, { "/": { bucket: domain } });
    const edge = await freshEdge({ store, router, origins: { [domain]: await origin() } });
    const { headers } = await echoed(edge, "/x", { headers: { cookie: "a=1" } });
    expect(headers.host).toBe(domain);
    expect(headers.cookie).toBeUndefined();
  });
});

test("a site's files are of its bucket, and other paths of the nearest server", async () => {
  file("site/_assets/index.html", "home");
  file("site/_assets/about.html", "about");
  const store = await freshStore();
  const site = {
    s3: { domain: "site.s3.us-east-1.amazonaws.com", dir: "/_assets" },
    servers: [
      ["us.example", 39, -77],
      ["eu.example", 50, 8],
    ] as [string, number, number][],
  };
  await declare(store, { "/": { site, files: ["/index.html", "/about.html"] } });
  const origins = {
    "site.s3.us-east-1.amazonaws.com": join(folder, "site"),
    "us.example": await origin((_, response) => response.end("us")),
    "eu.example": await origin((_, response) => response.end("eu")),
  };
  const edge = await freshEdge({ store, router, origins });
  expect((await ask(edge, "/")).body).toBe("home");
  expect((await ask(edge, "/about")).body).toBe("about");
  expect((await ask(edge, "/api")).body).toBe("us");
  const near = { "cloudfront-viewer-latitude": "52", "cloudfront-viewer-longitude": "13" };
  expect((await ask(edge, "/api", { headers: near })).body).toBe("eu");
  expect(edge.requests().map(({ pattern }) => pattern)).toEqual(["/", "/", "/", "/"]);
});

test.each([
  [3, false],
  [300, false],
  [300, true],
])("a table of %d routes (index: %s) serves its routes, and answers 404 to others", async (count, index) => {
  const store = await freshStore();
  await declare(store, routes(count), { index });
  const edge = await freshEdge({ store, router, origins: { "*": await origin() } });
  for (const n of [0, count - 1]) {
    const { headers } = await ask(edge, `/r${n}/x`);
    expect(headers["x-edge-origin"]).toBe(`https://r${n}.example`);
    expect(Number(headers["x-edge-reads"]) <= 4).toBe(count === 3 || index);
  }
  expect(edge.requests().map(({ pattern }) => pattern)).toEqual(["/r0", `/r${count - 1}`]);
  const none = await ask(edge, "/none");
  expect(none).toMatchObject({ status: 404, headers: { "x-edge-route": "-", "x-edge-origin": "function" } });
});

test("a deploy is served at once, also in another store of the server", async () => {
  const store = await freshStore();
  const arn = store.createStore("other");
  const edge = await freshEdge({ store, arn, router, origins: { "*": await origin() } });
  expect((await ask(edge, "/r0")).status).toBe(404);
  await declare({ arn, client: store.client }, routes(1));
  expect((await ask(edge, "/r0")).status).toBe(200);
  expect(edge.requests().at(-1)?.pattern).toBe("/r0");
});

test("a broken table, and a route without its metadata, are 503 with the function's print", async () => {
  const store = await freshStore();
  const { ids } = await declare(store, { "/api": "https://api.example" });
  const edge = await freshEdge({ store, router, origins: { "*": await origin() } });
  store.putRaw(store.arn, `${ids["/api"]}:metadata`);
  expect((await ask(edge, "/api")).status).toBe(503);
  store.putRaw(store.arn, "678a:routes", "[broken");
  expect((await ask(edge, "/api")).status).toBe(503);
  const [first, second] = edge.requests();
  expect(first).toMatchObject({ origin: "function", printed: [expect.stringContaining("no target")] });
  expect(second).toMatchObject({ origin: "function", printed: [expect.stringContaining("SyntaxError")] });
});
