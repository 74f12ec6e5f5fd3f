/** `npm run demo`, also on a fresh clone: builds whatever is missing, then runs the demo. */
import { ready, run } from "./ready.mjs";

ready();
run(process.execPath, ["examples/demo.mjs", ...process.argv.slice(2)]);
