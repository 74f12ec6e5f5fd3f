/** The addon in several threads at once, one of which is terminated in mid-sync: the others finish, and so does this one. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { startLocalStore } from "routesync/testing";

import { declare } from "./support.mjs";

const store = await startLocalStore();
const { arn, client } = store;
const start = (workerData) => new Worker(new URL("worker.mjs", import.meta.url), { workerData: { arn, client, ...workerData } });

const patterns = await Promise.all(
  Array.from({ length: 4 }, async (_, n) => {
    const worker = start({ name: `w${n}` });
    const [added] = await once(worker, "message");
    await once(worker, "exit");
    return added;
  }),
);
assert.deepEqual(patterns.flat().toSorted(), ["/w0", "/w1", "/w2", "/w3"]);

// Its write hangs when it ends.
store.setFaults({ script: [{ on: "UpdateKeys", how: "hang", times: 1000 }] });
const doomed = start({ name: "doomed" });
await once(doomed, "message");
await doomed.terminate();
store.setFaults({});

const worker = start({ name: "after" });
assert.deepEqual((await once(worker, "message"))[0], ["/after"]);
assert.deepEqual((await declare(store, { "/main": "https://m.example" })).added, ["/main"]);
assert.ok(!store.entries()["678a:routes"].includes("/doomed"));
await store.close();
console.log("done");
