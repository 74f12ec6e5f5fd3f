/** The option `edge`: a call waits until an edge location serves its routes. */
import { expect, test } from "@jest/globals";

import { removeRoutes, syncRoutes, verifyRoutes } from "../lib";
import { edgeFunction } from "../lib/edge";
import { serve, nobody } from "./support/aws";
import { freshEdge, origin } from "./support/local-edge";
import { cli, project } from "./support/cli";
import { Hearing } from "./support/events";
import { declare, freshStore, refusal, routes } from "./support/store";
import type { LocalEdgeOptions, LocalStore } from "../lib/testing";

const A = "https://a.example";
const B = "https://b.example";
const C = "https://c.example";

/** An edge whose function has the probe. */
const probed = (store: LocalStore, more: Partial<LocalEdgeOptions> = {}) =>
  freshEdge({ store, router: "678a", function: edgeFunction({ router: "678a", probe: true }), ...more });

const ROUTER = { router: "678a", owner: "shop/test" };

test("a call resolves when the edge serves its routes, and says how long that took", async () => {
  const store = await freshStore();
  const edge = await probed(store, { lagMs: 700 });
  const hearing = new Hearing();
  const { onProgress } = hearing;
  const report = await declare(store, { "/a": A, "/b": A }, { edge: { url: edge.url }, onProgress });
  expect(report.edge).toMatchObject({ confirmed: true, routes: 2 });
  expect(report.edge?.waitedMs).toBeGreaterThan(600);
  expect(report.durationMs).toBeGreaterThanOrEqual(report.edge?.waitedMs ?? Infinity);
  expect(report.edge?.unconfirmed).toBeUndefined();
  expect(report.warnings).toEqual([]);
  const asked = hearing.events.filter(({ type }) => type === "edge");
  expect(asked[0]).toMatchObject({ confirmed: 0, routes: 2 });
  expect(asked.at(-1)).toMatchObject({ confirmed: 2, routes: 2 });
  expect(hearing.wrong).toEqual([]);
  expect(edge.requests().every(({ uri }) => uri === "/.well-known/routesync")).toBe(true);
});

test("changed and removed routes are waited for, and a removed owner's", async () => {
  const store = await freshStore();
  await declare(store, { "/a": A, "/b": A, "a.example/": B });
  const edge = await probed(store, { lagMs: 500 });
  const { url } = edge;
  // The store is new, so the location has no table at first.
  await declare(store, { "/a": A, "/b": A, "a.example/": B }, { edge: { url } });
  const changed = await declare(store, { "/a": B, "a.example/": B }, { edge: { url } });
  expect(changed.edge).toMatchObject({ confirmed: true, routes: 2 });
  expect(changed.edge?.waitedMs).toBeGreaterThan(400);
  const removed = await removeRoutes({ store: store.arn, client: store.client, ...ROUTER, edge: { url } });
  expect(removed.edge).toMatchObject({ confirmed: true, routes: 2 });
  expect(removed.edge?.waitedMs).toBeGreaterThan(400);
});

test("a call without changes asks about some of its routes", async () => {
  const store = await freshStore();
  const declared = routes(50);
  await declare(store, declared);
  const { url } = await probed(store);
  const { edge, counts } = await declare(store, declared, { edge: { url } });
  expect(edge).toMatchObject({ confirmed: true, routes: 17 });
  expect(counts.requests.update).toBe(0);
});

test("an edge that stays behind is a warning with what it shows, or an error", async () => {
  const store = await freshStore();
  const before = await declare(store, { "/a": A });
  const { url } = await freshEdge({
    store,
    function: edgeFunction({ router: "678a", probe: true }),
    lagMs: (key) => (key.endsWith(":routes") ? 30_000 : 0),
  });
  const report = await declare(store, { "/a": B, "/n": B }, { edge: { url, deadline: "1 second" } });
  const { edge, warnings, ids } = report;
  expect(edge).toMatchObject({ confirmed: false, routes: 2 });
  expect(edge?.unconfirmed).toContainEqual({ pattern: "/n", expects: ids["/n"], shows: null });
  expect(warnings.find(({ code }) => code === "EDGE_NOT_CONFIRMED")?.message).toMatch(
    /^the routes are stored, but \d s after the commit, http:.* does not serve 2 of the 2 routes/,
  );
  expect(before.ids["/a"]).toBeDefined();
  const error = await refusal(
    declare(store, { "/a": C }, { edge: { url, deadline: "0.5 seconds", required: true } }),
  );
  expect(error).toMatchObject({ code: "EDGE_NOT_CONFIRMED", retryable: true });
  expect(error.details.stands).toBe("the routes are stored");
  // The deploy itself is done.
  expect((await declare(store, { "/a": C })).unchanged).toEqual(["/a"]);
});

test.each<[string, number, object, string, RegExp]>([
  [
    "a page",
    200,
    { "content-type": "text/html" },
    "<html>",
    /HTTP 200 with text\/html.*built with the probe/,
  ],
  ["other JSON", 200, { "content-type": "application/json" }, '{"ok":true}', /HTTP 200 with other JSON/],
  ["a redirect", 301, { location: "https://x.example/" }, "", /HTTP 301: a redirect/],
  [
    "an id that cannot be one",
    200,
    { "content-type": "application/json" },
    '{"id":"a\\u001b"}',
    /other JSON/,
  ],
  ["a failure", 503, {}, "", /HTTP 503: the edge function failed/],
  ["a long answer", 200, { "content-type": "application/json" }, " ".repeat(1e6), /other JSON/],
])("a distribution that answers with %s is named", async (_, status, headers, body, message) => {
  const store = await freshStore();
  const other = await serve(() => [status, headers, body]);
  const report = await declare(store, { "/a": A }, { edge: { url: other.url, deadline: "0.3 seconds" } });
  expect(report.edge?.unconfirmed?.[0]?.error).toMatch(message);
  expect(report.warnings[0]?.message).toMatch(message);
  expect(other.got[0]?.url).toMatch(/^\/\.well-known\/routesync\?host=[\w.%]+&uri=%2Fa$/u);
});

test("a function without the probe is named", async () => {
  const store = await freshStore();
  const target = await origin();
  const edge = await freshEdge({
    store,
    function: edgeFunction({ router: "678a" }),
    origins: { "a.example": target },
  });
  const report = await declare(store, { "/": A }, { edge: { url: edge.url, deadline: "0.3 seconds" } });
  expect(report.warnings[0]?.message).toMatch(/is not the answer of a probe/);
});

test("an unreachable distribution costs its own deadline and no more", async () => {
  const store = await freshStore();
  const url = await nobody();
  const report = await declare(store, { "/a": A }, { edge: { url, deadline: "1 second" } });
  expect(report.edge?.confirmed).toBe(false);
  expect(report.edge?.waitedMs).toBeGreaterThan(900);
  expect(report.edge?.waitedMs).toBeLessThan(2_000);
  expect(report.warnings[0]?.message).toContain(`${url} could not be reached`);
  const silent = await serve(() => new Promise(() => {}));
  const slow = await declare(store, { "/a": B }, { edge: { url: silent.url, deadline: "1 second" } });
  expect(slow.edge?.waitedMs).toBeLessThan(2_000);
});

test("a call that leaves an empty table asks the edge, too", async () => {
  const store = await freshStore();
  const place = { store: store.arn, client: store.client, ...ROUTER };
  const { url } = await probed(store);
  expect((await removeRoutes({ ...place, edge: { url } })).edge).toMatchObject({
    confirmed: true,
    routes: 1,
  });
  const edge = { url: await nobody(), deadline: 0.3, required: true };
  expect(await refusal(removeRoutes({ ...place, edge }))).toMatchObject({ code: "EDGE_NOT_CONFIRMED" });
});

test("a later commit counts", async () => {
  const store = await freshStore();
  const { url } = await probed(store, { lagMs: 5_500 });
  const first = declare(store, { "/a": A }, { edge: { url } });
  await new Promise((done) => setTimeout(done, 300));
  await declare(store, { "/a": B });
  // At first the location shows this commit for a moment, or none of both: the second one is what it ends with.
  expect((await first).edge).toMatchObject({ confirmed: true });
}, 30_000);

test("an abort while waiting rejects, and the routes are stored", async () => {
  const store = await freshStore();
  const { url } = await probed(store, { lagMs: 30_000 });
  const abort = new AbortController();
  const call = declare(store, { "/a": A }, { edge: { url }, signal: abort.signal });
  setTimeout(() => abort.abort(), 500);
  const reason = await call.catch((thrown: Error) => thrown);
  expect((reason as Error).name).toBe("AbortError");
  expect((await declare(store, { "/a": A })).unchanged).toEqual(["/a"]);
});

test.each<[string, unknown, RegExp]>([
  ["edge.url", {}, /edge\.url: missing|is missing/],
  ["edge.url", { url: "example.com" }, /the URL of a distribution/],
  ["edge.url", { url: "https://me:secret-word@example.com" }, /holds credentials/],
  ["edge.url", { url: "https://example.com/path" }, /has a path/],
  ["edge.url", { url: "https://example.com?x=1" }, /a query/],
  ["edge.url", { url: "https://${domain}" }, /the URL of a distribution/],
  ["edge.url", { url: "https://example.com:0" }, /the URL of a distribution/],
  ["edge.deadline", { url: A, deadline: "2 hours" }, /at most|from/],
  ["edge.required", { url: A, required: 1 }, /true or false|boolean/],
  ["edge.wait", { url: A, wait: 1 }, /wait/],
])("an invalid %s is refused before anything is sent", async (path, edge, message) => {
  const store = await freshStore();
  const error = await refusal(
    syncRoutes({
      store: store.arn,
      client: store.client,
      ...ROUTER,
      routes: { "/a": A },
      edge: edge as never,
    }),
  );
  expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path } });
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("secret-word");
  expect(store.stats().requests).toEqual({});
});

test("a verification asks the edge about the live table", async () => {
  const store = await freshStore();
  await declare(store, { "/a": A, "*.example.com/b": B, "c.example.com/": C });
  const place = { store: store.arn, client: store.client, router: "678a" };
  const now = await probed(store);
  const fine = await verifyRoutes({ ...place, edge: { url: now.url } });
  expect(fine).toMatchObject({ ok: true, findings: [], edge: { confirmed: true, routes: 3 } });

  const late = await probed(store, { lagMs: 60_000 });
  const differs = await verifyRoutes({ ...place, edge: { url: late.url, deadline: 0.3 } });
  expect(differs.ok).toBe(false);
  expect(differs.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(
    Array.from({ length: 3 }, () => "warning EDGE_DIFFERS"),
  );
  expect(differs.findings[0]?.message).toMatch(/gets no route instead of route /);

  const unknown = await verifyRoutes({ ...place, edge: { url: await nobody(), deadline: 0.3 } });
  expect(unknown.findings.map(({ code }) => code)).toEqual(["EDGE_UNKNOWN"]);
  const error = await refusal(
    verifyRoutes({ store: store.arn, client: store.client, edge: { url: now.url } }),
  );
  expect(error).toMatchObject({ code: "INVALID_OPTION", details: { path: "edge" } });
});

test("the command waits for the edge, and its exit code says if it is late", async () => {
  const store = await freshStore();
  const at = project(store);
  const { url } = await probed(store, { lagMs: 1_000 });
  const fine = await cli(["sync", "--edge", url], at);
  expect(fine).toMatchObject({ code: 0 });
  expect(fine.stderr).toContain("the edge serves 2 of 2 routes as deployed");
  expect(fine.stdout).toMatch(/served by the edge after \d+ ms/);
  const late = await probed(store, { lagMs: 60_000 });
  const args = ["--edge", late.url, "--edge-deadline", "0.3"];
  const warned = await cli(["sync", ...args], at);
  expect(warned).toMatchObject({ code: 0, stderr: expect.stringContaining("EDGE_NOT_CONFIRMED") });
  expect(await cli(["sync", ...args, "--edge-required"], at)).toMatchObject({ code: 5 });
  expect(await cli(["doctor", "--edge", url], at)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("serves 2 of 2 routes as stored"),
  });
  expect(await cli(["doctor", ...args], at)).toMatchObject({ code: 1 });
  expect(await cli(["verify", ...args], at)).toMatchObject({ code: 3 });
  const nowhere = await cli(["sync", "--edge-required"], at);
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining("edge.url: is missing") });
}, 60_000);
