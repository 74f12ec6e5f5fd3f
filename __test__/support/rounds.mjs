/**
 * A process that deploys for many owners. Each line of its input is a JSON array of calls, `[name, options]`. It makes these calls
 * concurrently, and prints the outcome of each.
 */
import { createInterface } from "node:readline";

import { pruneOwners, removeRoutes, syncRoutes } from "routesync";

const calls = { syncRoutes, removeRoutes, pruneOwners };
const settle = ([name, options]) =>
  calls[name](options).then(
    ({ pruned, taken, supersededBy, counts }) => ({
      pruned,
      taken,
      supersededBy,
      conflicts: counts.conflicts,
    }),
    (error) => ({ error: error.code, message: error.message }),
  );
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(settle))));
}
