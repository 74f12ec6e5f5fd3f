/** From the legacy form. What maps to what, and what there is to say, is native code's to decide. */
import type { LegacyRoutes, MigrateOptions, Migration } from "./types";
import { invoke } from "./call";

/**
 * Makes routes of the object that SST's `Router` took as `routes`, before `router.route()`, and says what does not map. There each route was a
 * cache behaviour: the first path pattern that matched won, and each had its own cache policy and edge code. In a route table
 * the longest prefix wins, and policy and code are the router's. Where a note has an example, both sides were asked for
 * its URL; where no note has a `severity` above `info`, no URL is answered otherwise.
 *
 * Values are plain: take those of Outputs first, with `.apply()`. The routes are for any host. Sends nothing.
 *
 * Rejects with `INVALID_OPTION` and a path such as `legacy["/api/*"].rewrite.regex` what the legacy router could not have been deployed
 * with, more than 250 routes, and a pattern in `only` that is not there.
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
 * Puts a component's type in the place of a component, in targets and in their addresses: all else in it are
 * promises of values. What the type needs instead of it, a note says.
 */
function marked(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  const record = value as Record<string, unknown>;
  if (record["__pulumiResource"] === true) return { __pulumiType: String(record["__pulumiType"]) };
  // An Output, a promise or what is no record is refused with its place.
  if (depth === 0 || Object.prototype.toString.call(value) !== "[object Object]") return value;
  if ("__pulumiOutput" in value || "then" in value || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner, depth - 1)]));
}
