/** The migration from the legacy form. Native code makes the routes and the notes. */
import type { LegacyRoutes, MigrateOptions, Migration } from "./types";
import { invoke } from "./call";

/**
 * Converts the legacy `routes` object of SST's `Router`, from before `router.route()`, to routes, and reports the differences as notes. In
 * the legacy router, each route was a cache behavior: the first matching path pattern won, and each route had its own cache policy and edge
 * code. In a route table, the longest prefix wins, and the router has the policy and the code. The example of a note was evaluated against
 * both routers. If no note has a `severity` above `info`, no answer changes.
 *
 * Values must be plain: resolve Outputs first, with `.apply()`. The routes are for any host. Sends nothing.
 *
 * Rejects with `INVALID_OPTION`, and a path such as `legacy["/api/*"].rewrite.regex`, for values that the legacy router would not have
 * accepted, for more than 250 routes, and for an unknown pattern in `only`.
 *
 * @example
 * ```ts
 * const { routes, notes } = await migrateRoutes({
 *   "/*": "https://shop.example",
 *   "/api/*": { url: api.url, rewrite: { regex: "^/api/(.*)$", to: "/$1" } },
 *   "/*.jpg": { bucket: "images.s3.us-east-1.amazonaws.com" },
 * });
 * for (const { severity, pattern, message, example } of notes) console.log(severity, pattern, message, example);
 * await syncRoutes({ store, router: "678a", owner: "shop/production", routes });
 * ```
 */
export function migrateRoutes(legacy: LegacyRoutes, options?: MigrateOptions): Promise<Migration> {
  return invoke("migrateRoutes", migrateRoutes, { legacy: marked(legacy, 2), options } as object);
}

/**
 * Replaces a component by its type, in targets and their `url` and `bucket`, since the component's other values are promises. A note
 * names the value that the target needs instead.
 */
function marked(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record["__pulumiResource"] === true) return { __pulumiType: String(record["__pulumiType"]) };
  // Native code rejects an Output, a promise or another value that is not a record, with its place.
  if (depth === 0 || Object.prototype.toString.call(value) !== "[object Object]") return value;
  if ("__pulumiOutput" in value || "then" in value || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner, depth - 1)]));
}
