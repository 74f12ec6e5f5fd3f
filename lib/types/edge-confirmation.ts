/** Waiting for the edge after a commit. */
import type { Duration } from "./call";

/**
 * How a call waits for the edge. It asks the probe of routesync's edge function, which the function has with the option
 * `probe`. The answers come from one edge location, the one nearest to this machine.
 */
export interface EdgeOptions {
  /** The URL of the distribution, such as `https://example.com`: without a path, a query and credentials. */
  url: string;

  /**
   * How long the call waits, from the commit on: at most one hour. It is in addition to {@link StoreOptions.deadline}.
   *
   * @defaultValue `"60 seconds"`
   */
  deadline?: Duration;

  /**
   * Rejects the call with `EDGE_NOT_CONFIRMED` if the edge does not serve its routes in time. Otherwise the report has a warning with that
   * code. The routes are stored in both cases.
   *
   * @defaultValue `false`
   */
  required?: boolean;
}

/** What an edge location has shown of a call's routes. */
export interface EdgeReport {
  /** Whether each route that was asked about is served as committed, or as a later commit left it. */
  confirmed: boolean;

  /**
   * The number of routes that were asked about: each changed and each removed one, or up to 20 of the unchanged routes if the call changed
   * nothing. Routes to which no request can lead are left out. If none is left, up to 20 routes of the live table are asked about, or the
   * path `/` if it is empty.
   */
  routes: number;

  /** Milliseconds from the commit to the last answer. */
  waitedMs: number;

  /** Requests to the probe. */
  requests: number;

  /** Routes that the edge does not serve as committed, at most 20. Absent if it serves all. */
  unconfirmed?: EdgeDifference[];
}

/** A route that the edge does not serve as committed. */
export interface EdgeDifference {
  pattern: string;

  /** The id of the route that a request for the pattern should get, or `null` for no route. */
  expects: string | null;

  /** The id of the route that it got last, or `null` for no route. Absent if there was no answer of a probe. */
  shows?: string | null;

  /** Why there was no answer, or what is wrong beside the id. */
  error?: string;
}
