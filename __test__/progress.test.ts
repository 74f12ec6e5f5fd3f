/** The progress events of a call: they are correct and in order, and a listener cannot disturb the call. */
import { expect, test } from "@jest/globals";

import { Hearing } from "./support/events";
import { node } from "./support/run";
import { declare, freshStore, hosts, refusal, routes, writes } from "./support/store";
import { targets } from "./support/table";
import type { ScriptedFault } from "../lib/testing";

const retry = { firstWait: 0.01, maxWait: 0.1, attemptTimeout: 0.4 };
const on = "UpdateKeys";

test("a commit tells its steps in order, with the numbers that the store has", async () => {
  const store = await freshStore({ latencyMs: 2 });
  const hearing = new Hearing();
  const report = await hearing.until(declare(store, routes(3), { onProgress: hearing.onProgress }));
  expect(hearing.types).toEqual(["described", "read", "planned", "written", "verified"]);
  expect(hearing.events[0]).toEqual({ type: "described", items: 0, bytes: 0 });
  const keys = report.counts.keysPut;
  expect(hearing.of("planned")).toEqual([
    { type: "planned", added: 3, changed: 0, removed: 0, batches: 1, keys },
  ]);
  expect(hearing.of("written")).toEqual([{ type: "written", batch: 1, of: 1 }]);
  expect(hearing.wrong).toEqual([]);
});

test("a call that has nothing to write says so, and a warm one reads nothing", async () => {
  const store = await freshStore();
  await declare(store, routes(3));
  const hearing = new Hearing();
  await hearing.until(declare(store, routes(3), { onProgress: hearing.onProgress }));
  expect(hearing.types).toEqual(["planned", "described"]);
  expect(hearing.of("planned")).toMatchObject([{ added: 0, changed: 0, removed: 0, batches: 0, keys: 0 }]);
  expect(hearing.wrong).toEqual([]);
});

test("of a change of many writes each is told, from 1, of how many", async () => {
  const store = await freshStore();
  await declare(store, { ...routes(100, "same"), ...routes(60, "changed"), ...routes(40, "gone") });
  const hearing = new Hearing();
  const moved = Object.fromEntries(
    Object.keys(routes(60, "changed")).map((path) => [path, "https://m.example"]),
  );
  const next = { ...routes(100, "same"), ...moved, ...routes(200, "new") };
  store.resetStats();
  const before = writes(store).length;
  await hearing.until(declare(store, next, { onProgress: hearing.onProgress }));
  const sent = writes(store).length - before;
  expect(sent).toBeGreaterThan(4);
  expect(hearing.of("planned")).toMatchObject([{ added: 200, changed: 60, removed: 40, batches: sent }]);
  expect(hearing.of("planned")[0]?.keys).toBe(store.stats().keysPut + store.stats().keysDeleted);
  expect(hearing.of("written")).toEqual(
    Array.from({ length: sent }, (_, batch) => ({ type: "written", batch: batch + 1, of: sent })),
  );
  expect(hearing.types.at(-1)).toBe("verified");
  expect(hearing.wrong).toEqual([]);
});

test.each<[string, ScriptedFault[]]>([
  ["conflict", [{ on, how: "stale", times: 2 }]],
  ["throttled", [{ how: "throttle", times: 2 }]],
  ["throttled", [{ on, how: "tooManyRequests" }]],
  ["retry", [{ on: "DescribeKeyValueStore", how: "reset" }]],
  ["retry", [{ on, how: "500", after: true }]],
])("%s is told where it is met, with its wait", async (type, script) => {
  const store = await freshStore();
  store.setFaults({ script });
  const hearing = new Hearing();
  await hearing.until(declare(store, routes(3), { retry, onProgress: hearing.onProgress }));
  expect(hearing.types).toContain(type);
  expect(hearing.types.at(-1)).not.toBe(type);
  expect(hearing.of("conflict").map(({ conflicts }) => conflicts)).toEqual(
    hearing.of("conflict").map((_, n) => n + 1),
  );
  expect(hearing.wrong).toEqual([]);
});

test("after a rejection nothing more is told", async () => {
  const store = await freshStore({ latencyMs: 20 });
  for (const end of ["abort", "deadline"] as const) {
    const hearing = new Hearing();
    const controller = new AbortController();
    const left = declare(
      store,
      { [`/${end}`]: "https://x.example" },
      {
        onProgress: (event) => {
          hearing.onProgress(event);
          if (end === "abort" && event.type === "planned") controller.abort(new Error("enough"));
        },
        signal: controller.signal,
        deadline: end === "deadline" ? 0.03 : 60,
        retry: { firstWait: 0.01, maxWait: end === "abort" ? 0.1 : 0.2 },
      },
    );
    // Another call in the same commit continues.
    const stays = declare(
      store,
      { "/stays": "https://s.example" },
      { part: end, previous: {}, retry: { firstWait: 0.01, maxWait: end === "abort" ? 0.1 : 0.2 } },
    );
    await expect(hearing.until(left)).rejects.toBeDefined();
    await stays;
    expect(hearing.wrong).toEqual([]);
  }
});

test("a listener that throws becomes a process warning and harms nobody", async () => {
  const store = await freshStore({ latencyMs: 2 });
  const options = { store: store.arn, client: store.client, router: "678a", owner: "o", previous: {} };
  // This runs in a separate process, since Jest's tests do not receive process warnings.
  const printed = await node([
    "--no-warnings",
    "-e",
    `const { syncRoutes } = require("routesync");
    const options = ${JSON.stringify(options)};
    const warnings = [];
    const told = [];
    process.on("warning", ({ name, message }) => warnings.push(name + " " + message));
    const onProgress = () => { throw new Error("a listener's own mistake"); };
    const calls = [
      syncRoutes({ ...options, part: "1", routes: { "/a": "https://a.example" }, onProgress }),
      syncRoutes({ ...options, part: "2", routes: { "/b": "https://b.example" }, onProgress: ({ type }) => told.push(type) }),
      syncRoutes({ ...options, part: "3", routes: { "/c": "https://c.example" }, onProgress: async () => { throw Object.create(null); } }),
    ];
    Promise.all(calls).then(([{ added }]) => setTimeout(() => console.log(JSON.stringify({ added, told, warnings })), 10));`,
  ]);
  const { added, told, warnings } = JSON.parse(printed);
  expect(added).toEqual(["/a"]);
  expect(told.at(-1)).toBe("verified");
  expect(warnings).toHaveLength(told.length * 2);
  expect(warnings[0]).toMatch(/^RouteSyncWarning .*a listener's own mistake/);
  expect(targets(store.entries())).toEqual({ "/a": "a.example", "/b": "b.example", "/c": "c.example" });
});

test("100 calls of one commit are all told the same", async () => {
  const store = await freshStore({ latencyMs: 5 });
  const declared = routes(100);
  const hearings = Object.entries(declared).map(([pattern, target], n) => {
    const hearing = new Hearing();
    const call = declare(
      store,
      { [pattern]: target },
      { part: `urn:${n}`, previous: {}, onProgress: hearing.onProgress },
    );
    return hearing.until(call).then(() => hearing);
  });
  const told = await Promise.all(hearings);
  expect(targets(store.entries())).toEqual(hosts(declared));
  expect(told.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(new Set(told.map(({ events }) => JSON.stringify(events))).size).toBe(1);
  expect(told[0]?.types.at(-1)).toBe("verified");
});

test("a call that was refused before anything was sent tells nothing", async () => {
  const store = await freshStore();
  const hearing = new Hearing();
  const { onProgress } = hearing;
  await hearing.until(refusal(declare(store, { "/a,b": "https://a.example" }, { onProgress })));
  expect(hearing.events).toEqual([]);
});
