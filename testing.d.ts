/**
 * A KeyValueStore on loopback for tests: a real HTTP server inside this process that answers as AWS does, and that
 * can be told to be slow, to throttle and to fail.
 *
 * @packageDocumentation
 */
import type { ClientOptions } from "./index.js";

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
export function startLocalStore(options?: LocalStoreOptions): Promise<LocalStore>;

export interface LocalStoreOptions {
  /** A file that keeps the stores between runs. @defaultValue memory */
  file?: string;

  /** @defaultValue `0`, any free one */
  port?: number;

  /** Milliseconds before each answer. @defaultValue `0` */
  latencyMs?: number;

  /** Up to so many milliseconds more, at random. @defaultValue `0` */
  jitterMs?: number;

  /** Makes jitter and faults repeatable. @defaultValue random */
  seed?: number;

  /** @defaultValue none */
  faults?: Faults;
}

/** What the server does wrong on purpose. The embedded store checks the names and ranges. */
export type Faults = Record<string, unknown>;

/** One running server. */
export interface LocalStore {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string;

  /** The first store's ARN. */
  readonly arn: string;

  /** The `client` option of `syncRoutes` for this server: its endpoint and test credentials. */
  readonly client: ClientOptions;

  /** Adds a store, and tells its ARN. */
  createStore(name?: string): string;

  /** Deletes a store: it then answers as a deleted one does. */
  deleteStore(arn: string): void;

  /** What was asked of the server since it started or since `resetStats()`. */
  stats(): StoreStats;

  resetStats(): void;

  /** The keys and values of a store. @defaultValue the first one's */
  entries(arn?: string): Record<string, string>;

  /** Replaces all keys of a store, under a new ETag. */
  setEntries(arn: string, entries: Record<string, string>): void;

  /** Replaces all faults; `{}` is none. */
  setFaults(faults: Faults): void;

  /** The requests so far, in the order of their answers. */
  log(): LogEntry[];

  /** Stops the server and frees its port. */
  close(): Promise<void>;

  /** The same as {@link LocalStore.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Requests by operation, and what else the server counts. */
export type StoreStats = Record<string, unknown>;

/** One request as the server saw it. */
export type LogEntry = Record<string, unknown>;
