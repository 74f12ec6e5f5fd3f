/** The targets of routes. */
import type { Duration } from "./call";

/** The target of a route. A string is the URL of a {@link UrlTarget}. */
export type RouteTarget = string | UrlTarget | BucketTarget | SiteTarget | NamespaceTarget;

/** Replaces the first match of `regex` in the request's path. */
export interface Rewrite {
  /** A JavaScript regular expression without slashes, such as `^/api/(.*)$`. */
  regex: string;

  /** The replacement; `$1` is the first group. */
  to: string;
}

/** An HTTP origin. */
export interface UrlTarget {
  /** `https://host`, without a path. Use `rewrite` to add a path. */
  url: string;

  /** Changes the path of requests to the origin. */
  rewrite?: Rewrite;

  /** The protocol to the origin, which must equal that of `url`. @defaultValue that of `url` */
  protocol?: "http" | "https";

  /** The number of connection attempts: 1 to 3. @defaultValue CloudFront's, 3 */
  connectionAttempts?: number;

  /** The time limit of one connection attempt: whole seconds, 1 to 10. @defaultValue CloudFront's, 10 seconds */
  connectionTimeout?: Duration;

  /** How long to wait for the origin's answer: whole seconds. @defaultValue the router's */
  readTimeout?: Duration;

  /** How long to keep an idle connection: whole seconds. @defaultValue the router's */
  keepAliveTimeout?: Duration;

  /** Signs requests to the origin. @defaultValue unsigned */
  originAccessControl?: OriginAccessControl;
}

/** How CloudFront signs requests to an origin. */
export interface OriginAccessControl {
  /** @defaultValue `true` */
  enabled?: boolean;

  /** @defaultValue `"always"` */
  signingBehavior?: "always" | "never" | "no-override";

  /** @defaultValue `"sigv4"` */
  signingProtocol?: "sigv4";

  /** The kind of the origin, such as `lambda` for a function URL. */
  originType: "lambda" | "s3" | "mediastore" | "mediapackagev2";
}

/** An S3 bucket. */
export interface BucketTarget {
  /** The bucket's regional domain, such as `docs.s3.us-east-1.amazonaws.com`. */
  bucket: string;

  /** Changes the path of requests to the bucket. */
  rewrite?: Rewrite;

  /** The number of connection attempts: 1 to 3. @defaultValue CloudFront's, 3 */
  connectionAttempts?: number;

  /** The time limit of one connection attempt: whole seconds, 1 to 10. @defaultValue CloudFront's, 10 seconds */
  connectionTimeout?: Duration;
}

/**
 * A site as in SST. The edge function routes a request to the file with its path's name, or else to the bucket, the image optimizer
 * or the nearest server. The site keeps its id and is changed in place: keys of new files are written before the metadata
 * changes, and keys of removed files are deleted afterwards.
 */
export interface SiteTarget {
  /** The origins of the site. */
  site: Site;

  /**
   * The names of the site's files, in any order, such as `/index.html`. The edge function looks the decoded path of a request, without
   * {@link Site.base}, up among them. Each name is unique, begins with `/` and has at most 497 bytes. A site has at most 50,000 files.
   * Each file is a key of the store.
   *
   * @defaultValue none
   */
  files?: string[];
}

/** The origins of a site. Its stored form has at most 1,024 bytes. */
export interface Site {
  /** The bucket of the files. */
  s3: {
    /** The bucket's regional domain, such as `docs.s3.us-east-1.amazonaws.com`. */
    domain: string;

    /** The folder of the files in the bucket. It begins with `/` and does not end with `/`. @defaultValue the bucket's root */
    dir?: string;

    /** Prefixes of paths that the bucket serves even if no file has that name. Each begins with `/`. @defaultValue none */
    routes?: string[];
  };

  /**
   * Servers for requests without a file, `[host, latitude, longitude]`. The one nearest to the viewer is used, by HTTPS. At least one;
   * latitudes from -90 to 90, longitudes from -180 to 180. @defaultValue none: the bucket serves all requests
   */
  servers?: [host: string, latitude: number, longitude: number][];

  /** The image optimizer, for paths that begin with `route`. @defaultValue none */
  image?: { host: string; route: string; originAccessControl?: OriginAccessControl };

  /** The prefix of the path that the files' names lack. It begins with `/` and does not end with `/`. @defaultValue nothing */
  base?: string;

  /** The page for requests without a file, such as `/404.html`. The bucket serves it, and no server is used. @defaultValue none */
  custom404?: string;

  /** The status of the distribution's own error page, 200 to 599. It replaces `custom404`. @defaultValue none */
  errorResponseCode?: number;

  /** The settings for requests to the servers. */
  origin?: {
    /** How long to wait for a server's answer: whole seconds, 1 to 60. @defaultValue the router's */
    readTimeout?: Duration;

    /** Signs requests to the servers. @defaultValue unsigned */
    originAccessControl?: OriginAccessControl;
  };
}

/**
 * A namespace that another construct maintains, such as a site that SST deploys. Its metadata and files are neither written, checked
 * nor deleted. The route's id in {@link SyncReport.ids} is the namespace.
 */
export interface NamespaceTarget {
  /** The namespace: 1 to 64 letters, digits, `-`, `_` and dots, and not the id of a route. */
  namespace: string;

  /** The type as which the edge reads the namespace. */
  type: "site" | "url" | "bucket";
}
