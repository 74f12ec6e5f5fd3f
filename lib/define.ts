/** The typed configuration of the command line. */
import type { RoutesConfig, RoutesConfigFunction } from "./types";

/**
 * Returns its argument, and thereby types the configuration of the `routesync` command. Use it for the default export of
 * `routes.config.ts`. docs/cli.md describes the other forms of configuration.
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
