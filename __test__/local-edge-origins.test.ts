/** The local edge beside origins that fail, and its end. */
import { request } from "node:http";

import { describe, expect, jest, test } from "@jest/globals";

import { ask, fn, freshEdge, origin, raw } from "./support/local-edge";
import { declare, freshStore } from "./support/store";

const router = "678a";

describe("an origin", () => {
  test("that origins does not have is 502, and the answer says how to add it", async () => {
    const store = await freshStore();
    await declare(
      store,
      { "/a": "https://api.example:8443", "/b": { bucket: "docs.s3.us-east-1.amazonaws.com" } },
      { lint: { URL_PORT: "off" } },
    );
    const edge = await freshEdge({ store, router });
    for (const [path, host] of [
      ["/a", "api.example:8443"],
      ["/b", "docs.s3.us-east-1.amazonaws.com"],
    ] as const) {
      const got = await ask(edge, path);
      expect(got).toMatchObject({ status: 502, headers: { "content-type": "text/plain; charset=utf-8" } });
      expect(got.body).toContain(`chose the origin ${host}`);
      expect(got.body).toContain(`origins: { "${host}": "http://127.0.0.1:<port>" }`);
    }
  });

  test("that is down is 502, one that is slow 504, and one that breaks off ends the connection", async () => {
    const store = await freshStore();
    const slow = { url: "https://slow.example", readTimeout: 1 };
    await declare(store, { "/down": "https://down.example", "/slow": slow, "/off": "https://off.example" });
    const origins = {
      "down.example": "http://127.0.0.1:1",
      "slow.example": await origin(() => undefined),
      "off.example": await origin((_, response) => {
        response.writeHead(200, { "content-length": "9" });
        response.write("part", () => response.destroy());
      }),
    };
    const edge = await freshEdge({ store, router, origins });
    expect((await ask(edge, "/down")).status).toBe(502);
    expect((await ask(edge, "/slow")).status).toBe(504);
    await expect(ask(edge, "/off")).rejects.toThrow("aborted");
    expect(edge.requests().map(({ error }) => error)).toEqual([
      expect.stringContaining("ECONNREFUSED"),
      expect.stringContaining("within 1 s"),
      "aborted",
    ]);
  });

  test("is no longer asked once the viewer is gone", async () => {
    const store = await freshStore();
    await declare(store, { "/": "https://api.example" });
    let ended: () => void = () => undefined;
    let reached: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (ended = resolve));
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const waiting = await origin((incoming) => {
      incoming.socket.on("close", () => ended());
      reached();
    });
    const edge = await freshEdge({ store, router, origins: { "*": waiting } });
    const sent = request({ host: "127.0.0.1", port: edge.port, path: "/", agent: false }).on(
      "error",
      () => undefined,
    );
    sent.end();
    await arrived;
    sent.destroy();
    await expect(gone).resolves.toBeUndefined();
  });
});

test("requests() has the last 1,000 requests", async () => {
  const store = await freshStore();
  const edge = await freshEdge({ store, function: fn("return { statusCode: 204 };") });
  for (let n = 0; n < 1_003; n += 17) {
    const some = Array.from({ length: 17 }, (_, i) => ask(edge, `/${n + i}`, { method: "PROPFIND" }));
    await Promise.all(some);
  }
  const found = edge.requests();
  expect(found).toHaveLength(1_000);
  expect(found.some(({ uri }) => uri === "/0")).toBe(false);
});

test("close() ends connections, also of requests under way, and frees the port", async () => {
  const store = await freshStore();
  await declare(store, { "/": "https://api.example" });
  let reached: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (reached = resolve));
  const edge = await freshEdge({ store, router, origins: { "*": await origin(() => reached()) } });
  const kept = raw(edge, "GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n");
  await arrived;
  await edge.close();
  expect(await kept).toBe("");
  await edge.close();
  await expect(fetch(edge.url)).rejects.toThrow("fetch failed");
  await using again = await freshEdge({ store, router, port: edge.port });
  expect(again.url).toBe(edge.url);
});

test("an error in onRequest is not hidden", async () => {
  const store = await freshStore();
  const thrown = jest.fn(() => {
    throw new Error("mine");
  });
  const edge = await freshEdge({ store, function: fn("return { statusCode: 204 };"), onRequest: thrown });
  expect(await ask(edge, "/")).toMatchObject({ status: 500, body: "onRequest threw: mine\n" });
});
