/** One deploy in a separate process. It makes one call on request, and prints its report. */
import { once } from "node:events";

import { syncRoutes } from "routesync";

const options = JSON.parse(process.argv[2]);
console.log("ready");
await once(process.stdin, "data");
process.stdin.destroy();
const report = await syncRoutes(options).catch((error) => ({ error: error.code, message: error.message }));
console.log(JSON.stringify(report));
