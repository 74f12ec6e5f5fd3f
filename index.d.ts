/**
 * routesync deploys declared routes to a CloudFront KeyValueStore and keeps them in sync, safely under concurrent writers.
 *
 * @packageDocumentation
 */
// Made by scripts/types.mjs from lib/. Change lib/, and run `npm run types`.

/**
 * Makes `routes` the live routes of `owner` in one router. Resolves when all of them were live together in the state of the
 * report's ETag, and this was verified (see {@link SyncOptions.verify}).
 *
 * **Whole set.** Without `previous`, `routes` is the owner's whole set in that router, and other routes of the owner there are
 * removed. An empty `routes` removes all of them, if `allowEmpty` is set. Call it once per owner, with the full set.
 *
 * **Part of a set.** With `previous`, the call touches only the patterns in `previous` and in `routes`, so that many
 * constructs of one deploy can share an owner, each with a few routes. Pass the `ids` of the same caller's last
 * report, or `{}` the first time. A pattern in `previous` but not in `routes` is removed only if the live route
 * still has that id, so a late delete of a renamed construct cannot remove the new construct's route.
 *
 * Calls of one process may be concurrent. Calls that are pending at the same time share one read and one write. Calls of one
 * owner take effect in the order in which they were made. If a later whole set of the same owner replaces a call's set in
 * the same commit, the call resolves with {@link SyncReport.supersededBy}. Any number of processes, and SST itself, may write
 * the same store at the same time.
 *
 * The function never throws. Every failure is a rejection with a {@link RouteSyncError}, except that an aborted call
 * rejects with its signal's reason. It is always safe to repeat a call with the same options.
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
 * Removes all routes of an owner from a router. Use it to tear down a stage or a preview. It also succeeds if the store no longer
 * exists. The owner's history is also removed, and no longer kept. The owner's record stays, with its `generation`;
 * {@link pruneOwners} removes it. The call shares commits with {@link syncRoutes} calls of the same process.
 */
export function removeRoutes(options: RemoveOptions): Promise<SyncReport>;

/**
 * Removes owners from a router, with their routes, metadata and records. Use it for previews and stages that were not torn down.
 * `match` or `keep` selects the owners by name, and `olderThan` by age. An owner that deploys at the same moment stays. The call also
 * succeeds if the store no longer exists.
 *
 * Owners without routes are found only by a listing of the store. The store is listed if that takes fewer requests than a read of every
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
 * Undoes an owner's last change, or the change `to` and all later ones, and thereby restores the routes from before it. The owner must
 * deploy with {@link SyncOptions.history}. The rollback is written like a {@link syncRoutes} call, in one write if possible. It is itself
 * a change, and can be undone.
 *
 * Only the owner's own changes are undone. A route that another owner has taken since is a `ROUTE_CONFLICT`. A route that the owner had
 * taken from others is removed, and not given back. The metadata and files of a live site stay as they are. A change that is no longer
 * in the history is `NO_HISTORY`.
 *
 * Also deploy the older declaration, or the next deploy makes the same changes again. The next deploy of a part replaces the part's
 * restored route, while a removal by the route's former id leaves it.
 *
 * Without `to`, the call first reads which change is the last one. A concurrent call may make another change before that, and a second
 * call undoes this rollback. With `to`, the call can be repeated safely.
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
 * Releases an owner's routes from routesync. The entries stay live without owner, under ids of 16 hexadecimal digits. SST's edge function
 * serves them, and SST's writers keep them. The change is a usual commit that requests do not notice. The call then waits for requests
 * under way ({@link ReleaseOptions.gracePeriod}), removes the former records and the owner's record, and resolves. If it is interrupted,
 * call it again.
 *
 * The report's `changed` lists the routes, and its `ids` their new ids. A route to a namespace that SST maintains keeps this target. An
 * owner with a site is `NOT_RELEASABLE`, since the keys of a site's files depend on its id. In that case nothing is written.
 *
 * @example
 * ```ts
 * const { ids } = await releaseRoutes({ store, router: "678a", owner: "shop/production" });
 * ```
 */
export function releaseRoutes(options: ReleaseOptions): Promise<SyncReport>;

/**
 * Sets whether a router's table has an index for routesync's edge function, and nothing else. It is {@link GrowingWriteOptions.index}
 * without a deploy. The report's `indexPages` is the number of pages. It is absent if the table has no index: it has only one chunk, or
 * the warning `INDEX_MISSING` says why. In that case a later deploy builds one only if it sets `index`, too.
 *
 * With `false`, the routes stay as they are. The pages stay for 5 minutes, since requests under way may still read them. A later call with
 * `index: false` deletes them.
 *
 * @example
 * ```ts
 * const { indexPages } = await setIndex({ store, router: "678a", index: true });
 * console.log(indexPages ?? "no index");
 * ```
 */
export function setIndex(options: SetIndexOptions): Promise<SyncReport>;

/**
 * Repairs a router. It rewrites a damaged table from all entries that can still be read. With `routes`, it makes the owner's routes live
 * with their metadata as declared. It rewrites the owner's record, and removes unreferenced chunks and metadata. Keys and entries of others
 * stay unchanged, unless `foreign` is set. With `dryRun: true` it only reports the effect of the call.
 *
 * The call reads the whole store. The findings of {@link verifyRoutes} after a repair need a repair by other owners, or a person's decision.
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
 * Checks the options of {@link syncRoutes} and sends nothing. It throws the errors with which `syncRoutes` rejects before its first
 * request, and `LINT` for a lint rule with the level `error`.
 *
 * The lint rules check the declaration as if the store were empty: each route is new, and the table has no other routes. So they also
 * check unchanged routes, and rules about other owners' routes or removed routes find nothing. [docs/lint.md](./docs/lint.md) names
 * these rules.
 *
 * @example
 * ```ts
 * const { warnings } = checkRoutes({ store, router: "678a", owner: "shop/production", routes });
 * for (const { code, message } of warnings) console.warn(code, message);
 * ```
 */
export function checkRoutes(options: SyncOptions): RoutesCheck;

/**
 * Plans a {@link syncRoutes} call with the same options, and writes nothing. The plan has the changes by field, the writes, the requests
 * and their price, and the effect at the edge, as data, as text and as Markdown. It is made for the state of its ETag, and
 * `syncRoutes({ plan })` applies it only to that state.
 *
 * Rejects like {@link syncRoutes}, except that a plan which a guard rejects (`UNSAFE_PLAN`) is still returned, with a
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
 * Reads a router's live table: every entry with its owner, in the order in which the edge reads them, and with `metadata` also their
 * targets. Writes nothing. The result is a consistent state of the store, with its ETag.
 *
 * Rejects like {@link syncRoutes}. A table that does not decode is `TABLE_CORRUPT`.
 *
 * @example
 * ```ts
 * const { routes } = await readRoutes({ store, router: "678a" });
 * for (const { pattern, type, owner } of routes) console.log(pattern, type, owner);
 * ```
 */
export function readRoutes(options: ReadOptions): Promise<LiveRoutes>;

/**
 * Lists the owners of routes in a router, with the time of their last write. Writes nothing.
 *
 * Rejects like {@link syncRoutes}. A table that does not decode is `TABLE_CORRUPT`.
 */
export function listOwners(options: ListOwnersOptions): Promise<RouterOwners>;

/**
 * Checks the consistency of a store's live state and, with `routes`, compares it with the declaration. Each finding has a description,
 * its effect on users and a remedy. Reads the whole store, in ⌈keys ÷ 50⌉ requests and two more, and writes nothing. Damage is a
 * finding, and not an error.
 *
 * @example
 * ```ts
 * const { ok, findings } = await verifyRoutes({ store, router: "678a", owner: "shop/production", routes });
 * for (const { severity, message, effect, remedy } of findings) console.log(severity, message, effect, remedy);
 * ```
 */
export function verifyRoutes(options: VerifyOptions): Promise<RoutesVerification>;

/**
 * Explains the routing of a URL by SST's edge function: the route that wins, the reason, other routes that match, and the origin. The
 * routes are those of the live table (`store` and `router`), of entries (`table`), or of a declaration alone (`routes`). The last two
 * forms send nothing.
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
 * Converts the legacy `routes` object of SST's `Router`, from before `router.route()`, to routes, and reports the differences as notes. In
 * the legacy router, each route was a cache behavior: the first matching path pattern won, and each route had its own cache policy and edge
 * code. In a route table, the longest prefix wins, and the router has the policy and the code. The example of a note was evaluated against
 * both routers. If no note has a `severity` above `info`, no answer changes.
 *
 * Values must be plain: resolve Outputs first, with `.apply()`. The routes are for any host. Sends nothing.
 *
 * Rejects with `INVALID_OPTION`, and a path such as `legacy["/api/*"].rewrite.regex`, for values that the legacy router would not have
 * accepted, for more than 250 routes, and for an unknown pattern in `only`.
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
 * Returns its argument, and thereby types the configuration of the `routesync` command. Use it for the default export of
 * `routes.config.ts`. docs/cli.md describes the other forms of configuration.
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

/** The error of a rejected call. `message` describes what was found, what is allowed and what to do. It never contains a secret. */
export class RouteSyncError extends Error {
  readonly name: string;
  readonly code: RouteSyncErrorCode;

  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean;

  /** The facts behind the error. Only those that apply are set. */
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

  /** Makes `instanceof` true for errors of every copy of this package. A program may load one copy as an ES module and another as CommonJS. */
  static [Symbol.hasInstance](value: unknown): boolean;
}

/**
 * Whether `value` is a {@link RouteSyncError}. The result is also true for an error of another realm (as in Jest) or of another
 * copy of this package, for which `instanceof` may be false.
 */
export function isRouteSyncError(value: unknown): value is RouteSyncError;

/** The options of every call on a store. */
export interface StoreOptions {
  /** The ARN of the KeyValueStore. The partitions `aws-cn` and `aws-us-gov` have no KeyValueStores. */
  store: string;

  /** The endpoint and the credentials. */
  client?: ClientOptions;

  /** Timeouts and waits of single requests. */
  retry?: RetryOptions;

  /**
   * The time limit of the whole call, including waits and retries: at most one hour. When it passes, the call rejects with `DEADLINE_EXCEEDED`.
   *
   * @defaultValue `"120 seconds"`
   */
  deadline?: Duration;

  /**
   * Stops the call before its next write. The call then rejects with `signal.reason`. If the reason is an error without a
   * `cause`, its cause is set to the {@link RouteSyncError} `ABORTED`, whose `details` describe the state of the store and
   * whether an unanswered write may still be applied. A write that was already applied is not undone.
   */
  signal?: AbortSignal;

  /**
   * Called with each step of the call, in order, but never after the call has settled. The call does not wait for it: if more
   * than 256 events are pending because the program is busy, the later ones are dropped. An error that it throws becomes a
   * process warning. Calls that share a commit get the same events.
   */
  onProgress?: (event: SyncProgress) => void;
}

/** Timeouts and waits of single requests. The number of retries is limited only by the deadline. */
export interface RetryOptions {
  /** The time limit of one request. @defaultValue `"10 seconds"` */
  attemptTimeout?: Duration;

  /** The time limit for the connection. @defaultValue `"3 seconds"` */
  connectTimeout?: Duration;

  /** The maximum of the first random wait. @defaultValue four times the measured round trip */
  firstWait?: Duration;

  /** The maximum of any random wait. @defaultValue `"10 seconds"` */
  maxWait?: Duration;
}

/** A number of seconds, or a text of a number and its unit. */
export type Duration = number | `${number} second${"s" | ""}` | `${number} minute${"s" | ""}`;

/** A {@link Duration}, also in hours and days. */
export type Age = Duration | `${number} hour${"s" | ""}` | `${number} day${"s" | ""}`;

/** An endpoint that is not AWS's own. */
export interface UsedEndpoint {
  url: string;

  /** The source of the URL: `client.endpoint`, an environment variable, or a place in AWS's configuration files. */
  from: string;
}

/** The number of requests to the service, by operation. Retries count. */
export interface RequestCounts {
  describe: number;
  get: number;
  update: number;
  list: number;
}

/** The endpoint and the credentials. The defaults are the endpoint and the credential chain of AWS's configuration. */
export interface ClientOptions {
  /**
   * The URL of another endpoint, such as that of `routesync/testing`. It is used unchanged. Without it, the first of these
   * settings is used: `AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE`, `AWS_ENDPOINT_URL`, the `endpoint_url` of
   * `cloudfront_keyvaluestore` in the profile's `services` section, and the profile's own `endpoint_url`.
   * `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and the profile's `ignore_configured_endpoint_urls` turn these settings off.
   */
  endpoint?: string;

  /**
   * A profile of the AWS configuration files. Only its credentials are used, whatever the environment holds. Without them the
   * call rejects with `NO_CREDENTIALS`. In contrast, `AWS_PROFILE` is only a part of AWS's default chain, in which
   * `AWS_ACCESS_KEY_ID` has precedence.
   */
  profile?: string;

  /** Fixed credentials, instead of `profile`. A session token must be from a regional STS endpoint (version 2). */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

  /** A role to assume with these credentials. */
  assumeRole?: {
    arn: string;
    externalId?: string;
    /** @defaultValue `"routesync"` */
    sessionName?: string;
    /** The region of the STS endpoint. @defaultValue `"us-east-1"` */
    region?: string;
  };

  /**
   * Further certificate authorities: PEM text, or the path of a file. Those of `NODE_EXTRA_CA_CERTS` and `AWS_CA_BUNDLE`
   * are always trusted, and those of `SSL_CERT_FILE` replace the machine's own. Proxies are configured by `HTTPS_PROXY`,
   * `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and are never used for this machine itself.
   */
  caBundle?: string;
}

/** The options of every call that writes to a router's table. */
export interface WriteOptions extends StoreOptions {
  /**
   * The namespace that holds the route table: 1 to 64 letters, digits, `-` and `_`. For SST's Router, it is the four hex digits
   * that its edge function reads.
   */
  router: string;

  /**
   * How the result is verified before the call resolves. `true` checks that the store has the ETag of this write, and reads one changed
   * key back. `"full"` reads the table and the metadata of every declared route, and rewrites missing or altered keys. It also checks the
   * files of sites if a listing of the store takes fewer requests than reading the other keys. `false` relies on the answer to the write.
   *
   * @defaultValue `true`
   */
  verify?: boolean | "full";

  /**
   * Rewrites a damaged live table (`TABLE_CORRUPT`) from all entries that can still be read, and this call's routes. The report
   * has the warning `TABLE_REPAIRED`.
   *
   * @defaultValue `false`
   */
  repair?: boolean;

  /**
   * Waits after the commit until an edge location serves the routes. Without it, the call resolves when the store has them, and edge
   * locations follow within a few seconds.
   *
   * @defaultValue the call does not ask the edge
   */
  edge?: EdgeOptions;
}

/** The options of a call that writes for one owner. */
export interface OwnerWriteOptions extends WriteOptions {
  /** The owner that the call is about. */
  owner: string;

  /**
   * A number that grows with every deploy, such as the number of the CI run. If its owner has already written with a higher number, the
   * call rejects with `SUPERSEDED` and writes nothing. A new highest number is recorded, which is a write even if nothing else changes.
   * Calls without a generation are not fenced.
   */
  generation?: number;

  /**
   * How long the record of a replaced or removed route is kept for requests that are under way: whole seconds, at most one day.
   * With 0, the write that removes the route also deletes its record. If the periods of calls in one commit differ, the longest applies.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}

/** The options of a call that writes for one owner and may make the table larger. */
export interface GrowingWriteOptions extends OwnerWriteOptions {
  /**
   * Lets a table with entries of SST grow beyond the 49,000 bytes that SST's own writers can handle. SST's writers fail
   * from then on.
   *
   * @defaultValue `false`
   */
  allowBeyondSst?: boolean;

  /**
   * Whether the router's table has an index for routesync's edge function, which SST's function ignores. `true` builds it once the table
   * has more than one chunk, from about 28 routes on. `false` gives it up. The choice holds for the router and not only for this call, but
   * it is stored only together with an index: for a smaller table, pass `true` with every deploy. If calls of one commit disagree, the
   * table gets an index. See [docs/edge-index.md](./docs/edge-index.md).
   *
   * A change after which an indexed table could have no index any more is `INDEX_TOO_LARGE`. If the table cannot have one in the first
   * place, the report has the warning `INDEX_MISSING`.
   *
   * @defaultValue as before
   */
  index?: boolean;
}

/** Options of {@link syncRoutes}. An unknown option is rejected. */
export interface SyncOptions extends GrowingWriteOptions {
  /**
   * The owner of the routes, such as `app/stage`: 1 to 128 bytes. No part between `/` may be empty, or be a missing value such as
   * `undefined`. Routes of other owners, of SST and of other tools are never touched. A pattern that one of them holds is a
   * `ROUTE_CONFLICT`, unless `takeover` or `adopt` allows it.
   */
  owner: string;

  /**
   * The construct within the owner, such as a resource's URN. It is part of the hash in the routes' ids, so that two constructs
   * with the same target never share an id. Use it together with `previous`.
   */
  part?: string;

  /**
   * The `ids` of this caller's last report, or `{}` for a new caller. Limits the call to these patterns and those of
   * `routes`. Without it, `routes` is the owner's whole set. See {@link syncRoutes}.
   *
   * For a site it may also give the `files` that were declared with it, so that their names need not be read from the store. Wrong
   * `files` are detected and ignored.
   */
  previous?: Record<string, string | PreviousRoute>;

  /**
   * Pattern → target. A pattern is `/path`, `host/path` or `host`. In a host, `*` matches any text. The path is a prefix,
   * percent-encoded and case-sensitive, and matches at segment boundaries. A final `/*` changes nothing: `/api/*` is `/api`, which
   * also matches `/api` itself, while `/api/` matches only paths below it. A pattern whose target is `undefined` counts as not
   * declared. If it is live, it is removed with the warning `TARGET_UNDEFINED`.
   */
  routes: Record<string, RouteTarget | undefined>;

  /**
   * What the call may do to its owner's live routes: `"sync"` adds, changes and removes routes; `"upsert-only"` keeps routes that are no
   * longer declared; `"create-only"` also keeps routes with another target than declared, and those of an earlier call in the same
   * commit. {@link SyncReport.kept} lists the kept routes.
   *
   * @defaultValue `"sync"`
   */
  policy?: "sync" | "upsert-only" | "create-only";

  /**
   * Takes over declared patterns that other owners or SST hold: all of them with `true`, or the listed ones. Each pattern is
   * switched in one write, and listed in {@link SyncReport.taken}. The record of another owner's target is kept for `gracePeriod`, as for a
   * route of this owner. SST's metadata is not deleted.
   *
   * @defaultValue `false`
   */
  takeover?: boolean | string[];

  /**
   * Takes over entries of SST, or of a tool that writes like SST, that already have the declared target. Their metadata is also taken
   * over, and deleted after `gracePeriod`. Targets are compared by their effect at the edge, and not by their spelling. An entry with
   * another target is still a `ROUTE_CONFLICT`, which names the fields that differ.
   *
   * @defaultValue `false`
   */
  adopt?: boolean;

  /**
   * Lets an empty whole set remove all routes of the owner. Without it, an empty set is `UNSAFE_PLAN`, since it may be empty by
   * mistake.
   *
   * @defaultValue `false`
   */
  allowEmpty?: boolean;

  /**
   * The maximum number of routes that the call may remove: a number, or a percentage of the owner's routes in the router, such as `"20%"`,
   * rounded down. A percentage above zero allows at least one route. If the call would remove more, it rejects with `UNSAFE_PLAN`, and
   * nothing is written. The limit refers to the state of the store when the call reads it.
   *
   * @defaultValue no limit
   */
  maxRemoved?: number | `${number}%`;

  /**
   * The levels of the lint rules, which find routes that are valid but probably do not work as intended, in the declaration and in the
   * planned table: `"off"`, `"warn"` for a warning in the report, or `"error"` for a rejection with `LINT` before anything is written.
   * [docs/lint.md](./docs/lint.md) describes each rule. By default, `HTTP_ORIGIN` and `URL_PORT` are errors, since SST's edge function
   * cannot serve such targets. All other rules warn.
   */
  lint?: { [R in LintRule]?: "off" | "warn" | "error" };

  /**
   * The number of the owner's last changes to keep, so that {@link rollbackRoutes} can undo them: a whole number from 0 (none) to 20. For
   * each change, the replaced entries, of about 50 bytes each, are kept in keys of up to 1 kB, and the records of their targets
   * stay in the store. The number applies to the owner until a call sets another one, also for calls without this option. Without this
   * option in any call, nothing is kept or written for it.
   */
  history?: number;
}

/** A route that the caller declared before. */
export interface PreviousRoute {
  /** The route's id in {@link SyncReport.ids}. */
  id: string;

  /** The {@link SiteTarget.files} of the route when it was declared. */
  files?: string[];
}

/** Options of {@link syncRoutes} to apply a plan. The plan contains the store and the declaration. */
export interface ApplyOptions extends Omit<StoreOptions, "store"> {
  /**
   * The plan that {@link planRoutes} returned, which may have been saved as JSON. If the store has been written since, the call
   * rejects with `PLAN_STALE`, and nothing is written.
   */
  plan: RoutesPlan;

  /** As {@link WriteOptions.edge}, in place of the planned call's. */
  edge?: EdgeOptions;
}

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

/** A rule of {@link SyncOptions.lint}. Its name is the code of its warnings. */
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

/** The report of a call. */
export interface SyncReport {
  /** The call's number in this process, from 1, in the order in which the calls were made. */
  call: number;

  /** Patterns that were not live. */
  added: string[];

  /** Patterns whose target changed, including sites whose metadata or files differed. */
  changed: string[];

  /** Patterns that are no longer live. */
  removed: string[];

  /** Patterns that were live as declared. */
  unchanged: string[];

  /** Patterns that were not removed or not changed because of {@link SyncOptions.policy}. */
  kept: string[];

  /** Patterns taken over from another holder, with its name or `SST`. They are also in `changed`. */
  taken: { pattern: string; from: string }[];

  /**
   * Further repairs with their reasons: keys of declared routes that `verify: "full"` rewrote, and the repairs of
   * {@link repairRoutes} or its dry run. Absent if there were none.
   */
  repaired?: { action: "put" | "delete" | "drop"; key?: string; pattern?: string; why: string }[];

  /** The route id or namespace of each declared route, by pattern. Pass it as `previous` to this caller's next call. */
  ids: Record<string, string>;

  /**
   * The {@link SyncReport.call} of a later call of the owner that replaced this one in the same commit. For a whole set, only
   * the routes that the later call also declares are live. For a call with `previous`, all its routes are live except those
   * that a later call also declares, which then belong to that call.
   */
  supersededBy?: number;

  warnings: SyncWarning[];

  /** The number of pages of the router's index; absent if its table has none. See {@link GrowingWriteOptions.index}. */
  indexPages?: number;

  /** What the edge has shown. Absent without {@link WriteOptions.edge}. */
  edge?: EdgeReport;

  /** The ETag of a state in which all declared routes were live. */
  etag: string;

  /** The endpoint of the requests; absent if it is AWS's own. */
  endpoint?: UsedEndpoint;

  /** The cost of the commit. Each of the calls that shared it reports the whole commit. */
  counts: {
    requests: RequestCounts;
    /** Attempts of the commit; 1 if no other writer interfered. */
    attempts: number;
    /** Attempts that failed because another writer wrote first. */
    conflicts: number;
    keysPut: number;
    keysDeleted: number;
    /** Calls that shared the commit. */
    calls: number;
  };

  /** Milliseconds until the call settled. */
  durationMs: number;

  /** AWS's price of the requests, at $0.001 each. */
  estimatedCostUsd: number;
}

/** The code of a warning that is not from a lint rule. */
export type CallWarningCode =
  | "STALE_CACHE"
  | "REPLACED_LIVE_ROUTE"
  | "TABLE_REPAIRED"
  | "SST_TABLE_NEAR_LIMIT"
  | "SUPERSEDED"
  | "STORE_GONE"
  | "STILL_NAMED"
  | "INDEX_MISSING"
  | "EDGE_NOT_CONFIRMED";

/** A warning about a valid call. */
export interface SyncWarning {
  /** A lint rule, or a fact about the call. `docs/warnings.md` and `docs/lint.md` explain each code. */
  code: LintRule | CallWarningCode;

  message: string;

  /** The route that the warning is about. */
  pattern?: string;
}

/** The result of {@link checkRoutes}. */
export interface RoutesCheck {
  /** The warnings of the lint rules, at most 20 of each rule. */
  warnings: SyncWarning[];

  /**
   * A digest of the content to store for each route, by pattern as declared: type, metadata, files and namespace. Equal digests mean that
   * two targets are equal, even if they are spelled differently. Other versions of routesync may make other digests.
   */
  digests: Record<string, string>;
}

/** A step of a commit. Times are in milliseconds. */
export type SyncProgress =
  /** The store has reported its number of keys and bytes. */
  | { type: "described"; items: number; bytes: number }
  /** The keys for the plan have been read. */
  | { type: "read"; keys: number }
  /** The commit is planned: the number of routes over all its calls, of its writes and of their keys. */
  | { type: "planned"; added: number; changed: number; removed: number; batches: number; keys: number }
  /** A write was applied: its number, from 1, and the number of all writes. */
  | { type: "written"; batch: number; of: number }
  /** Another writer wrote first, so the commit starts again after a wait. */
  | { type: "conflict"; conflicts: number; waitMs: number }
  /** The service throttled a request. */
  | { type: "throttled"; waitMs: number }
  /** A request was lost, or a read was stale. It is retried after a wait. */
  | { type: "retry"; waitMs: number }
  /** The routes are released, and the call waits for requests under way. */
  | { type: "waiting"; waitMs: number }
  /** The written state was verified. */
  | { type: "verified" }
  /** The call waits for the edge: how many of the routes that it asks about are served as committed, and the time since the commit. */
  | { type: "edge"; confirmed: number; routes: number; waitedMs: number };

/** The plan of a call. It is plain data without credentials, and can be saved as JSON. */
export interface RoutesPlan {
  /** The version of the format. It is raised when a field changes its meaning. */
  version: 1;

  /** The store's ETag for which the plan was made. */
  etag: string;

  /** The endpoint of the requests; absent if it is AWS's own. */
  endpoint?: UsedEndpoint;

  router: string;

  owner: string;

  /** Additions, changes and removals, each in the order of the declaration, and then the routes that the policy keeps. */
  changes: PlannedChange[];

  /** Patterns that are live as declared. */
  unchanged: string[];

  /** The number of entries of each other holder, which stay unchanged. An owner whose record was not read has its id here. */
  foreign: { owner: string; routes: number }[];

  warnings: SyncWarning[];

  /** The error with which {@link syncRoutes} would reject the plan. */
  refusal?: { code: RouteSyncErrorCode; message: string; retryable: boolean; details: ErrorDetails };

  /** Whether all changes are in one write. */
  atomic: boolean;

  /** The number of writes. The table is complete after each of them. */
  batches: number;

  /** The number of keys in the writes, including owner records and the deletion of expired keys. */
  keys: { put: number; deleted: number };

  /** The bytes of the table and of the store, before and after. */
  bytes: { table: { before: number; after: number }; store: { before: number; after: number } };

  /** Reads of the store for one request at the edge, until its target is known, by a function that scans the table. Each is billed. */
  edgeReads: { before: number; after: number };

  /** The index of the table, and what a request costs with it; absent if there is none before or after. */
  index?: PlannedIndex;

  /**
   * The requests of {@link syncRoutes} if it is the first call of its process and no other writer interferes. `verify: "full"`
   * needs further requests to read the routes back.
   */
  requests: RequestCounts;

  /** AWS's price of these requests, at $0.001 each. */
  estimatedCostUsd: number;

  /** The plan as text for a terminal, without colors. */
  text: string;

  /** The plan as Markdown for a pull request. */
  markdown: string;

  /** The call's options, without `client`. */
  options: Record<string, unknown>;
}

/** The change of a route. */
export interface PlannedChange {
  action: "add" | "change" | "remove" | "keep";

  pattern: string;

  /** The target before the change, with its metadata as stored, or `null` if that is missing. */
  from?: { type: string; metadata: unknown };

  /** The target after the change. */
  to?: { type: string; metadata: unknown };

  /** The fields that differ between `from` and `to`, such as `origin.timeouts.readTimeout`. */
  fields?: { path: string; before?: unknown; after?: unknown }[];

  /** The holder from which the route would be taken over. */
  takenFrom?: string;

  /** The route would be removed because its target in `routes` is `undefined`. */
  targetUndefined?: true;
}

/** Options of {@link setIndex}. */
export interface SetIndexOptions extends Omit<WriteOptions, "repair"> {
  /** As {@link GrowingWriteOptions.index}: `true` builds the index if the table has more than one chunk, and `false` gives it up. */
  index: boolean;
}

/** The size of an index, and what a request costs with it. */
export interface IndexSize {
  /** The number of pages. Each is one key. */
  pages: number;

  /** Bytes of the pages, with their keys. */
  bytes: number;

  /**
   * The most reads of the store for one request that a route matches, including the marker and the metadata. In tables of more than 2,000
   * routes, it is the most of a sample of them.
   */
  reads: number;

  /** About how many instructions the edge function takes for such a request. */
  instructions: number;
}

/** The index in a plan. */
export interface PlannedIndex {
  /** The index before the plan; absent if there is none. */
  before?: IndexSize;

  /** The index after the plan; absent if there is none. A new layout is drawn anew by the deploy, so its pages may differ a little. */
  after?: IndexSize;

  /** The number of keys of the index in the writes: pages and the record of which pages exist, also deletions. */
  keys: number;

  /** About how many instructions a function takes for one request that scans the table instead. */
  scanInstructions: { before: number; after: number };
}

/** The index of a live table. */
export interface LiveIndex {
  /** The name of the layout that the pages belong to: 6 letters and digits. A new layout has a new name. */
  epoch: string;

  /** The number of pages. Each is one key. */
  pages: number;

  /** A change of the table was interrupted before its pages were written. Requests see the routes from before it. The next deploy builds a new index. */
  late: boolean;
}

/**
 * Why a table has no index.
 *
 * | reason | meaning |
 * |---|---|
 * | `small` | the table is in a single value, which a request reads in any case |
 * | `notRequested` | nobody asked for an index, or somebody gave it up |
 * | `dropped` | another writer, such as SST, has dropped it; the next deploy builds it again |
 * | `droppedTooOften` | other writers have dropped it so often that no further one is built until the old pages are deleted |
 * | `noForm` | a host, a path or an id of an entry has no form in the index |
 * | `tooLarge` | the patterns with `*` or the longest paths take too much room |
 * | `newer` | a newer version of routesync has written the index |
 */
export type NoIndex =
  "small" | "notRequested" | "dropped" | "droppedTooOften" | "noForm" | "tooLarge" | "newer";

/**
 * How a call waits for the edge. It asks the probe of routesync's edge function, which the function has with the option
 * `probe`. The answers come from one edge location, the one nearest to this machine.
 */
export interface EdgeOptions {
  /** The URL of the distribution, such as `https://example.com`: without a path, a query and credentials. */
  url: string;

  /**
   * How long the call waits, from the commit on: at most one hour. It is in addition to {@link StoreOptions.deadline}.
   *
   * @defaultValue `"60 seconds"`
   */
  deadline?: Duration;

  /**
   * Rejects the call with `EDGE_NOT_CONFIRMED` if the edge does not serve its routes in time. Otherwise the report has a warning with that
   * code. The routes are stored in both cases.
   *
   * @defaultValue `false`
   */
  required?: boolean;
}

/** What an edge location has shown of a call's routes. */
export interface EdgeReport {
  /** Whether each route that was asked about is served as committed, or as a later commit left it. */
  confirmed: boolean;

  /**
   * The number of routes that were asked about: each changed and each removed one, or up to 20 of the unchanged routes if the call changed
   * nothing. Routes to which no request can lead are left out. If none is left, up to 20 routes of the live table are asked about, or the
   * path `/` if it is empty.
   */
  routes: number;

  /** Milliseconds from the commit to the last answer. */
  waitedMs: number;

  /** Requests to the probe. */
  requests: number;

  /** Routes that the edge does not serve as committed, at most 20. Absent if it serves all. */
  unconfirmed?: EdgeDifference[];
}

/** A route that the edge does not serve as committed. */
export interface EdgeDifference {
  pattern: string;

  /** The id of the route that a request for the pattern should get, or `null` for no route. */
  expects: string | null;

  /** The id of the route that it got last, or `null` for no route. Absent if there was no answer of a probe. */
  shows?: string | null;

  /** Why there was no answer, or what is wrong beside the id. */
  error?: string;
}

/** Options of {@link removeRoutes}. */
export interface RemoveOptions extends OwnerWriteOptions, Pick<SyncOptions, "maxRemoved"> {
  /** The owner whose routes are removed. */
  owner: string;

  /** As {@link SyncOptions.generation}: a call with an older generation removes nothing. */
  generation?: number;

  /**
   * As {@link SyncOptions.gracePeriod}. By default, the records are deleted together with the routes.
   *
   * @defaultValue `0`
   */
  gracePeriod?: Duration;
}

/** Options of {@link releaseRoutes}. */
export interface ReleaseOptions extends GrowingWriteOptions {
  /** The owner whose routes are released. */
  owner: string;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /**
   * As {@link SyncOptions.gracePeriod}. The call waits for this time, so `deadline` must be longer.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}

/** Options of {@link listOwners}. */
export interface ListOwnersOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  /**
   * Also returns owners without routes. Their records are found only by a listing of the store, in ⌈keys ÷ 50⌉ requests.
   *
   * @defaultValue `false`
   */
  emptied?: boolean;
}

/** The owners of a router. */
export interface RouterOwners {
  router: string;

  /** The ETag of the state that was read. */
  etag: string;

  /** The owners, sorted by name. */
  owners: {
    /** The name, or the id if the owner's record cannot be read. */
    owner: string;
    /** The first half of its route ids. */
    id: string;
    /** The number of its routes. */
    routes: number;
    /** The time of its last write, in seconds since 1970. */
    at?: number;
    /** The highest `generation` that it has written with. */
    generation?: number;
  }[];

  /** The number of routes without owner, most likely of SST. */
  foreign: number;

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** Options of {@link pruneOwners}. One of `match` and `keep` is required. */
export interface PruneOptions extends WriteOptions {
  /** Names of the owners to remove; `*` matches any text, `?` one character. */
  match?: string[];

  /** Names of the owners to keep, with the same wildcards. All other owners are removed. */
  keep?: string[];

  /** Removes only owners whose last write is at least this old. @defaultValue of any age */
  olderThan?: Age;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /** The owner that prunes. Its record is part of the writes, and it is not removed. @defaultValue `"routesync/prune"` */
  owner?: string;
}

/** The report of a prune or its dry run. */
export interface PruneReport extends SyncReport {
  /** The removed owners, sorted by name, with their patterns; absent if no owner was removed. */
  pruned?: { owner: string; routes: string[] }[];
}

/** Options of {@link rollbackRoutes}. */
export interface RollbackOptions extends GrowingWriteOptions {
  /** The owner whose changes are undone. */
  owner: string;

  /**
   * The number of the first change to undo, from {@link listHistory}. All later changes are also undone.
   *
   * @defaultValue the last change
   */
  to?: number;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/** Options of {@link listHistory}. */
export interface ListHistoryOptions extends StoreOptions {
  /** The namespace that holds the route table. */
  router: string;

  owner: string;
}

/** The changes of an owner that can be undone. */
export interface RoutesHistory {
  router: string;

  owner: string;

  /** The ETag of the state that was read. */
  etag: string;

  /** How many changes are kept, by {@link SyncOptions.history}; 0 if the owner keeps no history. */
  keep: number;

  /** The changes, the newest first. */
  changes: RoutesChange[];

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** A change of an owner's routes. */
export interface RoutesChange {
  /** The change's number, for {@link RollbackOptions.to}. */
  change: number;

  /** The time of the change, in seconds since 1970. */
  at: number;

  /** Patterns that the change added. A rollback removes them. */
  added: string[];

  /** Patterns that the change removed, or whose target it changed. A rollback restores their former target. */
  replaced: string[];
}

/**
 * Options of {@link repairRoutes}: those of {@link syncRoutes}. Options about declared routes require `routes`. The call always repairs
 * the table, and takes no pattern from others.
 */
export interface RepairOptions extends Omit<SyncOptions, "routes" | "repair" | "takeover" | "adopt"> {
  /** The owner of `routes`. */
  owner: string;

  /** The routes that should be live, as for {@link syncRoutes}. Without it, no route of the owner is added, changed or removed. */
  routes?: SyncOptions["routes"];

  /**
   * Also removes entries of others whose metadata is missing, and metadata of others that no entry names. Another distribution may
   * read such metadata, so read the report of a dry run first.
   *
   * @defaultValue `false`
   */
  foreign?: boolean;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/**
 * The report of a repair or its dry run. It describes the declared routes as in {@link SyncReport}. `repaired` lists the rewritten and
 * deleted keys, and the removed entries.
 */
export type RepairReport = SyncReport;

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

/** Options of {@link verifyRoutes}: a store alone, one of its routers, or the declared routes of an owner. */
export interface VerifyOptions extends StoreOptions {
  /** The router to verify. @defaultValue all routers of the store */
  router?: string;

  /** The owner of `routes`. */
  owner?: string;

  /** The part that declares `routes`, as in {@link SyncOptions.part}. */
  part?: string;

  /** Limits the declaration as in {@link SyncOptions.previous}, so that other routes of the owner are not reported. */
  previous?: Record<string, string | PreviousRoute>;

  /** The routes that should be live. Requires `router` and `owner`. */
  routes?: SyncOptions["routes"];

  /**
   * Also asks an edge location whether it serves the live table of `router`: up to 200 of its routes, each until the answer is right, for at
   * most 10 seconds by default. Requires `router`, and the option `probe` of routesync's edge function.
   *
   * @defaultValue the call does not ask the edge
   */
  edge?: Omit<EdgeOptions, "required">;
}

/** The result of a verification. */
export interface RoutesVerification {
  /** Whether no finding is a warning or an error. */
  ok: boolean;

  /** The ETag of the state that was verified. */
  etag: string;

  /** The findings, the most severe first. */
  findings: Finding[];

  /** The routers that were verified, and the number of entries of each. */
  routers: Record<string, number>;

  /** What the edge has shown. Absent without {@link VerifyOptions.edge}. */
  edge?: EdgeReport;

  /** The number of keys in the whole store, and the bytes of its keys and values. */
  store: { items: number; bytes: number };

  /** The requests that were sent, by operation. */
  requests: RequestCounts;
}

/** A fault in a live store. */
export interface Finding {
  code: FindingCode;

  /** `error`: requests fail or are routed wrongly. `warning`: some requests do, or a later deploy will fail. `info`: users notice nothing. */
  severity: "error" | "warning" | "info";

  /** What was found. */
  message: string;

  /** The effect on users. */
  effect: string;

  /** How to correct it. */
  remedy: string;

  /** The key with the fault. */
  key?: string;

  /** The route with the fault. */
  pattern?: string;

  /** The owner of the key or route: its name or id, or `SST`. */
  owner?: string;
}

/**
 * The code of a finding.
 *
 * | code | meaning |
 * |---|---|
 * | `TABLE_CORRUPT` | the table does not decode |
 * | `CHUNK_MISSING` | a chunk that the marker counts does not exist |
 * | `CHUNK_ORPHANED` | a chunk that no marker counts |
 * | `ENTRY_BREAKS_READER` | an entry that the edge function throws on |
 * | `METADATA_MISSING` | an entry's metadata does not exist |
 * | `METADATA_GARBLED` | an entry's metadata lacks fields that the edge function needs |
 * | `METADATA_ALTERED` | a declared route's metadata differs from the declared one |
 * | `FILES_MISSING` | a site lacks keys of files, or the record of its files |
 * | `METADATA_ORPHANED` | metadata of routesync, or a key of a site, that nothing refers to |
 * | `HISTORY_ORPHANED` | a part of a change that is in no owner's history |
 * | `HISTORY_DAMAGED` | a part of a change in an owner's history does not exist, or cannot be read |
 * | `METADATA_UNNAMED` | metadata of other writers that no entry names |
 * | `COLLISION` | entries of two holders have the same pattern |
 * | `ROUTE_MISSING` | a declared route is not live |
 * | `ROUTE_DIFFERS` | a declared route has another target |
 * | `ROUTE_UNDECLARED` | a route of the owner is live and not declared |
 * | `ROUTE_HELD` | another owner, or SST, holds a declared pattern |
 * | `RECORD_MISSING` | an owner has routes, but no record |
 * | `RECORD_GARBLED` | an owner's record cannot be read, or belongs to another owner |
 * | `RECORD_NEWER` | an owner's record was written by a newer version |
 * | `OWNER_EMPTY` | an owner without routes |
 * | `INDEX_MISSING` | the router wants an index, and its table has none |
 * | `INDEX_LATE` | a change of the table was interrupted before the pages of its index |
 * | `INDEX_STALE` | the index is that of another table |
 * | `INDEX_DAMAGED` | pages of the index are missing or altered |
 * | `INDEX_ORPHANED` | pages of an index that its ledger does not name |
 * | `INDEX_NEWER` | a newer version describes the table in its marker |
 * | `EDGE_DIFFERS` | the edge serves another route than the live table, or none |
 * | `EDGE_UNKNOWN` | the edge did not say which route it serves |
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
  | "OWNER_EMPTY"
  | "INDEX_MISSING"
  | "INDEX_LATE"
  | "INDEX_STALE"
  | "INDEX_DAMAGED"
  | "INDEX_ORPHANED"
  | "INDEX_NEWER"
  | "EDGE_DIFFERS"
  | "EDGE_UNKNOWN";

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

/**
 * The code of an error.
 *
 * | code | when | retryable |
 * |---|---|---|
 * | `INVALID_OPTION` | an option is missing, unknown, of the wrong type or outside its range | |
 * | `INVALID_ARN` | `store` is not the ARN of a KeyValueStore that can be reached | |
 * | `INVALID_PATTERN` | a pattern cannot be served as written | |
 * | `INVALID_TARGET` | a target cannot be served as written | |
 * | `LINT` | a lint rule with the level `error` found something | |
 * | `TOO_LARGE` | the set is larger than a store can hold or one call may declare | |
 * | `ROUTE_CONFLICT` | another declaration, or another owner's live route, claims the pattern | |
 * | `UNSAFE_PLAN` | the call would remove more than it may | |
 * | `PLAN_STALE` | the store has changed since the plan was made: plan again | |
 * | `SUPERSEDED` | the owner has already written with a later generation | |
 * | `NO_HISTORY` | the change to undo is not in the owner's history | |
 * | `NOT_RELEASABLE` | a route of the owner cannot be released | |
 * | `OWNER_ID_TAKEN` | live routes under this owner's id belong to another name | |
 * | `FORMAT_NEWER` | the store holds a record of a newer routesync: update | |
 * | `TABLE_CORRUPT` | the live table does not decode | |
 * | `SST_TABLE_LIMIT` | SST's own writers could no longer write the table | |
 * | `INDEX_TOO_LARGE` | the table would be too large for its index | |
 * | `STORE_FULL` | the store has no room left | |
 * | `STORE_GONE` | the store was deleted, or never existed | |
 * | `STORE_NOT_READY` | the store is still being provisioned | yes |
 * | `ACCESS_DENIED` | the service refused the credentials or their permissions | |
 * | `NO_CREDENTIALS` | no usable credentials were found | |
 * | `UNREACHABLE` | the service's host could not be reached | yes |
 * | `THROTTLED` | the service kept throttling until the deadline | yes |
 * | `SERVICE_ERROR` | the service gave an unknown answer | yes |
 * | `EDGE_NOT_CONFIRMED` | the routes are stored, but the edge did not serve them in time | yes |
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
  | "INDEX_TOO_LARGE"
  | "STORE_FULL"
  | "STORE_GONE"
  | "STORE_NOT_READY"
  | "ACCESS_DENIED"
  | "NO_CREDENTIALS"
  | "UNREACHABLE"
  | "THROTTLED"
  | "SERVICE_ERROR"
  | "EDGE_NOT_CONFIRMED"
  | "DEADLINE_EXCEEDED"
  | "ABORTED"
  | "NATIVE_MISSING"
  | "INTERNAL";

/** The facts behind an error. Only those that apply are set. */
export interface ErrorDetails {
  /** The path to the offending value in the options, such as `routes["/api"].readTimeout`. */
  path?: string;

  /** The lint rule that rejected the call. */
  rule?: LintRule;

  /** The key in the store that the error is about. */
  key?: string;

  /** The limit that was exceeded; its unit is in the message. */
  limit?: number;

  /** The value that exceeded `limit`. */
  actual?: number;

  /** The holder of the declared pattern: an owner's name, or `SST` for a route without owner. */
  holder?: string;

  /** Requests sent so far. */
  attempts?: number;

  /** Milliseconds since the call was made. */
  elapsedMs?: number;

  /** AWS's request id of the answer that caused the error. */
  requestId?: string;

  /** A description of the store's present state. */
  stands?: string;

  /** Whether a write was sent but not answered, so that it may still be applied. */
  mayStillLand?: boolean;
}

/** The configuration of the `routesync` command: options of {@link syncRoutes}. Flags and variables give the options that it lacks. */
export type RoutesConfig = {
  [K in keyof Omit<SyncOptions, "signal" | "onProgress">]?: SyncOptions[K] | undefined;
};

/**
 * Makes the configuration. `stage` is the value of `--stage` or `ROUTESYNC_STAGE`. If neither is given, an access to it is an
 * error. `env` is the environment.
 */
export type RoutesConfigFunction = (input: {
  stage: string;
  env: Record<string, string | undefined>;
}) => RoutesConfig | Promise<RoutesConfig>;

/** {@link ClientOptions} without credentials, so that a framework's state can hold them. `profile`, `assumeRole` or the environment gives the credentials. */
export type StateClient = Omit<ClientOptions, "credentials">;

/**
 * The {@link SyncOptions} that a resource passes on. The resource itself has options for the store, the routes and the client, and keeps
 * `part` and `previous`. It declares only some routes of an owner, so an empty set needs no `allowEmpty`. A framework calls it, so it has no
 * `signal` and no `onProgress`.
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
