/** The cache of the local edge: the key and the times of CloudFront. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, expect, jest, test } from "@jest/globals";

import type { LocalEdge } from "../lib/testing";
import { type Asked, ask, fn, freshEdge, origin } from "./support/local-edge";
import { declare, freshStore } from "./support/store";

const router = "678a";

afterEach(() => {
  jest.restoreAllMocks();
});

/** Starts an origin that numbers its answers. */
function counting(headers: Record<string, string | string[]>, status = 200): Promise<string> {
  let n = 0;
  return origin((incoming, response) => {
    response.writeHead(status, headers);
    response.end(`${incoming.headers.host} ${incoming.url} ${(n += 1)}`);
  });
}

async function states(edge: LocalEdge, asked: (string | [string, Asked])[]): Promise<unknown[]> {
  const found = [];
  for (const one of asked) {
    const [path, how] = typeof one === "string" ? [one, {}] : one;
    found.push((await ask(edge, path, how)).headers["x-edge-cache"]);
  }
  return found;
}

async function cached(headers: Record<string, string | string[]>, status?: number): Promise<LocalEdge> {
  const store = await freshStore();
  await declare(store, { "/": "https://api.example" });
  return freshEdge({ store, router, cache: true, origins: { "*": await counting(headers, status) } });
}

test("routes whose rewritten paths are equal never share an answer", async () => {
  const store = await freshStore();
  const rewrite = { regex: "^/\\w+", to: "/same" };
  await declare(store, {
    "/a": { url: "https://a-origin.example", rewrite },
    "/b": { url: "https://b-origin.example", rewrite },
    "b.example/a": { url: "https://c-origin.example", rewrite },
  });
  const edge = await freshEdge({
    store,
    router,
    cache: true,
    origins: { "*": await counting({ "cache-control": "max-age=60" }) },
  });
  const bodies = async () => [
    (await ask(edge, "/a")).body,
    (await ask(edge, "/b")).body,
    (await ask(edge, "/a", { host: "b.example" })).body,
    (await ask(edge, "/b", { host: "b.example" })).body,
  ];
  const first = await bodies();
  expect(first).toEqual([
    "a-origin.example /same 1",
    "b-origin.example /same 2",
    "c-origin.example /same 3",
    "b-origin.example /same 4",
  ]);
  expect(await bodies()).toEqual(first);
  expect(edge.requests().map(({ cache }) => cache)).toEqual([
    ...first.map(() => "miss"),
    ...first.map(() => "hit"),
  ]);
});

test("a route that moves to another target needs no invalidation", async () => {
  const store = await freshStore();
  const edge = await freshEdge({
    store,
    router,
    cache: true,
    origins: { "*": await counting({ "cache-control": "max-age=60" }) },
  });
  await declare(store, { "/a": "https://old.example" });
  expect((await ask(edge, "/a")).body).toBe("old.example /a 1");
  expect((await ask(edge, "/a")).body).toBe("old.example /a 1");
  await declare(store, { "/a": "https://new.example" });
  expect((await ask(edge, "/a")).body).toBe("new.example /a 2");
  // The same target has the same id, so its answer is found again.
  await declare(store, { "/a": "https://old.example" });
  expect((await ask(edge, "/a")).body).toBe("old.example /a 1");
});

test("the key is the method, the path, the query string, the host and the encoding", async () => {
  const edge = await cached({ "cache-control": "max-age=60" });
  const gzip = { headers: { "accept-encoding": "gzip;q=0.5, deflate" } };
  expect(await states(edge, ["/x", "/x", "/y", "/x?a=1", "/x?a=1", "/x?a=2"])).toEqual([
    "miss",
    "hit",
    "miss",
    "miss",
    "hit",
    "miss",
  ]);
  const others: [string, Asked][] = [
    ["/x", { method: "HEAD" }],
    ["/x", { host: "b.example" }],
    ["/x", gzip],
    ["/x", { headers: { cookie: "a=1", "x-own": "1", "accept-encoding": "gzip;q=0" } }],
  ];
  expect(await states(edge, others)).toEqual(["miss", "miss", "miss", "hit"]);
  expect(await states(edge, others)).toEqual(["hit", "hit", "hit", "hit"]);
  expect(
    await states(edge, [
      ["/x", { headers: { range: "bytes=0-1" } }],
      ["/x", { method: "POST" }],
    ]),
  ).toEqual(["miss", "miss"]);
  edge.clearCache();
  expect(await states(edge, ["/x", "/x"])).toEqual(["miss", "hit"]);
});

test.each([["max-age=10"], ["public, max-age=5, s-maxage=10"], ['S-MaxAge="10"']])(
  "Cache-Control: %s keeps an answer for 10 s",
  async (control) => {
    const edge = await cached({ "cache-control": control, "set-cookie": ["a=1", "b=2"] });
    const start = Date.now();
    const now = jest.spyOn(Date, "now").mockReturnValue(start);
    expect(await states(edge, ["/", "/"])).toEqual(["miss", "hit"]);
    now.mockReturnValue(start + 9_999);
    const hit = await ask(edge, "/");
    expect(hit).toMatchObject({ status: 200, body: "api.example / 1" });
    expect(hit.headers).toMatchObject({ age: "9", "set-cookie": ["a=1", "b=2"], "x-edge-reads": "2" });
    now.mockReturnValue(start + 10_000);
    expect(await states(edge, ["/"])).toEqual(["miss"]);
  },
);

test.each([
  ["max-age=0"],
  ["s-maxage=0, max-age=10"],
  ["no-store, max-age=10"],
  ["no-cache, max-age=10"],
  ["private, max-age=10"],
  ["max-age=soon"],
])("Cache-Control: %s keeps no answer", async (control) => {
  const edge = await cached({ "cache-control": control });
  expect(await states(edge, ["/", "/"])).toEqual(["miss", "miss"]);
});

test.each([
  [200, {}],
  [404, { "cache-control": "max-age=60" }],
  [500, { "cache-control": "max-age=60" }],
  [304, { "cache-control": "max-age=60" }],
])("an answer of %d with %j is not kept", async (status, headers) => {
  const edge = await cached(headers, status);
  expect(await states(edge, ["/", "/"])).toEqual(["miss", "miss"]);
});

test("a redirect is kept", async () => {
  const edge = await cached({ "cache-control": "max-age=60", location: "/to" }, 301);
  expect(await states(edge, ["/", "/"])).toEqual(["miss", "hit"]);
  expect(await ask(edge, "/")).toMatchObject({ status: 301, headers: { location: "/to" } });
});

test("an answer that the function generates is not kept, and one that breaks off neither", async () => {
  const store = await freshStore();
  const generates = fn(`return { statusCode: 200, headers: { "cache-control": { value: "max-age=60" } } };`);
  const own = await freshEdge({ store, cache: true, function: generates });
  expect(await states(own, ["/", "/"])).toEqual(["miss", "miss"]);
  await declare(store, { "/": "https://api.example" });
  const breaking = await origin((_, response) => {
    response.writeHead(200, { "cache-control": "max-age=60" });
    response.write("part", () => response.destroy());
  });
  const edge = await freshEdge({ store, router, cache: true, origins: { "*": breaking } });
  await expect(ask(edge, "/")).rejects.toThrow("aborted");
  await expect(ask(edge, "/")).rejects.toThrow("aborted");
  expect(edge.requests().map(({ cache }) => cache)).toEqual(["miss", "miss"]);
});

test("a bucket's answers have no Cache-Control, and long answers pass unchanged", async () => {
  const folder = mkdtempSync(join(tmpdir(), "routesync-edge-"));
  writeFileSync(join(folder, "x.txt"), "x");
  const bytes = "0123456789".repeat(1_000_000);
  const sum = (text: string) => createHash("sha256").update(text).digest("hex");
  const store = await freshStore();
  await declare(store, { "/f": "https://files.example", "/": { bucket: "b.s3.us-east-1.amazonaws.com" } });
  const long = await origin((_, response) => {
    response.writeHead(200, { "cache-control": "max-age=60" });
    response.end(bytes);
  });
  const edge = await freshEdge({
    store,
    router,
    cache: true,
    origins: { "files.example": long, "*": folder },
  });
  expect(await states(edge, ["/x.txt", "/x.txt"])).toEqual(["miss", "miss"]);
  for (let n = 0; n < 2; n++) {
    const got = await ask(edge, "/f");
    expect([got.headers["x-edge-cache"], sum(got.body)]).toEqual(["miss", sum(bytes)]);
  }
  rmSync(folder, { recursive: true });
});
