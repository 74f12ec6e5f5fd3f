/** A fresh embedded store for each test that asks, and calls with what every call needs. */
import { afterEach } from "@jest/globals";

import { isRouteSyncError, syncRoutes } from "../../lib";
import type { RouteSyncError } from "../../lib/errors";
import { startLocalStore } from "../../lib/testing";
import type { ClientOptions, RouteTarget, SyncOptions, SyncReport } from "../../index";
import type { LocalStore, LocalStoreOptions, LogEntry } from "../../lib/testing";

const open: LocalStore[] = [];
afterEach(() => Promise.all(open.splice(0).map((store) => store.close())));

/** A store that is closed after the test. */
export async function freshStore(options?: LocalStoreOptions): Promise<LocalStore> {
  const store = await startLocalStore(options);
  open.push(store);
  return store;
}

export interface Place {
  arn: string;
  client: ClientOptions;
}

/** A call with everything but its routes filled in. */
export function declare(
  place: Place,
  declared: SyncOptions["routes"],
  more: Partial<SyncOptions> = {},
): Promise<SyncReport> {
  return syncRoutes({
    store: place.arn,
    client: place.client,
    router: "678a",
    owner: "shop/test",
    routes: declared,
    // What the guards do is tested where it is tested; here an empty set is meant.
    allowEmpty: true,
    ...more,
  });
}

/** What a call was rejected with. */
export async function refusal(call: Promise<unknown>): Promise<RouteSyncError> {
  const error = await call.then(
    () => new Error("the call resolved"),
    (reason: unknown) => reason,
  );
  if (!isRouteSyncError(error)) throw error;
  return error;
}

/** `count` routes with as many targets: `/<name>0` → `https://<name>0.example` … */
export function routes(count: number, name = "r"): Record<string, RouteTarget> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`/${name}${n}`, `https://${name}${n}.example`]),
  );
}

/** Path → host, as `targets` of `table.ts` reads them. */
export function hosts(declared: Record<string, RouteTarget>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(declared).map(([path, url]) => [path, new URL(url as string).host]),
  );
}

/** The writes that the store saw. */
export function writes(store: LocalStore): LogEntry[] {
  return store.log().filter((entry) => entry.operation === "UpdateKeys");
}
