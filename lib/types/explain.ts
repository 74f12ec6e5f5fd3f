/** Which route a URL goes to. */
import type { StoreOptions } from "./call";
import type { SyncOptions } from "./sync";

/** The request that {@link explainRoute} is asked about. */
export interface ExplainQuestion {
  /** A URL such as `https://example.com/api`, or a path: that reaches only routes for any host. */
  url: string;

  /**
   * The version of SST that deploys the distribution, such as `"sst@3.17.2"`: its edge function reads the table. What changed:
   *
   * - 3.14.28: a host without `*` is compared as text, no longer as an expression that may match anywhere in the host
   * - 3.17.2: of routes that match equally well the last wins, no longer the first
   * - 3.18.0: a path matches at segment boundaries, no longer `/apix` for `/api`; one that ends in `/` matches nothing below it
   * - 3.18.6: a path that ends in `/` matches below it again
   *
   * @defaultValue the newest
   */
  reader?: `sst@${string}`;
}

/** Entries of a table, and where they lead. */
export interface ExplainTableOptions extends ExplainQuestion {
  /** Entries as stored: `type,id,host,path`. One that is something else breaks every request, and the answer says so. */
  table: string[];

  /** By id, what an entry's metadata says. Without it the answer ends with the winner. */
  metadata?: Record<string, unknown>;
}

/** A declaration, as {@link syncRoutes} takes it. */
export interface ExplainRoutesOptions extends ExplainQuestion {
  routes: SyncOptions["routes"];
}

/** The live table of a router. */
export interface ExplainStoreOptions extends ExplainQuestion, StoreOptions {
  router: string;
}

/** What becomes of a request. */
export interface Explanation {
  url: string;

  /** The host that was matched: lower case, punycode, without a port. */
  host: string;

  /** The path that was matched: percent-encoded. */
  uri: string;

  /** Some route takes the request. */
  matched: boolean;

  /**
   * What keeps this request, or every one, from being answered. `status` is what viewers get: 503 where the edge function throws,
   * 502 where CloudFront rejects the URI that it made. `entry` is absent where it is the table as a whole.
   */
  breaks?: { entry?: string; status: 502 | 503; message: string };

  /** The route that takes it. */
  winner?: ExplainedRoute;

  /** Routes that match, too, in the order of the table. */
  alsoMatched: ExplainedRoute[];

  /** The path that the origin gets. */
  rewrittenUri?: string;

  /** Where the request goes; absent where the metadata names no origin. */
  origin?: ExplainedOrigin;

  /** The winner's metadata. */
  metadata?: unknown;

  /** The winner's metadata is not there: the request is answered 502. */
  missingMetadata?: true;
}

/** A route that matches a request. */
export interface ExplainedRoute {
  pattern: string;

  /** The entry as stored; the id of a declared route is its place in the declaration. */
  entry: string;

  type: string;

  id: string;

  /** Whose it is: an owner's name or id, or `SST`; only of a live table. */
  owner?: string;

  /** Why it wins or loses, in words. */
  why: string;
}

/** Where a request goes. `settings` are the attempts, time-outs and signing that the metadata names. */
export type ExplainedOrigin =
  | {
      type: "url";
      host: string;
      protocol: string;
      settings?: Record<string, unknown>;
      /** What of a site it is. */
      part?: "image" | "server";
      /** Of a site with several servers all of them: the edge takes the one nearest to the viewer. */
      servers?: string[];
    }
  | {
      type: "bucket";
      domain: string;
      settings?: Record<string, unknown>;
      /** What of a site it is. */
      part?: "file" | "route" | "custom404" | "bucket";
    };
