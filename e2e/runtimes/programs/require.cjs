/** `require` gives the same as `import`, and the addon works from it. */
const assert = require("node:assert/strict");
const { isRouteSyncError, RouteSyncError, syncRoutes } = require("routesync");
const { startLocalStore } = require("routesync/testing");

(async () => {
  const imported = await import("routesync");
  assert.equal(imported.syncRoutes, syncRoutes);
  assert.equal(imported.RouteSyncError, RouteSyncError);
  const store = await startLocalStore();
  const report = await syncRoutes({
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/test",
    routes: { "/api": "https://a.example" },
  });
  assert.deepEqual(report.added, ["/api"]);
  assert.equal(isRouteSyncError(report), false);
  await store.close();
  console.log("done");
})();
