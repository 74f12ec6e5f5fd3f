/** The configuration of the `routesync` command. */
import type { SyncOptions } from "./sync";

/** The configuration of the `routesync` command: options of {@link syncRoutes}. Flags and variables give the options that it lacks. */
export type RoutesConfig = {
  [K in keyof Omit<SyncOptions, "signal" | "onProgress">]?: SyncOptions[K] | undefined;
};

/**
 * Makes the configuration. `stage` is the value of `--stage` or `ROUTESYNC_STAGE`. If neither is given, an access to it is an
 * error. `env` is the environment.
 */
export type RoutesConfigFunction = (input: {
  stage: string;
  env: Record<string, string | undefined>;
}) => RoutesConfig | Promise<RoutesConfig>;
