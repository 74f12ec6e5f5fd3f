/**
 * Routes as a resource of Alchemy.
 *
 * @packageDocumentation
 */
import { Resource } from "alchemy";
import type { Context, Scope } from "alchemy";

import { withoutCredentials } from "../credentials.js";
import { isRouteSyncError } from "../errors.js";
import { differing, placeOf, removalOf, takingAlso, yielded } from "../ownership.js";
import type { Deployed } from "../ownership.js";
import { reportLine } from "../report.js";
import { syncRoutes } from "../routes.js";
import type { PassedOptions, RouteTarget, StateClient, SyncReport } from "../types/index.js";

export type { StateClient } from "../types/index.js";

/** What {@link Routes} takes: options of `syncRoutes`. */
export interface RoutesProps extends PassedOptions {
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

/** Of a creation that failed the state has nothing. */
type State = Routes | Partial<Routes>;

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
export async function Routes(id: string, props: RoutesProps): Promise<Routes> {
  // Alchemy writes what it is given into its state before it asks for anything.
  withoutCredentials(props.client);
  return resource(id, props);
}

const resource = Resource(
  "routesync::Routes",
  async function (this: Context<Routes, RoutesProps>, _id: string, props: RoutesProps): Promise<Routes> {
    const { scope } = this;
    const old: State = this.output ?? {};
    if (this.phase === "delete") {
      await remove(scope, old, props);
      return this.destroy();
    }

    const { owner = `${scope.appName}/${scope.stage}`, adopt = scope.adopt, ...rest } = props;
    const part = old.part ?? this.fqn;
    const identity = { store: props.store, router: props.router, owner };
    const moves = deployed(old) && differing(old, identity).length > 0;
    const report = await syncRoutes({
      ...rest,
      owner,
      adopt,
      part,
      previous: moves ? {} : (old.ids ?? {}),
      takeover: takingAlso(props.takeover, moves ? await yielded(old, identity) : []),
      // `--force` is for what may differ although nothing changed.
      ...(scope.force && { verify: "full" as const }),
    });
    tell(scope, part, report);
    if (moves) await remove(scope, old, props);
    return { ...placeOf(props), ...identity, part, ids: report.ids, etag: report.etag } as Routes;
  },
);

function deployed(state: State): state is Routes & Deployed {
  return state.ids !== undefined;
}

async function remove(scope: Scope, state: State, props: RoutesProps): Promise<void> {
  if (!deployed(state) || Object.keys(state.ids).length === 0) return;
  const { router, owner, part, ids } = state;
  // Where the routes are, the state says.
  const { client: _client, deadline: _deadline, retry: _retry, ...how } = props;
  try {
    const report = await syncRoutes({
      // Of a stage that is torn down nobody is left to sweep.
      ...(scope.phase === "destroy" && { gracePeriod: 0 }),
      ...removalOf({ ...how, ...placeOf(state), router, owner }),
      part,
      previous: ids,
      routes: {},
    });
    tell(scope, part, report);
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "STORE_GONE") throw error;
    scope.logger.log(`routesync: the store of ${part} is gone, and its routes with it`);
  }
}

function tell({ logger }: Scope, part: string, report: SyncReport): void {
  logger.log(`routesync: ${part}: ${reportLine(report)}`);
  for (const { code, message } of report.warnings)
    logger.warn(`routesync: ${part}: warning ${code}: ${message}`);
}
