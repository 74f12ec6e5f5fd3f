/** The live table. */
import type { RequestCounts, StoreOptions } from "./call";
import type { LiveIndex, NoIndex } from "./edge-index";

/** Options of {@link readRoutes}. */
export interface ReadOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /**
   * Also reads the metadata of every entry, with one request for each, or with a listing of the store if that takes fewer requests.
   *
   * @defaultValue `false`
   */
  metadata?: boolean;
}

/** A router's live table. */
export interface LiveRoutes {
  router: string;

  /** The ETag of the state that was read. */
  etag: string;

  /** The entries, in the order in which the edge reads them. The last of equal entries wins. */
  routes: LiveRoute[];

  /** The number of values that hold the table, 0 if there is no table. From 2 on, each is a billed read for every request at the edge, in addition to the marker. */
  chunks: number;

  /** Bytes of the table. */
  tableBytes: number;

  /** The table's index for routesync's edge function; absent if it has none. */
  index?: LiveIndex;

  /** Why the table has no index; absent if it has one, or if there is no table. */
  noIndex?: NoIndex;

  /** The number of keys in the whole store, and the bytes of its keys and values. */
  store: { items: number; bytes: number };

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** An entry of a live table. */
export interface LiveRoute {
  /** Host and path as a declaration spells them. */
  pattern: string;

  /** The entry as stored: `type,id,host,path`, and for a reference to a namespace `,@owner id`. */
  entry: string;

  /** `url`, `bucket`, `site`, or the text of another tool. */
  type: string;

  /** The namespace of its metadata. */
  id: string;

  /** The owner's name, the owner's id if its record cannot be read, or `SST` for an entry without owner. */
  owner: string;

  /** Whether an owner of routesync holds it. */
  owned: boolean;

  /** The stored metadata, as a string if it is not JSON. Absent if it was not requested or does not exist. */
  metadata?: unknown;
}
