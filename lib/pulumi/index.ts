/**
 * Routes as Pulumi resources, also inside SST.
 *
 * @packageDocumentation
 */
export { Routes } from "./routes";
export { Router } from "./router";
export { sstNamespace } from "./namespace";
export type * from "./args";
export type { PassedOptions, StateClient } from "../types";
