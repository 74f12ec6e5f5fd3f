/** The local edge: a server on loopback that acts as a location of CloudFront. */
import type { LocalEdge, LocalEdgeOptions } from "../../types/local-edge";

/**
 * Starts a server that runs the edge function for each request, as a distribution with one behavior does, and forwards the request to the
 * origin that the function has chosen. A viewer chooses the host with the `Host` header. The server does not keep the process running.
 *
 * @throws `RouteSyncError` `INVALID_OPTION` for an option that is unknown or has another form, for a function that CloudFront would
 * not accept, and for a port in use.
 *
 * @example
 * ```ts
 * import { startLocalEdge, startLocalStore } from "routesync/testing";
 *
 * await using store = await startLocalStore();
 * await using edge = await startLocalEdge({ store, router: "678a", origins: { "api.example": "http://127.0.0.1:4000" } });
 * const { status } = await fetch(`${edge.url}/api`);
 * console.log(status, edge.requests());
 * ```
 */
export async function startLocalEdge(options: LocalEdgeOptions): Promise<LocalEdge> {
  // The packages that the edge needs are loaded only for it.
  const { start } = require("./start") as typeof import("./start");
  return start(options);
}
