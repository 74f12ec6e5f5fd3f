/** The same in TypeScript, with the runtime's own support for it. */
import assert from "node:assert/strict";
import { syncRoutes, type SyncOptions, type SyncReport } from "routesync";
import { startLocalStore, type LocalStore } from "routesync/testing";

const store: LocalStore = await startLocalStore();
const options: SyncOptions = {
  store: store.arn,
  client: store.client,
  router: "678a",
  owner: "shop/test",
  routes: { "/api": "https://a.example" },
};
const report: SyncReport = await syncRoutes(options);
assert.deepEqual(report.added, ["/api"]);
await store.close();
console.log("done");
