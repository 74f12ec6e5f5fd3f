/** What a call did, or would warn about. */
import type { RequestCounts, UsedEndpoint } from "./call";
import type { LintRule } from "./lint";

/** What a call did. */
export interface SyncReport {
  /** The call's number in this process, from 1, in the order in which the calls were made. */
  call: number;

  /** Patterns that were not live. */
  added: string[];

  /** Patterns that led elsewhere, and sites whose metadata or files differed. */
  changed: string[];

  /** Patterns that are not live any more. */
  removed: string[];

  /** Patterns that were live as declared. */
  unchanged: string[];

  /** Patterns that {@link SyncOptions.policy} left as they stood: not removed, or not changed. */
  kept: string[];

  /** Patterns that somebody else held, and who: an owner's name, or `SST`. They are in `changed`, too. */
  taken: { pattern: string; from: string }[];

  /**
   * What was repaired besides, and why; absent where nothing was: keys of declared routes that `verify: "full"` put again, and
   * what {@link repairRoutes} did, or would do.
   */
  repaired?: { action: "put" | "delete" | "drop"; key?: string; pattern?: string; why: string }[];

  /** Pattern → route id, or namespace, of each declared route: the `previous` of this caller's next call. */
  ids: Record<string, string>;

  /**
   * The {@link SyncReport.call} of the later call of the owner that took this one's place in the same commit. Of a
   * whole set, no route stands then but those that the later one declares as well; of a call with `previous`, all but
   * those that a later one declares too, which holds these from then on.
   */
  supersededBy?: number;

  /** What is right but may surprise. */
  warnings: SyncWarning[];

  /** The ETag under which all declared routes stood. */
  etag: string;

  /** Where the requests went; absent where that is AWS's own endpoint. */
  endpoint?: UsedEndpoint;

  /** What it took. Calls that shared a commit each report the whole commit's. */
  counts: {
    requests: RequestCounts;
    /** Times the commit was tried; 1 when nothing came between. */
    attempts: number;
    /** Tries that another writer's write overtook. */
    conflicts: number;
    keysPut: number;
    keysDeleted: number;
    /** Calls that shared the commit. */
    calls: number;
  };

  /** Milliseconds from the call to its settlement. */
  durationMs: number;

  /** AWS's price of the requests, at $0.001 each. */
  estimatedCostUsd: number;
}

/** A warning about a call, apart from those of the lint rules. */
export type CallWarningCode =
  | "STALE_CACHE"
  | "REPLACED_LIVE_ROUTE"
  | "TABLE_REPAIRED"
  | "SST_TABLE_NEAR_LIMIT"
  | "SUPERSEDED"
  | "STORE_GONE";

/** Something that is right but may surprise. */
export interface SyncWarning {
  /** A lint rule, or a fact about the call. `docs/warnings.md` and `docs/lint.md` explain each. */
  code: LintRule | CallWarningCode;

  message: string;

  /** The route it is about. */
  pattern?: string;
}

/** What {@link checkRoutes} found. */
export interface RoutesCheck {
  /** What the lint rules found; at most 20 of each rule. */
  warnings: SyncWarning[];

  /**
   * By pattern as declared, a digest of what would be stored for its route: type, metadata, files and namespace. Equal digests mean that
   * two declarations lead to the same, however they are spelled. Another version of routesync may make other digests.
   */
  digests: Record<string, string>;
}
