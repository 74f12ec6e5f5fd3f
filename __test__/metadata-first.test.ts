/** `metadataFirst`: for who doubts that an edge takes in a write as a whole. */
import { expect, test } from "@jest/globals";

import { declare, freshStore, hosts, routes } from "./support/store";
import { targets } from "./support/table";
import type { AppliedWrite, LocalStore } from "../lib/testing";

const before = { ...routes(20, "same"), ...routes(20, "changed") };
const after = {
  ...routes(20, "same"),
  ...Object.fromEntries(
    Object.keys(routes(20, "changed")).map((path, n) => [path, `https://moved${n}.example`]),
  ),
  ...routes(5, "new"),
};

const namesTable = ({ puts }: AppliedWrite) =>
  Object.keys(puts).some((key) => /^678a:routes(:\d+)?$/.test(key));
const metadataIn = ({ puts }: AppliedWrite) => Object.keys(puts).filter((key) => key.endsWith(":metadata"));

async function changed(metadataFirst: boolean): Promise<{ store: LocalStore; writes: AppliedWrite[] }> {
  const store = await freshStore();
  await declare(store, before);
  store.journal();
  // The journal's first line tells of all keys that stand.
  await declare(store, { "/probe": "https://probe.example" }, { owner: "probe/stage" });
  store.journal();
  await declare(store, after, { metadataFirst });
  return { store, writes: store.journal() };
}

test("without it, what fits is one write", async () => {
  const { writes } = await changed(false);
  expect(writes).toHaveLength(1);
});

test("with it, the new records of changed targets are there before the table names them", async () => {
  const { store, writes } = await changed(true);
  expect(writes.length).toBeGreaterThan(1);
  const [first, ...rest] = writes as [AppliedWrite, ...AppliedWrite[]];
  expect(namesTable(first)).toBe(false);
  // Who reads the store after a crash here must find out whose they are.
  expect(Object.keys(first.puts).some((key) => key.startsWith("678a:owner:"))).toBe(true);
  const moved = metadataIn(first).map(
    (key) => (JSON.parse(first.puts[key] as string) as { host: string }).host,
  );
  expect(moved).toEqual(expect.arrayContaining(Array.from({ length: 20 }, (_, n) => `moved${n}.example`)));
  expect(rest.some(namesTable)).toBe(true);
  expect(rest.flatMap(metadataIn).filter((key) => key in first.puts)).toEqual([]);
  expect(targets(store.entries())).toEqual({ ...hosts(after), "/probe": "probe.example" });
});

test("with it, a first deploy and the same again take no write more", async () => {
  const store = await freshStore();
  const report = await declare(store, before, { metadataFirst: true });
  expect(report.counts.requests.update).toBe(1);
  const again = await declare(store, before, { metadataFirst: true });
  expect(again.counts.requests.update).toBe(0);
});

test("with it, a change of many writes stands in the end, and nothing is left over", async () => {
  const store = await freshStore();
  await declare(store, routes(200));
  const moved = Object.fromEntries(
    Object.keys(routes(200)).map((path, n) => [path, `https://moved${n}.example`]),
  );
  await declare(store, moved, { metadataFirst: true, gracePeriod: 0 });
  expect(targets(store.entries())).toEqual(hosts(moved));
  const records = Object.keys(store.entries()).filter((key) => key.endsWith(":metadata"));
  expect(records).toHaveLength(200);
});
