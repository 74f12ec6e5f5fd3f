import type { ClientOptions, Duration } from "../types";

/** The options of {@link install}. */
export interface InstallOptions {
  /**
   * The longest time for which a write waits for further resources, so that they share a commit: 0 to 2 seconds. The wait ends early when
   * no more resources arrive, or when all resources that Pulumi handles at a time wait.
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
   * Writes a route's metadata before its entry, and removes the entry before the metadata. SST writes the two in any order. A route whose
   * entry is written first answers 502 until its metadata is written.
   *
   * @defaultValue `true`
   */
  order?: boolean;

  /**
   * Replaces the function of each Router by routesync's, and gives the route table an index for it, so that a request costs the same with any
   * number of routes. The Router's own code (`edge.viewerRequest.injection`) and the block of the default domain stay. The function has the
   * probe, for `routesync doctor --edge`. A function that is not exactly the known form of SST stays, and a warning says so. Without the
   * option, the next deploy restores SST's function.
   *
   * @defaultValue `false`
   */
  edge?: boolean;
}
