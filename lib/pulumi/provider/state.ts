/** The inputs and the state that Pulumi's engine passes to the provider. */
import type { RouteTarget, SyncOptions, SyncReport } from "../../types";

/** The program's declaration, with resolved values. */
export interface Declared {
  store: string;
  router: string;
  owner: string;
  /** The resource's URN when it was made. */
  part: string;
  routes: Record<string, RouteTarget>;
  /** Facts about this run of the program. They are never saved. */
  session?: Session;
  /** Further options of `syncRoutes`. */
  [option: string]: unknown;
}

export interface Session {
  preview: boolean;
  /** Whether a target is secret. If so, no plan is shown. */
  secret: boolean;
}

/** The saved state of a resource. */
export interface State extends Declared {
  ids: Record<string, string>;
  etag: string;
  /** After a refresh, the code of the finding for each pattern whose route differs from the state. */
  drift?: Record<string, string>;
}

/** Keys that are not options of `syncRoutes`. `part` is an option, but is passed separately. */
const OWN = new Set(["part", "session", "ids", "etag", "drift", "__provider"]);

/** The options of `syncRoutes` in a declaration. */
export function optionsOf(declared: Declared): SyncOptions {
  return Object.fromEntries(
    Object.entries(declared).filter(([key]) => !OWN.has(key)),
  ) as unknown as SyncOptions;
}

export function stateOf(declared: Declared, part: string, report: SyncReport): State {
  return { ...declared, part, ids: report.ids, etag: report.etag };
}
