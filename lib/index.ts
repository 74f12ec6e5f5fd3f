/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { defineRoutes } from "./define";
export { isRouteSyncError, RouteSyncError } from "./errors";
export { listOwners, planRoutes, readRoutes, removeRoutes, syncRoutes, verifyRoutes } from "./routes";
