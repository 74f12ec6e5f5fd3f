/** The public functions on a store. What they take, give and promise is in `index.d.ts`. */
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
} from "../index";
import { checked, invoke } from "./call";
import { encode, withUndefined } from "./encode";
import { callSite, fromNative, placed } from "./errors";
import { native } from "./native";

export function checkRoutes(options: SyncOptions): RoutesCheck {
  try {
    const { signal: _signal, onProgress: _onProgress, ...declared } = checked(options);
    return JSON.parse(native().checkRoutes(encode(withUndefined(declared)))) as RoutesCheck;
  } catch (thrown) {
    throw placed(fromNative(thrown), callSite(checkRoutes));
  }
}

export const syncRoutes = (options: SyncOptions | ApplyOptions): Promise<SyncReport> =>
  invoke("syncRoutes", syncRoutes, options);

export const removeRoutes = (options: RemoveOptions): Promise<SyncReport> =>
  invoke("removeRoutes", removeRoutes, options);

export const pruneOwners = (options: PruneOptions): Promise<PruneReport> =>
  invoke("pruneOwners", pruneOwners, options);

export const rollbackRoutes = (options: RollbackOptions): Promise<SyncReport> =>
  invoke("rollbackRoutes", rollbackRoutes, options);

export const listHistory = (options: ListHistoryOptions): Promise<RoutesHistory> =>
  invoke("listHistory", listHistory, options);

export const releaseRoutes = (options: ReleaseOptions): Promise<SyncReport> =>
  invoke("releaseRoutes", releaseRoutes, options);

export const repairRoutes = (options: RepairOptions): Promise<RepairReport> =>
  invoke("repairRoutes", repairRoutes, options);

export const planRoutes = (options: SyncOptions): Promise<RoutesPlan> =>
  invoke("planRoutes", planRoutes, options);

export const readRoutes = (options: ReadOptions): Promise<LiveRoutes> =>
  invoke("readRoutes", readRoutes, options);

export const listOwners = (options: ListOwnersOptions): Promise<RouterOwners> =>
  invoke("listOwners", listOwners, options);

export const verifyRoutes = (options: VerifyOptions): Promise<RoutesVerification> =>
  invoke("verifyRoutes", verifyRoutes, options);

export const explainRoute = (
  options: ExplainTableOptions | ExplainRoutesOptions | ExplainStoreOptions,
): Promise<Explanation> => invoke("explainRoute", explainRoute, options);
