/** Where every call goes, for how long, and who hears of it. */
import type { ClientOptions } from "./client";
import type { SyncProgress } from "./progress";

/** Where a call goes, for how long, and who hears of it. */
export interface StoreOptions {
  /** The ARN of the KeyValueStore. The partitions `aws-cn` and `aws-us-gov` have none. */
  store: string;

  /** Where the service is and as whom to call it. */
  client?: ClientOptions;

  /** How long to wait for what. */
  retry?: RetryOptions;

  /**
   * The bound over everything, waits and retries included, at most one hour. When it passes, the call rejects with `DEADLINE_EXCEEDED`.
   *
   * @defaultValue `"120 seconds"`
   */
  deadline?: Duration;

  /**
   * Stops the call before its next write. It then rejects with `signal.reason`; where the reason is an error without a
   * `cause`, the cause becomes the {@link RouteSyncError} `ABORTED`, whose `details` say what stands in the store and
   * whether an unanswered write may still land. A write that was already applied is not taken back.
   */
  signal?: AbortSignal;

  /**
   * Told what the call does, in order, while it is under way: never after it has settled, and never so that it
   * waits (of more than 256 events that wait for a busy program, the later ones are dropped). What it throws
   * becomes a process warning. Calls that share a commit are told the same.
   */
  onProgress?: (event: SyncProgress) => void;
}

/** How long to wait for what. How often is bounded by the deadline alone. */
export interface RetryOptions {
  /** The longest that one request may take. @defaultValue `"10 seconds"` */
  attemptTimeout?: Duration;

  /** The longest that connecting may take. @defaultValue `"3 seconds"` */
  connectTimeout?: Duration;

  /** The upper end of the first random wait. @defaultValue four times the measured round trip */
  firstWait?: Duration;

  /** The upper end of any random wait. @defaultValue `"10 seconds"` */
  maxWait?: Duration;
}

/** A number of seconds, or one with its unit. */
export type Duration = number | `${number} second${"s" | ""}` | `${number} minute${"s" | ""}`;

/** A {@link Duration}, also in hours and days. */
export type Age = Duration | `${number} hour${"s" | ""}` | `${number} day${"s" | ""}`;

/** An endpoint that is not AWS's own. */
export interface UsedEndpoint {
  url: string;

  /** What named it: `client.endpoint`, an environment variable, or a place in AWS's configuration files. */
  from: string;
}

/** Requests to the service, by operation; retried ones count. */
export interface RequestCounts {
  describe: number;
  get: number;
  update: number;
  list: number;
}
