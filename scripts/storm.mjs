/** `npm run storm`, also on a fresh clone: prepares, then lets it loose. The contention figures are the release build's. */
import { ready, run } from "./ready.mjs";

const args = process.argv.slice(2);
const release = args.includes("--contention");
ready({ release });
run(process.execPath, ["bench/storm.mjs", "--build", release ? "release" : "debug", ...args]);
