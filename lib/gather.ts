/**
 * Delays writes, so that resources share them. Pulumi passes resources one after another, some milliseconds apart, and at most
 * `--parallel` of them at a time. A write waits until no more calls arrive. Without the delay, native code would start with the
 * first resource.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Pulumi saves its state between two resources. That was measured as 5 to 20 ms, and as up to 100 ms on a machine under eightfold load. */
const QUIET_MS = 150;

/** A busy machine passes resources more slowly. The window is at least this many times the longest of the last gaps between two calls. */
const GAPS = 2;

/** How many gaps count. */
const REMEMBERED = 8;

/** A longer gap, in milliseconds, is a pause of the program and not the pace of the machine. */
const PAUSE_MS = 700;

/** The longest wait, in milliseconds. A program may create other resources in between for minutes. */
export const LONGEST_MS = 2_000;

export interface Gathering {
  /** Records the time of a call of any method. After a check, for example, the resource's creation follows soon. */
  recordCall(): void;
  /**
   * Resolves after a window without a call, for all waiting writes at the same time, or as soon as `slots` writes wait: then
   * Pulumi passes no more.
   *
   * @param longestMs - The longest wait of these writes.
   */
  gathered(longestMs?: number): Promise<void>;
  /** How often `slots` writes have waited. */
  readonly full: number;
}

/**
 * @param slots - The number of resources that Pulumi handles at a time, if known.
 * @param quietMs - The shortest window.
 */
export function gathering(slots = Infinity, quietMs = QUIET_MS): Gathering {
  let lastCall = -Infinity;
  const gaps: number[] = [];
  let waiting = 0;
  let full = 0;
  let open: (() => void) | undefined;
  let gate: Promise<void> | undefined;

  async function quiet(longestMs: number): Promise<void> {
    const start = performance.now();
    const isFull = new Promise<"full">((resolve) => (open = () => resolve("full")));
    for (;;) {
      const window = Math.max(quietMs, GAPS * Math.max(0, ...gaps));
      const left = Math.min(lastCall + window, start + longestMs) - performance.now();
      if (left <= 0 || (await Promise.race([sleep(left), isFull])) === "full") break;
    }
    [gate, open, waiting] = [undefined, undefined, 0];
  }

  return {
    recordCall() {
      const now = performance.now();
      if (now - lastCall < PAUSE_MS) gaps.push(now - lastCall);
      if (gaps.length > REMEMBERED) gaps.shift();
      lastCall = now;
    },
    gathered(longestMs = LONGEST_MS) {
      gate ??= quiet(longestMs);
      if (++waiting >= slots) {
        full++;
        open?.();
      }
      return gate;
    },
    get full() {
      return full;
    },
  };
}
