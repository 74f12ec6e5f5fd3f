/** The progress of a call. */

/** A step of a commit. Times are in milliseconds. */
export type SyncProgress =
  /** The store has reported its number of keys and bytes. */
  | { type: "described"; items: number; bytes: number }
  /** The keys for the plan have been read. */
  | { type: "read"; keys: number }
  /** The commit is planned: the number of routes over all its calls, of its writes and of their keys. */
  | { type: "planned"; added: number; changed: number; removed: number; batches: number; keys: number }
  /** A write was applied: its number, from 1, and the number of all writes. */
  | { type: "written"; batch: number; of: number }
  /** Another writer wrote first, so the commit starts again after a wait. */
  | { type: "conflict"; conflicts: number; waitMs: number }
  /** The service throttled a request. */
  | { type: "throttled"; waitMs: number }
  /** A request was lost, or a read was stale. It is retried after a wait. */
  | { type: "retry"; waitMs: number }
  /** The routes are released, and the call waits for requests under way. */
  | { type: "waiting"; waitMs: number }
  /** The written state was verified. */
  | { type: "verified" }
  /** The call waits for the edge: how many of the routes that it asks about are served as committed, and the time since the commit. */
  | { type: "edge"; confirmed: number; routes: number; waitedMs: number };
