/**
 * Delays writes, so that resources share them. Pulumi passes resources one after another, some milliseconds apart, and at most
 * `--parallel` of them at a time. A write waits until no more calls arrive. Without the delay, native code would start with the
 * first resource.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Pulumi saves its state between two resources. That was measured as 5 to 20 ms, and as up to 100 ms on a machine under eightfold load. */
const QUIET_MS = 150;

/** The longest wait, in milliseconds. A program may create other resources in between for minutes. */
const LONGEST_MS = 2_000;

let lastCall = 0;
let gate: Promise<void> | undefined;

/** Records the time of a call of any method. After a check, for example, the resource's creation follows soon. */
export function recordCall(): void {
  lastCall = performance.now();
}

/** Resolves after {@link QUIET_MS} without a call, for all waiting writes at the same time. */
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
