/** What calls that write take alike: each option is declared here or in {@link SyncOptions}, once. */

import type { Duration, StoreOptions } from "./call";

/** What every call takes that writes to a router's table. */
export interface WriteOptions extends StoreOptions {
  /**
   * The namespace that holds the route table, 1 to 64 letters, digits, `-` and `_`: for SST's Router, the four hex digits
   * that its function reads.
   */
  router: string;

  /**
   * How the result is checked before the call resolves. `true`: the store shows this write's ETag and one changed key reads
   * back; `"full"`: the table and the metadata of every declared route are read, and put again where missing or
   * altered (and the files of sites, where listing the store takes fewer requests than reading the rest); `false`: the write's
   * own answer is believed.
   *
   * @defaultValue `true`
   */
  verify?: boolean | "full";

  /**
   * Writes a live table that is damaged (`TABLE_CORRUPT`) anew, from all the entries that can still be read, and this
   * call's routes. The report warns `TABLE_REPAIRED`.
   *
   * @defaultValue `false`
   */
  repair?: boolean;
}

/** What a call takes that writes for one owner. */
export interface OwnerWriteOptions extends WriteOptions {
  /** The owner that the call is about. */
  owner: string;

  /**
   * A number that grows with every deploy, such as that of the CI run: a call is `SUPERSEDED`, and writes nothing, where a higher one of
   * its owner has been before. A new highest number is recorded, which is a write even if nothing else changes. Calls without
   * one are not fenced.
   */
  generation?: number;

  /**
   * How long the record of a replaced or removed route is kept for requests that are under way: whole seconds, at most one day.
   * With 0, the write that drops the route deletes its record. If calls of one commit differ, the longest period holds.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}

/** What a call takes that writes for one owner, and may make the table larger. */
export interface GrowingWriteOptions extends OwnerWriteOptions {
  /**
   * Lets a table in which entries of SST stand grow beyond the 49,000 bytes that SST's own writers can handle. They fail
   * from then on.
   *
   * @defaultValue `false`
   */
  allowBeyondSst?: boolean;
}
