/** From the legacy form. */
import type { Rewrite, RouteTarget } from "./targets";

/** The legacy `routes`: path pattern → target, in the order of the declaration. A target that is `undefined` is taken as left out. */
export type LegacyRoutes = Record<string, string | LegacyRoute | undefined>;

/** A legacy target. A string is its `url`; a bucket or a function in its place is told what it needs. */
export interface LegacyRoute {
  /** The origin. Only its host counted, and `https:` was spoken to it. */
  url?: unknown;

  /** The bucket's regional domain name, or an object that holds it. */
  bucket?: unknown;

  /** As {@link UrlTarget.rewrite}, except that a backslash counted once more. */
  rewrite?: Rewrite;

  /** Code that ran at the edge for this route alone. */
  edge?: { viewerRequest?: unknown; viewerResponse?: unknown };

  /** The id of a cache policy. */
  cachePolicy?: string;

  /** What else is there is told, and left out. */
  [field: string]: unknown;
}

/** What {@link migrateRoutes} may be told. */
export interface MigrateOptions {
  /**
   * The patterns of the legacy object that go now, as they stand there. The rest stays in the legacy router, which answers what the new
   * table does not match: its URL is the target of a route `"/"` that you add. Notes tell what stays, who would still
   * answer there for what goes, and what the rest loses.
   *
   * @defaultValue all
   */
  only?: string[];
}

/** What {@link migrateRoutes} makes. */
export interface Migration {
  /** As {@link SyncOptions.routes} takes them. */
  routes: Record<string, RouteTarget>;

  /** What there is to say, in the order of the legacy object. */
  notes: MigrationNote[];
}

/** A remark about one legacy route. */
export interface MigrationNote {
  code: MigrationNoteCode;

  /**
   * `error`: the route is not in `routes`, or code that ran on it does not run any more. `warning`: some requests are answered otherwise, or
   * may be. `info`: none is.
   */
  severity: "error" | "warning" | "info";

  /** The legacy pattern. */
  pattern: string;

  /** What does not map, and what to do. */
  message: string;

  /** A URL that shows it, and who answers it: the pattern, or `null` where there is none. In a stage, `after` may be one that stays. */
  example?: { url: string; before: string | null; after: string | null };
}

/**
 * What a note is about.
 *
 * | code | what |
 * |---|---|
 * | `WILDCARD` | a `*` that is not at the end, or a `?` |
 * | `PATTERN_TAKEN` | another pattern has the prefix that it needs |
 * | `EXACT_PATH` | it matched one path; the prefix also matches below it |
 * | `PARTIAL_SEGMENT` | it matched the beginning of a segment; the prefix matches whole ones |
 * | `ORDER` | a pattern that came before won; now the longer prefix does |
 * | `MERGED` | another route with the same target says it, too |
 * | `NEEDS_URL` | a function without its URL |
 * | `NEEDS_DOMAIN` | a bucket without its domain name |
 * | `UNSERVABLE` | an origin that CloudFront does not take |
 * | `URL_REDUCED` | only the host of the URL counted |
 * | `HTTPS_ONLY` | the URL says `http:`, and `https:` was spoken |
 * | `GLOBAL_DOMAIN` | the bucket's domain name is not the regional one |
 * | `REWRITE_KEPT` | the rewrite goes along |
 * | `REWRITE_UNESCAPED` | the rewrite goes along as it ran, not as it was written |
 * | `VIEWER_REQUEST` | code of the viewer request |
 * | `VIEWER_RESPONSE` | code of the viewer response |
 * | `KV_STORE` | a store of that code |
 * | `CACHE_POLICY` | a cache policy of its own |
 * | `BUCKET_CACHING` | files were cached for a day |
 * | `TIMEOUT_KEPT` | a time-out or number of attempts that was not read |
 * | `UNKNOWN_FIELD` | a field that was not read |
 * | `STAYS` | it is not in `only` |
 * | `STAGE_ORDER` | it stays, and loses requests to what goes |
 * | `STILL_CAUGHT` | who answers for it in the legacy router once it is out |
 * | `CHECK_CUT` | not all kinds of URLs could be compared |
 */
export type MigrationNoteCode =
  | "WILDCARD"
  | "PATTERN_TAKEN"
  | "EXACT_PATH"
  | "PARTIAL_SEGMENT"
  | "ORDER"
  | "MERGED"
  | "NEEDS_URL"
  | "NEEDS_DOMAIN"
  | "UNSERVABLE"
  | "URL_REDUCED"
  | "HTTPS_ONLY"
  | "GLOBAL_DOMAIN"
  | "REWRITE_KEPT"
  | "REWRITE_UNESCAPED"
  | "VIEWER_REQUEST"
  | "VIEWER_RESPONSE"
  | "KV_STORE"
  | "CACHE_POLICY"
  | "BUCKET_CACHING"
  | "TIMEOUT_KEPT"
  | "UNKNOWN_FIELD"
  | "STAYS"
  | "STAGE_ORDER"
  | "STILL_CAUGHT"
  | "CHECK_CUT";
