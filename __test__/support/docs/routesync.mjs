/** routesync for the programs of a document. Calls without an endpoint go to the embedded store instead of AWS. */
import * as real from "routesync";

import { place } from "./place.mjs";

export * from "routesync";

const there =
  (call) =>
  (options, ...rest) => {
    if (!(options?.store || options?.plan) || options.client?.endpoint) return call(options, ...rest);
    const { arn, client } = place();
    return call(
      { ...options, ...(options.store && { store: arn }), client: { ...client, ...options.client } },
      ...rest,
    );
  };

export const syncRoutes = there(real.syncRoutes);
export const planRoutes = there(real.planRoutes);
export const readRoutes = there(real.readRoutes);
export const verifyRoutes = there(real.verifyRoutes);
export const repairRoutes = there(real.repairRoutes);
export const removeRoutes = there(real.removeRoutes);
export const pruneOwners = there(real.pruneOwners);
export const listOwners = there(real.listOwners);
export const listHistory = there(real.listHistory);
export const rollbackRoutes = there(real.rollbackRoutes);
// Without a grace period, since there are no requests under way.
export const releaseRoutes = there((options) => real.releaseRoutes({ gracePeriod: 0, ...options }));
export const setIndex = there(real.setIndex);
export const explainRoute = there(real.explainRoute);
