/** What a route leads to. */
import type { Duration } from "./call";

/** What a route leads to. A string is the URL of a {@link UrlTarget}. */
export type RouteTarget = string | UrlTarget | BucketTarget | SiteTarget | NamespaceTarget;

/** Replaces the first match of `regex` in the request's path. */
export interface Rewrite {
  /** A regular expression as JavaScript reads it, without slashes, such as `^/api/(.*)$`. */
  regex: string;

  /** The replacement; `$1` is the first group. */
  to: string;
}

/** Leads to an HTTP origin. */
export interface UrlTarget {
  /** `https://host`, without a path: use `rewrite` for one. */
  url: string;

  /** Changes the path on its way to the origin. */
  rewrite?: Rewrite;

  /** The protocol to the origin. @defaultValue that of `url` */
  protocol?: "http" | "https";

  /** How often to try to connect: 1 to 3. @defaultValue CloudFront's, 3 */
  connectionAttempts?: number;

  /** How long one try to connect may take: whole seconds, 1 to 10. @defaultValue CloudFront's, 10 seconds */
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

  /** What kind of origin it is, such as `lambda` for a function URL. */
  originType: "lambda" | "s3" | "mediastore" | "mediapackagev2";
}

/** Leads to an S3 bucket. */
export interface BucketTarget {
  /** The bucket's regional domain, such as `docs.s3.us-east-1.amazonaws.com`. */
  bucket: string;

  /** Changes the path on its way to the bucket. */
  rewrite?: Rewrite;

  /** How often to try to connect: 1 to 3. @defaultValue CloudFront's, 3 */
  connectionAttempts?: number;

  /** How long one try to connect may take: whole seconds, 1 to 10. @defaultValue CloudFront's, 10 seconds */
  connectionTimeout?: Duration;
}

/**
 * Leads to a site of SST's form: a request is answered by the file of its name, else by the bucket, the image optimizer or
 * the nearest server. The site keeps its id, and is changed in place: files that are new are put before the metadata
 * changes, files that it has no more are deleted after.
 */
export interface SiteTarget {
  /** Where the site's answers come from. */
  site: Site;

  /**
   * The site's files, in any order: what a request's decoded path, less {@link Site.base}, is looked up among, such as `/index.html`. Each
   * begins with `/` and has at most 497 bytes; none is there twice; at most 50,000. Each is a key of the store.
   *
   * @defaultValue none
   */
  files?: string[];
}

/** Where a site's answers come from. The whole of it has at most 1,024 bytes as stored. */
export interface Site {
  /** The bucket of the files. */
  s3: {
    /** Its regional domain, such as `docs.s3.us-east-1.amazonaws.com`. */
    domain: string;

    /** The folder of the files in it: begins with `/`, does not end with it. @defaultValue the bucket's root */
    dir?: string;

    /** Prefixes of paths that the bucket answers also where no file has the name; each begins with `/`. @defaultValue none */
    routes?: string[];
  };

  /**
   * Servers for what no file answers, `[host, latitude, longitude]`: the nearest to the viewer is asked, by HTTPS. At least one;
   * latitudes from -90 to 90, longitudes from -180 to 180. @defaultValue none: the bucket answers everything
   */
  servers?: [host: string, latitude: number, longitude: number][];

  /** The image optimizer: asked for paths that begin with `route`. @defaultValue none */
  image?: { host: string; route: string; originAccessControl?: OriginAccessControl };

  /** What of the path comes before the files' names: begins with `/`, does not end with it. @defaultValue nothing */
  base?: string;

  /** The page for what is not found, such as `/404.html`: the bucket answers with it before any server is asked. @defaultValue none */
  custom404?: string;

  /** The status of the distribution's own error page, 200 to 599: takes the place of `custom404`. @defaultValue none */
  errorResponseCode?: number;

  /** How the servers are called. */
  origin?: {
    /** How long to wait for a server's answer: whole seconds, 1 to 60. @defaultValue the router's */
    readTimeout?: Duration;

    /** Signs requests to the servers. @defaultValue unsigned */
    originAccessControl?: OriginAccessControl;
  };
}

/**
 * Leads to a namespace that some other construct fills, such as a site that SST deploys: its metadata and files are neither
 * written, checked nor deleted. The route's id in {@link SyncReport.ids} is the namespace.
 */
export interface NamespaceTarget {
  /** The namespace: 1 to 64 letters, digits, `-`, `_` and dots, and not the id of a route. */
  namespace: string;

  /** How the edge reads it. */
  type: "site" | "url" | "bucket";
}
