/** Concurrent calls share a commit, report progress, and make their routes live. The process then ends by itself. */
import assert from "node:assert/strict";
import { readRoutes, verifyRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

import { declare } from "./support.mjs";

const store = await startLocalStore();
const events = [];
const onProgress = ({ type }) => events.push(type);
const [one, two] = await Promise.all([
  declare(store, { "/api": "https://a.example" }, { onProgress }),
  declare(store, { "/docs": "https://d.example" }, { owner: "docs/test" }),
]);
assert.deepEqual([one.added, two.added], [["/api"], ["/docs"]]);
assert.equal(store.stats().requests.UpdateKeys, 1);
assert.ok(events.includes("planned") && events.includes("written"), events.join());
const at = { store: store.arn, client: store.client, router: "678a" };
assert.deepEqual((await readRoutes(at)).routes.map(({ pattern }) => pattern).toSorted(), ["/api", "/docs"]);
assert.deepEqual((await verifyRoutes(at)).findings, []);
await store.close();
console.log("done");
