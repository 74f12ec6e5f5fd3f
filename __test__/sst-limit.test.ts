/** Tables with entries of SST, near and beyond the limit of SST's own writers. */
import { expect, test } from "@jest/globals";

import { declare, freshStore, refusal, routes } from "./support/store";
import { foreign, ours, rawTable, targets } from "./support/table";

const SST = "url,aaaa,,/sst";
/** Routes that each take about 420 bytes in the table. */
const long = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`/${"p".repeat(400)}/${n}`, "https://h.example"]),
  );

async function besideSst() {
  const store = await freshStore();
  store.setEntries(store.arn, { "678a:routes": JSON.stringify([SST]) });
  return store;
}

test("allowBeyondSst lets the table grow, and warns that SST's writers fail from then on", async () => {
  const store = await besideSst();
  const declared = long(150);
  const error = await refusal(declare(store, declared));
  expect(error).toMatchObject({ code: "SST_TABLE_LIMIT", retryable: false, details: { limit: 49_000 } });
  expect(error.details.actual).toBeGreaterThan(60_000);
  expect(rawTable(store.entries())).toBe(JSON.stringify([SST]));

  const report = await declare(store, declared, { allowBeyondSst: true });
  expect(report.added).toHaveLength(150);
  expect(report.warnings.map(({ code }) => code)).toContain("SST_TABLE_NEAR_LIMIT");
  expect(Buffer.byteLength(rawTable(store.entries()))).toBeGreaterThan(60_000);
  expect(foreign(store.entries())).toEqual([SST]);
  expect(Object.keys(targets(store.entries()))).toHaveLength(150);
});

test("beyond the limit, what grows it further is refused without the option; what shrinks it is not", async () => {
  const store = await besideSst();
  await declare(store, long(150), { allowBeyondSst: true });
  expect(await refusal(declare(store, long(160)))).toMatchObject({ code: "SST_TABLE_LIMIT" });
  await declare(store, long(130));
  expect(ours(store.entries())).toHaveLength(130);
  await declare(store, long(100));
  // SST's writers handle it again: all chunks fit one request of theirs.
  const { parts } = JSON.parse(store.entries()["678a:routes"] as string) as { parts: number };
  expect(parts).toBeLessThanOrEqual(49);
});

test("another call of the same commit is not refused for the one that grows the table", async () => {
  const store = await besideSst();
  const [small, large] = await Promise.allSettled([
    declare(store, routes(3), { owner: "small/stage" }),
    declare(store, long(150), { owner: "large/stage" }),
  ]);
  expect(small.status).toBe("fulfilled");
  expect(large).toMatchObject({ status: "rejected", reason: { code: "SST_TABLE_LIMIT" } });
  expect(ours(store.entries())).toHaveLength(3);
});

test("without entries of SST there is no such limit", async () => {
  const store = await freshStore();
  const report = await declare(store, long(150));
  expect(report.warnings.map(({ code }) => code)).not.toContain("SST_TABLE_NEAR_LIMIT");
});
