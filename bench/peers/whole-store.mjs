/** routesync: reads a whole store and compares it with a declaration, key by key. */
import { verifyRoutes } from "routesync";
// oxlint-disable-next-line import/no-unassigned-import -- the import loads the addon
import "routesync/native";

export async function run({ server: { client }, arn, router, owner, routes }) {
  const { ok, findings } = await verifyRoutes({ store: arn, client, router, owner, routes });
  if (!ok) throw new Error(`${findings.length} findings, such as ${findings[0]?.message}`);
}
