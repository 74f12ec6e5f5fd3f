/** The plan of a call. */
import type { RequestCounts, UsedEndpoint } from "./call";
import type { PlannedIndex } from "./edge-index";
import type { ErrorDetails, RouteSyncErrorCode } from "./errors";
import type { SyncWarning } from "./report";

/** The plan of a call. It is plain data without credentials, and can be saved as JSON. */
export interface RoutesPlan {
  /** The version of the format. It is raised when a field changes its meaning. */
  version: 1;

  /** The store's ETag for which the plan was made. */
  etag: string;

  /** The endpoint of the requests; absent if it is AWS's own. */
  endpoint?: UsedEndpoint;

  router: string;

  owner: string;

  /** Additions, changes and removals, each in the order of the declaration, and then the routes that the policy keeps. */
  changes: PlannedChange[];

  /** Patterns that are live as declared. */
  unchanged: string[];

  /** The number of entries of each other holder, which stay unchanged. An owner whose record was not read has its id here. */
  foreign: { owner: string; routes: number }[];

  warnings: SyncWarning[];

  /** The error with which {@link syncRoutes} would reject the plan. */
  refusal?: { code: RouteSyncErrorCode; message: string; retryable: boolean; details: ErrorDetails };

  /** Whether all changes are in one write. */
  atomic: boolean;

  /** The number of writes. The table is complete after each of them. */
  batches: number;

  /** The number of keys in the writes, including owner records and the deletion of expired keys. */
  keys: { put: number; deleted: number };

  /** The bytes of the table and of the store, before and after. */
  bytes: { table: { before: number; after: number }; store: { before: number; after: number } };

  /** Reads of the store for one request at the edge, until its target is known, by a function that scans the table. Each is billed. */
  edgeReads: { before: number; after: number };

  /** The index of the table, and what a request costs with it; absent if there is none before or after. */
  index?: PlannedIndex;

  /**
   * The requests of {@link syncRoutes} if it is the first call of its process and no other writer interferes. `verify: "full"`
   * needs further requests to read the routes back.
   */
  requests: RequestCounts;

  /** AWS's price of these requests, at $0.001 each. */
  estimatedCostUsd: number;

  /** The plan as text for a terminal, without colors. */
  text: string;

  /** The plan as Markdown for a pull request. */
  markdown: string;

  /** The call's options, without `client`. */
  options: Record<string, unknown>;
}

/** The change of a route. */
export interface PlannedChange {
  action: "add" | "change" | "remove" | "keep";

  pattern: string;

  /** The target before the change, with its metadata as stored, or `null` if that is missing. */
  from?: { type: string; metadata: unknown };

  /** The target after the change. */
  to?: { type: string; metadata: unknown };

  /** The fields that differ between `from` and `to`, such as `origin.timeouts.readTimeout`. */
  fields?: { path: string; before?: unknown; after?: unknown }[];

  /** The holder from which the route would be taken over. */
  takenFrom?: string;

  /** The route would be removed because its target in `routes` is `undefined`. */
  targetUndefined?: true;
}
