/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { defineRoutes } from "./define";
export { isRouteSyncError, RouteSyncError } from "./errors";
export { migrateRoutes } from "./migrate";
export {
  explainRoute,
  listHistory,
  listOwners,
  planRoutes,
  pruneOwners,
  readRoutes,
  releaseRoutes,
  removeRoutes,
  repairRoutes,
  rollbackRoutes,
  syncRoutes,
  verifyRoutes,
} from "./routes";
