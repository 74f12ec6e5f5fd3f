/** The common options of calls that write. Each option is declared once, here or in {@link SyncOptions}. */

import type { Duration, StoreOptions } from "./call";
import type { EdgeOptions } from "./edge-confirmation";

/** The options of every call that writes to a router's table. */
export interface WriteOptions extends StoreOptions {
  /**
   * The namespace that holds the route table: 1 to 64 letters, digits, `-` and `_`. For SST's Router, it is the four hex digits
   * that its edge function reads.
   */
  router: string;

  /**
   * How the result is verified before the call resolves. `true` checks that the store has the ETag of this write, and reads one changed
   * key back. `"full"` reads the table and the metadata of every declared route, and rewrites missing or altered keys. It also checks the
   * files of sites if a listing of the store takes fewer requests than reading the other keys. `false` relies on the answer to the write.
   *
   * @defaultValue `true`
   */
  verify?: boolean | "full";

  /**
   * Rewrites a damaged live table (`TABLE_CORRUPT`) from all entries that can still be read, and this call's routes. The report
   * has the warning `TABLE_REPAIRED`.
   *
   * @defaultValue `false`
   */
  repair?: boolean;

  /**
   * Waits after the commit until an edge location serves the routes. Without it, the call resolves when the store has them, and edge
   * locations follow within a few seconds.
   *
   * @defaultValue the call does not ask the edge
   */
  edge?: EdgeOptions;
}

/** The options of a call that writes for one owner. */
export interface OwnerWriteOptions extends WriteOptions {
  /** The owner that the call is about. */
  owner: string;

  /**
   * A number that grows with every deploy, such as the number of the CI run. If its owner has already written with a higher number, the
   * call rejects with `SUPERSEDED` and writes nothing. A new highest number is recorded, which is a write even if nothing else changes.
   * Calls without a generation are not fenced.
   */
  generation?: number;

  /**
   * How long the record of a replaced or removed route is kept for requests that are under way: whole seconds, at most one day.
   * With 0, the write that removes the route also deletes its record. If the periods of calls in one commit differ, the longest applies.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}

/** The options of a call that writes for one owner and may make the table larger. */
export interface GrowingWriteOptions extends OwnerWriteOptions {
  /**
   * Lets a table with entries of SST grow beyond the 49,000 bytes that SST's own writers can handle. SST's writers fail
   * from then on.
   *
   * @defaultValue `false`
   */
  allowBeyondSst?: boolean;

  /**
   * Whether the router's table has an index for routesync's edge function, which SST's function ignores. `true` builds it once the table
   * has more than one chunk, from about 28 routes on. `false` gives it up. The choice holds for the router and not only for this call, but
   * it is stored only together with an index: for a smaller table, pass `true` with every deploy. If calls of one commit disagree, the
   * table gets an index. See [docs/edge-index.md](./docs/edge-index.md).
   *
   * A change after which an indexed table could have no index any more is `INDEX_TOO_LARGE`. If the table cannot have one in the first
   * place, the report has the warning `INDEX_MISSING`.
   *
   * @defaultValue as before
   */
  index?: boolean;
}
