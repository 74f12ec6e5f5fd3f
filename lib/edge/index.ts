/**
 * The edge function: what a distribution runs for each request to serve the routes of a router.
 *
 * @packageDocumentation
 */
export { edgeFunction, FUNCTION_BYTES } from "./function";
export type * from "../types/edge-function";
