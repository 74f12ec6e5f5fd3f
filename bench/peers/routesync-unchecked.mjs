/** Ours without the check in the end, which no other peer makes. */
import { run as checked } from "./routesync.mjs";

export function run(job) {
  return checked({ ...job, options: { verify: false } });
}
