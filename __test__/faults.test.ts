/** Faults of the network and the service: the call resolves or rejects with the reason, and the store is correct. */
import { expect, test } from "@jest/globals";

import { declare, freshStore, hosts, refusal, routes, writes } from "./support/store";
import { table, targets } from "./support/table";
import type { Faults, ScriptedFault } from "../lib/testing";

/** Short waits for tests. */
const retry = { firstWait: 0.01, maxWait: 0.1, attemptTimeout: 0.4 };

const declared = routes(60);

/** Deploys one change with the fault, then repeats the call, which must find nothing to do. */
async function survives(faults: Faults): Promise<Awaited<ReturnType<typeof freshStore>>> {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": '["url,aaaa,,/sst"]' });
  await declare(store, { ...routes(20), "/old": "https://old.example" }, { retry });
  store.resetStats();
  store.setFaults(faults);
  const report = await declare(store, declared, { retry });
  store.setFaults({});
  expect(targets(store.entries())).toEqual(hosts(declared));
  expect(table(store.entries())[0]).toBe("url,aaaa,,/sst");
  // The report speaks of what the call found, not of what a second try found.
  expect(report.added).toHaveLength(40);
  expect(report.removed).toEqual(["/old"]);
  const sent = writes(store).length;
  expect((await declare(store, declared, { retry })).unchanged).toHaveLength(60);
  expect(writes(store)).toHaveLength(sent);
  return store;
}

const on = "UpdateKeys";
test.each<[string, ScriptedFault[]]>([
  ["a stale ETag", [{ on, how: "stale" }]],
  ["a stale ETag three times", [{ on, how: "stale", times: 3 }]],
  ["throttling", [{ how: "throttle", times: 4 }]],
  ["a bare 429", [{ how: "tooManyRequests", times: 3 }]],
  ["500 before the write", [{ on, how: "500" }]],
  ["500 after the write", [{ on, how: "500", after: true }]],
  ["500 after each of two writes", [{ on, how: "500", after: true, times: 2 }]],
  ["502, 503 and 504", [{ how: "502" }, { how: "503" }, { on, how: "504" }]],
  ["a reset before the write", [{ on, how: "reset" }]],
  ["a reset after the write", [{ on, how: "reset", after: true }]],
  ["a reset of a read", [{ how: "reset", times: 2 }]],
  ["an answer that breaks off", [{ on, how: "truncate", after: true }]],
  ["an answer that is no JSON", [{ on: "DescribeKeyValueStore", how: "notJson" }]],
  ["a write that is not answered", [{ on, how: "hang", after: true }]],
  ["a write that is lost", [{ on, how: "hang" }]],
  ["a state that is not usable yet", [{ how: "notReady", times: 2 }]],
])("%s is survived", async (_what, script) => {
  const store = await survives({ script });
  expect(store.stats().faults).toBeGreaterThan(0);
});

test.each<[string, Faults]>([
  ["a stale ETag as 409", { staleAs409: true, script: [{ on, how: "stale" }] }],
  ["throttling at random", { throttle: { fraction: 0.3 } }],
  ["answers lost at random", { failAfter: { fraction: 0.4, how: ["500", "reset", "truncate"], on: [on] } }],
  ["failures at random", { failBefore: { fraction: 0.3, how: ["500", "reset", "503"] } }],
  ["counts that are off", { miscount: { bytes: 7, on: ["GetKey"] } }],
  ["a store that is being provisioned", { provisioning: 2 }],
])("%s is survived", async (_what, faults) => {
  const store = await survives(faults);
  expect(store.stats().malformed).toBe(0);
});

test("reads that lag behind the write are waited for, and do not pass for a later change", async () => {
  const store = await freshStore({ latencyMs: 2 });
  await declare(store, routes(2), { retry });
  store.setFaults({ latencyMs: 2, lag: { versions: 1, forMs: 300 } });
  const report = await declare(store, routes(4), { retry });
  expect(report).toMatchObject({ added: ["/r2", "/r3"], warnings: [] });
  store.setFaults({});
  expect((await declare(store, routes(4), { retry })).unchanged).toHaveLength(4);
  // Who loses patience with the lag may write again: on the ETag that it read, which is refused.
  expect(writes(store).filter(({ applied }) => applied)).toHaveLength(2);
});

test.each([[{}], [{ staleAs409: true }]])(
  "another process's write is met and kept, with %j",
  async (faults: Faults) => {
    const store = await freshStore({ faults });
    await declare(store, { "/a": "https://a.example" }, { owner: "one/stage", retry });
    // Other options use another engine, which has not seen the writes of the first one.
    await declare(
      store,
      { "/b": "https://b.example" },
      { owner: "two/stage", retry: { ...retry, maxWait: 0.2 } },
    );
    const report = await declare(store, { "/c": "https://c.example" }, { owner: "one/stage", retry });
    expect(report.counts.conflicts).toBe(1);
    expect(store.stats().conflicts).toBe(1);
    expect(targets(store.entries())).toEqual({ "/b": "b.example", "/c": "c.example" });
  },
);

test("a denied call is ACCESS_DENIED at once and wrote nothing", async () => {
  const store = await freshStore({ faults: { script: [{ how: "denied", times: 100 }] } });
  const error = await refusal(declare(store, declared, { retry }));
  expect(error).toMatchObject({ code: "ACCESS_DENIED", retryable: false });
  expect(error.message).toContain("GetKey, ListKeys and UpdateKeys on the store");
  expect(store.stats().total).toBeLessThanOrEqual(2);
  expect(store.entries()).toEqual({});
});

test("a deleted store is STORE_GONE, and so is one that never was", async () => {
  const store = await freshStore();
  const gone = { arn: store.createStore("gone"), client: store.client };
  store.deleteStore(gone.arn);
  expect(await refusal(declare(gone, declared, { retry }))).toMatchObject({ code: "STORE_GONE" });
  const never = { ...gone, arn: `${gone.arn.slice(0, -4)}0000` };
  const error = await refusal(declare(never, declared, { retry }));
  expect(error).toMatchObject({ code: "STORE_GONE", retryable: false });
  expect(error.message).toContain("check the ARN");
});

test("a server that hangs is DEADLINE_EXCEEDED when the deadline says", async () => {
  const store = await freshStore({ faults: { script: [{ how: "hang", times: 1_000 }] } });
  const start = performance.now();
  const error = await refusal(
    declare(store, declared, { retry: { ...retry, attemptTimeout: 0.1 }, deadline: 0.6 }),
  );
  expect(performance.now() - start).toBeLessThan(1_500);
  expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED", retryable: true });
  expect(error.message).toMatch(
    /deadline of 600 ms.*nothing of this call was written.*run the same call again/,
  );
  expect(error.details.mayStillLand).toBeFalsy();
  expect(error.details.elapsedMs).toBeGreaterThanOrEqual(600);
});

test("a write that hangs until the deadline says that it may still land, and the same call again is right", async () => {
  const store = await freshStore({ faults: { script: [{ on, how: "hang", after: true, times: 1_000 }] } });
  const error = await refusal(
    declare(store, routes(3), { retry: { ...retry, attemptTimeout: 10 }, deadline: 0.5 }),
  );
  expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED", details: { mayStillLand: true } });
  store.setFaults({});
  expect((await declare(store, routes(3), { retry })).unchanged).toHaveLength(3);
});

test("throttling until the deadline is THROTTLED", async () => {
  const store = await freshStore({ faults: { throttle: { fraction: 1 } } });
  const error = await refusal(declare(store, declared, { retry, deadline: 0.5 }));
  expect(error).toMatchObject({ code: "THROTTLED", retryable: true });
  expect(error.message).toContain("Rate exceeded");
});

test("an error says how many requests were sent", async () => {
  const store = await freshStore({ faults: { throttle: { fraction: 1 } } });
  const { details } = await refusal(declare(store, declared, { retry, deadline: 0.5 }));
  expect(details.attempts).toBe(store.stats().total);
});

test("nobody at the endpoint is UNREACHABLE", async () => {
  const store = await freshStore();
  await store.close();
  const error = await refusal(declare(store, declared, { retry, deadline: 5 }));
  expect(error).toMatchObject({ code: "UNREACHABLE", retryable: true });
  expect(error.message).toContain("127.0.0.1");
});

test("a store that is full is STORE_FULL and stays as it is", async () => {
  const store = await freshStore();
  const filler = Array.from({ length: 5_230 }, (_, n) => [`filler:${n}`, "x".repeat(990)]);
  store.setEntries(store.arn, Object.fromEntries(filler));
  const error = await refusal(declare(store, routes(1_000), { retry }));
  expect(error).toMatchObject({ code: "STORE_FULL", details: { limit: 5 * 1_024 * 1_024 } });
  expect(writes(store)).toEqual([]);
});

test("no batch has more than 50 keys, and a large change reaches the store whole", async () => {
  const store = await freshStore();
  const large = routes(400);
  const report = await declare(store, large, { retry });
  expect(store.stats().maxKeysPerUpdate).toBeLessThanOrEqual(50);
  expect(report.counts.requests.update).toBe(writes(store).length);
  expect(targets(store.entries())).toEqual(hosts(large));
});
