/** The public functions on a store. */
import type {
  ApplyOptions,
  ExplainRoutesOptions,
  ExplainStoreOptions,
  ExplainTableOptions,
  Explanation,
  ListHistoryOptions,
  ListOwnersOptions,
  LiveRoutes,
  PruneOptions,
  PruneReport,
  ReadOptions,
  ReleaseOptions,
  RemoveOptions,
  RepairOptions,
  RepairReport,
  RollbackOptions,
  RouterOwners,
  RoutesCheck,
  RoutesHistory,
  RoutesPlan,
  RoutesVerification,
  SyncOptions,
  SyncReport,
  VerifyOptions,
} from "./types";
import { checked, invoke } from "./call";
import { encode, withUndefined } from "./encode";
import { native } from "./native";
import { callSite, fromNative, placed } from "./thrown";

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
export function syncRoutes(options: SyncOptions | ApplyOptions): Promise<SyncReport> {
  return invoke("syncRoutes", syncRoutes, options);
}

/**
 * Removes all routes of an owner from a router, and succeeds also when the store is gone: for what tears down a stage or a
 * preview. Its history goes too, and is not kept any more. The owner's record stays, with its `generation`; {@link pruneOwners} removes it. Calls of one process share commits with
 * {@link syncRoutes}.
 */
export function removeRoutes(options: RemoveOptions): Promise<SyncReport> {
  return invoke("removeRoutes", removeRoutes, options);
}

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
export function pruneOwners(options: PruneOptions): Promise<PruneReport> {
  return invoke("pruneOwners", pruneOwners, options);
}

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
export function rollbackRoutes(options: RollbackOptions): Promise<SyncReport> {
  return invoke("rollbackRoutes", rollbackRoutes, options);
}

/** The changes of an owner that {@link rollbackRoutes} can undo, the newest first. Writes nothing. */
export function listHistory(options: ListHistoryOptions): Promise<RoutesHistory> {
  return invoke("listHistory", listHistory, options);
}

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
export function releaseRoutes(options: ReleaseOptions): Promise<SyncReport> {
  return invoke("releaseRoutes", releaseRoutes, options);
}

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
export function repairRoutes(options: RepairOptions): Promise<RepairReport> {
  return invoke("repairRoutes", repairRoutes, options);
}

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
export function checkRoutes(options: SyncOptions): RoutesCheck {
  try {
    const { signal: _signal, onProgress: _onProgress, ...declared } = checked(options);
    return JSON.parse(native().checkRoutes(encode(withUndefined(declared)))) as RoutesCheck;
  } catch (thrown) {
    throw placed(fromNative(thrown), callSite(checkRoutes));
  }
}

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
export function planRoutes(options: SyncOptions): Promise<RoutesPlan> {
  return invoke("planRoutes", planRoutes, options);
}

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
export function readRoutes(options: ReadOptions): Promise<LiveRoutes> {
  return invoke("readRoutes", readRoutes, options);
}

/**
 * Who has routes in a router, and when each last wrote. Writes nothing.
 *
 * Rejects like {@link syncRoutes}; a table that does not decode is `TABLE_CORRUPT`.
 */
export function listOwners(options: ListOwnersOptions): Promise<RouterOwners> {
  return invoke("listOwners", listOwners, options);
}

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
export function verifyRoutes(options: VerifyOptions): Promise<RoutesVerification> {
  return invoke("verifyRoutes", verifyRoutes, options);
}

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
): Promise<Explanation> {
  return invoke("explainRoute", explainRoute, options);
}
