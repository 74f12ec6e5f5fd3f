/** A deploy, a change and a removal against the embedded store: what is asked of the store, what stands in it. */
import { syncRoutes } from "routesync";
import { startLocalStore } from "routesync/testing";

const ROUNDTRIP_MS = 20;

const store = await startLocalStore({ latencyMs: ROUNDTRIP_MS });
console.log(`A KeyValueStore at ${store.endpoint}, ${ROUNDTRIP_MS} ms away.\n`);

async function deploy(title, routes) {
  const report = await syncRoutes({
    store: store.arn,
    client: store.client,
    router: "678a",
    owner: "shop/demo",
    routes,
  });
  const { describe, get, update, list } = report.counts.requests;
  console.log(title);
  for (const what of ["added", "changed", "removed", "unchanged"]) {
    if (report[what].length > 0) console.log(`  ${what.padEnd(10)} ${report[what].join("  ")}`);
  }
  console.log(`  requests   ${describe} describe, ${get} get, ${update} update, ${list} list`);
  console.log(`  took       ${Math.round(report.durationMs)} ms, $${report.estimatedCostUsd.toFixed(3)}\n`);
}

const routes = {
  "/api": "https://api.example.com",
  "docs.example.com/": { bucket: "docs.s3.us-east-1.amazonaws.com" },
  "/search": { url: "https://search.example.com", readTimeout: "60 seconds" },
};
await deploy("First deploy", routes);
await deploy("The same again", routes);
await deploy("One target changed, one route dropped", {
  "/api": "https://api2.example.com",
  "docs.example.com/": routes["docs.example.com/"],
});

console.log("In the store");
for (const [key, value] of Object.entries(store.entries())) console.log(`  ${key.padEnd(24)} ${value}`);
await store.close();
