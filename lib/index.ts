/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { isRouteSyncError, RouteSyncError } from "./errors";
export { readRoutes, syncRoutes } from "./routes";
