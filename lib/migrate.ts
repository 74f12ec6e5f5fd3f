/** From the legacy form. What maps to what, and what there is to say, is native code's to decide. */
import type { LegacyRoutes, MigrateOptions, Migration } from "../index";
import { invoke } from "./call";

export const migrateRoutes = (legacy: LegacyRoutes, options?: MigrateOptions): Promise<Migration> =>
  invoke("migrateRoutes", migrateRoutes, { legacy: marked(legacy, 2), options } as object);

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
