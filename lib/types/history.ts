/** The changes of an owner, and rollbacks. */
import type { RequestCounts, StoreOptions } from "./call";
import type { GrowingWriteOptions } from "./writes";

/** Options of {@link rollbackRoutes}. */
export interface RollbackOptions extends GrowingWriteOptions {
  /** The owner whose changes are undone. */
  owner: string;

  /**
   * The number of the first change to undo, from {@link listHistory}. All later changes are also undone.
   *
   * @defaultValue the last change
   */
  to?: number;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/** Options of {@link listHistory}. */
export interface ListHistoryOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  owner: string;
}

/** The changes of an owner that can be undone. */
export interface RoutesHistory {
  router: string;

  owner: string;

  /** The ETag of the state that was read. */
  etag: string;

  /** How many changes are kept, by {@link SyncOptions.history}; 0 if the owner keeps no history. */
  keep: number;

  /** The changes, the newest first. */
  changes: RoutesChange[];

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** A change of an owner's routes. */
export interface RoutesChange {
  /** The change's number, for {@link RollbackOptions.to}. */
  change: number;

  /** The time of the change, in seconds since 1970. */
  at: number;

  /** Patterns that the change added. A rollback removes them. */
  added: string[];

  /** Patterns that the change removed, or whose target it changed. A rollback restores their former target. */
  replaced: string[];
}
