/** The options of `planRoutes` and `syncRoutes` from a configuration. */
import type { SyncOptions } from "../types";
import type { Run } from "./command";
import { need, reach } from "./settings";
import type { Settings } from "./settings";

/** All options of the configuration. The called function rejects unknown ones. */
export function declared(run: Run, settings: Settings): SyncOptions {
  return {
    ...settings.options,
    ...reach(run, settings),
    router: need(settings, "router"),
    owner: need(settings, "owner"),
    routes: need(settings, "routes"),
  };
}
