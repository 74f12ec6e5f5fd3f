/**
 * Runs programs of documents: `run.mjs <folder>`, where the folder contains `programs.json`. The programs of one document share a store.
 * Each example of a declaration has a separate store, in which its owner has already deployed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { syncRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

import { settle } from "./place.mjs";

const folder = process.argv[2];
const results = [];
for (const { deployed, programs } of JSON.parse(readFileSync(join(folder, "programs.json"), "utf8"))) {
  const store = await startLocalStore();
  settle(store);
  if (deployed) {
    const routes = { "/api": "https://former.lambda-url.us-east-1.on.aws" };
    const { arn, client } = store;
    await syncRoutes({ store: arn, client, router: "678a", owner: "shop/production", routes, history: 5 });
  }
  for (const { at, name } of programs) {
    const before = store.stats().total;
    const error = await import(pathToFileURL(join(folder, `${name}.mjs`))).then(
      () => undefined,
      (reason) => reason?.stack ?? String(reason),
    );
    results.push({ at, error, requests: store.stats().total - before });
  }
  await store.close();
}
process.stdout.write(`\n${JSON.stringify(results)}`);
