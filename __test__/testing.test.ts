/** The embedded store through its public interface. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { isRouteSyncError } from "../lib";
import { startLocalStore } from "../lib/testing";
import { OutsideClient } from "./support/client";
import { declare, freshStore, refusal, routes } from "./support/store";

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

test("a seed repeats its ids", async () => {
  const [one, other] = [await freshStore({ seed: 7 }), await freshStore({ seed: 7 })];
  expect([one.seed, other.seed]).toEqual(["7", "7"]);
  expect(other.arn).toBe(one.arn);
  expect((await freshStore()).arn).not.toBe(one.arn);
});

test("what is unknown, out of range or not there is refused with its name", async () => {
  const store = await freshStore();
  const unknown = thrown(() => store.setFaults({ latency: 1 } as never));
  expect(isRouteSyncError(unknown)).toBe(true);
  expect(unknown).toMatchObject({ code: "INVALID_OPTION", message: expect.stringContaining("latency") });
  expect(thrown(() => store.setFaults({ throttle: { fraction: 2 } }))).toMatchObject({
    details: { path: "faults.throttle.fraction" },
  });
  expect(thrown(() => store.entries("arn:none"))).toMatchObject({ code: "STORE_GONE" });
  expect(await refusal(startLocalStore({ prt: 1 } as never))).toMatchObject({ code: "INVALID_OPTION" });
  for (const [name, most] of [
    ["port", 65_535],
    ["latencyMs", 3_600_000],
    ["jitterMs", 3_600_000],
  ] as const) {
    for (const value of [most + 1, -1, 1.5, "1"]) {
      const found = JSON.stringify(value);
      expect(await refusal(startLocalStore({ [name]: value }))).toMatchObject({
        code: "INVALID_OPTION",
        message: `${name}: expected a whole number from 0 to ${most}, found ${found}`,
        details: { path: name },
      });
    }
  }
});

test("a script is appended to, and a new setting of the faults ends it", async () => {
  const store = await freshStore({ faults: { script: [{ on: "DescribeKeyValueStore", how: "throttle" }] } });
  store.script([{ on: "GetKey", key: "678a:routes", how: "500", times: 2 }]);
  // More than one page holds: else the store would be listed.
  for (let n = 0; n < 51; n++) store.putRaw(store.arn, `k${n}`, "v");
  await declare(store, routes(1), { retry: { firstWait: 0.01 } });
  expect(store.log().flatMap(({ fault }) => fault ?? [])).toEqual(["throttle", "500", "500"]);
  store.script([{ how: "denied" }]);
  store.setFaults({});
  await declare(store, routes(2));
});

test("a file keeps stores and keys between runs, also for the service's own client", async () => {
  const folder = mkdtempSync(join(tmpdir(), "routesync-store-"));
  const file = join(folder, "store.json");
  const first = await startLocalStore({ file });
  const report = await declare(first, routes(3));
  const entries = first.entries();
  await first.close();

  const second = await freshStore({ file });
  expect(second.arn).toBe(first.arn);
  const client = new OutsideClient(second);
  expect(await client.list()).toEqual(entries);
  expect((await client.describe()).etag).toBe(report.etag);
  client.close();
  await second.close();
  rmSync(folder, { recursive: true });
});

test("one value is read without a copy of the others, from the store that is named", async () => {
  const store = await freshStore();
  const other = store.createStore("other");
  store.putRaw(store.arn, "k", "here");
  store.putRaw(other, "k", "there");
  expect([store.value("k"), store.value("k", other), store.value("none")]).toEqual([
    "here",
    "there",
    undefined,
  ]);
  store.deleteStore(other);
  expect(thrown(() => store.value("k", other))).toMatchObject({ code: "STORE_GONE" });
});

test("the log and the counters tell of each request, and can be reset", async () => {
  const store = await freshStore();
  await declare(store, routes(1));
  const log = store.log();
  expect(log.map(({ operation }) => operation)).toContain("UpdateKeys");
  expect(log.find(({ operation }) => operation === "UpdateKeys")).toMatchObject({
    store: store.arn,
    puts: expect.arrayContaining(["678a:routes"]),
    ifMatch: expect.any(String),
    status: 200,
    applied: true,
  });
  expect(store.stats()).toMatchObject({ total: log.length, writesAccepted: 1, malformed: 0, faults: 0 });
  store.resetStats();
  expect([store.log(), store.stats().total]).toEqual([[], 0]);
});
