/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { isRouteSyncError, RouteSyncError } from "./errors";
export {
  listOwners,
  planRoutes,
  pruneOwners,
  readRoutes,
  removeRoutes,
  repairRoutes,
  syncRoutes,
  verifyRoutes,
} from "./routes";
