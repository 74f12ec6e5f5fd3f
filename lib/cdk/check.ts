/** What is wrong with a declaration is found at synthesis, as far as it is known then: tokens get their values during the deploy. */
import { Token } from "aws-cdk-lib";

import type { RouteTarget, SyncOptions } from "../types";
import { isRouteSyncError, RouteSyncError } from "../errors";
import { checkRoutes } from "../routes";

/** Values that stand for tokens where an option is needed. */
const STORE = "arn:aws:cloudfront::000000000000:key-value-store/token";
const NAME = "token";
const URL = "https://token.example";
const BUCKET = "token.s3.us-east-1.amazonaws.com";

export function checkDeclared(declared: SyncOptions): void {
  refuseEmpty(declared.routes);
  try {
    checkRoutes(known(declared));
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    // The function has its own binary; without one here, it finds out during the deploy.
    if (error.code === "NATIVE_MISSING") return;
    // A level that is not known yet may allow it.
    if (error.code === "LINT" && hasToken(declared.lint)) return;
    throw error;
  }
}

/** The function lets an update remove every route, so a set that was lost on the way would do that. */
function refuseEmpty(routes: unknown): void {
  const empty = typeof routes === "object" && routes !== null && Object.keys(routes).length === 0;
  if (!empty || Token.isUnresolved(routes)) return;
  const message =
    "routes: is empty; expected at least one route. To remove all of them, leave the construct out";
  throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "routes" } });
}

function known({ store, router, owner, routes, ...rest }: SyncOptions): SyncOptions {
  const options = Object.fromEntries(Object.entries(rest).filter(([, value]) => !hasToken(value)));
  const patterns = hasToken(Object.keys(routes ?? {})) || Token.isUnresolved(routes);
  // Patterns to take over must be among the declared ones, of which some are not known.
  if (patterns) delete options["takeover"];
  return {
    ...options,
    store: hasToken(store) ? STORE : store,
    router: hasToken(router) ? NAME : router,
    owner: hasToken(owner) ? NAME : owner,
    routes: Token.isUnresolved(routes) ? { "/": URL } : knownRoutes(routes),
  };
}

function knownRoutes(routes: SyncOptions["routes"]): SyncOptions["routes"] {
  // What is no record is refused as it is.
  if (typeof routes !== "object" || routes === null) return routes;
  const entries = Object.entries(routes).filter(([pattern]) => !hasToken(pattern));
  return Object.fromEntries(entries.map(([pattern, target]) => [pattern, knownTarget(target)]));
}

/** Of a target with other tokens than its place, only the pattern is checked. */
function knownTarget(target: RouteTarget | undefined): RouteTarget | undefined {
  if (!hasToken(target)) return target;
  if (typeof target !== "object" || target === null || Token.isUnresolved(target)) return URL;
  const { url, bucket } = target as { url?: unknown; bucket?: unknown };
  const placed = {
    ...target,
    ...(hasToken(url) && { url: URL }),
    ...(hasToken(bucket) && { bucket: BUCKET }),
  };
  return hasToken(placed) ? URL : (placed as RouteTarget);
}

function hasToken(value: unknown): boolean {
  if (Token.isUnresolved(value)) return true;
  if (Array.isArray(value)) return value.some(hasToken);
  // A construct has tokens and no end; as an option it is refused.
  if (typeof value !== "object" || value === null || !isPlain(value)) return false;
  return Object.entries(value).some(([key, inner]) => Token.isUnresolved(key) || hasToken(inner));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
