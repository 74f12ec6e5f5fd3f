/** The public functions on a store. What they take, give and promise is in `index.d.ts`. */
import type { ApplyOptions, LiveRoutes, ReadOptions, RoutesPlan, SyncOptions, SyncReport } from "../index";
import { invoke } from "./call";

export const syncRoutes = (options: SyncOptions | ApplyOptions): Promise<SyncReport> =>
  invoke("syncRoutes", syncRoutes, options);

export const planRoutes = (options: SyncOptions): Promise<RoutesPlan> =>
  invoke("planRoutes", planRoutes, options);

export const readRoutes = (options: ReadOptions): Promise<LiveRoutes> =>
  invoke("readRoutes", readRoutes, options);
