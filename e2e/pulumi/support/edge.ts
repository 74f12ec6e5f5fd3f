/** What users get: SST's edge function, as others wrote it down, on the live store. */
import { deepStrictEqual } from "node:assert";

import { reader } from "../../../__test__/support/reader.cjs";
import type { LocalStore } from "../../../lib/testing";

const HOST = "shop.example";

/** Where each path leads: the origin's domain, or nothing where no route takes it. */
export async function served(
  entries: Record<string, string>,
  paths: string[],
  router = "678a",
): Promise<Record<string, string | undefined>> {
  const ask = reader(entries);
  const found: Record<string, string | undefined> = {};
  for (const path of paths) {
    const { throws, missing, entry, origin } = await ask(HOST, path, { router });
    if (throws) throw new Error(`the edge function throws for ${path}: ${throws}`);
    if (missing) throw new Error(`the route of ${path} has no metadata`);
    if (entry) found[path] = origin ?? undefined;
  }
  return found;
}

export async function serves(store: LocalStore, wanted: Record<string, string | undefined>): Promise<void> {
  const found = await served(store.entries(), Object.keys(wanted));
  const present = Object.fromEntries(Object.entries(wanted).filter(([, origin]) => origin !== undefined));
  deepStrictEqual(found, present);
}

/** Every state that the store was in since, as an edge location would have read it. */
export class Watch {
  private readonly entries: Record<string, string>;

  constructor(
    private readonly store: LocalStore,
    /** Path → where it may lead at any time. */
    private readonly always: Record<string, string[]> = {},
  ) {
    store.journal();
    this.entries = store.entries();
  }

  /** Judges each write since the last time; returns how many there were. */
  async judge(): Promise<number> {
    const writes = this.store.journal();
    for (const { puts, deletes } of writes) {
      Object.assign(this.entries, puts);
      for (const key of deletes) delete this.entries[key];
      const found = await served(this.entries, [...Object.keys(this.always), "/"]);
      for (const [path, allowed] of Object.entries(this.always)) {
        const origin = found[path];
        if (origin === undefined || !allowed.includes(origin)) {
          throw new Error(`${path} led to ${origin ?? "nothing"} for a while`);
        }
      }
    }
    return writes.length;
  }
}
