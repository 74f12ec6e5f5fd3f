/**
 * Routes as a resource of Alchemy.
 *
 * @packageDocumentation
 */
import type { Resource } from "alchemy";

import type { ClientOptions, RouteTarget, SyncOptions } from "./index.js";

/** Where the service is and as whom to call it: what may stand in a state. */
export type StateClient = Omit<ClientOptions, "credentials">;

/** What {@link Routes} takes: options of `syncRoutes`. */
export interface RoutesProps extends Pick<
  SyncOptions,
  | "allowBeyondSst"
  | "deadline"
  | "generation"
  | "graceSeconds"
  | "lint"
  | "maxRemoved"
  | "metadataFirst"
  | "policy"
  | "repair"
  | "retry"
  | "takeover"
  | "verify"
> {
  /** The ARN of the KeyValueStore. In another store the routes are made first, then removed from the old one. */
  store: string;

  /** The namespace that holds the route table. Of another router likewise. */
  router: string;

  /** Pattern → target, as {@link SyncOptions.routes}: those of this resource. */
  routes: Record<string, RouteTarget>;

  /**
   * Who declares. Any number of resources may share an owner. A changed owner takes the routes from the old one in one write.
   *
   * @defaultValue the names of the app and the stage: `app/stage`
   */
  owner?: string;

  /**
   * As {@link SyncOptions.adopt}: takes over entries of SST that lead to the declared target.
   *
   * @defaultValue that of the app: `--adopt`
   */
  adopt?: boolean;

  /** Where the service is and as whom to call it. Fixed `credentials` are refused, since they would be kept in the state. */
  client?: StateClient;
}

/** What is kept of {@link Routes} in the state, and what they give. */
export interface Routes extends Resource<"routesync::Routes"> {
  store: string;
  router: string;
  owner: string;

  /** The resource's name in the app when it was made: its routes' ids hang on it. */
  part: string;

  /** Pattern → route id of each route. */
  ids: Record<string, string>;

  /** The store's ETag under which the routes last were made live. */
  etag: string;
}

/**
 * Some routes of a router, as a resource: deployed, changed and removed with the stage, without touching what others have there.
 * Those that are made at the same time, as by `Promise.all`, share reads and writes. Deleting them succeeds also when the store
 * is gone.
 *
 * Rejects with the errors of `syncRoutes`, and with `INVALID_OPTION` for credentials before anything is written down.
 *
 * @example
 * ```ts no-run
 * await Routes("routes", { store: kvs.arn, router: "678a", routes: { "/api": api.url } });
 * ```
 */
export function Routes(id: string, props: RoutesProps): Promise<Routes>;
