/** The public entry. Its contract, with all documentation, is `index.d.ts`. */
export { isRouteSyncError, RouteSyncError } from "./errors";
export { planRoutes, readRoutes, syncRoutes } from "./routes";
