/** The configuration of the command line, typed. */
import type { RoutesConfig, RoutesConfigFunction } from "../index";

export const defineRoutes = <T extends RoutesConfig | RoutesConfigFunction>(config: T): T => config;
