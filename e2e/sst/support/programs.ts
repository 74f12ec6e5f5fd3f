/** Bodies of `run()`, and what SST makes of their names. */
import { createHash } from "node:crypto";

/** With this first, routesync writes the routes. */
export const INSTALL = `(await import("routesync/sst")).install();`;

/** A router with a route to each URL, and what `more` declares. */
export function router(routes: Record<string, string>, ...more: string[]): string {
  const declared = Object.entries(routes).map(([pattern, url]) => `router.route("${pattern}", "${url}");`);
  const lines = [`const router = new sst.aws.Router("MyRouter");`, ...declared, ...more];
  return [...lines, "return { distribution: router.distributionID };"].join("\n");
}

/** The namespace of a component: of a router, a site, or a function; of a route, `<router>Route<pattern>`. */
export function namespace(component: string, app = "shop", stage = "dev"): string {
  return createHash("md5").update(`${app}-${stage}-${component}`).digest("hex").slice(0, 4);
}

/** The entry of a route of MyRouter, and its metadata by key. */
export function stored(pattern: string, metadata: string): { entry: string; keys: Record<string, string> } {
  const ns = namespace(`MyRouterRoute${pattern}`);
  return { entry: `url,${ns},,${pattern}`, keys: { [`${ns}:metadata`]: metadata } };
}
