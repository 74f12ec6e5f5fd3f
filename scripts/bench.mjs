/** `npm run bench`: measures the release build. */
import { ready, run } from "./ready.mjs";

ready({ release: true });
run(process.execPath, ["bench/deploy.mjs", ...process.argv.slice(2)]);
