/** What a configuration declares, as the options of `planRoutes` and `syncRoutes`. */
import type { SyncOptions } from "../types";
import type { Run } from "./command";
import { need, reach } from "./settings";
import type { Settings } from "./settings";

/** All options of the configuration: those that are none are refused by the function that takes them. */
export function declared(run: Run, settings: Settings): SyncOptions {
  return {
    ...settings.options,
    ...reach(run, settings),
    router: need(settings, "router"),
    owner: need(settings, "owner"),
    routes: need(settings, "routes"),
  };
}
