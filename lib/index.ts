/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { defineRoutes } from "./define";
export { isRouteSyncError, RouteSyncError } from "./errors";
export { migrateRoutes } from "./migrate";
export {
  explainRoute,
  listOwners,
  planRoutes,
  pruneOwners,
  readRoutes,
  removeRoutes,
  repairRoutes,
  syncRoutes,
  verifyRoutes,
} from "./routes";
