/** The view of users: an independent reader with the behavior of SST's edge function, on the live store. */
import { deepStrictEqual } from "node:assert";

import { reader } from "../../../__test__/support/reader.cjs";
import type { LocalStore } from "../../../lib/testing";

const HOST = "shop.example";

/** The origin's domain for each path, or `undefined` if no route matches. */
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

/** Checks every state of the store from now on, as an edge location would read it. */
export class Watch {
  private readonly entries: Record<string, string>;

  constructor(
    private readonly store: LocalStore,
    /** The allowed targets of each path. */
    private readonly always: Record<string, string[]> = {},
  ) {
    store.journal();
    this.entries = store.entries();
  }

  /** Checks each write since the last call. Returns their number. */
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
