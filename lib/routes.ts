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
  SetIndexOptions,
  SyncOptions,
  SyncReport,
  VerifyOptions,
} from "./types";
import { checked, invoke } from "./call";
import { encode, withUndefined } from "./encode";
import { native } from "./native";
import { callSite, fromNative, placed } from "./thrown";

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
export function syncRoutes(options: SyncOptions | ApplyOptions): Promise<SyncReport> {
  return invoke("syncRoutes", syncRoutes, options);
}

/**
 * Removes all routes of an owner from a router. Use it to tear down a stage or a preview. It also succeeds if the store no longer
 * exists. The owner's history is also removed, and no longer kept. The owner's record stays, with its `generation`;
 * {@link pruneOwners} removes it. The call shares commits with {@link syncRoutes} calls of the same process.
 */
export function removeRoutes(options: RemoveOptions): Promise<SyncReport> {
  return invoke("removeRoutes", removeRoutes, options);
}

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
export function pruneOwners(options: PruneOptions): Promise<PruneReport> {
  return invoke("pruneOwners", pruneOwners, options);
}

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
export function rollbackRoutes(options: RollbackOptions): Promise<SyncReport> {
  return invoke("rollbackRoutes", rollbackRoutes, options);
}

/** The changes of an owner that {@link rollbackRoutes} can undo, the newest first. Writes nothing. */
export function listHistory(options: ListHistoryOptions): Promise<RoutesHistory> {
  return invoke("listHistory", listHistory, options);
}

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
export function releaseRoutes(options: ReleaseOptions): Promise<SyncReport> {
  return invoke("releaseRoutes", releaseRoutes, options);
}

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
export function setIndex(options: SetIndexOptions): Promise<SyncReport> {
  return invoke("setIndex", setIndex, options);
}

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
export function repairRoutes(options: RepairOptions): Promise<RepairReport> {
  return invoke("repairRoutes", repairRoutes, options);
}

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
export function checkRoutes(options: SyncOptions): RoutesCheck {
  try {
    const { signal: _signal, onProgress: _onProgress, ...declared } = checked(options);
    return JSON.parse(native().checkRoutes(encode(withUndefined(declared)))) as RoutesCheck;
  } catch (thrown) {
    throw placed(fromNative(thrown), callSite(checkRoutes));
  }
}

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
export function planRoutes(options: SyncOptions): Promise<RoutesPlan> {
  return invoke("planRoutes", planRoutes, options);
}

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
export function readRoutes(options: ReadOptions): Promise<LiveRoutes> {
  return invoke("readRoutes", readRoutes, options);
}

/**
 * Lists the owners of routes in a router, with the time of their last write. Writes nothing.
 *
 * Rejects like {@link syncRoutes}. A table that does not decode is `TABLE_CORRUPT`.
 */
export function listOwners(options: ListOwnersOptions): Promise<RouterOwners> {
  return invoke("listOwners", listOwners, options);
}

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
export function verifyRoutes(options: VerifyOptions): Promise<RoutesVerification> {
  return invoke("verifyRoutes", verifyRoutes, options);
}

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
): Promise<Explanation> {
  return invoke("explainRoute", explainRoute, options);
}
