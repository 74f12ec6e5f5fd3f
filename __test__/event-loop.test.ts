/** A large call does not block the program's thread. Planning, hashing and waiting happen in other threads. */
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { node } from "./support/run";
import { freshStore } from "./support/store";

const HOLD_MS = 10;
/** More runs are needed only if other work uses the CPU. The test ends with the first run within the limit. */
const RUNS = 30;
const LEAST_RUNS = 4;

test("a call of 10,000 routes holds the event loop no longer than its JSON takes, and 10 ms", async () => {
  const store = await freshStore();
  const options = { store: store.arn, client: store.client, router: "678a", owner: "shop/test" };
  const measured = { options, runs: RUNS, least: LEAST_RUNS, boundMs: HOLD_MS };
  const printed = await node([join(__dirname, "support/hold.mjs"), JSON.stringify(measured)]);
  const found = JSON.parse(printed) as { hold: number; json: number; ms: number }[];
  // Other processes also block it while they use the CPU. The best run shows the effect of the call.
  const hold = Math.min(...found.map((run) => run.hold));
  const json = Math.min(...found.map((run) => run.json));
  expect(hold - json).toBeLessThanOrEqual(HOLD_MS);
  // It took long enough for a thread that waits to show.
  expect(Math.min(...found.map(({ ms }) => ms))).toBeGreaterThan(10 * HOLD_MS);
}, 120_000);
