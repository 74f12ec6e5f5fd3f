/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { defineRoutes } from "./define";
export { isRouteSyncError, RouteSyncError } from "./errors";
export { migrateRoutes } from "./migrate";
export {
  checkRoutes,
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
