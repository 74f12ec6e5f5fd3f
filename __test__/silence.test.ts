/** A server that accepts connections and never answers: each call ends at its deadline, and leaves nothing behind. */
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { effort } from "./support/effort";
import { node } from "./support/run";

/** The number of calls that fill caches and pools, and of those that are measured. */
const WARM = effort("calls to a silent server", 300, 1_000);
const CALLS = WARM;
/** The memory that the calls may add. It is less than the memory of one pending call, times their number. */
const GROWTH_MB = 4;
const DEADLINE_MS = 50;

interface Found {
  codes: Record<string, number>;
  earliest: number;
  latest: number;
  mostSockets: number;
  left: number;
  memory: number[];
}

/** The growth of memory in megabytes from the first to the last value, by linear regression. */
function growth(memory: number[]): number {
  const middle = (memory.length - 1) / 2;
  const mean = memory.reduce((sum, one) => sum + one, 0) / memory.length;
  const slope =
    memory.reduce((sum, one, n) => sum + (n - middle) * (one - mean), 0) /
    memory.reduce((sum, _, n) => sum + (n - middle) ** 2, 0);
  return slope * (memory.length - 1);
}

test.each([
  ["one store", { stores: false }],
  ["a store for each call", { stores: true }],
])(
  "calls to %s end at the deadline and leave neither memory nor sockets",
  async (_what, { stores }) => {
    const atOnce = 20;
    const rounds = (WARM + CALLS) / atOnce;
    const argument = JSON.stringify({ stores, atOnce, rounds, deadline: DEADLINE_MS / 1_000 });
    const printed = await node(["--expose-gc", join(__dirname, "support/silence.mjs"), argument]);
    const found = JSON.parse(printed) as Found;
    expect(found.codes).toEqual({ DEADLINE_EXCEEDED: WARM + CALLS });
    expect(found.earliest).toBeGreaterThanOrEqual(DEADLINE_MS - 2);
    expect(found.latest).toBeLessThan(DEADLINE_MS + 1_000);
    expect(found.left).toBe(0);
    expect(growth(found.memory.slice(WARM / atOnce))).toBeLessThan(GROWTH_MB);
  },
  120_000,
);
