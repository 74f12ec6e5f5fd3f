/**
 * Pulumi hands over one resource after another, some milliseconds apart, and of those at once as many as `--parallel` says.
 * A write waits until the stream falters, so that they share it: native code would start with the first.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Between two resources Pulumi saves its state: measured 5 to 20 ms, on a machine with eight times its load up to 100. */
const QUIET_MS = 150;

/** The longest wait: programs may make other things in between for minutes. */
const LONGEST_MS = 2_000;

let lastCall = 0;
let gate: Promise<void> | undefined;

/** A call came in, of whatever kind: what is checked now is made next. */
export function came(): void {
  lastCall = performance.now();
}

/** Resolves when no call has come for a while, for all that wait in the same moment. */
export function gathered(): Promise<void> {
  return (gate ??= quiet());
}

async function quiet(): Promise<void> {
  const start = performance.now();
  for (;;) {
    const now = performance.now();
    const left = Math.min(lastCall + QUIET_MS, start + LONGEST_MS) - now;
    if (left <= 0) break;
    await sleep(left);
  }
  gate = undefined;
}
