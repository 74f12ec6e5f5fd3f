/** The index of a router's table, which routesync's edge function reads instead of the whole table. */
import type { WriteOptions } from "./writes";

/** Options of {@link setIndex}. */
export interface SetIndexOptions extends Omit<WriteOptions, "repair"> {
  /** As {@link GrowingWriteOptions.index}: `true` builds the index if the table has more than one chunk, and `false` gives it up. */
  index: boolean;
}

/** The size of an index, and what a request costs with it. */
export interface IndexSize {
  /** The number of pages. Each is one key. */
  pages: number;

  /** Bytes of the pages, with their keys. */
  bytes: number;

  /**
   * The most reads of the store for one request that a route matches, including the marker and the metadata. In tables of more than 2,000
   * routes, it is the most of a sample of them.
   */
  reads: number;

  /** About how many instructions the edge function takes for such a request. */
  instructions: number;
}

/** The index in a plan. */
export interface PlannedIndex {
  /** The index before the plan; absent if there is none. */
  before?: IndexSize;

  /** The index after the plan; absent if there is none. A new layout is drawn anew by the deploy, so its pages may differ a little. */
  after?: IndexSize;

  /** The number of keys of the index in the writes: pages and the record of which pages exist, also deletions. */
  keys: number;

  /** About how many instructions a function takes for one request that scans the table instead. */
  scanInstructions: { before: number; after: number };
}

/** The index of a live table. */
export interface LiveIndex {
  /** The name of the layout that the pages belong to: 6 letters and digits. A new layout has a new name. */
  epoch: string;

  /** The number of pages. Each is one key. */
  pages: number;

  /** A change of the table was interrupted before its pages were written. Requests see the routes from before it. The next deploy builds a new index. */
  late: boolean;
}

/**
 * Why a table has no index.
 *
 * | reason | meaning |
 * |---|---|
 * | `small` | the table is in a single value, which a request reads in any case |
 * | `notRequested` | nobody asked for an index, or somebody gave it up |
 * | `dropped` | another writer, such as SST, has dropped it; the next deploy builds it again |
 * | `droppedTooOften` | other writers have dropped it so often that no further one is built until the old pages are deleted |
 * | `noForm` | a host, a path or an id of an entry has no form in the index |
 * | `tooLarge` | the patterns with `*` or the longest paths take too much room |
 * | `newer` | a newer version of routesync has written the index |
 */
export type NoIndex =
  "small" | "notRequested" | "dropped" | "droppedTooOften" | "noForm" | "tooLarge" | "newer";
