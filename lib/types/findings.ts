/** Findings about a live store. */
import type { RequestCounts, StoreOptions } from "./call";
import type { EdgeOptions, EdgeReport } from "./edge-confirmation";
import type { PreviousRoute, SyncOptions } from "./sync";

/** Options of {@link verifyRoutes}: a store alone, one of its routers, or the declared routes of an owner. */
export interface VerifyOptions extends StoreOptions {
  /** The router to verify. @defaultValue all routers of the store */
  router?: string;

  /** The owner of `routes`. */
  owner?: string;

  /** The part that declares `routes`, as in {@link SyncOptions.part}. */
  part?: string;

  /** Limits the declaration as in {@link SyncOptions.previous}, so that other routes of the owner are not reported. */
  previous?: Record<string, string | PreviousRoute>;

  /** The routes that should be live. Requires `router` and `owner`. */
  routes?: SyncOptions["routes"];

  /**
   * Also asks an edge location whether it serves the live table of `router`: up to 200 of its routes, each until the answer is right, for at
   * most 10 seconds by default. Requires `router`, and the option `probe` of routesync's edge function.
   *
   * @defaultValue the call does not ask the edge
   */
  edge?: Omit<EdgeOptions, "required">;
}

/** The result of a verification. */
export interface RoutesVerification {
  /** Whether no finding is a warning or an error. */
  ok: boolean;

  /** The ETag of the state that was verified. */
  etag: string;

  /** The findings, the most severe first. */
  findings: Finding[];

  /** The routers that were verified, and the number of entries of each. */
  routers: Record<string, number>;

  /** What the edge has shown. Absent without {@link VerifyOptions.edge}. */
  edge?: EdgeReport;

  /** The number of keys in the whole store, and the bytes of its keys and values. */
  store: { items: number; bytes: number };

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** A fault in a live store. */
export interface Finding {
  code: FindingCode;

  /** `error`: requests fail or are routed wrongly. `warning`: some requests do, or a later deploy will fail. `info`: users notice nothing. */
  severity: "error" | "warning" | "info";

  /** What was found. */
  message: string;

  /** The effect on users. */
  effect: string;

  /** How to correct it. */
  remedy: string;

  /** The key with the fault. */
  key?: string;

  /** The route with the fault. */
  pattern?: string;

  /** The owner of the key or route: its name or id, or `SST`. */
  owner?: string;
}

/**
 * The code of a finding.
 *
 * | code | meaning |
 * |---|---|
 * | `TABLE_CORRUPT` | the table does not decode |
 * | `CHUNK_MISSING` | a chunk that the marker counts does not exist |
 * | `CHUNK_ORPHANED` | a chunk that no marker counts |
 * | `ENTRY_BREAKS_READER` | an entry that the edge function throws on |
 * | `METADATA_MISSING` | an entry's metadata does not exist |
 * | `METADATA_GARBLED` | an entry's metadata lacks fields that the edge function needs |
 * | `METADATA_ALTERED` | a declared route's metadata differs from the declared one |
 * | `FILES_MISSING` | a site lacks keys of files, or the record of its files |
 * | `METADATA_ORPHANED` | metadata of routesync, or a key of a site, that nothing refers to |
 * | `HISTORY_ORPHANED` | a part of a change that is in no owner's history |
 * | `HISTORY_DAMAGED` | a part of a change in an owner's history does not exist, or cannot be read |
 * | `METADATA_UNNAMED` | metadata of other writers that no entry names |
 * | `COLLISION` | entries of two holders have the same pattern |
 * | `ROUTE_MISSING` | a declared route is not live |
 * | `ROUTE_DIFFERS` | a declared route has another target |
 * | `ROUTE_UNDECLARED` | a route of the owner is live and not declared |
 * | `ROUTE_HELD` | another owner, or SST, holds a declared pattern |
 * | `RECORD_MISSING` | an owner has routes, but no record |
 * | `RECORD_GARBLED` | an owner's record cannot be read, or belongs to another owner |
 * | `RECORD_NEWER` | an owner's record was written by a newer version |
 * | `OWNER_EMPTY` | an owner without routes |
 * | `INDEX_MISSING` | the router wants an index, and its table has none |
 * | `INDEX_LATE` | a change of the table was interrupted before the pages of its index |
 * | `INDEX_STALE` | the index is that of another table |
 * | `INDEX_DAMAGED` | pages of the index are missing or altered |
 * | `INDEX_ORPHANED` | pages of an index that its ledger does not name |
 * | `INDEX_NEWER` | a newer version describes the table in its marker |
 * | `EDGE_DIFFERS` | the edge serves another route than the live table, or none |
 * | `EDGE_UNKNOWN` | the edge did not say which route it serves |
 */
export type FindingCode =
  | "TABLE_CORRUPT"
  | "CHUNK_MISSING"
  | "CHUNK_ORPHANED"
  | "ENTRY_BREAKS_READER"
  | "METADATA_MISSING"
  | "METADATA_GARBLED"
  | "METADATA_ALTERED"
  | "FILES_MISSING"
  | "METADATA_ORPHANED"
  | "HISTORY_ORPHANED"
  | "HISTORY_DAMAGED"
  | "METADATA_UNNAMED"
  | "COLLISION"
  | "ROUTE_MISSING"
  | "ROUTE_DIFFERS"
  | "ROUTE_UNDECLARED"
  | "ROUTE_HELD"
  | "RECORD_MISSING"
  | "RECORD_GARBLED"
  | "RECORD_NEWER"
  | "OWNER_EMPTY"
  | "INDEX_MISSING"
  | "INDEX_LATE"
  | "INDEX_STALE"
  | "INDEX_DAMAGED"
  | "INDEX_ORPHANED"
  | "INDEX_NEWER"
  | "EDGE_DIFFERS"
  | "EDGE_UNKNOWN";
