/** The options of every call. */
import type { ClientOptions } from "./client";
import type { SyncProgress } from "./progress";

/** The options of every call on a store. */
export interface StoreOptions {
  /** The ARN of the KeyValueStore. The partitions `aws-cn` and `aws-us-gov` have no KeyValueStores. */
  store: string;

  /** The endpoint and the credentials. */
  client?: ClientOptions;

  /** Timeouts and waits of single requests. */
  retry?: RetryOptions;

  /**
   * The time limit of the whole call, including waits and retries: at most one hour. When it passes, the call rejects with `DEADLINE_EXCEEDED`.
   *
   * @defaultValue `"120 seconds"`
   */
  deadline?: Duration;

  /**
   * Stops the call before its next write. The call then rejects with `signal.reason`. If the reason is an error without a
   * `cause`, its cause is set to the {@link RouteSyncError} `ABORTED`, whose `details` describe the state of the store and
   * whether an unanswered write may still be applied. A write that was already applied is not undone.
   */
  signal?: AbortSignal;

  /**
   * Called with each step of the call, in order, but never after the call has settled. The call does not wait for it: if more
   * than 256 events are pending because the program is busy, the later ones are dropped. An error that it throws becomes a
   * process warning. Calls that share a commit get the same events.
   */
  onProgress?: (event: SyncProgress) => void;
}

/** Timeouts and waits of single requests. The number of retries is limited only by the deadline. */
export interface RetryOptions {
  /** The time limit of one request. @defaultValue `"10 seconds"` */
  attemptTimeout?: Duration;

  /** The time limit for the connection. @defaultValue `"3 seconds"` */
  connectTimeout?: Duration;

  /** The maximum of the first random wait. @defaultValue four times the measured round trip */
  firstWait?: Duration;

  /** The maximum of any random wait. @defaultValue `"10 seconds"` */
  maxWait?: Duration;
}

/** A number of seconds, or a text of a number and its unit. */
export type Duration = number | `${number} second${"s" | ""}` | `${number} minute${"s" | ""}`;

/** A {@link Duration}, also in hours and days. */
export type Age = Duration | `${number} hour${"s" | ""}` | `${number} day${"s" | ""}`;

/** An endpoint that is not AWS's own. */
export interface UsedEndpoint {
  url: string;

  /** The source of the URL: `client.endpoint`, an environment variable, or a place in AWS's configuration files. */
  from: string;
}

/** The number of requests to the service, by operation. Retries count. */
export interface RequestCounts {
  describe: number;
  get: number;
  update: number;
  list: number;
}
