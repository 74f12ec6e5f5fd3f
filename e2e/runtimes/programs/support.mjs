/** Common code of the programs: an embedded store, and the options of a call without its routes. */
import { syncRoutes } from "routesync";

/** The options of a call on `store`, which may be the store itself or its data in another thread. */
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

/** A short time limit for requests that hang. */
export const retry = { attemptTimeout: "1 second" };
