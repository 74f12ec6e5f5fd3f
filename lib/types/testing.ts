/** The public types of `routesync/testing`. */
import type { ClientOptions } from "./client";

/** What a {@link LocalStore} is started with. */
export interface LocalStoreOptions {
  /** A file that keeps the stores between runs. @defaultValue memory */
  file?: string;

  /** @defaultValue `0`, any free one */
  port?: number;

  /** Milliseconds before each answer. @defaultValue `0` */
  latencyMs?: number;

  /** Up to so many milliseconds more, at random. @defaultValue `0` */
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
 * A way in which one request goes wrong.
 *
 * | how | what is answered |
 * |---|---|
 * | `none` | what is right: lets a request pass in a script |
 * | `throttle` | 400 `ThrottlingException` |
 * | `tooManyRequests` | 429 without a body, as a gateway throttles |
 * | `500` | `InternalServerException` |
 * | `502`, `503`, `504` | a page of HTML |
 * | `reset` | nothing: the connection is reset |
 * | `truncate` | half a body |
 * | `notJson` | 200 with a page of HTML, as a captive proxy answers |
 * | `hang` | nothing, ever; the connection stays open |
 * | `stale` | 400 "Pre-Condition failed", whatever the ETag |
 * | `notReady` | 409 "Key-Value-Store was not in expected state" |
 * | `denied` | 403 `AccessDeniedException` |
 * | `notFound` | 404 for the key, or for the store where no key is asked |
 * | `lag` | the read is served from the state before the present one |
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

/** What the server does wrong on purpose. An unknown name or a value out of range is refused. */
export interface Faults {
  /** Milliseconds each request takes: half before it is handled, half after. @defaultValue `0` */
  latencyMs?: number;

  /** Up to so many milliseconds more, drawn for each request. @defaultValue `0` */
  jitterMs?: number;

  /** Throttling. */
  throttle?: {
    /** Share of requests refused, 0 to 1. @defaultValue `0` */
    fraction?: number;
    /** Requests a second that pass, with a burst of one second's worth. @defaultValue `0`, no bound */
    perSecond?: number;
    /** Answers a bare 429 instead of 400 `ThrottlingException`. @defaultValue `false` */
    bare?: boolean;
  };

  /** Failures before a request is applied. */
  failBefore?: RandomFailure;

  /** Failures after a request was applied: the write stands, and its answer is lost. */
  failAfter?: RandomFailure;

  /** Reads that lag behind the writes. */
  lag?: {
    /** How many writes old the state is that reads are served from: 1 to 64. */
    versions: number;
    /** A state is served only so long after it was overwritten. @defaultValue for ever */
    forMs?: number;
    /** Share of reads that lag, 0 to 1. @defaultValue `1` */
    fraction?: number;
    /** The reads that lag. @defaultValue all */
    on?: Operation[];
  };

  /** Counts that are off. */
  miscount?: {
    /** Added to `ItemCount`. @defaultValue `0` */
    items?: number;
    /** Added to `TotalSizeInBytes`. @defaultValue `0` */
    bytes?: number;
    /** Share of answers that are off, 0 to 1. @defaultValue `1` */
    fraction?: number;
    /** The operations whose answers are off. @defaultValue all */
    on?: Operation[];
  };

  /** Answers a stale ETag with 409 `ConflictException`, as emulators do. @defaultValue `false` */
  staleAs409?: boolean;

  /** The first so many Describes answer `PROVISIONING`; until then all else is a 409. @defaultValue `0` */
  provisioning?: number;

  /** Faults of the very next requests. */
  script?: ScriptedFault[];
}

/** Failures at random. */
export interface RandomFailure {
  /** Share of requests that fail, 0 to 1. */
  fraction: number;

  /** The ways, one of which is drawn. */
  how: How[];

  /** The operations that fail. @defaultValue all */
  on?: Operation[];
}

/** One line of a script: a request uses up one of the first line that matches it, and meets no random fault then. */
export interface ScriptedFault {
  /** The operation. @defaultValue any */
  on?: Operation;

  /** A key that the request must name. @defaultValue any */
  key?: string;

  /** How many requests the line is for. @defaultValue `1` */
  times?: number;

  /** Whether the request is applied before it goes wrong. @defaultValue `false` */
  after?: boolean;

  /** What goes wrong. */
  how: How;

  /** Milliseconds more that the request takes: before it is applied, or with `after` from then on. @defaultValue `0` */
  delayMs?: number;
}

/** One running server. */
export interface LocalStore {
  /** `http://127.0.0.1:<port>`. */
  readonly endpoint: string;

  /** The first store's ARN. */
  readonly arn: string;

  /** What makes this run repeat, in decimal: it may not fit a number. */
  readonly seed: string;

  /** The `client` option of `syncRoutes` for this server: its endpoint and test credentials. */
  readonly client: ClientOptions;

  /** Adds a store, and tells its ARN. */
  createStore(name?: string): string;

  /** Deletes a store: it then answers as a deleted one does. */
  deleteStore(arn: string): void;

  /** What was asked of the server since it started or since `resetStats()`. */
  stats(): StoreStats;

  /** Makes {@link LocalStore.stats} begin anew. */
  resetStats(): void;

  /** The keys and values of a store. @defaultValue the first one's */
  entries(arn?: string): Record<string, string>;

  /** Replaces all keys of a store, under a new ETag; no rule and no quota holds. */
  setEntries(arn: string, entries: Record<string, string>): void;

  /** Puts one key, or removes it without a value, under a new ETag; no rule and no quota holds. */
  putRaw(arn: string, key: string, value?: string): void;

  /** Replaces all faults, the script too; `{}` is none. */
  setFaults(faults: Faults): void;

  /** Appends to the script. */
  script(lines: ScriptedFault[]): void;

  /** The last 4,096 requests, in the order in which they were handled. */
  log(): LogEntry[];

  /**
   * What each write changed since the last call, in order: for checks of what must hold after every single one. The first
   * call begins the journal and returns nothing; it is not bounded, so take it often.
   */
  journal(): AppliedWrite[];

  /** Stops the server and frees its port. */
  close(): Promise<void>;

  /** The same as {@link LocalStore.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the server counts. */
export interface StoreStats {
  /** Requests that were understood, by operation; one that was never asked is left out. */
  requests: Partial<Record<Operation, number>>;

  /** All requests, malformed ones too. */
  total: number;

  /** Requests that were no operation, not signed, or not readable. */
  malformed: number;

  /** Requests that a fault answered in the store's place, throttling included. */
  faults: number;

  /** Requests answered with throttling. */
  throttled: number;

  /** Writes that made a new state. */
  writesAccepted: number;

  /** Writes refused for a stale ETag. */
  conflicts: number;

  /** Keys put by accepted writes. */
  keysPut: number;

  /** Keys deleted by accepted writes. */
  keysDeleted: number;

  /** Most puts and deletes in one `UpdateKeys`, accepted or not. */
  maxKeysPerUpdate: number;

  /** Requests being served now. */
  inFlight: number;

  /** Most requests served at one time. */
  maxInFlight: number;

  /** Connections accepted. */
  connections: number;

  /** Connections open now. */
  openConnections: number;
}

/** What one applied write changed. */
export interface AppliedWrite {
  /** The store's ARN. */
  store: string;
  /** Keys put or altered, with their values. */
  puts: Record<string, string>;
  /** Keys that are gone. */
  deletes: string[];
}

/** One request as the server saw it. What does not apply is left out. */
export interface LogEntry {
  /** Number of the request, from 1; never reset. Writes are numbered in the order in which they were applied. */
  n: number;

  /** When it was handled, in milliseconds since 1970. */
  atMs: number;

  /** The operation; left out when the request was none. */
  operation?: Operation;

  /** The store's ARN. */
  store?: string;

  /** The key of a `GetKey`, `PutKey` or `DeleteKey`. */
  key?: string;

  /** The keys that an `UpdateKeys` puts, in its order. */
  puts?: string[];

  /** The keys that an `UpdateKeys` deletes, in its order. */
  deletes?: string[];

  /** The ETag that a write insisted on. */
  ifMatch?: string;

  /** The HTTP status sent; 0 when none was. */
  status: number;

  /** The exception's name, when the store refused. */
  error?: string;

  /** Whether the store is in a new state because of this request, whatever was answered. */
  applied: boolean;

  /** The ETag that the store's answer carried. */
  etag?: string;

  /** The fault that answered in the store's place. */
  fault?: How;
}
