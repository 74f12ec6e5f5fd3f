/** What a call does while it is under way. */

/** A step of a commit. Times are in milliseconds. */
export type SyncProgress =
  /** The store answered: how much it holds. */
  | { type: "described"; items: number; bytes: number }
  /** What the plan needs has been read. */
  | { type: "read"; keys: number }
  /** The difference is known: routes over all calls of the commit, and the writes and keys that it takes. */
  | { type: "planned"; added: number; changed: number; removed: number; batches: number; keys: number }
  /** A write was applied: which, from 1, of how many. */
  | { type: "written"; batch: number; of: number }
  /** Somebody else wrote first: the commit starts again after a wait. */
  | { type: "conflict"; conflicts: number; waitMs: number }
  /** The service asked to slow down. */
  | { type: "throttled"; waitMs: number }
  /** A request was lost, or a read lagged: it is tried again after a wait. */
  | { type: "retry"; waitMs: number }
  /** The routes of a release are handed back: the call waits until requests under way have been served. */
  | { type: "waiting"; waitMs: number }
  /** What was written was found standing. */
  | { type: "verified" };
