/** Tests with an independent emulator, once with its defaults and once with the verification of signatures and permissions. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import { OutsideClient } from "./support/client";
import { prepare, startMinistack } from "./support/ministack";
import type { Ministack } from "./support/ministack";
import { declare, hosts, refusal, routes } from "./support/store";
import type { Place } from "./support/store";
import { foreign, table, targets, writtenBySst } from "./support/table";

const missing = prepare();
const suite = missing ? describe.skip : describe;

suite.each([
  ["ministack", false],
  ["ministack that verifies signatures", true],
])(missing ? `%s (skipped: ${missing})` : "%s", (_name, auth) => {
  let ministack: Ministack;
  let credentials: NonNullable<Place["client"]["credentials"]>;
  const outside: OutsideClient[] = [];

  beforeAll(async () => {
    ministack = await startMinistack({ auth });
    credentials = auth
      ? await ministack.createUser("deployer")
      : { accessKeyId: "test", secretAccessKey: "test" };
  }, 60_000);
  afterAll(async () => {
    outside.forEach((client) => client.close());
    await ministack?.close();
  });

  let stores = 0;
  async function place(): Promise<Place & { read: OutsideClient }> {
    const arn = await ministack.createStore(`routes-${++stores}`);
    const here = { arn, client: { endpoint: ministack.endpoint, credentials } };
    const read = new OutsideClient(here);
    outside.push(read);
    return { ...here, read };
  }

  test("what is declared is what the service's own client reads", async () => {
    const store = await place();
    const declared = routes(120);
    const report = await declare(store, declared);
    const entries = await store.read.list();
    expect(targets(entries)).toEqual(hosts(declared));
    expect((await store.read.describe()).etag).toBe(report.etag);
    expect(await store.read.get(`${report.ids["/r7"]}:metadata`)).toBe('{"host":"r7.example","origin":{}}');

    const smaller = await declare(store, { "/r0": "https://r0.example", "/r1": "https://other.example" });
    expect(smaller).toMatchObject({ unchanged: ["/r0"], changed: ["/r1"] });
    expect(smaller.removed).toHaveLength(118);
    expect(targets(await store.read.list())).toEqual({ "/r0": "r0.example", "/r1": "other.example" });

    await declare(store, {}, { gracePeriod: 0, verify: "full" });
    expect(table(await store.read.list())).toEqual([]);
  });

  test("what the service's own client wrote stays as it is", async () => {
    const store = await place();
    const theirs = writtenBySst(Array.from({ length: 70 }, (_, n) => `url,${1_000 + n},,/sst&ü/${n}`));
    const { etag } = await store.read.describe();
    await store.read.update(etag, { Puts: Object.entries(theirs).map(([Key, Value]) => ({ Key, Value })) });
    await declare(store, routes(50));
    const entries = await store.read.list();
    expect(foreign(entries)).toEqual(table(theirs));
    expect(targets(entries)).toEqual(hosts(routes(50)));
  });

  test("a write of another client is met, and both stand", async () => {
    const store = await place();
    await declare(store, routes(2));
    // The process has a state that is stale now; the emulator says so with a 409.
    const { etag } = await store.read.describe();
    await store.read.update(etag, { Puts: [{ Key: "other", Value: "tool" }] });
    const report = await declare(store, routes(3));
    expect(report.counts.conflicts).toBe(1);
    const entries = await store.read.list();
    expect(entries["other"]).toBe("tool");
    expect(targets(entries)).toEqual(hosts(routes(3)));
  });

  test("calls at once share their writes, and owners that know nothing of each other lose nothing", async () => {
    const store = await place();
    const sets = Array.from({ length: 6 }, (_, n) => routes(10, `o${n}-`));
    const reports = await Promise.all(
      sets.map((set, n) =>
        // Every second call has different options, and so uses another engine.
        declare(store, set, { owner: `shop/${n}`, retry: n % 2 ? { maxWait: 1 + n / 10 } : {} }),
      ),
    );
    expect(targets(await store.read.list())).toEqual(Object.assign({}, ...sets.map(hosts)));
    expect(reports.some((report) => report.counts.calls > 1)).toBe(true);
  });

  test("a store that never was is STORE_GONE", async () => {
    const store = await place();
    expect(await refusal(declare({ ...store, arn: `${store.arn}-not` }, routes(1)))).toMatchObject({
      code: "STORE_GONE",
    });
  });

  if (!auth) return;

  test.each<[string, object]>([
    ["a wrong secret", { secretAccessKey: "hunter2-not-the-secret" }],
    ["an unknown key", { accessKeyId: "AKIA0000000000000000", secretAccessKey: "hunter2-not-the-secret" }],
  ])("%s is ACCESS_DENIED, and nothing was written", async (_what, wrong) => {
    const store = await place();
    const client = { ...store.client, credentials: { ...credentials, ...wrong } };
    const error = await refusal(declare({ ...store, client }, routes(1)));
    expect(error).toMatchObject({ code: "ACCESS_DENIED", retryable: false });
    expect(error.message).toContain("403");
    expect(JSON.stringify(error) + error.stack).not.toContain("hunter2");
    expect(await store.read.list()).toEqual({});
  });

  test("keys and names with every kind of character are signed as they are sent", async () => {
    const store = await place();
    const patterns = { "/a b/ü/%2F/+": "https://a.example", "*.Shop.example/~x!'()": "https://b.example" };
    const report = await declare(store, patterns, {
      router: "Aa_9-",
      owner: "größe/stage +&=%",
      part: "urn:a::b$c",
    });
    expect(report.added).toHaveLength(2);
    expect(table(await store.read.list(), "Aa_9-")).toHaveLength(2);
  });
});
