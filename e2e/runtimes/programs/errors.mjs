/** A refusal is a rejection with the one error class, whose stack points at the caller. */
import assert from "node:assert/strict";
import { isRouteSyncError, RouteSyncError } from "routesync";
import { startLocalStore } from "routesync/testing";

import { declare } from "./support.mjs";

const store = await startLocalStore();
async function deployTheShop(routes) {
  await declare(store, routes);
}
const rejection = (call) => call.then(() => assert.fail("the call resolved"), (error) => error);

const refused = await rejection(deployTheShop({ "/api": "https://user:secret@a.example" }));
assert.ok(refused instanceof RouteSyncError && refused instanceof Error);
assert.ok(isRouteSyncError(refused));
assert.equal(refused.code, "INVALID_TARGET");
assert.equal(refused.retryable, false);
assert.equal(refused.name, "RouteSyncError");
assert.equal(refused.details.path, 'routes["/api"]');
assert.ok(!refused.message.includes("secret"));
assert.match(refused.stack, /^RouteSyncError: .*\n +at .*support\.mjs/su);

// From the service, and from the facade.
store.deleteStore(store.arn);
const gone = await rejection(deployTheShop({ "/api": "https://a.example" }));
assert.equal(gone.code, "STORE_NOT_FOUND");
const facade = await rejection(declare(store, {}, { signal: "no signal" }));
assert.equal(facade.code, "INVALID_OPTION");

// Of the embedded store, thrown at once.
assert.throws(() => store.setFaults({ nonsense: true }), { name: "RouteSyncError", code: "INVALID_OPTION" });
await store.close();
console.log("done");
