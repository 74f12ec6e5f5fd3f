/**
 * SST's writer, written from `sst-format`. Each route is two independent resources, its metadata and its entry. Each one calls Describe,
 * reads, and writes with UpdateKeys, and repeats all of this after a conflict.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { OutsideClient } from "./client";
import type { Place } from "./store";
import { goJson, table, writtenBySst } from "./table";
import type { Entries } from "./table";

export interface Habits {
  router?: string;
  /** Writes as before the fix of sst#5604: it reads before it requests the ETag. */
  readsFirst?: boolean;
  /** The wait after a conflict. SST waits 100 to 499 ms, but tests have less time. */
  waitMs?: number;
}

export class SstWriter {
  private readonly client: OutsideClient;
  private readonly router: string;

  constructor(
    place: Place,
    private readonly habits: Habits = {},
  ) {
    this.client = new OutsideClient(place);
    this.router = habits.router ?? "678a";
  }

  /** Adds a route from `path` to `host`, and returns its entry. */
  async add(ns: string, path: string, host: string): Promise<string> {
    const entry = `url,${ns},,${path}`;
    await this.write(async () => ({ [`${ns}:metadata`]: goJson({ host, origin: {} }) }));
    await this.write(async () =>
      writtenBySst([...table(await this.read(), this.router), entry], this.router),
    );
    return entry;
  }

  close(): void {
    this.client.close();
  }

  private async write(values: () => Promise<Entries>): Promise<void> {
    const { readsFirst = false, waitMs = 10 } = this.habits;
    for (;;) {
      const early = readsFirst ? await values() : undefined;
      const { etag } = await this.client.describe();
      let written: Entries;
      try {
        written = early ?? (await values());
      } catch (error) {
        // The reads may be from two states, and do not form a table together. The store would reject the write for the same reason.
        if ((await this.client.describe()).etag === etag) throw error;
        continue;
      }
      const puts = Object.entries(written).map(([Key, Value]) => ({ Key, Value }));
      try {
        await this.client.update(etag, { Puts: puts });
        return;
      } catch (error) {
        if (!/pre-?condition|conflict|etag/i.test(`${(error as Error).name} ${(error as Error).message}`))
          throw error;
        await sleep(waitMs + Math.random() * 4 * waitMs);
      }
    }
  }

  private async read(): Promise<Entries> {
    const key = `${this.router}:routes`;
    const root = await this.client.get(key);
    if (root === undefined) return {};
    const found: Entries = { [key]: root };
    const { parts = 0 } = (root.startsWith("{") ? JSON.parse(root) : {}) as { parts?: number };
    for (let part = 0; part < parts; part++) {
      const chunk = await this.client.get(`${key}:${part}`);
      if (chunk === undefined) return this.read();
      found[`${key}:${part}`] = chunk;
    }
    return found;
  }
}
