/**
 * Routes as an Alchemy resource.
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

/** The properties of {@link Routes}: options of `syncRoutes`. */
export interface RoutesProps extends PassedOptions {
  /** The ARN of the KeyValueStore. If it changes, the routes are first deployed to the new store, then removed from the old one. */
  store: string;

  /** The namespace of the route table. A change works like a change of the store. */
  router: string;

  /** The target for each pattern, as in {@link SyncOptions.routes}: the routes of this resource. */
  routes: Record<string, RouteTarget>;

  /**
   * The owner of the routes. Any number of resources may share an owner. A changed owner takes over the routes of the old one in one
   * write.
   *
   * @defaultValue `app/stage`, with the names of the app and the stage
   */
  owner?: string;

  /**
   * As {@link SyncOptions.adopt}: takes over entries of SST that already lead to the declared target.
   *
   * @defaultValue the value of the app, which `--adopt` sets
   */
  adopt?: boolean;

  /** The endpoint, and the profile or role for the calls. `credentials` are rejected, since they would be saved in the state. */
  client?: StateClient;
}

/** The state and the outputs of {@link Routes}. */
export interface Routes extends Resource<"routesync::Routes"> {
  store: string;
  router: string;
  owner: string;

  /** The resource's name in the app at its creation. The ids of its routes depend on it. */
  part: string;

  /** The route id of each pattern. */
  ids: Record<string, string>;

  /** The store's ETag after the last deploy of the routes. */
  etag: string;
}

/** The state may be incomplete: it is empty after a failed creation. */
type State = Routes | Partial<Routes>;

/**
 * Some routes of a router, as a resource. They are deployed, changed and removed with the stage, and routes of others stay unchanged.
 * Resources that are created at the same time, for example with `Promise.all`, share reads and writes. The deletion of a resource also
 * succeeds if the store no longer exists.
 *
 * Rejects with the errors of `syncRoutes`, and with `INVALID_OPTION` for credentials, before they are saved.
 *
 * @example
 * ```ts no-run
 * await Routes("routes", { store: kvs.arn, router: "678a", routes: { "/api": api.url } });
 * ```
 */
export async function Routes(id: string, props: RoutesProps): Promise<Routes> {
  // Alchemy saves the properties in its state before it calls the handler.
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
      // The user passes `--force` if the store may differ although the declaration did not change.
      ...(scope.force && { verify: "full" as const }),
    });
    logReport(scope, part, report);
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
  // The place of the routes is in the state.
  const { client: _client, deadline: _deadline, retry: _retry, ...how } = props;
  try {
    const report = await syncRoutes({
      // After a `destroy` no later deploy sweeps metadata, so it is deleted immediately.
      ...(scope.phase === "destroy" && { gracePeriod: 0 }),
      ...removalOf({ ...how, ...placeOf(state), router, owner }),
      part,
      previous: ids,
      routes: {},
    });
    logReport(scope, part, report);
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "STORE_GONE") throw error;
    scope.logger.log(`routesync: the store of ${part} no longer exists, and neither do its routes`);
  }
}

function logReport({ logger }: Scope, part: string, report: SyncReport): void {
  logger.log(`routesync: ${part}: ${reportLine(report)}`);
  for (const { code, message } of report.warnings)
    logger.warn(`routesync: ${part}: warning ${code}: ${message}`);
}
