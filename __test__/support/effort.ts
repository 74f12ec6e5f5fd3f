/** The extent of a long test: a short version in `npm test`, and all of it in `npm run test:all`. */
import { appendFileSync } from "node:fs";

/**
 * Returns `all` with `ROUTESYNC_TEST_ALL=1`. Otherwise returns `short`, and adds a line to the file `ROUTESYNC_LEFT_OUT`, which
 * `npm test` prints at its end.
 */
export function effort(what: string, short: number, all: number): number {
  if (process.env["ROUTESYNC_TEST_ALL"] === "1") return all;
  const file = process.env["ROUTESYNC_LEFT_OUT"];
  if (file) appendFileSync(file, `${what}: ${short} of ${all}\n`);
  return short;
}
