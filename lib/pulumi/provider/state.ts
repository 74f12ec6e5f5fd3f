/** What Pulumi's engine hands over and keeps. */
import type { RouteTarget, SyncOptions, SyncReport } from "../../types";

/** What the program declares, as the engine resolved it. */
export interface Declared {
  store: string;
  router: string;
  owner: string;
  /** The resource's URN when it was made. */
  part: string;
  routes: Record<string, RouteTarget>;
  /** Of this run of the program alone: never kept. */
  session?: Session;
  /** The options that are passed on. */
  [option: string]: unknown;
}

export interface Session {
  preview: boolean;
  /** A target is a secret: no plan is shown. */
  secret: boolean;
}

/** What the state keeps. */
export interface State extends Declared {
  ids: Record<string, string>;
  etag: string;
  /** Of a refresh: pattern → what was found of a route that is not live as it was made. */
  drift?: Record<string, string>;
}

/** Keys that are no options of `syncRoutes`. `part` is one, and is given apart. */
const OWN = new Set(["part", "session", "ids", "etag", "drift", "__provider"]);

/** The options of `syncRoutes` in what the engine handed over. */
export function optionsOf(declared: Declared): SyncOptions {
  return Object.fromEntries(
    Object.entries(declared).filter(([key]) => !OWN.has(key)),
  ) as unknown as SyncOptions;
}

export function stateOf(declared: Declared, part: string, report: SyncReport): State {
  return { ...declared, part, ids: report.ids, etag: report.etag };
}
