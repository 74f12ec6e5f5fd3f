/**
 * `npm run bench [-- --full]`: measures the release build, and compares it with its peers and with the least possible cost. `--axis edge`
 * measures only the edge. Its figures are counts that do not depend on the build, so any build will do.
 */
import { ready, run } from "./ready.mjs";
import { checkSize } from "./size.mjs";

const args = process.argv.slice(2);
const edgeOnly = args.join(" ").replace("=", " ") === "--axis edge";
ready({ release: !edgeOnly });
// The SDK warns about the Node version that its later versions will need.
const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
run(process.execPath, ["bench/peers.mjs", "--build", "release", ...args], { env });
if (!edgeOnly) run(process.execPath, ["bench/round-trips.mjs", "--build", "release"], { env });
run(process.execPath, ["scripts/figures.mjs"]);
run("npx", ["prettier", "--log-level", "warn", "--write", "bench/results.md", "bench/results.json"]);
if (!edgeOnly) checkSize();
