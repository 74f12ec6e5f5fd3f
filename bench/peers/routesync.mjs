/** Ours: the whole set in one call, checked in the store before it resolves. */
import { createRequire } from "node:module";

import { syncRoutes } from "routesync";

// The first call would load the addon, as this does: here it counts as import.
createRequire(import.meta.url)("routesync/native");

export async function run({ server: { client }, arn, router, owner, routes, options }) {
  await syncRoutes({ store: arn, client, router, owner, routes, deadline: "600 seconds", ...options });
}
