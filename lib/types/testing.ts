/** The public types of `routesync/testing`. */
import type { ClientOptions } from "./client";

/** Options of `startLocalStore`. */
export interface LocalStoreOptions {
  /** A file that keeps the stores between runs. @defaultValue none: the stores are only in memory */
  file?: string;

  /** @defaultValue `0`, any free port */
  port?: number;

  /** Milliseconds before each answer. @defaultValue `0` */
  latencyMs?: number;

  /** The maximum of a further random latency, in milliseconds. @defaultValue `0` */
  jitterMs?: number;

  /** Makes ids, jitter and faults repeatable. @defaultValue random */
  seed?: number;

  /** @defaultValue none */
  faults?: Faults;
}

/** An operation of the service's data plane. */
export type Operation =
  "DescribeKeyValueStore" | "ListKeys" | "GetKey" | "PutKey" | "DeleteKey" | "UpdateKeys";

/**
 * The fault of one request.
 *
 * | how | answer |
 * |---|---|
 * | `none` | the correct answer, to let a request pass in a script |
 * | `throttle` | 400 `ThrottlingException` |
 * | `tooManyRequests` | 429 without a body, as a gateway throttles |
 * | `500` | `InternalServerException` |
 * | `502`, `503`, `504` | an HTML page |
 * | `reset` | none: the connection is reset |
 * | `truncate` | half of the body |
 * | `notJson` | 200 with an HTML page, as from a captive proxy |
 * | `hang` | none: the connection stays open |
 * | `stale` | 400 "Pre-Condition failed", whatever the ETag |
 * | `notReady` | 409 "Key-Value-Store was not in expected state" |
 * | `denied` | 403 `AccessDeniedException` |
 * | `notFound` | 404 for the key, or for the store if the request names no key |
 * | `lag` | the previous state, for a read |
 */
export type How =
  | "none"
  | "throttle"
  | "tooManyRequests"
  | "500"
  | "502"
  | "503"
  | "504"
  | "reset"
  | "truncate"
  | "notJson"
  | "hang"
  | "stale"
  | "notReady"
  | "denied"
  | "notFound"
  | "lag";

/** The simulated faults of a server. An unknown name or a value out of range is rejected. */
export interface Faults {
  /** The latency of each request in milliseconds: half before it is handled, half after. @defaultValue `0` */
  latencyMs?: number;

  /** The maximum of a further random latency of each request, in milliseconds. @defaultValue `0` */
  jitterMs?: number;

  /** Throttling. */
  throttle?: {
    /** The share of throttled requests, 0 to 1. @defaultValue `0` */
    fraction?: number;
    /** The maximum of requests a second, with a burst of the requests of one second. @defaultValue `0`, no limit */
    perSecond?: number;
    /** Answers a bare 429 instead of 400 `ThrottlingException`. @defaultValue `false` */
    bare?: boolean;
  };

  /** Failures before a request is applied. */
  failBefore?: RandomFailure;

  /** Failures after a request was applied: the write is applied, but its answer is lost. */
  failAfter?: RandomFailure;

  /** Stale reads. */
  lag?: {
    /** The age of the returned state in writes: 1 to 64. */
    versions: number;
    /** The time in milliseconds after which an overwritten state is no longer returned. @defaultValue for ever */
    forMs?: number;
    /** The share of stale reads, 0 to 1. @defaultValue `1` */
    fraction?: number;
    /** The operations with stale reads. @defaultValue all */
    on?: Operation[];
  };

  /** Wrong counts. */
  miscount?: {
    /** Added to `ItemCount`. @defaultValue `0` */
    items?: number;
    /** Added to `TotalSizeInBytes`. @defaultValue `0` */
    bytes?: number;
    /** The share of answers with wrong counts, 0 to 1. @defaultValue `1` */
    fraction?: number;
    /** The operations with wrong counts. @defaultValue all */
    on?: Operation[];
  };

  /** Answers a stale ETag with 409 `ConflictException`, as emulators do. @defaultValue `false` */
  staleAs409?: boolean;

  /** The number of Describes that answer `PROVISIONING`. Before the last of them, all other requests are a 409. @defaultValue `0` */
  provisioning?: number;

  /** Faults of the next requests. */
  script?: ScriptedFault[];
}

/** Random failures. */
export interface RandomFailure {
  /** The share of requests that fail, 0 to 1. */
  fraction: number;

  /** The faults, of which one is chosen at random for each failure. */
  how: How[];

  /** The operations that fail. @defaultValue all */
  on?: Operation[];
}

/** One line of a script. A request uses the first matching line once, and then has no random fault. */
export interface ScriptedFault {
  /** The operation. @defaultValue any */
  on?: Operation;

  /** A key that the request must name. @defaultValue any */
  key?: string;

  /** The number of requests that may use the line. @defaultValue `1` */
  times?: number;

  /** Whether the request is applied before the fault. @defaultValue `false` */
  after?: boolean;

  /** The fault. */
  how: How;

  /** A further latency in milliseconds: before the request is applied, or with `after` between that and the answer. @defaultValue `0` */
  delayMs?: number;
}

/** A running server. */
export interface LocalStore {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string;

  /** The first store's ARN. */
  readonly arn: string;

  /** The seed that repeats this run, in decimal digits, since it may not fit a number. */
  readonly seed: string;

  /** The `client` option of `syncRoutes` for this server: its endpoint and test credentials. */
  readonly client: ClientOptions;

  /** Adds a store, and returns its ARN. */
  createStore(name?: string): string;

  /** Deletes a store. It then answers like a deleted store. */
  deleteStore(arn: string): void;

  /** The counters since the server started or since `resetStats()`. */
  stats(): StoreStats;

  /** Resets the counters of {@link LocalStore.stats}. */
  resetStats(): void;

  /** The keys and values of a store. @defaultValue the first one's */
  entries(arn?: string): Record<string, string>;

  /**
   * The value of one key, without a copy of the others. `undefined` if the key does not exist. With `agoMs`, the value that it had so many
   * milliseconds ago, at most 60,000. @defaultValue of the first store, now
   */
  value(key: string, arn?: string, agoMs?: number): string | undefined;

  /** Replaces all keys of a store and changes its ETag. Rules and quotas are not checked. */
  setEntries(arn: string, entries: Record<string, string>): void;

  /** Puts one key, or deletes it if no value is given, and changes the ETag. Rules and quotas are not checked. */
  putRaw(arn: string, key: string, value?: string): void;

  /** Replaces all faults, including the script. `{}` removes all faults. */
  setFaults(faults: Faults): void;

  /** Appends to the script. */
  script(lines: ScriptedFault[]): void;

  /** The last 4,096 requests, in the order in which they were handled. */
  log(): LogEntry[];

  /**
   * The changes of each write since the last call, in order, for checks of the state after every single write. The first
   * call starts the journal and returns nothing. The journal is not bounded, so call this often.
   */
  journal(): AppliedWrite[];

  /** Stops the server and frees its port. */
  close(): Promise<void>;

  /** As {@link LocalStore.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The counters of a server. */
export interface StoreStats {
  /** Valid requests, by operation; without operations that were never requested. */
  requests: Partial<Record<Operation, number>>;

  /** All requests, including malformed ones. */
  total: number;

  /** Requests that were not an operation, not signed, or not readable. */
  malformed: number;

  /** Requests that a fault answered instead of the store, including throttling. */
  faults: number;

  /** Requests answered with throttling. */
  throttled: number;

  /** Writes that changed the ETag. */
  writesAccepted: number;

  /** Writes refused for a stale ETag. */
  conflicts: number;

  /** Keys put by accepted writes. */
  keysPut: number;

  /** Keys deleted by accepted writes. */
  keysDeleted: number;

  /** The maximum of puts and deletes in one `UpdateKeys`, accepted or not. */
  maxKeysPerUpdate: number;

  /** Requests being served now. */
  inFlight: number;

  /** The maximum of concurrent requests. */
  maxInFlight: number;

  /** Connections accepted. */
  connections: number;

  /** Connections open now. */
  openConnections: number;
}

/** The changes of one applied write. */
export interface AppliedWrite {
  /** The store's ARN. */
  store: string;
  /** Added and changed keys, with their values. */
  puts: Record<string, string>;
  /** Deleted keys. */
  deletes: string[];
}

/** One request to the server. Fields that do not apply are absent. */
export interface LogEntry {
  /** The number of the request, from 1, which is never reset. Writes are numbered in the order in which they were applied. */
  n: number;

  /** The time at which it was handled, in milliseconds since 1970. */
  atMs: number;

  /** The operation; absent if the request was not an operation. */
  operation?: Operation;

  /** The store's ARN. */
  store?: string;

  /** The key of a `GetKey`, `PutKey` or `DeleteKey`. */
  key?: string;

  /** The keys that an `UpdateKeys` puts, in its order. */
  puts?: string[];

  /** The keys that an `UpdateKeys` deletes, in its order. */
  deletes?: string[];

  /** The ETag in a write's `If-Match`. */
  ifMatch?: string;

  /** The HTTP status sent; 0 if none was sent. */
  status: number;

  /** The exception's name, when the store refused. */
  error?: string;

  /** Whether the request changed the store, whatever the answer was. */
  applied: boolean;

  /** The ETag in the store's answer. */
  etag?: string;

  /** The fault that answered instead of the store. */
  fault?: How;
}
