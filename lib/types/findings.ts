/** What is wrong with a live store. */
import type { RequestCounts, StoreOptions } from "./call";
import type { PreviousRoute, SyncOptions } from "./sync";

/** What {@link verifyRoutes} takes: a store alone, one router of it, or what is declared there. */
export interface VerifyOptions extends StoreOptions {
  /** The only router to judge. @defaultValue all routers of the store */
  router?: string;

  /** Who declares `routes`. */
  owner?: string;

  /** The part that declares them, as in {@link SyncOptions.part}. */
  part?: string;

  /** With it, `routes` is not the owner's whole set, and other routes of the owner are no finding. */
  previous?: Record<string, string | PreviousRoute>;

  /** What should be live. Needs `router` and `owner`. */
  routes?: SyncOptions["routes"];
}

/** What a store was found to be. */
export interface RoutesVerification {
  /** No finding is a warning or an error. */
  ok: boolean;

  /** The store's ETag under which it was judged. */
  etag: string;

  /** What is not as it should be, the worst first. */
  findings: Finding[];

  /** The routers that were judged, and how many entries each has. */
  routers: Record<string, number>;

  /** Keys of the whole store, and bytes of its keys and values. */
  store: { items: number; bytes: number };

  /** Requests that it took, by operation. */
  requests: RequestCounts;
}

/** Something in a live store that is not as it should be. */
export interface Finding {
  code: FindingCode;

  /** `error`: requests fail or go astray. `warning`: some do, or a later deploy will fail. `info`: users notice nothing. */
  severity: "error" | "warning" | "info";

  /** What was found. */
  message: string;

  /** What it does to users. */
  effect: string;

  /** What to do about it. */
  remedy: string;

  /** The store's key that it is about. */
  key?: string;

  /** The route that it is about. */
  pattern?: string;

  /** Whose it is: an owner's name or id, or `SST`. */
  owner?: string;
}

/**
 * What a finding is.
 *
 * | code | what |
 * |---|---|
 * | `TABLE_CORRUPT` | the table does not decode |
 * | `CHUNK_MISSING` | a chunk that the marker counts is not there |
 * | `CHUNK_ORPHANED` | a chunk that no marker counts |
 * | `ENTRY_BREAKS_READER` | an entry that the edge function throws on |
 * | `METADATA_MISSING` | an entry's metadata is not there |
 * | `METADATA_GARBLED` | an entry's metadata lacks what the edge function needs |
 * | `METADATA_ALTERED` | a declared route's metadata is not the declared one |
 * | `FILES_MISSING` | a site lacks files, or the record of them |
 * | `METADATA_ORPHANED` | metadata of ours, or what hangs on a site, that nothing names |
 * | `HISTORY_ORPHANED` | a part of a change that no owner's history has |
 * | `HISTORY_DAMAGED` | a part of a change that an owner's history has is not there, or cannot be read |
 * | `METADATA_UNNAMED` | metadata of others that no entry names |
 * | `COLLISION` | entries of two holders have one pattern |
 * | `ROUTE_MISSING` | a declared route is not live |
 * | `ROUTE_DIFFERS` | a declared route leads elsewhere |
 * | `ROUTE_UNDECLARED` | a route of the owner is live and not declared |
 * | `ROUTE_HELD` | a declared pattern is held by somebody else |
 * | `RECORD_MISSING` | an owner's routes stand without its record |
 * | `RECORD_GARBLED` | an owner's record cannot be read, or is another's |
 * | `RECORD_NEWER` | an owner's record was written by a newer version |
 * | `OWNER_EMPTY` | an owner without routes |
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
  | "OWNER_EMPTY";
