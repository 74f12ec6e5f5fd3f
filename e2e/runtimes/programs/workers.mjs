/** Uses the addon in several threads, one of which is terminated during a call. The other threads finish, and so does this one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { setImmediate as immediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { verifyRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

import { declare, retry } from "./support.mjs";

const store = await startLocalStore();
const { arn, client } = store;
const start = (workerData) =>
  new Worker(new URL("worker.mjs", import.meta.url), { workerData: { arn, client, ...workerData } });

const patterns = await Promise.all(
  Array.from({ length: 4 }, async (_, n) => {
    const worker = start({ name: `w${n}` });
    const [[added]] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
    return added;
  }),
);
assert.deepEqual(patterns.flat().toSorted(), ["/w0", "/w1", "/w2", "/w3"]);

// The thread ends while its write hangs. A call that waits for it must not wait forever.
store.setFaults({ script: [{ on: "UpdateKeys", how: "hang" }] });
store.resetStats();
const doomed = start({ name: "doomed" });
while (store.stats().requests.UpdateKeys === undefined) await immediate();
const behind = declare(store, { "/main": "https://m.example" }, { owner: "main/test", retry });
await doomed.terminate();
assert.deepEqual((await behind).added, ["/main"]);

const worker = start({ name: "after" });
assert.deepEqual((await once(worker, "message"))[0], ["/after"]);
const { findings } = await verifyRoutes({ store: arn, client, router: "678a" });
assert.deepEqual(findings, []);
await store.close();
console.log("done");
