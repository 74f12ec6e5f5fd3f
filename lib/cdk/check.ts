/** Checks a declaration at synthesis. Tokens get their values only during the deploy, so the check leaves them out. */
import { Token } from "aws-cdk-lib";

import type { RouteTarget, SyncOptions } from "../types";
import { isRouteSyncError, RouteSyncError } from "../errors";
import { checkRoutes } from "../routes";

/** Valid values in the place of tokens, for required options. */
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
    // There is no binary on this machine. The function has one, and checks during the deploy.
    if (error.code === "NATIVE_MISSING") return;
    // The level of the lint rule is not known yet, and may allow this.
    if (error.code === "LINT" && hasToken(declared.lint)) return;
    throw error;
  }
}

/** Rejects an empty set. The function calls with `allowEmpty`, so a set that is empty by mistake would remove all routes. */
function refuseEmpty(routes: unknown): void {
  const empty = typeof routes === "object" && routes !== null && Object.keys(routes).length === 0;
  if (!empty || Token.isUnresolved(routes)) return;
  const message = "routes: is empty; expected at least one route. To remove all routes, remove the construct";
  throw new RouteSyncError({ code: "INVALID_OPTION", message, details: { path: "routes" } });
}

function known({ store, router, owner, routes, ...rest }: SyncOptions): SyncOptions {
  const options = Object.fromEntries(Object.entries(rest).filter(([, value]) => !hasToken(value)));
  const patterns = hasToken(Object.keys(routes ?? {})) || Token.isUnresolved(routes);
  // A check of `takeover` needs all declared patterns, and some are not known yet.
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
  // `checkRoutes` rejects a value that is not an object.
  if (typeof routes !== "object" || routes === null) return routes;
  const entries = Object.entries(routes).filter(([pattern]) => !hasToken(pattern));
  return Object.fromEntries(entries.map(([pattern, target]) => [pattern, knownTarget(target)]));
}

/** The target with values in the place of its tokens. If it has tokens besides `url` and `bucket`, only the pattern is checked. */
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
  // A construct contains tokens and refers to itself. `checkRoutes` rejects it as an option.
  if (typeof value !== "object" || value === null || !isPlain(value)) return false;
  return Object.entries(value).some(([key, inner]) => Token.isUnresolved(key) || hasToken(inner));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
