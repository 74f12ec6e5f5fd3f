/** Unknown values in previews, which come from resources that do not exist yet. The rest of a declaration is checked without them. */
import type { RouteTarget } from "../../types";
import type { Declared } from "./state";

/** The value that Pulumi's SDK passes to providers for an unknown value. It is part of Pulumi's wire format. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === UNKNOWN;
  return Object.values(value).some(hasUnknown);
}

/** The declaration with a valid value in the place of each unknown value, to check the rest. */
export function filled(declared: Declared): Declared {
  const {
    store = "arn:aws:cloudfront::000000000000:key-value-store/00000000-0000-0000-0000-000000000000",
    router = "0000",
    owner = "unknown",
    routes = {},
    ...options
  } = known(declared);
  return { ...options, store, router, owner, part: declared.part, routes: targets(routes) } as Declared;
}

function targets(routes: Record<string, unknown>): Record<string, RouteTarget> {
  return Object.fromEntries(
    Object.entries(routes).map(([pattern, target]) => [
      pattern,
      (hasUnknown(target) ? standIn(target) : target) as RouteTarget,
    ]),
  );
}

function standIn(target: unknown): unknown {
  const { url, bucket, ...rest } = typeof target === "object" ? (target as Record<string, unknown>) : {};
  // Another value is also unknown, so only the pattern can be checked.
  if (hasUnknown(rest)) return "https://unknown.example";
  if (bucket === UNKNOWN) return { bucket: "unknown.s3.us-east-1.amazonaws.com", ...rest };
  return url === UNKNOWN ? { url: "https://unknown.example", ...rest } : "https://unknown.example";
}

function known(declared: Declared): Partial<Declared> {
  return Object.fromEntries(
    Object.entries(declared).filter(([key, value]) =>
      key === "routes" ? value !== UNKNOWN : !hasUnknown(value),
    ),
  ) as Partial<Declared>;
}
