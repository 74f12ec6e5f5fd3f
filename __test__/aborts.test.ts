/** Aborts at every point of a commit: the call rejects with the reason and the state of the store, and the same call again finishes. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "@jest/globals";

import { isRouteSyncError } from "../lib";
import { declare, freshStore, hosts, routes, writes } from "./support/store";
import { table, targets } from "./support/table";
import type { RouteSyncError, SyncOptions, SyncReport } from "../index";
import type { LocalStore } from "../lib/testing";

/** The rejection of an aborted call: its reason, and the facts of the reason's cause. */
async function aborted(call: Promise<unknown>): Promise<{ reason: Error; facts: RouteSyncError }> {
  const reason = (await call.then(
    () => new Error("the call resolved"),
    (error: unknown) => error,
  )) as Error;
  if (!isRouteSyncError(reason.cause)) throw reason;
  return { reason, facts: reason.cause };
}

/** Aborts a deploy of `declared` when `ready` returns true. The same call again must then succeed. */
async function abortedWhen(
  store: LocalStore,
  declared: SyncOptions["routes"],
  ready: () => boolean,
): Promise<{ facts: RouteSyncError; again: SyncReport; sent: number }> {
  const controller = new AbortController();
  const why = new Error("the deploy was cancelled");
  const outcome = aborted(declare(store, declared, { signal: controller.signal }));
  while (!ready()) await sleep(1);
  controller.abort(why);
  const at = performance.now();
  const { reason, facts } = await outcome;
  expect(performance.now() - at).toBeLessThan(1_000);
  expect(reason).toBe(why);
  expect(facts).toMatchObject({ code: "ABORTED", retryable: false });

  // Nothing more is sent, but what was on its way may land.
  await sleep(150);
  const sent = writes(store).length;
  await sleep(150);
  expect(writes(store)).toHaveLength(sent);
  expect(table(store.entries())).toEqual(expect.any(Array));
  // Throws where an entry has no metadata.
  targets(store.entries());
  const again = await declare(store, declared);
  expect(targets(store.entries())).toEqual(hosts(declared as Record<string, string>));
  return { facts, again, sent };
}

test("before anything was sent", async () => {
  const store = await freshStore();
  const controller = new AbortController();
  const call = aborted(declare(store, routes(3), { signal: controller.signal }));
  controller.abort();
  const { reason, facts } = await call;
  expect(reason.name).toBe("AbortError");
  expect(facts.details).toMatchObject({ stands: "nothing of this call was written" });
  expect(facts.details.mayStillLand).toBeFalsy();
  await sleep(50);
  expect(writes(store)).toEqual([]);
});

test("during the read", async () => {
  const store = await freshStore({ latencyMs: 60 });
  const { facts, again, sent } = await abortedWhen(store, routes(30), () => store.stats().total > 0);
  expect(sent).toBe(0);
  expect(facts.details.stands).toBe("nothing of this call was written");
  expect(facts.details.mayStillLand).toBeFalsy();
  expect(again.added).toHaveLength(30);
});

test("while the only write is on its way", async () => {
  const store = await freshStore({ latencyMs: 60 });
  const { facts, again } = await abortedWhen(
    store,
    routes(30),
    () => (store.stats().requests.UpdateKeys ?? 0) > 0,
  );
  expect(facts.details).toMatchObject({
    mayStillLand: true,
    stands: expect.stringContaining("not answered"),
  });
  expect(facts.message).toContain("it may still land; run the same call again to be sure");
  expect(again.added.length + again.unchanged.length).toBe(30);
});

test("between two of the many writes of 5,000 routes", async () => {
  const store = await freshStore({ latencyMs: 10 });
  const { facts, again, sent } = await abortedWhen(store, routes(5_000), () => writes(store).length >= 12);
  expect(sent).toBeGreaterThanOrEqual(12);
  expect(facts.details.stands).toMatch(
    /^1\d of \d{2,} writes of this call's commit were applied, and the table is intact$/,
  );
  expect(facts.details.elapsedMs).toBeGreaterThan(0);
  expect(again.unchanged.length).toBeGreaterThan(0);
  expect(again.added.length + again.unchanged.length).toBe(5_000);
});

test("the aborts of many calls of one commit, at any moment, hurt none of the others", async () => {
  for (const round of [0, 1, 2, 3, 4, 5]) {
    const store = await freshStore({ latencyMs: 20 });
    const declared = routes(120);
    const calls = Object.entries(declared).map(([pattern, target], n) => {
      const controller = new AbortController();
      const options = { part: `urn:${n}`, previous: {}, signal: controller.signal };
      const call = declare(store, { [pattern]: target }, options);
      return { pattern, controller, settled: Promise.allSettled([call]) };
    });
    // Every third of them, spread over what the commit takes.
    const leaving = calls.filter((_, n) => n % 3 === 0);
    for (const [n, { controller }] of leaving.entries()) {
      if (n % 8 === 0) await sleep(round * 6);
      controller.abort("by the user");
    }
    const results = await Promise.all(calls.map(async ({ settled }) => (await settled)[0]));
    const stood = targets(store.entries());
    const wrong = calls.filter(({ pattern, controller }, n) => {
      const result = results[n];
      if (result?.status === "fulfilled") return result.value.added.join() !== pattern || !(pattern in stood);
      return !controller.signal.aborted || result?.reason !== "by the user";
    });
    expect(wrong).toEqual([]);
    // Without an aborted call, the result would prove nothing.
    expect(results.some(({ status }) => status === "rejected")).toBe(true);
    await declare(store, declared);
    expect(targets(store.entries())).toEqual(hosts(declared));
  }
});

test("a reason that has a cause of its own keeps it, and one that is no object is handed on", async () => {
  const store = await freshStore({ latencyMs: 20 });
  const own = new Error("stopped", { cause: "the user" });
  for (const reason of [own, "text", 7, null]) {
    const controller = new AbortController();
    const call = declare(store, routes(1), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
  }
  expect(own.cause).toBe("the user");
});

test("a signal of a time-out rejects with its own reason", async () => {
  const store = await freshStore({ latencyMs: 200 });
  const { reason } = await aborted(declare(store, routes(1), { signal: AbortSignal.timeout(30) }));
  expect(reason.name).toBe("TimeoutError");
});
