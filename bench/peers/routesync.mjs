/** routesync: deploys the whole set in one call, which verifies the store before it resolves. */
import { createRequire } from "node:module";

import { syncRoutes } from "routesync";

// Load the addon now, so that its time counts as import. The first call would load it otherwise.
createRequire(import.meta.url)("routesync/native");

export async function run({ server: { client }, arn, router, owner, routes, options }) {
  await syncRoutes({ store: arn, client, router, owner, routes, deadline: "600 seconds", ...options });
}
