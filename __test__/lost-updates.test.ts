/** Shows lost updates with another writer, and their absence with routesync in the same harness. */
import { afterEach, expect, test } from "@jest/globals";

import { declare, freshStore } from "./support/store";
import { SstWriter } from "./support/sst";
import type { Habits } from "./support/sst";
import { entryAt, foreign, ours, table, targets } from "./support/table";
import type { LocalStore } from "../lib/testing";

const WRITERS = 6;
const EACH = 4;

const writers: SstWriter[] = [];
afterEach(() => writers.splice(0).forEach((writer) => writer.close()));

/** Runs writers concurrently that each add their routes one after another. Returns the added entries. */
async function deploySst(store: LocalStore, habits?: Habits): Promise<string[][]> {
  return Promise.all(
    Array.from({ length: WRITERS }, async (_, n) => {
      const writer = new SstWriter(store, habits);
      writers.push(writer);
      const added: string[] = [];
      for (let route = 0; route < EACH; route++) {
        added.push(await writer.add(`a${n}0${route}`, `/sst${n}/${route}`, `sst${n}-${route}.example`));
      }
      return added;
    }),
  );
}

test("a writer that reads before it describes loses routes", async () => {
  const store = await freshStore({ latencyMs: 4 });
  const added = (await deploySst(store, { readsFirst: true })).flat();
  const live = table(store.entries());
  expect(added.filter((entry) => !live.includes(entry)).length).toBeGreaterThan(0);
});

test("a writer that describes before it reads loses none", async () => {
  const store = await freshStore({ latencyMs: 4 });
  const added = (await deploySst(store)).flat();
  expect(table(store.entries()).toSorted()).toEqual(added.toSorted());
});

test("as many calls of ours lose none", async () => {
  const store = await freshStore({ latencyMs: 4 });
  const owners = Array.from({ length: WRITERS }, (_, n) => n);
  await Promise.all(
    owners.map(async (n) => {
      // Another firstWait is another engine: these calls do not meet in one commit.
      const retry = { firstWait: 0.01 + n / 1_000 };
      for (let route = 0; route < EACH; route++) {
        await declare(
          store,
          { [`/o${n}/${route}`]: `https://o${n}-${route}.example` },
          { retry, part: `urn:${n}`, previous: {} },
        );
      }
    }),
  );
  expect(Object.keys(targets(store.entries()))).toHaveLength(WRITERS * EACH);
  expect(store.stats().conflicts).toBeGreaterThan(0);
});

test("beside writers of SST, ours stand and theirs keep their bytes and their order", async () => {
  const store = await freshStore({ latencyMs: 4 });
  const initial = Object.fromEntries([["678a:routes", '["url,0000,,/caf\\u00e9\\u0026","url,0001,,/ü"]']]);
  store.setEntries(store.arn, initial);

  // After each write, SST's entries must begin with those from before it.
  const states: string[][] = [];
  const watch = setInterval(() => states.push(foreign(store.entries())), 1).unref();
  const mine = (async () => {
    const declared: Record<string, string> = {};
    for (let call = 0; call < 12; call++) {
      declared[`/ours${call}`] = `https://ours${call}.example`;
      if (call >= 6) delete declared[`/ours${call - 6}`];
      if (call >= 3) declared[`/ours${call - 1}`] = `https://changed${call}.example`;
      const report = await declare(store, declared);
      expect(report.etag).not.toBe("");
    }
    return declared;
  })();
  const [added, declared] = await Promise.all([deploySst(store), mine]).finally(() => clearInterval(watch));

  const entries = store.entries();
  states.push(foreign(entries));
  for (const [at, state] of states.entries()) {
    expect(state.slice(0, states[at - 1]?.length ?? 0)).toEqual(states[at - 1] ?? []);
  }
  expect(foreign(entries).slice(0, 2)).toEqual(["url,0000,,/café&", "url,0001,,/ü"]);
  expect(foreign(entries).slice(2).toSorted()).toEqual(added.flat().toSorted());
  expect(ours(entries)).toHaveLength(Object.keys(declared).length);
  expect(targets(entries)).toEqual(
    Object.fromEntries(Object.entries(declared).map(([path, url]) => [path, new URL(url).host])),
  );
  expect(entryAt(entries, "/ours0")).toBeUndefined();
  expect(store.stats().conflicts).toBeGreaterThan(0);
});
