/** The facts of an error. */
import type { LintRule } from "./lint";

/**
 * The code of an error.
 *
 * | code | when | retryable |
 * |---|---|---|
 * | `INVALID_OPTION` | an option is missing, unknown, of the wrong type or outside its range | |
 * | `INVALID_ARN` | `store` is not the ARN of a KeyValueStore that can be reached | |
 * | `INVALID_PATTERN` | a pattern cannot be served as written | |
 * | `INVALID_TARGET` | a target cannot be served as written | |
 * | `LINT` | a lint rule with the level `error` found something | |
 * | `TOO_LARGE` | the set is larger than a store can hold or one call may declare | |
 * | `ROUTE_CONFLICT` | another declaration, or another owner's live route, claims the pattern | |
 * | `UNSAFE_PLAN` | the call would remove more than it may | |
 * | `PLAN_STALE` | the store has changed since the plan was made: plan again | |
 * | `SUPERSEDED` | the owner has already written with a later generation | |
 * | `NO_HISTORY` | the change to undo is not in the owner's history | |
 * | `NOT_RELEASABLE` | a route of the owner cannot be released | |
 * | `OWNER_ID_TAKEN` | live routes under this owner's id belong to another name | |
 * | `FORMAT_NEWER` | the store holds a record of a newer routesync: update | |
 * | `TABLE_CORRUPT` | the live table does not decode | |
 * | `SST_TABLE_LIMIT` | SST's own writers could no longer write the table | |
 * | `INDEX_TOO_LARGE` | the table would be too large for its index | |
 * | `STORE_FULL` | the store has no room left | |
 * | `STORE_GONE` | the store was deleted, or never existed | |
 * | `STORE_NOT_READY` | the store is still being provisioned | yes |
 * | `ACCESS_DENIED` | the service refused the credentials or their permissions | |
 * | `NO_CREDENTIALS` | no usable credentials were found | |
 * | `UNREACHABLE` | the service's host could not be reached | yes |
 * | `THROTTLED` | the service kept throttling until the deadline | yes |
 * | `SERVICE_ERROR` | the service gave an unknown answer | yes |
 * | `EDGE_NOT_CONFIRMED` | the routes are stored, but the edge did not serve them in time | yes |
 * | `DEADLINE_EXCEEDED` | the deadline passed | yes |
 * | `ABORTED` | the signal aborted the call | |
 * | `NATIVE_MISSING` | the native binary could not be loaded | |
 * | `INTERNAL` | a defect in routesync | |
 */
export type RouteSyncErrorCode =
  | "INVALID_OPTION"
  | "INVALID_ARN"
  | "INVALID_PATTERN"
  | "INVALID_TARGET"
  | "LINT"
  | "TOO_LARGE"
  | "ROUTE_CONFLICT"
  | "UNSAFE_PLAN"
  | "PLAN_STALE"
  | "SUPERSEDED"
  | "NO_HISTORY"
  | "NOT_RELEASABLE"
  | "OWNER_ID_TAKEN"
  | "FORMAT_NEWER"
  | "TABLE_CORRUPT"
  | "SST_TABLE_LIMIT"
  | "INDEX_TOO_LARGE"
  | "STORE_FULL"
  | "STORE_GONE"
  | "STORE_NOT_READY"
  | "ACCESS_DENIED"
  | "NO_CREDENTIALS"
  | "UNREACHABLE"
  | "THROTTLED"
  | "SERVICE_ERROR"
  | "EDGE_NOT_CONFIRMED"
  | "DEADLINE_EXCEEDED"
  | "ABORTED"
  | "NATIVE_MISSING"
  | "INTERNAL";

/** The facts behind an error. Only those that apply are set. */
export interface ErrorDetails {
  /** The path to the offending value in the options, such as `routes["/api"].readTimeout`. */
  path?: string;

  /** The lint rule that rejected the call. */
  rule?: LintRule;

  /** The key in the store that the error is about. */
  key?: string;

  /** The limit that was exceeded; its unit is in the message. */
  limit?: number;

  /** The value that exceeded `limit`. */
  actual?: number;

  /** The holder of the declared pattern: an owner's name, or `SST` for a route without owner. */
  holder?: string;

  /** Requests sent so far. */
  attempts?: number;

  /** Milliseconds since the call was made. */
  elapsedMs?: number;

  /** AWS's request id of the answer that caused the error. */
  requestId?: string;

  /** A description of the store's present state. */
  stands?: string;

  /** Whether a write was sent but not answered, so that it may still be applied. */
  mayStillLand?: boolean;
}
