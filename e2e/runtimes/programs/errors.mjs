/** A failure is a rejection with RouteSyncError, whose stack points to the caller. */
import assert from "node:assert/strict";
import { isRouteSyncError, RouteSyncError } from "routesync";
import { startLocalStore } from "routesync/testing";

import { declare } from "./support.mjs";

const store = await startLocalStore();
async function deployTheShop(routes) {
  await declare(store, routes);
}
const rejection = (call) =>
  call.then(
    () => assert.fail("the call resolved"),
    (error) => error,
  );

const refused = await rejection(deployTheShop({ "/api": "https://user:secret@a.example" }));
assert.ok(refused instanceof RouteSyncError && refused instanceof Error);
assert.ok(isRouteSyncError(refused));
assert.equal(refused.code, "INVALID_TARGET");
assert.equal(refused.retryable, false);
assert.equal(refused.name, "RouteSyncError");
assert.equal(refused.details.path, 'routes["/api"]');
assert.ok(!refused.message.includes("secret"));
// Bun leaves out functions that end in a tail call, as `declare` does.
assert.match(refused.stack, /^RouteSyncError: [^\n]*\n +at [^\n]*(?:support|errors)\.mjs:\d+/u);

// Errors of the service, and of the facade.
store.deleteStore(store.arn);
const gone = await rejection(deployTheShop({ "/api": "https://a.example" }));
assert.equal(gone.code, "STORE_GONE");
const facade = await rejection(declare(store, {}, { signal: "no signal" }));
assert.equal(facade.code, "INVALID_OPTION");

// Errors of the embedded store, which are thrown synchronously.
try {
  store.setFaults({ nonsense: true });
  assert.fail("a fault that is none was taken");
} catch (error) {
  assert.ok(error instanceof RouteSyncError && error.code === "INVALID_OPTION");
  assert.match(error.stack, /^RouteSyncError: [^\n]*\n +at [^\n]*errors\.mjs:\d+/u);
}
await store.close();
console.log("done");
