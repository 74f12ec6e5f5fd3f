/** What a call would do. */
import type { RequestCounts, UsedEndpoint } from "./call";
import type { ErrorDetails, RouteSyncErrorCode } from "./errors";
import type { SyncWarning } from "./report";

/** What a call would do. It is plain data: it can be kept as JSON. Credentials are not in it. */
export interface RoutesPlan {
  /** The form: 1. Raised when a field changes its meaning. */
  version: 1;

  /** The store's ETag for which the plan was made. */
  etag: string;

  /** Where the requests went; absent where that is AWS's own endpoint. */
  endpoint?: UsedEndpoint;

  router: string;

  owner: string;

  /** What would be done: additions, changes and removals, each in the order of the declaration, then what the policy keeps. */
  changes: PlannedChange[];

  /** Patterns that are live as declared. */
  unchanged: string[];

  /** Entries of others in the table, which stay as they are: whose, and how many. An owner whose record was not read has its id. */
  foreign: { owner: string; routes: number }[];

  /** What is right but may surprise. */
  warnings: SyncWarning[];

  /** Why {@link syncRoutes} would refuse it. */
  refusal?: { code: RouteSyncErrorCode; message: string; retryable: boolean; details: ErrorDetails };

  /** All of it goes out in one write. */
  atomic: boolean;

  /** Writes; each leaves a whole table. */
  batches: number;

  /** Keys of the writes, owner records and due sweeps included. */
  keys: { put: number; deleted: number };

  /** Bytes before and after: of the table, and of the store. */
  bytes: { table: { before: number; after: number }; store: { before: number; after: number } };

  /** Reads of the store that a request takes at the edge until its target is known; each is billed. */
  edgeReads: { before: number; after: number };

  /**
   * Requests that {@link syncRoutes} takes when it is the first call of its process and nobody comes between. With `verify:
   * "full"` those that read the routes back come on top.
   */
  requests: RequestCounts;

  /** AWS's price of these requests, at $0.001 each. */
  estimatedCostUsd: number;

  /** The plan for a terminal, without colours. */
  text: string;

  /** The plan for a pull request. */
  markdown: string;

  /** The call's options, without `client`. */
  options: Record<string, unknown>;
}

/** What would be done to a route. */
export interface PlannedChange {
  action: "add" | "change" | "remove" | "keep";

  pattern: string;

  /** What it leads to: the metadata as stored, `null` where it is missing. */
  from?: { type: string; metadata: unknown };

  /** What it would lead to. */
  to?: { type: string; metadata: unknown };

  /** Of a change, the fields that differ, such as `origin.timeouts.readTimeout`. */
  fields?: { path: string; before?: unknown; after?: unknown }[];

  /** Who holds it, where it would be taken over. */
  takenFrom?: string;

  /** It would be removed since its target in `routes` is `undefined`. */
  targetUndefined?: true;
}
