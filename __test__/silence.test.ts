/** A server that accepts and never answers: each call ends at its deadline, and nothing of it stays. */
import { join } from "node:path";

import { expect, test } from "@jest/globals";

import { effort } from "./support/effort";
import { node } from "./support/run";

/** Calls that fill caches and pools, and as many that are measured. */
const WARM = effort("calls to a silent server", 300, 1_000);
const CALLS = WARM;
/** Memory that so many calls may add: less than what one of them holds while it is under way, times their number. */
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

/** Megabytes that memory grows by from the first to the last of its values, by the line that fits them best. */
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
