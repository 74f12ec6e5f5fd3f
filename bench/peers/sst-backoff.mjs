/** (b) SST's algorithm with the usual recommendation: exponential backoff with full jitter. */
import { deploy } from "./sst.mjs";

const BASE_MS = 100;
const MOST_MS = 20_000;

export function run(job) {
  return deploy(job, (attempt) => Math.random() * Math.min(MOST_MS, BASE_MS * 2 ** attempt));
}
