/** A consumer in CommonJS form, with both forms of import in TypeScript. */
import library = require("routesync");
import { syncRoutes } from "routesync";
import type { SyncReport } from "routesync";
import testing = require("routesync/testing");

export async function deploy(): Promise<SyncReport> {
  const store: testing.LocalStore = await testing.startLocalStore();
  const options = { store: store.arn, client: store.client, router: "678a", owner: "shop/test" };
  // @ts-expect-error the routes are missing
  await library.syncRoutes(options);
  return syncRoutes({ ...options, routes: { "/api": "https://a.example" } });
}
