/**
 * routesync: makes the routes a program declares the routes that are live in a CloudFront KeyValueStore.
 *
 * @packageDocumentation
 */
// Made by scripts/types.mjs of what is in lib/. Change it there, and run `npm run types`.

/**
 * Makes `routes` the live routes of `owner` in one router, and resolves when they are: all of them stood in the
 * store together under the ETag that the report names, and were checked there (see {@link SyncOptions.verify}).
 *
 * **Whole set.** Without `previous`, `routes` is everything the owner has in that router: what else the owner
 * has there is removed. An empty `routes` removes all of it, if `allowEmpty` says so. Call it once per owner, with the full set.
 *
 * **Part of a set.** With `previous`, the call touches only the patterns in `previous` and in `routes`, so that many
 * constructs of one deploy share an owner, each with its own few routes. Pass the `ids` of the same caller's last
 * report, `{}` the first time. A pattern in `previous` but not in `routes` is removed only while the live route
 * still carries that id: a renamed construct's late delete cannot take the new one's route.
 *
 * Calls of one process run together, at once or one after another as they like: those that meet in time share one
 * read and one write. Calls of one owner take effect in the order in which they were made. A whole set that a
 * later one of the same owner overtakes resolves with {@link SyncReport.supersededBy}. Any number of processes, and SST itself,
 * may write the same store meanwhile.
 *
 * Nothing is thrown: every failure is a rejection with a {@link RouteSyncError}, except that an aborted call
 * rejects with its signal's reason. Calling again with the same options is always right.
 *
 * @example
 * ```ts
 * import { syncRoutes } from "routesync";
 *
 * const report = await syncRoutes({
 *   store: "arn:aws:cloudfront::123456789012:key-value-store/0a1b2c3d-1111-2222-3333-444455556666",
 *   router: "678a",
 *   owner: "shop/production",
 *   routes: {
 *     "/api": "https://abc123.lambda-url.us-east-1.on.aws",
 *     "docs.example.com/": { bucket: "docs.s3.us-east-1.amazonaws.com", rewrite: { regex: "^/(.*)$", to: "/public/$1" } },
 *   },
 * });
 * console.log(report.added, report.etag);
 * ```
 */
export function syncRoutes(options: SyncOptions | ApplyOptions): Promise<SyncReport>;

/**
 * Removes all routes of an owner from a router, and succeeds also when the store is gone: for what tears down a stage or a
 * preview. Its history goes too, and is not kept any more. The owner's record stays, with its `generation`; {@link pruneOwners} removes it. Calls of one process share commits with
 * {@link syncRoutes}.
 */
export function removeRoutes(options: RemoveOptions): Promise<SyncReport>;

/**
 * Removes owners from a router with all that they have: routes, metadata and records. For previews and stages that nobody tore
 * down. Which ones is said by name, in `match` or `keep`, and by age. An owner that deploys in the same moment stays. Succeeds also when
 * the store is gone.
 *
 * Owners without routes are found when the store is listed, which is done where that takes fewer requests than reading every
 * owner's record.
 *
 * @example
 * ```ts
 * const { pruned = [] } = await pruneOwners({ store, router: "678a", match: ["shop/pr-*"], olderThan: "7 days" });
 * for (const { owner, routes } of pruned) console.log(owner, routes.length);
 * ```
 */
export function pruneOwners(options: PruneOptions): Promise<PruneReport>;

/**
 * Brings back the routes that an owner had before one of its last changes, and undoes all changes since: for owners that deploy
 * with {@link SyncOptions.history}. It writes as {@link syncRoutes} does, in one write where that can be, is a change itself, and
 * can be undone. Only what the owner's own changes did is undone: a route that somebody else has taken since is a
 * `ROUTE_CONFLICT`, one that it had taken from others is removed and not given back, and a site that stands stays what it is, its
 * metadata and files. What is not there any more is `NO_HISTORY`. Deploy the older declaration as well, or the next deploy goes forward
 * again; the next deploy of a part whose route was brought back replaces it, and a removal by its former id leaves it.
 *
 * Without `to`, which change is the last is looked up first: a call that is made at the same moment may come before it, and the same
 * call again undoes this rollback. With `to` it can be repeated.
 *
 * @example
 * ```ts
 * const { changes } = await listHistory({ store, router: "678a", owner: "shop/production" });
 * for (const { change, at, added, replaced } of changes) console.log(change, new Date(at * 1000), added, replaced);
 * await rollbackRoutes({ store, router: "678a", owner: "shop/production" }); // Undoes the last change.
 * ```
 */
export function rollbackRoutes(options: RollbackOptions): Promise<SyncReport>;

/** The changes of an owner that {@link rollbackRoutes} can undo, the newest first. Writes nothing. */
export function listHistory(options: ListHistoryOptions): Promise<RoutesHistory>;

/**
 * The way out: hands an owner's routes back, so that nothing of routesync is left of it. Its entries become plain ones, of
 * nobody here, which SST's edge function serves and SST's writers keep, under ids of 16 hexadecimal digits; the switch is a commit
 * like any other, and no request notices. Then it waits until requests under way have been served ({@link
 * ReleaseOptions.gracePeriod}), removes the former records and the owner's own, and resolves. Interrupted, call it again.
 *
 * The report's `changed` names the routes, its `ids` where they are now. A route that refers to a namespace which SST fills goes on
 * leading there. A site is `NOT_RELEASABLE`, since its files hang on its id: nothing is written then.
 *
 * @example
 * ```ts
 * const { ids } = await releaseRoutes({ store, router: "678a", owner: "shop/production" });
 * ```
 */
export function releaseRoutes(options: ReleaseOptions): Promise<SyncReport>;

/**
 * Repairs a router: a damaged table is written anew from all the entries that can still be read; with `routes`, the owner's routes are
 * made live again and their metadata as declared; the owner's record is written again; chunks and metadata that nothing leads to
 * go. Keys and entries of others stay as they are, unless `foreign` says otherwise. With `dryRun: true` it only reports what it
 * would do.
 *
 * Reads the store whole. What {@link verifyRoutes} says after a repair is for other owners to repair, or for a person to decide.
 *
 * @example
 * ```ts
 * const would = await repairRoutes({ store, router: "678a", owner: "shop/production", routes, dryRun: true });
 * console.log(would.repaired, would.added, would.warnings);
 * await repairRoutes({ store, router: "678a", owner: "shop/production", routes });
 * ```
 */
export function repairRoutes(options: RepairOptions): Promise<RepairReport>;

/**
 * Checks the options of {@link syncRoutes} and sends nothing. It throws what `syncRoutes` rejects before its first request, and `LINT`
 * for a lint rule that is an error.
 *
 * The lint rules judge the declaration as if the store were empty: each route is new, and no other routes are in the table. So a live
 * route is judged even if it is unchanged, and rules about other owners' routes or about removed routes find nothing.
 * [docs/lint.md](./docs/lint.md) says which rules these are.
 *
 * @example
 * ```ts
 * const { warnings } = checkRoutes({ store, router: "678a", owner: "shop/production", routes });
 * for (const { code, message } of warnings) console.warn(code, message);
 * ```
 */
export function checkRoutes(options: SyncOptions): RoutesCheck;

/**
 * What {@link syncRoutes} would do with the same options, without doing it: the changes field by field, the writes, requests and
 * their price, and what it means at the edge, as data, as text and as Markdown. It takes the state that stands at the ETag it
 * names; `syncRoutes({ plan })` applies it to that state and no other.
 *
 * Rejects like {@link syncRoutes}, except that a plan which a guard refuses (`UNSAFE_PLAN`) is made all the same and has a
 * {@link RoutesPlan.refusal}.
 *
 * @example
 * ```ts
 * const plan = await planRoutes({ store, router: "678a", owner: "shop/production", routes });
 * console.log(plan.text);
 * if (plan.changes.length > 0) await syncRoutes({ plan });
 * ```
 */
export function planRoutes(options: SyncOptions): Promise<RoutesPlan>;

/**
 * Reads a router's live table: every entry in the order in which the edge reads them, whose it is, and with
 * `metadata` where it leads. Writes nothing. All that it returns stood in the store together, under the ETag that it
 * names.
 *
 * Rejects like {@link syncRoutes}; a table that does not decode is `TABLE_CORRUPT`.
 *
 * @example
 * ```ts
 * const { routes } = await readRoutes({ store, router: "678a" });
 * for (const { pattern, type, owner } of routes) console.log(pattern, type, owner);
 * ```
 */
export function readRoutes(options: ReadOptions): Promise<LiveRoutes>;

/**
 * Who has routes in a router, and when each last wrote. Writes nothing.
 *
 * Rejects like {@link syncRoutes}; a table that does not decode is `TABLE_CORRUPT`.
 */
export function listOwners(options: ListOwnersOptions): Promise<RouterOwners>;

/**
 * Judges the live state of a store against itself and, with `routes`, against what is declared: each finding says what was found,
 * what it does to users and what to do about it. Reads the store whole, in ⌈keys ÷ 50⌉ requests and two more; writes nothing. Damage
 * is a finding, not an error.
 *
 * @example
 * ```ts
 * const { ok, findings } = await verifyRoutes({ store, router: "678a", owner: "shop/production", routes });
 * for (const { severity, message, effect, remedy } of findings) console.log(severity, message, effect, remedy);
 * ```
 */
export function verifyRoutes(options: VerifyOptions): Promise<RoutesVerification>;

/**
 * Which route a URL goes to, why that one, which others match too, and where it leads: SST's edge function, step by step. Asked of
 * the live table (`store` and `router`), of entries (`table`), or of a declaration (`routes`) as if it were all there is; the last
 * two send nothing.
 *
 * @example
 * ```ts
 * const { winner, alsoMatched, origin } = await explainRoute({ url: "https://api.example.com/v1/users", routes });
 * console.log(winner?.pattern, winner?.why, alsoMatched, origin);
 * ```
 */
export function explainRoute(
  options: ExplainTableOptions | ExplainRoutesOptions | ExplainStoreOptions,
): Promise<Explanation>;

/**
 * Makes routes of the object that SST's `Router` took as `routes`, before `router.route()`, and says what does not map. There each route was a
 * cache behaviour: the first path pattern that matched won, and each had its own cache policy and edge code. In a route table
 * the longest prefix wins, and policy and code are the router's. Where a note has an example, both sides were asked for
 * its URL; where no note has a `severity` above `info`, no URL is answered otherwise.
 *
 * Values are plain: take those of Outputs first, with `.apply()`. The routes are for any host. Sends nothing.
 *
 * Rejects with `INVALID_OPTION` and a path such as `legacy["/api/*"].rewrite.regex` what the legacy router could not have been deployed
 * with, more than 250 routes, and a pattern in `only` that is not there.
 *
 * @example
 * ```ts
 * const { routes, notes } = await migrateRoutes({
 *   "/*": "https://shop.example",
 *   "/api/*": { url: api.url, rewrite: { regex: "^/api/(.*)$", to: "/$1" } },
 *   "/*.jpg": { bucket: "images.s3.us-east-1.amazonaws.com" },
 * });
 * for (const { severity, pattern, message, example } of notes) console.log(severity, pattern, message, example);
 * await syncRoutes({ store, router: "678a", owner: "shop/production", routes });
 * ```
 */
export function migrateRoutes(legacy: LegacyRoutes, options?: MigrateOptions): Promise<Migration>;

/**
 * Gives back what it is given: the configuration of the `routesync` command, typed. It is the default export of
 * `routes.config.ts`; docs/cli.md says what else may hold it.
 *
 * @example
 * ```ts
 * import { defineRoutes } from "routesync";
 *
 * export default defineRoutes(({ stage, env }) => ({
 *   store: env.STORE_ARN,
 *   router: "678a",
 *   owner: `shop/${stage}`,
 *   routes: { "/api": "https://abc123.lambda-url.us-east-1.on.aws" },
 * }));
 * ```
 */
export function defineRoutes(config: RoutesConfigFunction): RoutesConfigFunction;

export function defineRoutes(config: RoutesConfig): RoutesConfig;

/** A rejected call. `message` says what was found, what is allowed and what to do; it never holds a secret. */
export class RouteSyncError extends Error {
  readonly name: string;

  /** What went wrong. */
  readonly code: RouteSyncErrorCode;

  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  /** The facts. Only those that apply are set. */
  readonly details: ErrorDetails;

  constructor(
    facts: {
      code: RouteSyncErrorCode;
      message: string;
      retryable?: boolean;
      details?: ErrorDetails;
    },
    options?: ErrorOptions,
  );

  /** Makes `instanceof` true for errors of every copy of this package: a program may have one as an ES module and another as CommonJS. */
  static [Symbol.hasInstance](value: unknown): boolean;
}

/**
 * Whether `value` is a {@link RouteSyncError}, also one of another realm (as under Jest) or of another copy of this
 * package, where `instanceof` says no.
 */
export function isRouteSyncError(value: unknown): value is RouteSyncError;

/** Where a call goes, for how long, and who hears of it. */
export interface StoreOptions {
  /** The ARN of the KeyValueStore. The partitions `aws-cn` and `aws-us-gov` have none. */
  store: string;

  /** Where the service is and as whom to call it. */
  client?: ClientOptions;

  /** How long to wait for what. */
  retry?: RetryOptions;

  /**
   * The bound over everything, waits and retries included, at most one hour. When it passes, the call rejects with `DEADLINE_EXCEEDED`.
   *
   * @defaultValue `"120 seconds"`
   */
  deadline?: Duration;

  /**
   * Stops the call before its next write. It then rejects with `signal.reason`; where the reason is an error without a
   * `cause`, the cause becomes the {@link RouteSyncError} `ABORTED`, whose `details` say what stands in the store and
   * whether an unanswered write may still land. A write that was already applied is not taken back.
   */
  signal?: AbortSignal;

  /**
   * Told what the call does, in order, while it is under way: never after it has settled, and never so that it
   * waits (of more than 256 events that wait for a busy program, the later ones are dropped). What it throws
   * becomes a process warning. Calls that share a commit are told the same.
   */
  onProgress?: (event: SyncProgress) => void;
}

/** How long to wait for what. How often is bounded by the deadline alone. */
export interface RetryOptions {
  /** The longest that one request may take. @defaultValue `"10 seconds"` */
  attemptTimeout?: Duration;

  /** The longest that connecting may take. @defaultValue `"3 seconds"` */
  connectTimeout?: Duration;

  /** The upper end of the first random wait. @defaultValue four times the measured round trip */
  firstWait?: Duration;

  /** The upper end of any random wait. @defaultValue `"10 seconds"` */
  maxWait?: Duration;
}

/** A number of seconds, or one with its unit. */
export type Duration = number | `${number} second${"s" | ""}` | `${number} minute${"s" | ""}`;

/** A {@link Duration}, also in hours and days. */
export type Age = Duration | `${number} hour${"s" | ""}` | `${number} day${"s" | ""}`;

/** An endpoint that is not AWS's own. */
export interface UsedEndpoint {
  url: string;

  /** What named it: `client.endpoint`, an environment variable, or a place in AWS's configuration files. */
  from: string;
}

/** Requests to the service, by operation; retried ones count. */
export interface RequestCounts {
  describe: number;
  get: number;
  update: number;
  list: number;
}

/** Where the service is and as whom to call it. By default what AWS's configuration says: its endpoint and its credential chain. */
export interface ClientOptions {
  /**
   * The URL of another endpoint, such as that of `routesync/testing`. It is used as it is. Without it, the first of these
   * that is set is used: `AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE`, `AWS_ENDPOINT_URL`, and of the profile the
   * `endpoint_url` of `cloudfront_keyvaluestore` in its `services` section, and its own `endpoint_url`.
   * `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and the profile's `ignore_configured_endpoint_urls` turn these off.
   */
  endpoint?: string;

  /**
   * A profile of the AWS configuration files. Its credentials sign, whatever the environment holds, and no others are
   * looked for: without them the call is `NO_CREDENTIALS`. `AWS_PROFILE` only takes part in AWS's default chain, where
   * `AWS_ACCESS_KEY_ID` goes before it.
   */
  profile?: string;

  /** Fixed credentials, in place of `profile`. A session token must come from a regional STS endpoint (version 2). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

  /** A role to assume with the credentials found. */
  assumeRole?: {
    arn: string;
    externalId?: string;
    /** @defaultValue `"routesync"` */
    sessionName?: string;
    /** The region whose STS endpoint is asked. @defaultValue `"us-east-1"` */
    region?: string;
  };

  /**
   * Further certificate authorities: PEM text, or the path of a file. Those of `NODE_EXTRA_CA_CERTS` and `AWS_CA_BUNDLE`
   * are trusted anyhow; `SSL_CERT_FILE` takes the place of the machine's own. Proxies are taken from `HTTPS_PROXY`,
   * `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and never used for this machine itself.
   */
  caBundle?: string;
}

/** What every call takes that writes to a router's table. */
export interface WriteOptions extends StoreOptions {
  /**
   * The namespace that holds the route table, 1 to 64 letters, digits, `-` and `_`: for SST's Router, the four hex digits
   * that its function reads.
   */
  router: string;

  /**
   * How the result is checked before the call resolves. `true`: the store shows this write's ETag and one changed key reads
   * back; `"full"`: the table and the metadata of every declared route are read, and put again where missing or
   * altered (and the files of sites, where listing the store takes fewer requests than reading the rest); `false`: the write's
   * own answer is believed.
   *
   * @defaultValue `true`
   */
  verify?: boolean | "full";

  /**
   * Writes a live table that is damaged (`TABLE_CORRUPT`) anew, from all the entries that can still be read, and this
   * call's routes. The report warns `TABLE_REPAIRED`.
   *
   * @defaultValue `false`
   */
  repair?: boolean;
}

/** What a call takes that writes for one owner. */
export interface OwnerWriteOptions extends WriteOptions {
  /** The owner that the call is about. */
  owner: string;

  /**
   * A number that grows with every deploy, such as that of the CI run: a call is `SUPERSEDED`, and writes nothing, where a higher one of
   * its owner has been before. A new highest number is recorded, which is a write even if nothing else changes. Calls without
   * one are not fenced.
   */
  generation?: number;

  /**
   * How long the record of a replaced or removed route is kept for requests that are under way: whole seconds, at most one day.
   * With 0, the write that drops the route deletes its record. If calls of one commit differ, the longest period holds.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}

/** What a call takes that writes for one owner, and may make the table larger. */
export interface GrowingWriteOptions extends OwnerWriteOptions {
  /**
   * Lets a table in which entries of SST stand grow beyond the 49,000 bytes that SST's own writers can handle. They fail
   * from then on.
   *
   * @defaultValue `false`
   */
  allowBeyondSst?: boolean;
}

/** What one call declares. An option that is not listed here is refused. */
export interface SyncOptions extends GrowingWriteOptions {
  /**
   * Who declares, such as `app/stage`: 1 to 128 bytes. No part between `/` may be empty, or stand for a missing value as
   * `undefined` does. Routes of other owners, of SST and of other tools are never touched; a pattern
   * that one of them holds is a `ROUTE_CONFLICT`, unless `takeover` or `adopt` allows it.
   */
  owner: string;

  /**
   * The construct within the owner, such as a resource's URN. It enters the routes' ids, so that two constructs with the
   * same target never share one. Use it together with `previous`.
   */
  part?: string;

  /**
   * The `ids` of this caller's last report, `{}` for a new caller: limits the call to these patterns and those of
   * `routes`. Left out, `routes` is the owner's whole set. See {@link syncRoutes}.
   *
   * Of a site it may also give the `files` that were declared with it: their names need not be read from the store then. Where
   * they are wrong, they are not believed.
   */
  previous?: Record<string, string | PreviousRoute>;

  /**
   * Pattern → target. A pattern is `/path`, `host/path` or `host`; `*` stands for any part of a host; the path is a
   * prefix, matched at segment boundaries, case-sensitive and as percent-encoded. A final `/*` says what leaving it off says:
   * `/api/*` is `/api`, which takes `/api` itself, too; `/api/` takes only what is below. A pattern whose target is
   * `undefined` is taken as left out. Where it is live it is removed, with the warning `TARGET_UNDEFINED`.
   */
  routes: Record<string, RouteTarget | undefined>;

  /**
   * What the call may do to routes of its owner that stand: `"sync"` adds, changes and removes; `"upsert-only"` leaves what is not
   * declared any more; `"create-only"` also leaves routes that lead elsewhere than declared, and those of an earlier call in the same commit. What was left is in {@link SyncReport.kept}.
   *
   * @defaultValue `"sync"`
   */
  policy?: "sync" | "upsert-only" | "create-only";

  /**
   * Takes declared patterns from the owners, or from SST, that hold them: `true` for all, or these. Each is switched in one
   * write, and told in {@link SyncReport.taken}. The record of another owner's target is kept for `gracePeriod` like that of an own route;
   * SST's metadata stays where it is.
   *
   * @defaultValue `false`
   */
  takeover?: boolean | string[];

  /**
   * Takes over entries of SST, or of a tool that writes like SST, that lead to the declared target already, and their metadata
   * with them: it goes after `gracePeriod`. What counts is what the edge function does with the metadata, not how it is spelled. One
   * that leads elsewhere stays a `ROUTE_CONFLICT`, which names the fields that differ.
   *
   * @defaultValue `false`
   */
  adopt?: boolean;

  /**
   * Lets an empty whole set remove all routes of the owner; without it that is `UNSAFE_PLAN`. A set that was lost on the way
   * looks the same as one that was emptied.
   *
   * @defaultValue `false`
   */
  allowEmpty?: boolean;

  /**
   * The most routes that the call may remove: a number, or a share of what the owner has in the router, such as `"20%"`, rounded down. A share
   * above zero allows at least one. More is `UNSAFE_PLAN`, and nothing is written. What counts is the store as the call finds it.
   *
   * @defaultValue no bound
   */
  maxRemoved?: number | `${number}%`;

  /**
   * What rules do that look for routes which can be stored but do not do what was meant, in the declaration and in the whole
   * table as it would be: nothing, a warning in the report, or a rejection with `LINT` before anything is written.
   * [docs/lint.md](./docs/lint.md) has each. By default `HTTP_ORIGIN` and `URL_PORT`, which SST's edge function cannot serve, are
   * errors, and all others warn.
   */
  lint?: { [R in LintRule]?: "off" | "warn" | "error" };

  /**
   * Keeps the owner's last so many changes, so that {@link rollbackRoutes} can undo them: a whole number from 0 (none) to 20. A
   * change keeps the entries that it replaces, of about 50 bytes each, in keys of up to 1 kB, and the records that these lead to
   * stay in the store. Once said it holds for the owner, also for calls that do not say it, until another number is said.
   * Nothing is kept or written for owners that never say it.
   */
  history?: number;
}

/** A route that the caller declared before. */
export interface PreviousRoute {
  /** Its id in {@link SyncReport.ids}. */
  id: string;

  /** The {@link SiteTarget.files} that it was declared with. */
  files?: string[];
}

/** What {@link syncRoutes} takes to apply a plan: what is declared, and where, is in the plan. */
export interface ApplyOptions extends Omit<StoreOptions, "store"> {
  /**
   * What {@link planRoutes} returned, also when it has been a JSON file meanwhile. If the store has been written since, the call
   * is rejected with `PLAN_STALE`, and nothing is written.
   */
  plan: RoutesPlan;
}

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

/** A rule of {@link SyncOptions.lint}; its warnings have its name as their code. */
export type LintRule =
  | "HTTP_ORIGIN"
  | "URL_PORT"
  | "URL_IP_ADDRESS"
  | "URL_NOT_PUBLIC"
  | "WEBSITE_ENDPOINT"
  | "VALUE_UNSET"
  | "PATTERN_NORMALIZED"
  | "PATTERN_BARE_HOST"
  | "PATTERN_PLACEHOLDER"
  | "REWRITE_NOT_ENCODED"
  | "REWRITE_BREAKS_PATH"
  | "TARGET_UNDEFINED"
  | "ROUTE_SHADOWED"
  | "HOST_LOSES_TO_WILDCARD"
  | "HOST_TIES_WITH_WILDCARD"
  | "WILDCARD_UNANCHORED"
  | "PATTERN_HELD_TWICE"
  | "NAMESPACE_COLLISION"
  | "EDGE_READS"
  | "EDGE_SCAN"
  | "STORE_NEARLY_FULL";

/** What a call did. */
export interface SyncReport {
  /** The call's number in this process, from 1, in the order in which the calls were made. */
  call: number;

  /** Patterns that were not live. */
  added: string[];

  /** Patterns that led elsewhere, and sites whose metadata or files differed. */
  changed: string[];

  /** Patterns that are not live any more. */
  removed: string[];

  /** Patterns that were live as declared. */
  unchanged: string[];

  /** Patterns that {@link SyncOptions.policy} left as they stood: not removed, or not changed. */
  kept: string[];

  /** Patterns that somebody else held, and who: an owner's name, or `SST`. They are in `changed`, too. */
  taken: { pattern: string; from: string }[];

  /**
   * What was repaired besides, and why; absent where nothing was: keys of declared routes that `verify: "full"` put again, and
   * what {@link repairRoutes} did, or would do.
   */
  repaired?: { action: "put" | "delete" | "drop"; key?: string; pattern?: string; why: string }[];

  /** Pattern → route id, or namespace, of each declared route: the `previous` of this caller's next call. */
  ids: Record<string, string>;

  /**
   * The {@link SyncReport.call} of the later call of the owner that took this one's place in the same commit. Of a
   * whole set, no route stands then but those that the later one declares as well; of a call with `previous`, all but
   * those that a later one declares too, which holds these from then on.
   */
  supersededBy?: number;

  /** What is right but may surprise. */
  warnings: SyncWarning[];

  /** The ETag under which all declared routes stood. */
  etag: string;

  /** Where the requests went; absent where that is AWS's own endpoint. */
  endpoint?: UsedEndpoint;

  /** What it took. Calls that shared a commit each report the whole commit's. */
  counts: {
    requests: RequestCounts;
    /** Times the commit was tried; 1 when nothing came between. */
    attempts: number;
    /** Tries that another writer's write overtook. */
    conflicts: number;
    keysPut: number;
    keysDeleted: number;
    /** Calls that shared the commit. */
    calls: number;
  };

  /** Milliseconds from the call to its settlement. */
  durationMs: number;

  /** AWS's price of the requests, at $0.001 each. */
  estimatedCostUsd: number;
}

/** A warning about a call, apart from those of the lint rules. */
export type CallWarningCode =
  | "STALE_CACHE"
  | "REPLACED_LIVE_ROUTE"
  | "TABLE_REPAIRED"
  | "SST_TABLE_NEAR_LIMIT"
  | "SUPERSEDED"
  | "STORE_GONE";

/** Something that is right but may surprise. */
export interface SyncWarning {
  /** A lint rule, or a fact about the call. `docs/warnings.md` and `docs/lint.md` explain each. */
  code: LintRule | CallWarningCode;

  message: string;

  /** The route it is about. */
  pattern?: string;
}

/** What {@link checkRoutes} found. */
export interface RoutesCheck {
  /** What the lint rules found; at most 20 of each rule. */
  warnings: SyncWarning[];

  /**
   * By pattern as declared, a digest of what would be stored for its route: type, metadata, files and namespace. Equal digests mean that
   * two declarations lead to the same, however they are spelled. Another version of routesync may make other digests.
   */
  digests: Record<string, string>;
}

/** A step of a commit. Times are in milliseconds. */
export type SyncProgress =
  /** The store answered: how much it holds. */
  | { type: "described"; items: number; bytes: number }
  /** What the plan needs has been read. */
  | { type: "read"; keys: number }
  /** The difference is known: routes over all calls of the commit, and the writes and keys that it takes. */
  | { type: "planned"; added: number; changed: number; removed: number; batches: number; keys: number }
  /** A write was applied: which, from 1, of how many. */
  | { type: "written"; batch: number; of: number }
  /** Somebody else wrote first: the commit starts again after a wait. */
  | { type: "conflict"; conflicts: number; waitMs: number }
  /** The service asked to slow down. */
  | { type: "throttled"; waitMs: number }
  /** A request was lost, or a read lagged: it is tried again after a wait. */
  | { type: "retry"; waitMs: number }
  /** The routes of a release are handed back: the call waits until requests under way have been served. */
  | { type: "waiting"; waitMs: number }
  /** What was written was found standing. */
  | { type: "verified" };

/** What a call would do. It is plain data: it can be kept as JSON. Credentials are not in it. */
export interface RoutesPlan {
  /** The form: 1. Raised when a field changes its meaning. */
  version: 1;

  /** The store's ETag for which the plan was made. */
  etag: string;

  /** Where the requests went; absent where that is AWS's own endpoint. */
  endpoint?: UsedEndpoint;

  router: string;

  owner: string;

  /** What would be done: additions, changes and removals, each in the order of the declaration, then what the policy keeps. */
  changes: PlannedChange[];

  /** Patterns that are live as declared. */
  unchanged: string[];

  /** Entries of others in the table, which stay as they are: whose, and how many. An owner whose record was not read has its id. */
  foreign: { owner: string; routes: number }[];

  /** What is right but may surprise. */
  warnings: SyncWarning[];

  /** Why {@link syncRoutes} would refuse it. */
  refusal?: { code: RouteSyncErrorCode; message: string; retryable: boolean; details: ErrorDetails };

  /** All of it goes out in one write. */
  atomic: boolean;

  /** Writes; each leaves a whole table. */
  batches: number;

  /** Keys of the writes, owner records and due sweeps included. */
  keys: { put: number; deleted: number };

  /** Bytes before and after: of the table, and of the store. */
  bytes: { table: { before: number; after: number }; store: { before: number; after: number } };

  /** Reads of the store that a request takes at the edge until its target is known; each is billed. */
  edgeReads: { before: number; after: number };

  /**
   * Requests that {@link syncRoutes} takes when it is the first call of its process and nobody comes between. With `verify:
   * "full"` those that read the routes back come on top.
   */
  requests: RequestCounts;

  /** AWS's price of these requests, at $0.001 each. */
  estimatedCostUsd: number;

  /** The plan for a terminal, without colours. */
  text: string;

  /** The plan for a pull request. */
  markdown: string;

  /** The call's options, without `client`. */
  options: Record<string, unknown>;
}

/** What would be done to a route. */
export interface PlannedChange {
  action: "add" | "change" | "remove" | "keep";

  pattern: string;

  /** What it leads to: the metadata as stored, `null` where it is missing. */
  from?: { type: string; metadata: unknown };

  /** What it would lead to. */
  to?: { type: string; metadata: unknown };

  /** Of a change, the fields that differ, such as `origin.timeouts.readTimeout`. */
  fields?: { path: string; before?: unknown; after?: unknown }[];

  /** Who holds it, where it would be taken over. */
  takenFrom?: string;

  /** It would be removed since its target in `routes` is `undefined`. */
  targetUndefined?: true;
}

/** What {@link removeRoutes} takes. */
export interface RemoveOptions extends OwnerWriteOptions, Pick<SyncOptions, "maxRemoved"> {
  /** Whose routes go. */
  owner: string;

  /** As {@link SyncOptions.generation}: an older one removes nothing. */
  generation?: number;

  /**
   * As {@link SyncOptions.gracePeriod}: by default the records go with the routes.
   *
   * @defaultValue `0`
   */
  gracePeriod?: Duration;
}

/** What {@link releaseRoutes} takes. */
export interface ReleaseOptions extends GrowingWriteOptions {
  /** The owner whose routes are handed back. */
  owner: string;

  /**
   * Only report what it would do.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /**
   * As {@link SyncOptions.gracePeriod}: for so long the call waits, so `deadline` must be longer.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}

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

/** What {@link rollbackRoutes} takes. */
export interface RollbackOptions extends GrowingWriteOptions {
  /** The owner whose changes are undone. */
  owner: string;

  /**
   * The number of the change that is undone, with all after it, from 0: one of {@link listHistory}.
   *
   * @defaultValue the last change
   */
  to?: number;

  /**
   * Only report what it would do.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/** What {@link listHistory} takes. */
export interface ListHistoryOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /** The owner. */
  owner: string;
}

/** What of an owner's changes can be undone. */
export interface RoutesHistory {
  router: string;

  owner: string;

  /** The store's ETag under which it was read. */
  etag: string;

  /** How many changes are kept: {@link SyncOptions.history}; 0 where none are. */
  keep: number;

  /** The changes, the newest first. */
  changes: RoutesChange[];

  /** Requests that it took, by operation. */
  requests: RequestCounts;
}

/** A change of an owner's routes. */
export interface RoutesChange {
  /** Its number: what {@link RollbackOptions.to} takes. */
  change: number;

  /** When it was made, in seconds since 1970. */
  at: number;

  /** Patterns that the owner did not have before: undone, they go. */
  added: string[];

  /** Patterns that led elsewhere before, or that it removed: undone, they lead there again. */
  replaced: string[];
}

/**
 * What {@link repairRoutes} takes: options of {@link syncRoutes}. Those that are about declared routes need `routes`. It always repairs the
 * table, and takes no pattern from others.
 */
export interface RepairOptions extends Omit<SyncOptions, "routes" | "repair" | "takeover" | "adopt"> {
  /** Who repairs: the owner of `routes`. */
  owner: string;

  /** What should be live, as {@link syncRoutes} takes it. Left out, no route of the owner is added, changed or removed. */
  routes?: SyncOptions["routes"];

  /**
   * Also drops entries of others whose metadata is missing, and metadata of others that no entry names. Another distribution may
   * read that: look at the report first.
   *
   * @defaultValue `false`
   */
  foreign?: boolean;

  /**
   * Only report what it would do.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/**
 * What a repair did, or would do: to the declared routes as {@link SyncReport} says, and in `repaired` the keys put again or deleted
 * and the entries dropped.
 */
export type RepairReport = SyncReport;

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

/** What {@link verifyRoutes} takes: a store alone, one router of it, or what is declared there. */
export interface VerifyOptions extends StoreOptions {
  /** The only router to judge. @defaultValue all routers of the store */
  router?: string;

  /** Who declares `routes`. */
  owner?: string;

  /** The part that declares them, as in {@link SyncOptions.part}. */
  part?: string;

  /** With it, `routes` is not the owner's whole set, and other routes of the owner are no finding. */
  previous?: Record<string, string | PreviousRoute>;

  /** What should be live. Needs `router` and `owner`. */
  routes?: SyncOptions["routes"];
}

/** What a store was found to be. */
export interface RoutesVerification {
  /** No finding is a warning or an error. */
  ok: boolean;

  /** The store's ETag under which it was judged. */
  etag: string;

  /** What is not as it should be, the worst first. */
  findings: Finding[];

  /** The routers that were judged, and how many entries each has. */
  routers: Record<string, number>;

  /** Keys of the whole store, and bytes of its keys and values. */
  store: { items: number; bytes: number };

  /** Requests that it took, by operation. */
  requests: RequestCounts;
}

/** Something in a live store that is not as it should be. */
export interface Finding {
  code: FindingCode;

  /** `error`: requests fail or go astray. `warning`: some do, or a later deploy will fail. `info`: users notice nothing. */
  severity: "error" | "warning" | "info";

  /** What was found. */
  message: string;

  /** What it does to users. */
  effect: string;

  /** What to do about it. */
  remedy: string;

  /** The store's key that it is about. */
  key?: string;

  /** The route that it is about. */
  pattern?: string;

  /** Whose it is: an owner's name or id, or `SST`. */
  owner?: string;
}

/**
 * What a finding is.
 *
 * | code | what |
 * |---|---|
 * | `TABLE_CORRUPT` | the table does not decode |
 * | `CHUNK_MISSING` | a chunk that the marker counts is not there |
 * | `CHUNK_ORPHANED` | a chunk that no marker counts |
 * | `ENTRY_BREAKS_READER` | an entry that the edge function throws on |
 * | `METADATA_MISSING` | an entry's metadata is not there |
 * | `METADATA_GARBLED` | an entry's metadata lacks what the edge function needs |
 * | `METADATA_ALTERED` | a declared route's metadata is not the declared one |
 * | `FILES_MISSING` | a site lacks files, or the record of them |
 * | `METADATA_ORPHANED` | metadata of ours, or what hangs on a site, that nothing names |
 * | `HISTORY_ORPHANED` | a part of a change that no owner's history has |
 * | `HISTORY_DAMAGED` | a part of a change that an owner's history has is not there, or cannot be read |
 * | `METADATA_UNNAMED` | metadata of others that no entry names |
 * | `COLLISION` | entries of two holders have one pattern |
 * | `ROUTE_MISSING` | a declared route is not live |
 * | `ROUTE_DIFFERS` | a declared route leads elsewhere |
 * | `ROUTE_UNDECLARED` | a route of the owner is live and not declared |
 * | `ROUTE_HELD` | a declared pattern is held by somebody else |
 * | `RECORD_MISSING` | an owner's routes stand without its record |
 * | `RECORD_GARBLED` | an owner's record cannot be read, or is another's |
 * | `RECORD_NEWER` | an owner's record was written by a newer version |
 * | `OWNER_EMPTY` | an owner without routes |
 */
export type FindingCode =
  | "TABLE_CORRUPT"
  | "CHUNK_MISSING"
  | "CHUNK_ORPHANED"
  | "ENTRY_BREAKS_READER"
  | "METADATA_MISSING"
  | "METADATA_GARBLED"
  | "METADATA_ALTERED"
  | "FILES_MISSING"
  | "METADATA_ORPHANED"
  | "HISTORY_ORPHANED"
  | "HISTORY_DAMAGED"
  | "METADATA_UNNAMED"
  | "COLLISION"
  | "ROUTE_MISSING"
  | "ROUTE_DIFFERS"
  | "ROUTE_UNDECLARED"
  | "ROUTE_HELD"
  | "RECORD_MISSING"
  | "RECORD_GARBLED"
  | "RECORD_NEWER"
  | "OWNER_EMPTY";

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

/**
 * What went wrong.
 *
 * | code | when | retryable |
 * |---|---|---|
 * | `INVALID_OPTION` | an option is missing, unknown, of the wrong type or outside its range | |
 * | `INVALID_ARN` | `store` is not the ARN of a KeyValueStore that can be reached | |
 * | `INVALID_PATTERN` | a pattern cannot be served as written | |
 * | `INVALID_TARGET` | a target cannot be served as written | |
 * | `LINT` | a lint rule that is an error found something | |
 * | `TOO_LARGE` | the set is larger than a store can hold or one call may declare | |
 * | `ROUTE_CONFLICT` | another declaration, or another owner's live route, claims the pattern | |
 * | `UNSAFE_PLAN` | the call would remove more than it may | |
 * | `PLAN_STALE` | the store has moved since the plan was made: plan again | |
 * | `SUPERSEDED` | a later generation of the owner has been here | |
 * | `NO_HISTORY` | what is to be brought back is not in the owner's history | |
 * | `NOT_RELEASABLE` | a route of the owner cannot be handed back | |
 * | `OWNER_ID_TAKEN` | live routes under this owner's id belong to another name | |
 * | `FORMAT_NEWER` | the store holds a record of a newer routesync: update | |
 * | `TABLE_CORRUPT` | the live table does not decode | |
 * | `SST_TABLE_LIMIT` | SST's own writers could not write the table any more | |
 * | `STORE_FULL` | the store has no room left | |
 * | `STORE_GONE` | the store was deleted, or never existed | |
 * | `STORE_NOT_READY` | the store is still being provisioned | yes |
 * | `ACCESS_DENIED` | the service refused the credentials or their permissions | |
 * | `NO_CREDENTIALS` | no usable credentials were found | |
 * | `UNREACHABLE` | the service's host could not be reached | yes |
 * | `THROTTLED` | the service kept throttling until the deadline | yes |
 * | `SERVICE_ERROR` | the service answered in an unknown way | yes |
 * | `DEADLINE_EXCEEDED` | the deadline passed | yes |
 * | `ABORTED` | the signal aborted the call | |
 * | `NATIVE_MISSING` | the native binary could not be loaded | |
 * | `INTERNAL` | a defect in routesync | |
 */
export type RouteSyncErrorCode =
  | "INVALID_OPTION"
  | "INVALID_ARN"
  | "INVALID_PATTERN"
  | "INVALID_TARGET"
  | "LINT"
  | "TOO_LARGE"
  | "ROUTE_CONFLICT"
  | "UNSAFE_PLAN"
  | "PLAN_STALE"
  | "SUPERSEDED"
  | "NO_HISTORY"
  | "NOT_RELEASABLE"
  | "OWNER_ID_TAKEN"
  | "FORMAT_NEWER"
  | "TABLE_CORRUPT"
  | "SST_TABLE_LIMIT"
  | "STORE_FULL"
  | "STORE_GONE"
  | "STORE_NOT_READY"
  | "ACCESS_DENIED"
  | "NO_CREDENTIALS"
  | "UNREACHABLE"
  | "THROTTLED"
  | "SERVICE_ERROR"
  | "DEADLINE_EXCEEDED"
  | "ABORTED"
  | "NATIVE_MISSING"
  | "INTERNAL";

/** The facts behind an error. Only those that apply are set. */
export interface ErrorDetails {
  /** The path to the offending value in the options, such as `routes["/api"].readTimeout`. */
  path?: string;

  /** The lint rule that rejected. */
  rule?: LintRule;

  /** The store's key that the error is about. */
  key?: string;

  /** The limit that was exceeded; its unit is in the message. */
  limit?: number;

  /** What was found where `limit` holds. */
  actual?: number;

  /** Who holds what was claimed: an owner's name, or `SST` for a route that no owner has. */
  holder?: string;

  /** Requests sent so far. */
  attempts?: number;

  /** Milliseconds since the call was made. */
  elapsedMs?: number;

  /** AWS's request id of the answer that decided. */
  requestId?: string;

  /** What stands in the store now, in words. */
  stands?: string;

  /** A write was sent and not answered: it may still be applied. */
  mayStillLand?: boolean;
}

/** What a configuration of the `routesync` command says: options of {@link syncRoutes}. Those that are left out, a flag or a variable gives. */
export type RoutesConfig = {
  [K in keyof Omit<SyncOptions, "signal" | "onProgress">]?: SyncOptions[K] | undefined;
};

/**
 * Makes the configuration. `stage` is that of `--stage` or `ROUTESYNC_STAGE`; to ask for it where neither is given is an
 * error. `env` is the environment.
 */
export type RoutesConfigFunction = (input: {
  stage: string;
  env: Record<string, string | undefined>;
}) => RoutesConfig | Promise<RoutesConfig>;

/** {@link ClientOptions} that may stand in a state: who calls is said by `profile`, `assumeRole` or the environment. */
export type StateClient = Omit<ClientOptions, "credentials">;

/**
 * Options of {@link SyncOptions} that a resource passes on. The others are its own: where its routes are and which, or what it keeps
 * for the next call. It declares some routes of an owner, so that an empty set is no accident; and a framework calls it, not a program that could abort it.
 */
export type PassedOptions = Omit<
  SyncOptions,
  | "store"
  | "router"
  | "owner"
  | "routes"
  | "client"
  | "part"
  | "previous"
  | "allowEmpty"
  | "signal"
  | "onProgress"
>;
