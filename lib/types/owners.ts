/** The owners of a router, and the removal of old ones. */
import type { Age, RequestCounts, StoreOptions } from "./call";
import type { SyncReport } from "./report";
import type { WriteOptions } from "./writes";

/** Options of {@link listOwners}. */
export interface ListOwnersOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /**
   * Also returns owners without routes. Their records are found only by a listing of the store, in ⌈keys ÷ 50⌉ requests.
   *
   * @defaultValue `false`
   */
  emptied?: boolean;
}

/** The owners of a router. */
export interface RouterOwners {
  router: string;

  /** The ETag of the state that was read. */
  etag: string;

  /** The owners, sorted by name. */
  owners: {
    /** The name, or the id if the owner's record cannot be read. */
    owner: string;
    /** The first half of its route ids. */
    id: string;
    /** The number of its routes. */
    routes: number;
    /** The time of its last write, in seconds since 1970. */
    at?: number;
    /** The highest `generation` that it has written with. */
    generation?: number;
  }[];

  /** The number of routes without owner, most likely of SST. */
  foreign: number;

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** Options of {@link pruneOwners}. One of `match` and `keep` is required. */
export interface PruneOptions extends WriteOptions {
  /** Names of the owners to remove; `*` matches any text, `?` one character. */
  match?: string[];

  /** Names of the owners to keep, with the same wildcards. All other owners are removed. */
  keep?: string[];

  /** Removes only owners whose last write is at least this old. @defaultValue of any age */
  olderThan?: Age;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /** The owner that prunes. Its record is part of the writes, and it is not removed. @defaultValue `"routesync/prune"` */
  owner?: string;
}

/** The report of a prune or its dry run. */
export interface PruneReport extends SyncReport {
  /** The removed owners, sorted by name, with their patterns; absent if no owner was removed. */
  pruned?: { owner: string; routes: string[] }[];
}
