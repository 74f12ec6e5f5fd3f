/**
 * From a legacy SST Router to routes, without AWS: `node examples/migrate/migrate.mjs [pattern …]`, after `npm run build`. Patterns
 * are taken as a first stage. Prints the routes, the notes, and for some URLs who answers before and after.
 */
import { explainRoute, migrateRoutes } from "routesync";

import { legacy } from "./legacy.mjs";
import { injection, settled } from "./migrated.mjs";

const only = process.argv.slice(2);
const { routes, notes } = await migrateRoutes(legacy, only.length > 0 ? { only } : {});

console.log("Routes\n");
for (const [pattern, target] of Object.entries(routes))
  console.log(`  ${pattern}  ${JSON.stringify(target)}`);

console.log("\nNotes\n");
for (const { severity, code, pattern, message, example } of notes) {
  console.log(`  ${severity} ${code} ${pattern}: ${message}`);
  if (example)
    console.log(`    ${example.url}: ${example.before ?? "nobody"} → ${example.after ?? "nobody"}`);
}

if (only.length === 0) {
  console.log("\nWith what the notes advise\n");
  const urls = ["/", "/about", "/a.jpg", "/api/v1/x", "/api/v2/x", "/account", "/account/me", "/payments/1"];
  for (const url of urls) {
    const { winner, origin, rewrittenUri } = await explainRoute({
      url: arriving(url),
      routes: settled(routes),
    });
    console.log(`  ${url}  ${winner.pattern}  ${origin.host ?? origin.domain}${rewrittenUri}`);
  }
}

/** The path that the router's own code makes of a request's. */
function arriving(uri) {
  const event = { request: { uri, headers: {} } };
  new Function("event", injection)(event);
  return event.request.uri;
}
