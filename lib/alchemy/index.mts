/**
 * `routesync/alchemy`: routes as a resource of Alchemy. Its contract is `alchemy.d.mts`. An ES module, as Alchemy is nothing else.
 */
import { Resource } from "alchemy";
import type { Context, Scope } from "alchemy";

import type { Routes as Contract, RoutesProps } from "../../alchemy.mjs";
import type { SyncReport } from "../../index.js";
import { withoutCredentials } from "../credentials.js";
import { isRouteSyncError } from "../errors.js";
import { differing, placeOf, takingAlso, yielded } from "../handover.js";
import type { Deployed } from "../handover.js";
import { reportLine } from "../report.js";
import { syncRoutes } from "../routes.js";

/** Of a creation that failed the state has nothing. */
type State = Contract | Partial<Contract>;

export type Routes = Contract;

/** Alchemy writes what it is given into its state before it asks for anything: what must not be there is refused here. */
export async function Routes(id: string, props: RoutesProps): Promise<Routes> {
  withoutCredentials(props.client);
  return resource(id, props);
}

const resource = Resource(
  "routesync::Routes",
  async function (this: Context<Contract, RoutesProps>, _id: string, props: RoutesProps): Promise<Contract> {
    const { scope } = this;
    const old: State = this.output ?? {};
    if (this.phase === "delete") {
      await remove(scope, old);
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
    if (moves) await remove(scope, old);
    return { ...placeOf(props), ...identity, part, ids: report.ids, etag: report.etag } as Contract;
  },
);

function deployed(state: State): state is Contract & Deployed {
  return state.ids !== undefined;
}

async function remove(scope: Scope, state: State): Promise<void> {
  if (!deployed(state) || Object.keys(state.ids).length === 0) return;
  const { router, owner, part, ids } = state;
  try {
    const report = await syncRoutes({
      ...placeOf(state),
      router,
      owner,
      part,
      previous: ids,
      routes: {},
      // Of a stage that is torn down nobody is left to sweep.
      ...(scope.phase === "destroy" && { graceSeconds: 0 }),
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
