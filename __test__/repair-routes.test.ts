/** `repairRoutes`: for every kind of damage, alone and in pairs, verify reports it, repair repairs it, and verify then finds nothing. */
import { isDeepStrictEqual } from "node:util";

import { expect, test } from "@jest/globals";

import { repairRoutes, verifyRoutes } from "../lib";
import type { RepairOptions } from "../index";
import type { LocalStore } from "../lib/testing";
import { damages, declared, deployed, idOf, SST } from "./support/damage";
import { declare, hosts, refusal, writes } from "./support/store";
import { foreign, ours, targets } from "./support/table";

const owned = { router: "678a", owner: "shop/test" };
const repair = (store: LocalStore, more: Partial<RepairOptions> = {}) =>
  repairRoutes({ store: store.arn, client: store.client, ...owned, routes: declared, ...more });
const verify = (store: LocalStore) =>
  verifyRoutes({ store: store.arn, client: store.client, ...owned, routes: declared });

/** The keys that no repair may change. */
const others = (store: LocalStore) =>
  Object.entries(store.entries()).filter(([key]) => /^(?:aaaa|bbbb|unrelated):/u.test(key));

const BREAKS = new Set<string>(["TABLE_CORRUPT", "CHUNK_MISSING", "ENTRY_BREAKS_READER"]);

/** The result of a repair of these kinds of damage, or `undefined` if two of them change the same key. */
async function repaired(names: string[]) {
  const store = await deployed();
  const before = others(store);
  const touched = new Set<string>();
  for (const name of names) {
    const sound = store.entries();
    damages[name]?.inflict(store);
    const now = store.entries();
    const keys = Object.keys({ ...sound, ...now }).filter((key) => sound[key] !== now[key]);
    if (keys.some((key) => touched.has(key))) return undefined;
    for (const key of keys) touched.add(key);
  }
  const damaged = store.entries();
  const codes = (await verify(store)).findings.map(({ code }) => code as string);
  // If a table does not decode, no other finding is certain.
  const unnamed = names.filter((name) => {
    const hidden = names.some((other) => other !== name && BREAKS.has(damages[other]?.code ?? ""));
    return hidden ? !codes.some((code) => BREAKS.has(code)) : !codes.includes(damages[name]?.code ?? "");
  });
  const would = await repair(store, { dryRun: true });
  const untouched = isDeepStrictEqual(store.entries(), damaged);
  const did = await repair(store);

  // Others' entries may have been in the chunk that is lost: only their own next deploy knows them.
  const loses = names.some((name) => damages[name]?.loses);
  const leftover = loses ? ["OWNER_EMPTY", "METADATA_UNNAMED"] : [];
  const { findings } = await verify(store);
  const sst = foreign(store.entries());
  const result = {
    unnamed,
    untouched,
    asRehearsed: [did.repaired, did.added, did.changed, did.removed],
    findings: findings.filter(({ code }) => !leftover.includes(code)),
    targets: Object.entries(hosts(declared)).filter(
      ([path, host]) => targets(store.entries())[path] !== host,
    ),
    others: isDeepStrictEqual(others(store), before),
    sst: loses ? SST : sst,
  };
  store.resetStats();
  const again = (await repair(store)).repaired ?? [];
  const rehearsed = [would.repaired, would.added, would.changed, would.removed];
  return { ...result, again, writes: writes(store), rehearsed };
}

/** Checks that the store is completely repaired. */
const sound = (rehearsed: unknown) => ({
  unnamed: [],
  untouched: true,
  asRehearsed: rehearsed,
  rehearsed,
  findings: [],
  targets: [],
  others: true,
  sst: SST,
  again: [],
  writes: [],
});

test.each(Object.keys(damages))("%s", async (name) => {
  const result = await repaired([name]);
  expect(result).toEqual(sound(result?.rehearsed));
});

test("random pairs", async () => {
  const names = Object.keys(damages);
  for (let n = 0; n < 25; n++) {
    const pair = [0, 1].map(() => names[Math.floor(Math.random() * names.length)] as string);
    // oxlint-disable-next-line no-await-in-loop -- each in a store of its own, one after the other
    const result = await repaired(pair);
    expect({ pair, ...(result ?? sound([])) }).toEqual({ pair, ...sound(result?.rehearsed ?? []) });
  }
});

test("without routes only what is damaged is touched", async () => {
  const store = await deployed();
  damages["a chunk is left over"]?.inflict(store);
  damages["metadata of ours is orphaned"]?.inflict(store);
  damages["the owner's record is gone"]?.inflict(store);
  const { routes: _, ...none } = { routes: declared, store: store.arn, client: store.client, ...owned };
  const report = await repairRoutes({ ...none });
  expect(report).toMatchObject({ added: [], changed: [], removed: [] });
  expect(report.repaired?.map(({ action, why }) => `${action}: ${why}`)).toEqual([
    "put: the owner's record is missing or cannot be read",
    "delete: no table has this chunk",
    "delete: no entry and no list names it",
  ]);
  expect((await verify(store)).findings).toEqual([]);
});

test("what is others' goes only when told", async () => {
  const store = await deployed();
  store.putRaw(store.arn, "bbbb:metadata");
  store.putRaw(store.arn, "dddd:metadata", "{}");
  const chunk = store.entries()["678a:routes:0"] ?? "";
  const odd = chunk.replace('["url,aaaa', '["url,aaaa,*.com,/odd","url,aaaa');
  store.putRaw(store.arn, "678a:routes:0", odd);
  store.putRaw(store.arn, `${idOf(store, "/other0")}:metadata`);
  await repair(store);
  expect((await verify(store)).findings.map(({ code }) => code)).toEqual([
    "ENTRY_BREAKS_READER",
    "METADATA_MISSING",
    "METADATA_MISSING",
    "METADATA_UNNAMED",
  ]);
  const report = await repair(store, { foreign: true });
  expect(report.repaired?.filter(({ action }) => action === "drop").map(({ pattern }) => pattern)).toEqual([
    "*.com/odd",
    "/sst/b",
    "/other0",
  ]);
  expect((await verify(store)).findings).toEqual([]);
  expect(foreign(store.entries())).toEqual([SST[0]]);
  expect(ours(store.entries())).toHaveLength(64);
  // The other owner's own deploy brings its route back.
  await declare(
    store,
    { "/other0": "https://other0.example" },
    { owner: "other/stage", policy: "upsert-only" },
  );
  expect(targets(store.entries())).toMatchObject({ "/other0": "other0.example" });
});

test("another name under the owner's id is not overruled, and options are checked", async () => {
  const store = await deployed();
  const key = `678a:owner:${idOf(store, "/r0").split(".")[0]}`;
  store.putRaw(store.arn, key, (store.entries()[key] ?? "").replace("shop/test", "some/else"));
  expect(await refusal(repair(store))).toMatchObject({ code: "OWNER_ID_TAKEN" });
  const odd = { takeover: true } as Partial<RepairOptions>;
  expect(await refusal(repair(store, odd))).toMatchObject({
    code: "INVALID_OPTION",
    details: { path: "takeover" },
  });
});
