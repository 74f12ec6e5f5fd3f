/** Ours: the whole set in one call, checked in the store before it resolves. */
import { syncRoutes } from "routesync";
// The first call would load it: here it counts as import.
// oxlint-disable-next-line import/no-unassigned-import -- loading is what it is for
import "routesync/native";

export async function run({ server: { client }, arn, router, owner, routes, options }) {
  await syncRoutes({ store: arn, client, router, owner, routes, deadline: "600 seconds", ...options });
}
