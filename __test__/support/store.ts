/** A new embedded store for each test, and the required options of a call. */
import { afterEach } from "@jest/globals";

import { isRouteSyncError, syncRoutes } from "../../lib";
import type { RouteSyncError } from "../../lib/errors";
import { startLocalStore } from "../../lib/testing";
import type { ClientOptions, RouteTarget, SyncOptions, SyncReport } from "../../index";
import type { LocalStore, LocalStoreOptions, LogEntry } from "../../lib/testing";

const open: LocalStore[] = [];
afterEach(() => Promise.all(open.splice(0).map((store) => store.close())));

/** Starts a store, which is closed after the test. */
export async function freshStore(options?: LocalStoreOptions): Promise<LocalStore> {
  const store = await startLocalStore(options);
  open.push(store);
  return store;
}

export interface Place {
  arn: string;
  client: ClientOptions;
}

/** The options of a call, without its routes. */
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
    // Other tests are about the guards. Here an empty set is intended.
    allowEmpty: true,
    ...more,
  });
}

/** The error with which a call was rejected. */
export async function refusal(call: Promise<unknown>): Promise<RouteSyncError> {
  const error = await call.then(
    () => new Error("the call resolved"),
    (reason: unknown) => reason,
  );
  if (!isRouteSyncError(error)) throw error;
  return error;
}

/** `count` routes with different targets: `/<name>0` to `https://<name>0.example`, and so on. */
export function routes(count: number, name = "r"): Record<string, RouteTarget> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`/${name}${n}`, `https://${name}${n}.example`]),
  );
}

/** The host for each path, in the form of `targets` of `table.ts`. */
export function hosts(declared: Record<string, RouteTarget>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(declared).map(([path, url]) => [path, new URL(url as string).host]),
  );
}

/** The number of writes that the store received. */
export function writes(store: LocalStore): LogEntry[] {
  return store.log().filter((entry) => entry.operation === "UpdateKeys");
}
