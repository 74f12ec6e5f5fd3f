/** The configuration of the `routesync` command. */
import type { SyncOptions } from "./sync";

/** What a configuration of the `routesync` command says: options of {@link syncRoutes}. Those that are left out, a flag or a variable gives. */
export type RoutesConfig = {
  [K in keyof Omit<SyncOptions, "signal" | "onProgress">]?: SyncOptions[K] | undefined;
};

/**
 * Makes the configuration. `stage` is that of `--stage` or `ROUTESYNC_STAGE`; to ask for it where neither is given is an
 * error. `env` is the environment.
 */
export type RoutesConfigFunction = (input: {
  stage: string;
  env: Record<string, string | undefined>;
}) => RoutesConfig | Promise<RoutesConfig>;
