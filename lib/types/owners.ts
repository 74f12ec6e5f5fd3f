/** The owners of a router, and the removal of old ones. */
import type { Age, RequestCounts, StoreOptions } from "./call";
import type { SyncReport } from "./report";
import type { WriteOptions } from "./writes";

/** What {@link listOwners} takes. */
export interface ListOwnersOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /**
   * Also owners that have no routes any more: their records are found only by listing the store, in ⌈keys ÷ 50⌉ requests.
   *
   * @defaultValue `false`
   */
  emptied?: boolean;
}

/** The owners of a router. */
export interface RouterOwners {
  router: string;

  /** The store's ETag under which all this stood. */
  etag: string;

  /** By name. */
  owners: {
    /** The name, or the id where the owner's record does not tell it. */
    owner: string;
    /** The first half of its route ids. */
    id: string;
    /** How many routes it has. */
    routes: number;
    /** When it last wrote, in seconds since 1970. */
    at?: number;
    /** The highest `generation` that has been here. */
    generation?: number;
  }[];

  /** Routes of no owner: SST's, most likely. */
  foreign: number;

  /** Requests that it took, by operation. */
  requests: RequestCounts;
}

/** What {@link pruneOwners} takes: one of `match` and `keep`. */
export interface PruneOptions extends WriteOptions {
  /** Names of the owners that go; `*` stands for any text, `?` for one character. */
  match?: string[];

  /** Names of the owners that stay, likewise: all others go. */
  keep?: string[];

  /** Only owners that have not written for so long. @defaultValue of any age */
  olderThan?: Age;

  /**
   * Only report what would go.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /** Who prunes: an owner whose record witnesses the writes, and stays. @defaultValue `"routesync/prune"` */
  owner?: string;
}

/** What a prune did, or would do. */
export interface PruneReport extends SyncReport {
  /** The owners that went, by name, with the patterns that they had; absent when there were none. */
  pruned?: { owner: string; routes: string[] }[];
}
