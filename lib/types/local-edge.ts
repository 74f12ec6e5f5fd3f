/** The types of the local edge of `routesync/testing`. */
import type { LocalStore } from "./testing";

/** Options of `startLocalEdge`. */
export interface LocalEdgeOptions {
  /** The store that the function reads. */
  store: Pick<LocalStore, "value">;

  /** The ARN of the store, if the server has several. @defaultValue the first one */
  arn?: string;

  /** The namespace of the route table. It is required unless {@link LocalEdgeOptions.function} is given. */
  router?: string;

  /** The text of the function, as for CloudFront. @defaultValue `edgeFunction({ router, probe: true })` */
  function?: string;

  /**
   * Where the origins are: for each host, as in the declaration, the URL of a server such as `http://127.0.0.1:4000`, or a folder that is
   * served as a bucket. A host may have a port. `*` stands for all other hosts, and for the distribution's own origin.
   *
   * @defaultValue none: each request to an origin is answered with 502, since nothing is sent to the network
   */
  origins?: Record<string, string>;

  /**
   * Keeps answers in memory as CloudFront does with the cache policy of a router: by the method, the path and query string after the
   * function, and the headers `accept-encoding`, `x-forwarded-host`, `x-routesync-route` and `x-open-next-cache-key`, for as long as the
   * origin's `Cache-Control` allows. Answers of 400 and more are not kept.
   *
   * @defaultValue `false`
   */
  cache?: boolean;

  /**
   * How many milliseconds changes of a key take to reach this location: a number, or a function of the key. At most 60,000. CloudFront
   * states "a few seconds", and does not state that the keys of one write arrive together.
   *
   * @defaultValue `0`
   */
  lagMs?: number | ((key: string) => number);

  /** @defaultValue `0`, any free port */
  port?: number;

  /** Called for each request when its answer begins. */
  onRequest?: (request: LocalEdgeRequest) => void;
}

/** A request to the local edge. */
export interface LocalEdgeRequest {
  method: string;

  /** The viewer's `Host`, without its port, in lower case. */
  host: string;

  /** The path that the viewer asked for. */
  uri: string;

  /** The status of the answer. */
  status: number;

  /** The id of the route, or `-` if the function named none. */
  route: string;

  /** The pattern of the route. It is absent if the table has no entry with this id, or several. */
  pattern?: string;

  /** How many keys the function read. */
  reads: number;

  /** `https://host`, `bucket domain`, `function` for an answer of the function, `default` for the distribution's own origin, or `-` for none. */
  origin: string;

  /** Whether the answer was in the cache. */
  cache: "hit" | "miss" | "off";

  /** Milliseconds until the answer began. */
  ms: number;

  /** What the function printed. */
  printed: string[];

  /** Why the edge refused the request, the function failed, or the origin did not answer. */
  error?: string;
}

/** A running local edge. */
export interface LocalEdge {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;

  readonly port: number;

  /** The last 1,000 requests whose answer has begun, oldest first. */
  requests(): LocalEdgeRequest[];

  /** Empties the cache, as an invalidation of `/*` does. */
  clearCache(): void;

  /** Stops the server, and ends its connections. */
  close(): Promise<void>;

  /** As {@link LocalEdge.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
