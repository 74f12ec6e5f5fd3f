/**
 * A hostile store, or a hostile proxy in its place: each answer leads to an error, in time and with little memory. SECURITY.md lists the
 * threats.
 */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

import { afterEach, expect, test } from "@jest/globals";

import { explainRoute, removeRoutes, repairRoutes, syncRoutes } from "../lib";
import { effort } from "./support/effort";
import { declare, freshStore, refusal } from "./support/store";
import type { RouteSyncError } from "../index";

const ARN = "arn:aws:cloudfront::123456789012:key-value-store/7e8a-11";
/** A deadline for several attempts. */
const DEADLINE_S = effort("seconds that each hostile answer is read again", 0.5, 1.5);
/** The memory limit: 1 MiB for an answer, 10 MiB for a listing, and the rest for Jest and the garbage collector. */
const MEMORY_MB = 150;

type Answer = string | Buffer | ((socket: Socket) => void);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each request by its first line, whatever else it says; and the lines that came. */
async function serve(answer: (line: string) => Answer): Promise<{ endpoint: string; lines: string[] }> {
  const lines: string[] = [];
  const server = createServer((socket) => {
    let head = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => {
      head += data.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const line = head.slice(0, head.indexOf("\r\n"));
      head = "";
      lines.push(line);
      const given = answer(line);
      if (typeof given === "function") given(socket);
      else socket.end(given);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines };
}

const http = (status: string, body: string | Buffer, headers = ""): Buffer =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${headers}\r\n`,
    ),
    Buffer.from(body),
  ]);

const described = (items: number, more = ""): Buffer =>
  http(
    "200 OK",
    `{"ItemCount":${items},"TotalSizeInBytes":1000,"KvsARN":"${ARN}","Created":1,"Status":"READY"${more}}`,
    "etag: KV1\r\n",
  );

/** Writes for as long as the other side takes it. */
const endless =
  (head: string, chunk: Buffer) =>
  (socket: Socket): void => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.write(head);
    socket.on("drain", more);
    more();
  };

const options = (endpoint: string) => ({
  store: ARN,
  router: "f2de",
  client: { endpoint, credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "not-a-secret" } },
  retry: { firstWait: 0.02, maxWait: 0.1 },
  deadline: DEADLINE_S,
});

/** What the call rejects with, the milliseconds that took, and the megabytes that memory grew by meanwhile. */
async function cost(
  call: () => Promise<unknown>,
): Promise<{ error: RouteSyncError; ms: number; mb: number }> {
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 10);
  const start = performance.now();
  const error = await refusal(call()).finally(() => clearInterval(watch));
  most = Math.max(most, process.memoryUsage().rss);
  return { error, ms: performance.now() - start, mb: (most - before) / 2 ** 20 };
}

const sync = (endpoint: string) => () =>
  syncRoutes({ ...options(endpoint), owner: "app/dev", routes: { "/api": "https://h.example" } });

const zeros = Buffer.alloc(64 * 1024, "0");
const chunked = Buffer.concat([Buffer.from("10000\r\n"), zeros, Buffer.from("\r\n")]);
const OK = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: KV1\r\n";

test.each<[string, Answer, RegExp]>([
  ["a body of ten gigabytes", endless(`${OK}content-length: 10000000000\r\n\r\n`, zeros), /limit/],
  ["a body without end", endless(`${OK}transfer-encoding: chunked\r\n\r\n`, chunked), /limit/],
  [
    "headers without end",
    endless(OK, Buffer.from(`x-header: ${"x".repeat(8_000)}\r\n`)),
    /broke|sent|header/,
  ],
  ["an error without end", endless("HTTP/1.1 400 No\r\ncontent-length: 10000000000\r\n\r\n", zeros), /limit/],
  [
    "JSON half a million levels deep",
    http("200 OK", "[".repeat(500_000), "etag: KV1\r\n"),
    /unreadable|JSON/,
  ],
  [
    "JSON half a million levels deep in a field that nobody knows",
    described(1, `,"Unknown":${'{"a":['.repeat(80_000)}`),
    /unreadable|JSON/,
  ],
  [
    "bytes that are no UTF-8",
    http("200 OK", Buffer.from('{"ItemCount":1,"Status":"\xff\xfe"}', "latin1"), "etag: KV1\r\n"),
    /unreadable|UTF/,
  ],
  [
    "no ETag",
    http("200 OK", '{"ItemCount":1,"TotalSizeInBytes":1,"Created":1,"KvsARN":"a"}'),
    /unreadable|ETag/i,
  ],
  ["no HTTP", "SSH-2.0-OpenSSH_9.9\r\n\r\n", /broke|sent|parse/],
  ["half an answer", `${OK}content-length: 1000\r\n\r\n{"Item`, /unreadable|broke/],
])("%s", async (_what, answer, words) => {
  const { endpoint } = await serve(() => answer);
  const { error, ms, mb } = await cost(sync(endpoint));
  expect(error.message).toMatch(words);
  expect(["DEADLINE_EXCEEDED", "SERVICE_ERROR"]).toContain(error.code);
  expect(error.message.length).toBeLessThan(2_000);
  expect(ms).toBeLessThan((DEADLINE_S + 10) * 1_000);
  expect(mb).toBeLessThan(MEMORY_MB);
});

test("a redirect is not followed: what is signed goes nowhere else", async () => {
  const other = await serve(() => described(0));
  const { endpoint, lines } = await serve(() =>
    http("307 Temporary Redirect", "", `location: ${other.endpoint}/elsewhere\r\n`),
  );
  const { error } = await cost(sync(endpoint));
  expect(error.message).toMatch(/HTTP 307.*redirects are not followed/);
  expect(lines).toHaveLength(1);
  expect(other.lines).toEqual([]);
});

test("a 404 of somebody else is no store that is gone: nothing is taken for removed", async () => {
  const { endpoint } = await serve(() => http("404 Not Found", "<html>nginx</html>"));
  const { error } = await cost(() => removeRoutes({ ...options(endpoint), owner: "app/dev" }));
  expect(error.code).toBe("SERVICE_ERROR");
  expect(error.message).toMatch(/the server is not a KeyValueStore/);
});

test("what looks like credentials is not repeated", async () => {
  const { endpoint } = await serve(() => described(0));
  const url = "https://user:not-a-secret@h.example/x";
  for (const call of [
    () => syncRoutes({ ...options(endpoint), owner: "a", routes: { [url]: "https://h.example" } }),
    () => syncRoutes({ ...options(endpoint), owner: "a", routes: { "/a": { bucket: url } } }),
    () => syncRoutes({ ...options(endpoint), owner: "a", routes: { "/a": url } }),
    () => explainRoute({ ...options(endpoint), url: "user:not-a-secret@h.example/x" }),
  ]) {
    const { error } = await cost(call);
    expect(error.message).not.toContain("not-a-secret");
    expect(JSON.stringify(error.details)).not.toContain("not-a-secret");
  }
});

test("words of the store are cut, and cannot steer a terminal", async () => {
  const said = `\\u001b]0;owned\\u0007${"x".repeat(100_000)}`;
  const { endpoint } = await serve(() =>
    http("403 Forbidden", `{"Message":"${said}"}`, "x-amzn-errortype: AccessDeniedException\r\n"),
  );
  const { error } = await cost(sync(endpoint));
  expect(error.code).toBe("ACCESS_DENIED");
  expect(error.message).toMatch(/owned/);
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(error.message.length).toBeLessThan(1_000);
});

test("pages without end", async () => {
  let page = 0;
  const { endpoint, lines } = await serve((line) => {
    if (line.includes("/keys/"))
      return http("404 Not Found", "{}", "x-amzn-errortype: ResourceNotFoundException\r\n");
    if (!line.includes("/keys?")) return described(1_000);
    page += 1;
    const items = Array.from({ length: 50 }, (_, n) => ({
      Key: `key-${page}-${n}`,
      Value: "v".repeat(10_000),
    }));
    return http("200 OK", JSON.stringify({ Items: items, NextToken: `t${page}` }));
  });
  const { error, mb } = await cost(() =>
    repairRoutes({ ...options(endpoint), owner: "app/dev", routes: {}, deadline: 60 }),
  );
  expect(error.message).toMatch(/the listing continues after \d+ bytes, but a store has at most 5242880/);
  expect(lines.length).toBeLessThan(40);
  expect(mb).toBeLessThan(MEMORY_MB);
});

test("a table and records that name more keys than there can be", async () => {
  const store = await freshStore();
  await declare(store, { "/api": "https://h.example" });
  const key = Object.keys(store.entries()).find((one) => one.startsWith("678a:owner:"))!;
  const record = JSON.parse(store.entries()[key]!) as object;
  for (const forged of [
    { spills: [0, 1e15] },
    { history: { keep: 1, from: 0, rest: 1e15, changes: [] } },
    { seq: Number.MAX_SAFE_INTEGER + 1 },
  ]) {
    store.putRaw(store.arn, key, JSON.stringify({ ...record, ...forged }));
    store.resetStats();
    const { error, mb } = await cost(() => declare(store, { "/b": "https://h.example" }));
    expect(error.code).toBe("OWNER_ID_TAKEN");
    expect(store.stats().total).toBeLessThan(20);
    expect(mb).toBeLessThan(MEMORY_MB);
  }
  store.putRaw(store.arn, key, JSON.stringify(record));
  store.putRaw(store.arn, "678a:routes", '{"parts":999999999}');
  expect((await refusal(declare(store, {}))).code).toBe("TABLE_CORRUPT");
});
