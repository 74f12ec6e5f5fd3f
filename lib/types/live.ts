/** The live table. */
import type { RequestCounts, StoreOptions } from "./call";

/** What {@link readRoutes} takes. */
export interface ReadOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /**
   * Read the metadata of every entry, too: one request each, or a listing of the store where that takes fewer.
   *
   * @defaultValue `false`
   */
  metadata?: boolean;
}

/** A router's live table. */
export interface LiveRoutes {
  router: string;

  /** The store's ETag under which all this stood. */
  etag: string;

  /** The entries, in the order in which the edge reads them: of equal ones the last wins. */
  routes: LiveRoute[];

  /** Values that hold the table, 0 when there is none. From 2 on, each is a billed read of every request at the edge, besides the marker. */
  chunks: number;

  /** Bytes of the table. */
  tableBytes: number;

  /** Keys of the whole store, and bytes of its keys and values. */
  store: { items: number; bytes: number };

  /** Requests that it took, by operation. */
  requests: RequestCounts;
}

/** An entry of a live table. */
export interface LiveRoute {
  /** Host and path as a declaration spells them. */
  pattern: string;

  /** The entry as stored: `type,id,host,path`, and for a reference to a namespace `,@owner id`. */
  entry: string;

  /** `url`, `bucket`, `site`, or what another tool put there. */
  type: string;

  /** The namespace of its metadata. */
  id: string;

  /** The owner's name, `SST` for an entry of no owner, or the owner's id where its record does not tell the name. */
  owner: string;

  /** Whether an owner of routesync holds it. */
  owned: boolean;

  /** The metadata as stored, a string where it is no JSON; absent where it was not asked for or is missing. */
  metadata?: unknown;
}
