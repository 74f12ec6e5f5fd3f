/** An aborted call rejects with its signal's reason, whose cause has the state of the store. The same call again finishes. */
import assert from "node:assert/strict";
import { setImmediate as immediate } from "node:timers/promises";
import { isRouteSyncError } from "routesync";
import { startLocalStore } from "routesync/testing";

import { declare } from "./support.mjs";

const store = await startLocalStore();
const routes = { "/api": "https://a.example" };
const rejection = (call) =>
  call.then(
    () => assert.fail("the call resolved"),
    (error) => error,
  );

const early = rejection(declare(store, routes, { signal: AbortSignal.abort() }));
assert.equal((await early).name, "AbortError");

store.setFaults({ script: [{ on: "UpdateKeys", how: "hang", times: 1000 }] });
const controller = new AbortController();
const call = rejection(declare(store, routes, { signal: controller.signal }));
// The store has received the write, and will never apply it.
while (store.stats().requests.UpdateKeys === undefined) await immediate();
const reason = new Error("the deploy was cancelled");
controller.abort(reason);
assert.equal(await call, reason);
assert.ok(isRouteSyncError(reason.cause));
assert.equal(reason.cause.code, "ABORTED");

store.setFaults({});
assert.deepEqual((await declare(store, routes)).added, ["/api"]);

// A signal that aborts on the runtime's own timer.
store.setFaults({ script: [{ how: "hang", times: 1000 }] });
const late = await rejection(declare(store, {}, { allowEmpty: true, signal: AbortSignal.timeout(50) }));
assert.equal(late.name, "TimeoutError");
await store.close();
console.log("done");
