/** A change with many writes: after each of them, the table is complete, and unchanged routes are served. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "@jest/globals";

import { declare, freshStore, hosts, refusal, routes, writes } from "./support/store";
import { targets } from "./support/table";
import type { RouteTarget } from "../index";
import type { LocalStore } from "../lib/testing";

/** Reads every state of the store during `work`, as the edge reads it. Throws if the edge would throw. */
async function statesDuring<T>(store: LocalStore, work: Promise<T>): Promise<[T, Record<string, string>[]]> {
  const states: Record<string, string>[] = [];
  const broken: unknown[] = [];
  const look = () => {
    try {
      states.push(targets(store.entries()));
    } catch (error) {
      broken.push(error);
    }
  };
  const watch = setInterval(look, 1).unref();
  const result = await work.finally(() => clearInterval(watch));
  expect(broken).toEqual([]);
  return [result, states];
}

test("no state in between is broken, and a kept route leads to its old or its new target in each", async () => {
  const store = await freshStore({ latencyMs: 6 });
  const before = { ...routes(200, "same"), ...routes(100, "changed"), ...routes(100, "dropped") };
  await declare(store, before);
  const after: Record<string, RouteTarget> = { ...routes(200, "same"), ...routes(150, "new") };
  for (let n = 0; n < 100; n++) after[`/changed${n}`] = `https://other${n}.example`;

  store.resetStats();
  const [report, states] = await statesDuring(store, declare(store, after));
  expect(report).toMatchObject({ counts: { attempts: 1, conflicts: 0 } });
  expect(writes(store).length).toBeGreaterThan(4);
  expect(states.length).toBeGreaterThan(writes(store).length);

  const [old, wanted] = [hosts(before), hosts(after)];
  for (const state of states) {
    const dark = Object.keys(old).filter(
      (path) => path in wanted && state[path] !== old[path] && state[path] !== wanted[path],
    );
    expect(dark).toEqual([]);
  }
  expect(targets(store.entries())).toEqual(wanted);
});

test("an abort between two writes says what stands, and the same call again finishes", async () => {
  const store = await freshStore({ latencyMs: 40 });
  const controller = new AbortController();
  const declared = routes(300);
  const call = declare(store, declared, { signal: controller.signal });
  const outcome = call.then(
    () => undefined,
    (reason: Error) => reason,
  );
  while (writes(store).length < 2) await sleep(1);
  controller.abort();
  const reason = await outcome;
  const cause = reason?.cause as { code: string; details: { stands: string; mayStillLand?: boolean } };
  expect(reason?.name).toBe("AbortError");
  expect(cause.code).toBe("ABORTED");
  expect(cause.details.stands).toMatch(
    /^1 of \d+ writes of this call's commit were applied, and the table is intact$/,
  );
  expect(cause.details.mayStillLand).toBe(true);

  await sleep(100);
  expect(writes(store)).toHaveLength(2);
  const standing = Object.keys(targets(store.entries())).length;
  expect(standing).toBeGreaterThan(0);
  expect(standing).toBeLessThan(300);
  store.setFaults({});
  const report = await declare(store, declared);
  expect(targets(store.entries())).toEqual(hosts(declared));
  expect(report.added.length + report.unchanged.length).toBe(300);
});

test("an abort of one call of a commit leaves the others to be done", async () => {
  const store = await freshStore({ latencyMs: 20 });
  const controller = new AbortController();
  const left = refusal(
    declare(
      store,
      { "/left": "https://l.example" },
      { previous: {}, part: "1", signal: controller.signal },
    ).catch((reason: Error) => Promise.reject(reason.cause as Error)),
  );
  const stays = declare(store, { "/stays": "https://s.example" }, { previous: {}, part: "2" });
  await sleep(25);
  controller.abort();
  expect(await left).toMatchObject({ code: "ABORTED" });
  expect((await stays).added).toEqual(["/stays"]);
  expect(targets(store.entries())).toEqual({ "/stays": "s.example" });
});
