/** What the programs share: an embedded store, and a call with everything but its routes filled in. */
import { syncRoutes } from "routesync";

/** A call on `store`, which may be the store itself or what crossed to another thread of it. */
export function declare(store, routes, more) {
  return syncRoutes({
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/test",
    routes,
    ...more,
  });
}

/** A request that hangs is given up soon. */
export const retry = { attemptTimeout: "1 second" };
