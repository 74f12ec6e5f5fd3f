/**
 * routesync: makes the routes a program declares the routes that are live in a CloudFront KeyValueStore.
 *
 * @packageDocumentation
 */
export {
  syncRoutes,
  removeRoutes,
  pruneOwners,
  rollbackRoutes,
  listHistory,
  releaseRoutes,
  repairRoutes,
  checkRoutes,
  planRoutes,
  readRoutes,
  listOwners,
  verifyRoutes,
  explainRoute,
} from "./routes";
export { migrateRoutes } from "./migrate";
export { defineRoutes } from "./define";
export { isRouteSyncError, RouteSyncError } from "./errors";
export type * from "./types";
