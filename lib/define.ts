/** The configuration of the command line, typed. */
import type { RoutesConfig, RoutesConfigFunction } from "./types";

/**
 * Gives back what it is given: the configuration of the `routesync` command, typed. It is the default export of
 * `routes.config.ts`; docs/cli.md says what else may hold it.
 *
 * @example
 * ```ts
 * import { defineRoutes } from "routesync";
 *
 * export default defineRoutes(({ stage, env }) => ({
 *   store: env.STORE_ARN,
 *   router: "678a",
 *   owner: `shop/${stage}`,
 *   routes: { "/api": "https://abc123.lambda-url.us-east-1.on.aws" },
 * }));
 * ```
 */
export function defineRoutes(config: RoutesConfigFunction): RoutesConfigFunction;
export function defineRoutes(config: RoutesConfig): RoutesConfig;
export function defineRoutes(
  config: RoutesConfig | RoutesConfigFunction,
): RoutesConfig | RoutesConfigFunction {
  return config;
}
