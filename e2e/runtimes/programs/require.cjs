/** `require` provides the same names as `import`, and the addon works with it. */
const assert = require("node:assert/strict");
const { isRouteSyncError, RouteSyncError, syncRoutes } = require("routesync");
const { startLocalStore } = require("routesync/testing");

(async () => {
  const imported = await import("routesync");
  // Deno passes the CommonJS module to a CommonJS program, with some additional names.
  for (const name of Object.keys(require("routesync"))) assert.equal(typeof imported[name], "function", name);
  const error = await imported.syncRoutes({}).catch((thrown) => thrown);
  assert.ok(error instanceof imported.RouteSyncError && error instanceof RouteSyncError);
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
