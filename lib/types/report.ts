/** The report of a call, and warnings. */
import type { RequestCounts, UsedEndpoint } from "./call";
import type { EdgeReport } from "./edge-confirmation";
import type { LintRule } from "./lint";

/** The report of a call. */
export interface SyncReport {
  /** The call's number in this process, from 1, in the order in which the calls were made. */
  call: number;

  /** Patterns that were not live. */
  added: string[];

  /** Patterns whose target changed, including sites whose metadata or files differed. */
  changed: string[];

  /** Patterns that are no longer live. */
  removed: string[];

  /** Patterns that were live as declared. */
  unchanged: string[];

  /** Patterns that were not removed or not changed because of {@link SyncOptions.policy}. */
  kept: string[];

  /** Patterns taken over from another holder, with its name or `SST`. They are also in `changed`. */
  taken: { pattern: string; from: string }[];

  /**
   * Further repairs with their reasons: keys of declared routes that `verify: "full"` rewrote, and the repairs of
   * {@link repairRoutes} or its dry run. Absent if there were none.
   */
  repaired?: { action: "put" | "delete" | "drop"; key?: string; pattern?: string; why: string }[];

  /** The route id or namespace of each declared route, by pattern. Pass it as `previous` to this caller's next call. */
  ids: Record<string, string>;

  /**
   * The {@link SyncReport.call} of a later call of the owner that replaced this one in the same commit. For a whole set, only
   * the routes that the later call also declares are live. For a call with `previous`, all its routes are live except those
   * that a later call also declares, which then belong to that call.
   */
  supersededBy?: number;

  warnings: SyncWarning[];

  /** The number of pages of the router's index; absent if its table has none. See {@link GrowingWriteOptions.index}. */
  indexPages?: number;

  /** What the edge has shown. Absent without {@link WriteOptions.edge}. */
  edge?: EdgeReport;

  /** The ETag of a state in which all declared routes were live. */
  etag: string;

  /** The endpoint of the requests; absent if it is AWS's own. */
  endpoint?: UsedEndpoint;

  /** The cost of the commit. Each of the calls that shared it reports the whole commit. */
  counts: {
    requests: RequestCounts;
    /** Attempts of the commit; 1 if no other writer interfered. */
    attempts: number;
    /** Attempts that failed because another writer wrote first. */
    conflicts: number;
    keysPut: number;
    keysDeleted: number;
    /** Calls that shared the commit. */
    calls: number;
  };

  /** Milliseconds until the call settled. */
  durationMs: number;

  /** AWS's price of the requests, at $0.001 each. */
  estimatedCostUsd: number;
}

/** The code of a warning that is not from a lint rule. */
export type CallWarningCode =
  | "STALE_CACHE"
  | "REPLACED_LIVE_ROUTE"
  | "TABLE_REPAIRED"
  | "SST_TABLE_NEAR_LIMIT"
  | "SUPERSEDED"
  | "STORE_GONE"
  | "STILL_NAMED"
  | "INDEX_MISSING"
  | "EDGE_NOT_CONFIRMED";

/** A warning about a valid call. */
export interface SyncWarning {
  /** A lint rule, or a fact about the call. `docs/warnings.md` and `docs/lint.md` explain each code. */
  code: LintRule | CallWarningCode;

  message: string;

  /** The route that the warning is about. */
  pattern?: string;
}

/** The result of {@link checkRoutes}. */
export interface RoutesCheck {
  /** The warnings of the lint rules, at most 20 of each rule. */
  warnings: SyncWarning[];

  /**
   * A digest of the content to store for each route, by pattern as declared: type, metadata, files and namespace. Equal digests mean that
   * two targets are equal, even if they are spelled differently. Other versions of routesync may make other digests.
   */
  digests: Record<string, string>;
}
