/** `npm run storm`, also on a fresh clone: builds whatever is missing, then runs the storm. `--contention` measures the release build. */
import { ready, run } from "./ready.mjs";

const args = process.argv.slice(2);
const release = args.includes("--contention");
ready({ release });
run(process.execPath, ["bench/storm.mjs", "--build", release ? "release" : "debug", ...args]);
