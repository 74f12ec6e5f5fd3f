/**
 * (a) SST's algorithm. A route is two independent resources: its metadata, and its entry in the table. Each one calls Describe, reads,
 * and writes with UpdateKeys. After a conflict, it repeats all of this after 100 to 499 ms. Pulumi runs 16 resources at a time.
 *
 * The algorithm has two advantages over SST here: ids are numbered, so that they do not collide (SST's have 16 bits), and the ETag
 * prevents writes that are based on a stale read.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { sdkClient } from "../support/sdk.mjs";
import { metadataOf, readTable, tableKeys } from "./table.mjs";

/** The number of resources that Pulumi handles in parallel by default. */
const AT_ONCE = 16;

export function run(job) {
  return deploy(job, () => 100 + Math.random() * 399);
}

/** `pause` returns the milliseconds to wait after attempt n, from 1. Resolves to the patterns that were not written within `job.limitMs`. */
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
    // The chunks are from two states. The store will reject the update in any case.
    if (error instanceof SyntaxError) return { keys: {}, entries: [] };
    throw error;
  });
  const puts = tableKeys(router, [...entries.filter((other) => other !== entry), entry]);
  return { puts, deletes: Object.keys(keys).filter((key) => !Object.hasOwn(puts, key)) };
}
