/**
 * For tests: a KeyValueStore on loopback, which answers like AWS and can simulate slow answers, throttling and failures, and a local edge,
 * which runs the edge function for real HTTP requests. Both are servers in this process.
 *
 * @packageDocumentation
 */
import { encode } from "../encode";
import { native } from "../native";
import { callSite, fromNative, placed } from "../thrown";
import type { AppliedWrite, LocalStore, LocalStoreOptions, LogEntry, StoreStats } from "../types/testing";

export { startLocalEdge } from "../edge/local";
export type * from "../types/local-edge";
export type * from "../types/testing";

/** The embedded store checks the form of a signature, not its secret. */
const CREDENTIALS = { accessKeyId: "AKIAROUTESYNCTESTING", secretAccessKey: "routesync-testing" };

/** Runs a call on the store. The stack of its error begins at the caller of `method`. */
function call<T>(method: (...args: never[]) => unknown, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw placed(fromNative(thrown), callSite(method, call));
  }
}

/**
 * Starts a server with one empty store.
 *
 * @example
 * ```ts
 * import { syncRoutes } from "routesync";
 * import { startLocalStore } from "routesync/testing";
 *
 * await using store = await startLocalStore({ latencyMs: 20 });
 * await syncRoutes({ store: store.arn, client: store.client, router: "678a", owner: "shop/test", routes: { "/api": "https://a.example" } });
 * console.log(store.entries()["678a:routes"]);
 * ```
 */
export async function startLocalStore(options: LocalStoreOptions = {}): Promise<LocalStore> {
  const site = callSite(startLocalStore);
  const store = await native()
    .startLocalStore(encode(options))
    .catch((thrown: unknown) => {
      throw placed(fromNative(thrown), site);
    });

  const { endpoint, arn, seed } = store;
  const close = () => store.close();
  const local: LocalStore = {
    endpoint,
    arn,
    seed,
    // Each access returns new credentials, since the AWS SDK adds a field to them.
    get client() {
      return { endpoint, credentials: { ...CREDENTIALS } };
    },
    createStore: (name) => call(local.createStore, () => store.createStore(name)),
    deleteStore: (which) => call(local.deleteStore, () => store.deleteStore(which)),
    stats: () => JSON.parse(store.stats()) as StoreStats,
    resetStats: () => store.resetStats(),
    entries: (which) => call(local.entries, () => JSON.parse(store.entries(which)) as Record<string, string>),
    value: (key, which, ago) => call(local.value, () => store.value(key, which, ago)) ?? undefined,
    setEntries: (which, entries) => call(local.setEntries, () => store.setEntries(which, encode(entries))),
    putRaw: (which, key, value) => call(local.putRaw, () => store.putRaw(which, key, value)),
    setFaults: (faults) => call(local.setFaults, () => store.setFaults(encode(faults))),
    script: (lines) => call(local.script, () => store.script(encode(lines))),
    log: () => JSON.parse(store.log()) as LogEntry[],
    journal: () => JSON.parse(store.journal()) as AppliedWrite[],
    close,
    [Symbol.asyncDispose]: close,
  };
  return local;
}
