/**
 * (c) A program that a careful engineer writes in an afternoon: Describe, the table, one plan, batches of 50. It writes new metadata
 * before the table that refers to it, and deletes old metadata after it. It verifies nothing, and fails on a stale ETag.
 */
import { sdkClient } from "../support/sdk.mjs";
import { entryOf, idOf, metadataKeys, pathOf, readTable, tableKeys, writeChained } from "./table.mjs";

export async function run({ server, arn, router, routes }) {
  const client = sdkClient(server)(arn);
  const etag = await client.describe();
  const { keys: stored, entries } = await readTable(client, router);

  // Existing entries keep their position, so that a changed target rewrites one chunk, and not all chunks after it.
  const wanted = new Map(Object.entries(routes).map(([path, url]) => [path, entryOf(path, url)]));
  const next = entries.map((entry) => wanted.get(pathOf(entry)) ?? entry);
  const standing = new Set(entries.map(pathOf));
  for (const [path, entry] of wanted) if (!standing.has(path)) next.push(entry);

  const before = new Set(entries.map(idOf));
  const after = new Set(next.map(idOf));
  const metadata = Object.entries(metadataKeys(routes)).filter(([key]) => !before.has(key.split(":")[0]));
  const table = Object.entries(tableKeys(router, next)).filter(([key, value]) => stored[key] !== value);
  const deletes = [...before].filter((id) => !after.has(id)).map((id) => `${id}:metadata`);
  await writeChained(client, etag, Object.fromEntries([...metadata, ...table]), deletes);
}
