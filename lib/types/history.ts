/** Changes of an owner, and undoing them. */
import type { RequestCounts, StoreOptions } from "./call";
import type { GrowingWriteOptions } from "./writes";

/** What {@link rollbackRoutes} takes. */
export interface RollbackOptions extends GrowingWriteOptions {
  /** The owner whose changes are undone. */
  owner: string;

  /**
   * The number of the change that is undone, with all after it, from 0: one of {@link listHistory}.
   *
   * @defaultValue the last change
   */
  to?: number;

  /**
   * Only report what it would do.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/** What {@link listHistory} takes. */
export interface ListHistoryOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /** The owner. */
  owner: string;
}

/** What of an owner's changes can be undone. */
export interface RoutesHistory {
  router: string;

  owner: string;

  /** The store's ETag under which it was read. */
  etag: string;

  /** How many changes are kept: {@link SyncOptions.history}; 0 where none are. */
  keep: number;

  /** The changes, the newest first. */
  changes: RoutesChange[];

  /** Requests that it took, by operation. */
  requests: RequestCounts;
}

/** A change of an owner's routes. */
export interface RoutesChange {
  /** Its number: what {@link RollbackOptions.to} takes. */
  change: number;

  /** When it was made, in seconds since 1970. */
  at: number;

  /** Patterns that the owner did not have before: undone, they go. */
  added: string[];

  /** Patterns that led elsewhere before, or that it removed: undone, they lead there again. */
  replaced: string[];
}
