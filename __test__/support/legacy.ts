/**
 * The legacy router, written from the documentation of CloudFront and SST, without code of this package. It has behaviors in the order of
 * the declaration, with `/*` last. `*` matches any text, and `?` one character.
 */
import type { LegacyRoute, LegacyRoutes } from "routesync";

/** The result of a request: the origin, and the path that it receives. */
export interface Arrival {
  origin: string;
  uri: string;
}

export function legacyWinner(legacy: LegacyRoutes, uri: string): string | null {
  const patterns = Object.keys(legacy);
  const ordered = [...patterns.filter((pattern) => pattern !== "/*"), ...patterns.filter((p) => p === "/*")];
  return ordered.find((pattern) => expression(pattern).test(uri)) ?? null;
}

export function legacyArrival(legacy: LegacyRoutes, uri: string): Arrival | null {
  const pattern = legacyWinner(legacy, uri);
  if (pattern === null) return null;
  const target = legacy[pattern] as string | LegacyRoute;
  const { url, bucket, rewrite } = typeof target === "string" ? { url: target } : target;
  // The text as it is in the source of the edge function.
  const replace = new Function(
    "uri",
    `return uri.replace(new RegExp("${rewrite?.regex}"), "${rewrite?.to}")`,
  );
  return {
    origin: bucket === undefined ? new URL(url as string).host : (bucket as string),
    uri: rewrite ? (replace(uri) as string) : uri,
  };
}

function expression(pattern: string): RegExp {
  const parts = pattern.split(/([*?])/u).map((part) => {
    if (part === "*") return ".*";
    return part === "?" ? "." : part.replaceAll(/[\\^$.|+()[\]{}]/gu, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join("")}$`, "su");
}
