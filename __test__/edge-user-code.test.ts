/** A user's own code in the edge function: what it may change, and what is refused. */
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";

import { expect, test } from "@jest/globals";

import { edgeFunction } from "../lib/edge";
import { loadFunction } from "../lib/edge/runtime";
import type { EdgeFunctionOptions } from "../lib/edge";
import { values, viewerRequest } from "./support/edge";
import { ask, freshEdge } from "./support/local-edge";
import { declare, freshStore } from "./support/store";

const KEYS: Record<string, string> = {
  "678a:routes": '["url,aaaa,,/api","url,bbbb,,/other"]',
  "aaaa:metadata": '{"host":"a.example"}',
  "bbbb:metadata": '{"host":"b.example"}',
};

/** Runs the function with this code for a viewer who sends the function's own headers. */
async function run(options: Partial<EdgeFunctionOptions>) {
  const headers = values({ "x-forwarded-host": "evil.example", "x-routesync-route": "evil" });
  const code = edgeFunction({ router: "678a", ...options });
  const { returned } = await loadFunction(
    code,
    (key) => KEYS[key],
  )(viewerRequest("example.com", "/api", { headers }));
  if (!returned || "statusCode" in returned) return returned?.statusCode;
  const header = (name: string) => returned.headers[name]?.value;
  return [returned.uri, header("x-forwarded-host"), header("x-routesync-route")];
}

test("the code runs before and after routing, and may answer", async () => {
  const result = async (uri: string, options: Partial<EdgeFunctionOptions>) => {
    const code = edgeFunction({ router: "678a", ...options });
    return (await loadFunction(code, (key) => KEYS[key])(viewerRequest("example.com", uri))).returned;
  };
  const before =
    "if (event.request.uri == '/stop') return { statusCode: 401 };\nevent.request.uri = '/api/changed'; // last line";
  const after =
    "event.request.headers['x-seen'] = { value: event.request.headers['x-routesync-route'].value };";
  const passed = { uri: "/api/changed", headers: values({ "x-seen": "aaaa" }) };
  expect(await result("/", { before, after })).toMatchObject(passed);
  expect(await result("/stop", { before, after })).toEqual({ statusCode: 401 });
  expect(await result("/api", { after: "return { statusCode: 418 };" })).toEqual({ statusCode: 418 });
  expect(await result("/api", { before: "null.x;" })).toMatchObject({ statusCode: 503 });
});

test("a request that the code returns has none of the viewer's headers that the function sets", async () => {
  const returned = ["/api", "example.com", undefined];
  expect(await run({ before: "return event.request;" })).toEqual(returned);
});

test("the code may replace the request and its headers, and change a header of the function", async () => {
  const copy = "event.request.headers = Object.assign({}, event.request.headers);";
  expect(await run({ before: copy })).toEqual(["/api", "example.com", "aaaa"]);
  const other = 'event.request = Object.assign({}, event.request, { uri: "/other" });';
  expect(await run({ before: other })).toEqual(["/other", "example.com", "bbbb"]);
  const tenant = 'event.request.headers["x-forwarded-host"].value = "tenant.example";';
  expect(await run({ after: tenant })).toEqual(["/api", "tenant.example", "aaaa"]);
  expect(await run({ before: "return { statusCode: 401 };" })).toBe(401);
});

test.each<[string, RegExp]>([
  ["zz = 1;", /nothing declares zz, in line 1/],
  ["function g(t) { return t; } t = g(5);", /nothing declares t/],
  ["} let t = 1; function q() {", /closes the function/],
  ["} async function handler(event) { return event.request;", /closes the function/],
  ["function before(event) { return { statusCode: 503 }; }", /only declares functions/],
  ["(event) => { return { statusCode: 503 }; }", /only declares functions/],
  ["var \u00E9 = 1;", /does not have the name/],
])("%s is refused", (before, message) => {
  expect(() => edgeFunction({ router: "678a", before })).toThrow(message);
});

test.each([
  "var zz = 1; zz = 2; for (let i = 0; i < 2; i++) zz += i;",
  "function f(a) { a = 1; return a; } if (f(2) == 2) return { statusCode: 200 };",
  "let n; try { n = 1; } catch (error) { error = 2; }",
])("%s is accepted", async (before) => {
  expect(await run({ before })).toEqual(["/api", "example.com", "aaaa"]);
});

test("the probe answers 400 without its parameters", async () => {
  const probe = loadFunction(edgeFunction({ router: "678a", probe: true }), (key) => KEYS[key]);
  const event = (given: Record<string, string>) =>
    viewerRequest("example.com", "/.well-known/routesync", { querystring: values(given) });
  expect((await probe(event({}))).returned).toMatchObject({ statusCode: 400 });
  expect((await probe(event({ host: "a" }))).returned).toMatchObject({ statusCode: 400 });
  expect((await probe(event({ host: "a", uri: "%2Fapi" }))).returned).toMatchObject({ statusCode: 200 });
});

test("a CONNECT that is reset or stays open ends neither the process nor the closing", async () => {
  const store = await freshStore();
  const edge = await freshEdge({ store, router: "678a" });
  const open = (text: string) =>
    new Promise<ReturnType<typeof connect>>((resolve) => {
      const socket = connect({ port: edge.port, host: "127.0.0.1", allowHalfOpen: true }, () => {
        socket.write(text, () => resolve(socket));
      });
      socket.on("error", () => {});
    });
  const text = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n";
  (await open(text)).resetAndDestroy();
  const half = await open(text);
  await new Promise((answered) => half.once("data", answered));
  await expect(edge.close()).resolves.toBeUndefined();
  half.destroy();
});

test("an origin that answers 101 is a failure of the origin", async () => {
  const store = await freshStore();
  await declare(store, { "/": "https://a.example" });
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const edge = await freshEdge({ store, router: "678a", origins: { "*": `http://127.0.0.1:${port}` } });
  expect(await ask(edge, "/x")).toMatchObject({ status: 502, body: expect.stringContaining("answered 101") });
  server.close();
});
