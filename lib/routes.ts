/** The public functions on a store. What they take, give and promise is in `index.d.ts`. */
import type { LiveRoutes, ReadOptions, SyncOptions, SyncReport } from "../index";
import { invoke } from "./call";

export const syncRoutes = (options: SyncOptions): Promise<SyncReport> =>
  invoke("syncRoutes", syncRoutes, options);

export const readRoutes = (options: ReadOptions): Promise<LiveRoutes> =>
  invoke("readRoutes", readRoutes, options);
