/** `import` provides every public name, and does not load the addon. */
import assert from "node:assert/strict";
import * as library from "routesync";
import { isRouteSyncError, RouteSyncError, syncRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

for (const each of [isRouteSyncError, RouteSyncError, syncRoutes, startLocalStore])
  assert.equal(typeof each, "function");
assert.ok(Object.keys(library).length > 15);
assert.equal(library.syncRoutes, syncRoutes);
console.log("done");
