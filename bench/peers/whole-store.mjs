/** Ours: reads a store whole and holds it against a declaration, key by key. */
import { verifyRoutes } from "routesync";
// oxlint-disable-next-line import/no-unassigned-import -- loading is what it is for
import "routesync/native";

export async function run({ server: { client }, arn, router, owner, routes }) {
  const { ok, findings } = await verifyRoutes({ store: arn, client, router, owner, routes });
  if (!ok) throw new Error(`${findings.length} findings, such as ${findings[0]?.message}`);
}
