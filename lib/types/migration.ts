/** The migration from the legacy form. */
import type { Rewrite, RouteTarget } from "./targets";

/** The legacy `routes`: path pattern → target, in the order of the declaration. A route whose target is `undefined` is ignored. */
export type LegacyRoutes = Record<string, string | LegacyRoute | undefined>;

/** A legacy target. A string is its `url`. For a bucket or a function in its place, a note names the missing value. */
export interface LegacyRoute {
  /** The origin. The legacy router used only its host, always with `https:`. */
  url?: unknown;

  /** The bucket's regional domain name, or an object with it. */
  bucket?: unknown;

  /** As {@link UrlTarget.rewrite}, except that the legacy router unescaped backslashes once more. */
  rewrite?: Rewrite;

  /** Code that ran at the edge for this route alone. */
  edge?: { viewerRequest?: unknown; viewerResponse?: unknown };

  /** The id of a cache policy. */
  cachePolicy?: string;

  /** Other fields are ignored, with a note. */
  [field: string]: unknown;
}

/** Options of {@link migrateRoutes}. */
export interface MigrateOptions {
  /**
   * The patterns to migrate now, as they are spelled in the legacy object. The other routes stay in the legacy router, which serves the
   * requests that the new table does not match: you add a route `"/"` with its URL as the target. Notes report the routes that stay, the
   * legacy routes that would still match requests for migrated ones, and the requests that the remaining routes lose.
   *
   * @defaultValue all
   */
  only?: string[];
}

/** The result of {@link migrateRoutes}. */
export interface Migration {
  /** Routes for {@link SyncOptions.routes}. */
  routes: Record<string, RouteTarget>;

  /** Notes about the routes, in the order of the legacy object. */
  notes: MigrationNote[];
}

/** A note about one legacy route. */
export interface MigrationNote {
  code: MigrationNoteCode;

  /**
   * `error`: the route is not in `routes`, or its edge code no longer runs. `warning`: the answers to some requests differ, or may
   * differ. `info`: no answer differs.
   */
  severity: "error" | "warning" | "info";

  /** The legacy pattern. */
  pattern: string;

  /** What could not be migrated, and what to do. */
  message: string;

  /** A URL that shows the difference, and the patterns that match it before and after, or `null` for none. With `only`, `after` may be a legacy pattern that stays. */
  example?: { url: string; before: string | null; after: string | null };
}

/**
 * The code of a note.
 *
 * | code | meaning |
 * |---|---|
 * | `WILDCARD` | a `*` that is not at the end, or a `?` |
 * | `PATTERN_TAKEN` | another pattern already has the prefix that the route needs |
 * | `EXACT_PATH` | the pattern matched one path; the prefix also matches below it |
 * | `PARTIAL_SEGMENT` | the pattern matched the beginning of a segment; the prefix matches only whole segments |
 * | `ORDER` | the earlier pattern won; now the longer prefix wins |
 * | `MERGED` | another route with the same target already covers the route |
 * | `NEEDS_URL` | a function without its URL |
 * | `NEEDS_DOMAIN` | a bucket without its domain name |
 * | `UNSERVABLE` | an origin that CloudFront does not accept |
 * | `URL_REDUCED` | the legacy router used only the host of the URL |
 * | `HTTPS_ONLY` | the URL has `http:`, but the legacy router used `https:` |
 * | `GLOBAL_DOMAIN` | the bucket's domain name is not the regional one |
 * | `REWRITE_KEPT` | the rewrite is kept |
 * | `REWRITE_UNESCAPED` | the rewrite is kept as it ran, which differs from how it was written |
 * | `VIEWER_REQUEST` | edge code for viewer requests |
 * | `VIEWER_RESPONSE` | edge code for viewer responses |
 * | `KV_STORE` | a KeyValueStore of that code |
 * | `CACHE_POLICY` | the route's own cache policy |
 * | `BUCKET_CACHING` | files were cached for a day |
 * | `TIMEOUT_KEPT` | a timeout or number of attempts that the legacy router ignored |
 * | `UNKNOWN_FIELD` | a field that the legacy router ignored |
 * | `STAYS` | the route is not in `only` |
 * | `STAGE_ORDER` | the route stays, and loses requests to migrated routes |
 * | `STILL_CAUGHT` | the legacy route that matches the requests once this route is removed there |
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
