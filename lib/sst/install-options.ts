import type { ClientOptions, Duration } from "../types";

/** The options of {@link install}. */
export interface InstallOptions {
  /**
   * How long a write waits at most for further resources, so that they share a commit. At most 2 seconds. It waits only while resources
   * keep arriving, and no longer once all resources that Pulumi handles at a time wait.
   *
   * @defaultValue `"2 seconds"`
   */
  gather?: Duration;

  /**
   * How requests reach the stores. Without `profile`, SST's own credentials are used. `credentials` are not allowed, since the state
   * would contain them.
   */
  client?: Omit<ClientOptions, "credentials">;

  /** The time for one resource's writes, 1 ms to 1 hour. @defaultValue `"10 minutes"` */
  deadline?: Duration;

  /**
   * How written routes are checked. `true` checks that the store has the state of this write, and reads one written key back. `"full"`
   * also reads the route table back. `false` relies on the answer to the write.
   *
   * @defaultValue `true`
   */
  verify?: boolean | "full";

  /**
   * Writes the metadata of a route before its entry, in creation and in reverse in removal. SST writes them in any order, and a route
   * whose entry comes first answers 502 until its metadata is written.
   *
   * @defaultValue `true`
   */
  order?: boolean;
}
