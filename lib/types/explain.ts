/** The route that a URL is routed to. */
import type { StoreOptions } from "./call";
import type { SyncOptions } from "./sync";

/** The request that {@link explainRoute} explains. */
export interface ExplainQuestion {
  /** A URL such as `https://example.com/api`, or a path, which only routes for any host match. */
  url: string;

  /**
   * The edge function that reads the table. `"routesync"` is routesync's own, which matches like the newest SST and uses the table's index.
   * Otherwise it is the version of SST that deploys the distribution, such as `"sst@3.17.2"`. The changes are:
   *
   * - 3.14.28: a host without `*` is compared as text, and no longer as an expression that may match anywhere in the host
   * - 3.17.2: the last of routes that match equally well wins, and no longer the first
   * - 3.18.0: a path matches only at segment boundaries, so `/api` no longer matches `/apix`; a path that ends in `/` matches nothing below it
   * - 3.18.6: a path that ends in `/` matches below it again
   *
   * @defaultValue the newest version of SST
   */
  reader?: `sst@${string}` | "routesync";
}

/** The entries of a table, and their metadata. */
export interface ExplainTableOptions extends ExplainQuestion {
  /** Entries as stored: `type,id,host,path`. An entry of another form breaks every request, which the answer reports. */
  table: string[];

  /** The metadata of entries, by id. Without the winner's metadata, the answer has no origin. */
  metadata?: Record<string, unknown>;
}

/** A declaration, as for {@link syncRoutes}. */
export interface ExplainRoutesOptions extends ExplainQuestion {
  routes: SyncOptions["routes"];
}

/** The live table of a router. */
export interface ExplainStoreOptions extends ExplainQuestion, StoreOptions {
  router: string;
}

/** The result for a request. */
export interface Explanation {
  url: string;

  /** The host that was matched: lower case, punycode, without a port. */
  host: string;

  /** The path that was matched: percent-encoded. */
  uri: string;

  /** Whether a route matches the request. */
  matched: boolean;

  /**
   * Why this request, or every request, gets an error. `status` is the status of the answer: 503 if the edge function throws, 502 if
   * CloudFront rejects the function's URI. `entry` is absent if the fault is in the table as a whole.
   */
  breaks?: { entry?: string; status: 502 | 503; message: string };

  /** The route that the request is routed to. */
  winner?: ExplainedRoute;

  /** Other routes that match, in the order of the table. */
  alsoMatched: ExplainedRoute[];

  /** The path that the origin gets. */
  rewrittenUri?: string;

  /** The request's origin; absent if the metadata names none. */
  origin?: ExplainedOrigin;

  /** The winner's metadata. */
  metadata?: unknown;

  /** The winner's metadata does not exist, so the answer is 502. */
  missingMetadata?: true;

  /** Reads of the store for this request, including the metadata. Absent without a live table. */
  reads?: number;

  /**
   * Whether the reads go through the index. It is `false` if the table has no index, or a page is missing or damaged. Absent for SST's
   * function, and without a live table.
   */
  usesIndex?: boolean;

  /** The pattern to which a late or stale index leads the request instead of `winner`, or `no route`. Absent if it leads to `winner`. */
  indexLeadsTo?: string;
}

/** A route that matches a request. */
export interface ExplainedRoute {
  pattern: string;

  /** The entry as stored. In a declaration, a route's id is its position. */
  entry: string;

  type: string;

  id: string;

  /** The holder in a live table: an owner's name or id, or `SST`. */
  owner?: string;

  /** Why the route wins or loses. */
  why: string;
}

/** The origin of a request. `settings` are the attempts, timeouts and signing in the metadata. */
export type ExplainedOrigin =
  | {
      type: "url";
      host: string;
      protocol: string;
      settings?: Record<string, unknown>;
      /** The part of a site. */
      part?: "image" | "server";
      /** All servers of a site with several servers. The edge function chooses the one nearest to the viewer. */
      servers?: string[];
    }
  | {
      type: "bucket";
      domain: string;
      settings?: Record<string, unknown>;
      /** The part of a site. */
      part?: "file" | "route" | "custom404" | "bucket";
    };
