/** The configuration of the command line, typed. */
import type { RoutesConfig, RoutesConfigFunction } from "../index";

export const defineRoutes = <const T extends RoutesConfig | RoutesConfigFunction>(config: T): T => config;
