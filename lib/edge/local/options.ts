/** Checks the options of `startLocalEdge`. */
import { statSync } from "node:fs";

import { RouteSyncError } from "../../errors";
import type { LocalEdgeOptions } from "../../types/local-edge";
import { edgeFunction, FUNCTION_BYTES } from "../function";

/** Where an origin is: the URL of a server, or a folder. */
export type Place = { server: URL } | { folder: string };

export interface Checked {
  code: string;
  places: Map<string, Place>;
  port: number;
}

const KNOWN = ["store", "arn", "router", "function", "origins", "cache", "lagMs", "port", "onRequest"];

/** The store keeps former values for a minute. */
const LONGEST_LAG_MS = 60_000;

export function checked(options: LocalEdgeOptions): Checked {
  if (typeof options !== "object" || options === null)
    throw invalid("options", String(options), "an object with store and router");
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw invalid(unknown, "an unknown option", KNOWN.join(", "));
  const { store, arn, cache, lagMs, onRequest, port = 0 } = options;
  if (typeof store?.value !== "function")
    throw invalid("store", shown(store), "the store of startLocalStore()");
  if (arn !== undefined && typeof arn !== "string") throw invalid("arn", shown(arn), "the ARN of a store");
  if (cache !== undefined && typeof cache !== "boolean")
    throw invalid("cache", shown(cache), "true or false");
  if (onRequest !== undefined && typeof onRequest !== "function")
    throw invalid("onRequest", shown(onRequest), "a function");
  if (lagMs !== undefined && typeof lagMs !== "function") lagOf(lagMs);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid("port", shown(port), "a whole number from 0 to 65535");
  // An ARN of no store is an error now, and not in each request.
  store.value("", arn);
  return { code: codeOf(options), places: placesOf(options.origins ?? {}), port };
}

function codeOf({ function: text, router }: LocalEdgeOptions): string {
  if (text === undefined) {
    if (router === undefined) throw invalid("router", "nothing", "the namespace of the route table");
    return edgeFunction({ router, probe: true });
  }
  if (typeof text !== "string") throw invalid("function", shown(text), "the text of a function");
  const bytes = Buffer.byteLength(text);
  if (bytes > FUNCTION_BYTES)
    throw invalid("function", `${bytes} bytes`, `at most ${FUNCTION_BYTES} bytes, as CloudFront accepts`);
  return text;
}

/** A host of the declaration, with a port if it has one. */
const HOST = /^[\w.-]+(:\d{1,5})?$/u;

function placesOf(origins: Record<string, string>): Map<string, Place> {
  if (typeof origins !== "object" || origins === null || Symbol.iterator in origins)
    throw invalid("origins", shown(origins), "a server or a folder for each host");
  return new Map(
    Object.entries(origins).map(([host, target]) => {
      const path = `origins[${JSON.stringify(host)}]`;
      if (host !== "*" && !HOST.test(host))
        throw invalid(path, JSON.stringify(host), "a host such as api.example, or *");
      return [host.toLowerCase(), placeOf(path, target)];
    }),
  );
}

function placeOf(path: string, target: unknown): Place {
  const expected = "http://host:port without a path, or a folder";
  if (typeof target !== "string" || target === "") throw invalid(path, shown(target), expected);
  if (/^[a-z][a-z\d+.-]+:\/\//iu.test(target)) {
    const server = URL.canParse(target) ? new URL(target) : undefined;
    if (server?.protocol !== "http:" || server.pathname !== "/" || server.search || server.username)
      throw invalid(path, target, expected);
    return { server };
  }
  if (!statSync(target, { throwIfNoEntry: false })?.isDirectory())
    throw invalid(path, `${JSON.stringify(target)}, which is no folder`, expected);
  return { folder: target };
}

/** A lag, in whole milliseconds. */
export function lagOf(lagMs: unknown): number {
  if (typeof lagMs === "number" && lagMs >= 0 && lagMs <= LONGEST_LAG_MS) return Math.round(lagMs);
  throw invalid(
    "lagMs",
    shown(lagMs),
    `a number from 0 to ${LONGEST_LAG_MS}, or a function of a key that returns one`,
  );
}

const shown = (value: unknown): string =>
  typeof value === "function" || value === undefined ? typeof value : (JSON.stringify(value) ?? typeof value);

export function invalid(path: string, found: string, expected: string): RouteSyncError {
  const message = `${path}: found ${found}; expected ${expected}`;
  return new RouteSyncError({ code: "INVALID_OPTION", message, details: { path } });
}
