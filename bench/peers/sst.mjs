/**
 * (a) SST's algorithm. A route is two resources that know nothing of each other: its metadata, and its entry in the table. Each is
 * Describe, what it reads, UpdateKeys of the whole; refused, all of it again after 100 to 499 ms. Pulumi runs 16 at a time.
 *
 * Two favours: ids are numbered, so that no two meet (SST's have 16 bits); and a read that lags is not believed, since the
 * ETag refuses it.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { sdkClient } from "../support/sdk.mjs";
import { metadataOf, readTable, tableKeys } from "./table.mjs";

/** Pulumi's default for resources in parallel. */
const AT_ONCE = 16;

export function run(job) {
  return deploy(job, () => 100 + Math.random() * 399);
}

/** `pause` says how many milliseconds to wait before attempt n, from 1. Resolves to the patterns not written by `job.limitMs`. */
export async function deploy({ server, arn, router, routes, first = 0, limitMs }, pause) {
  const client = sdkClient(server)(arn);
  const until = performance.now() + limitMs;
  const resources = Object.entries(routes).flatMap(([path, url], n) => {
    const id = (first + n).toString(16).padStart(4, "0");
    const metadata = { [`${id}:metadata`]: metadataOf(url) };
    return [
      { path, change: async () => ({ puts: metadata, deletes: [] }) },
      { path, change: () => withEntry(client, router, `url,${id},,${path}`) },
    ];
  });

  const failed = new Set();
  const waiting = resources.values();
  const worker = async () => {
    for (const { path, change } of waiting) if (!(await written(change))) failed.add(path);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return [...failed];

  async function written(change) {
    for (let attempt = 1; performance.now() < until; attempt++) {
      const etag = await client.describe();
      const { puts, deletes } = await change();
      if (await client.update(etag, puts, deletes)) return true;
      await sleep(pause(attempt));
    }
    return false;
  }
}

async function withEntry(client, router, entry) {
  const { keys, entries } = await readTable(client, router).catch((error) => {
    // Chunks of two states: the update is refused, whatever it says.
    if (error instanceof SyntaxError) return { keys: {}, entries: [] };
    throw error;
  });
  const puts = tableKeys(router, [...entries.filter((other) => other !== entry), entry]);
  return { puts, deletes: Object.keys(keys).filter((key) => !Object.hasOwn(puts, key)) };
}
