/**
 * routesync deploys declared routes to a CloudFront KeyValueStore and keeps them in sync, safely under concurrent writers.
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
  setIndex,
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
