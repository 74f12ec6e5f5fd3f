/** The behavior that the facade adds to native calls: rejections, the caller's stack, and the signal. */
import { getEventListeners } from "node:events";

import { afterAll, beforeAll, expect, test } from "@jest/globals";

import { isRouteSyncError, RouteSyncError, syncRoutes } from "../lib";
import { startLocalStore } from "../lib/testing";
import type { SyncOptions } from "../index";
import type { LocalStore } from "../lib/testing";

let store: LocalStore;
beforeAll(async () => {
  store = await startLocalStore();
});
afterAll(() => store.close());

const options = (more?: Partial<SyncOptions>): SyncOptions => ({
  store: store.arn,
  client: store.client,
  router: "678a",
  owner: "shop/test",
  routes: { "/api": "https://a.example" },
  ...more,
});

test("a call resolves to its report", async () => {
  const report = await syncRoutes(options());
  expect(Object.keys(report.ids)).toEqual(["/api"]);
  expect(report.warnings).toEqual([]);
});

test.each([[undefined], [null], ["text"], [{ signal: 1 }], [{ store: Symbol("s") }]])(
  "options %p are a rejection, never a throw",
  async (bad) => {
    await expect(syncRoutes(bad as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
  },
);

test("a native error is a RouteSyncError whose stack names the caller", async () => {
  async function deploy() {
    await syncRoutes(options({ store: "arn:aws:s3:::not-a-store" }));
  }
  const error = await deploy().catch((reason: unknown) => reason);
  expect(isRouteSyncError(error)).toBe(true);
  expect(error).toBeInstanceOf(RouteSyncError);
  expect(error).toMatchObject({ code: "INVALID_ARN", retryable: false });
  expect((error as Error).stack?.split("\n")[1]).toMatch(/at deploy \(.*sync\.test\.ts/);
});

test("a signal that is aborted already rejects with its reason and sends nothing", async () => {
  store.resetStats();
  const reason = new Error("too late");
  await expect(syncRoutes(options({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  expect(store.log()).toEqual([]);
});

test("an abort rejects with the reason, whose cause says what stands", async () => {
  const slow = await startLocalStore({ latencyMs: 2_000 });
  try {
    const controller = new AbortController();
    const call = syncRoutes(options({ store: slow.arn, client: slow.client, signal: controller.signal }));
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(reason.cause).toMatchObject({ code: "ABORTED" });
  } finally {
    await slow.close();
  }
});

test("calls that share a signal share one listener, and leave none", async () => {
  const { signal } = new AbortController();
  const calls = Array.from({ length: 30 }, () => syncRoutes(options({ signal })));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await Promise.all(calls);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("an abort reaches every call that shares the signal", async () => {
  const slow = await startLocalStore({ latencyMs: 2_000 });
  try {
    const controller = new AbortController();
    const one = options({ store: slow.arn, client: slow.client, signal: controller.signal });
    const calls = Promise.allSettled([syncRoutes(one), syncRoutes(one)]);
    controller.abort("enough");
    expect(await calls).toEqual([
      { status: "rejected", reason: "enough" },
      { status: "rejected", reason: "enough" },
    ]);
  } finally {
    await slow.close();
  }
});
