/** A virtual clock for one test. */
import { afterEach, beforeEach, jest } from "@jest/globals";

const timers = require("node:timers/promises") as { setTimeout(ms: number): Promise<void> };

let original: typeof timers.setTimeout | undefined;
afterEach(() => {
  if (!original) return;
  timers.setTimeout = original;
  original = undefined;
  jest.useRealTimers();
});

/** Makes time stand still until the test advances it with Jest's timers. Native code keeps the real time. */
export function stopTime(): void {
  original = timers.setTimeout;
  jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"] });
  // Jest's clock does not include the timers that are promises.
  timers.setTimeout = (ms) => new Promise((resolve) => void globalThis.setTimeout(resolve, ms));
}

/**
 * Keeps `setTimeout` from ending by itself in this file's tests, so that a provider's process prints its summary only when a test advances
 * the time. Everything else keeps the real time, and so do timers that are promises.
 */
export function holdTimeouts(): void {
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: [
        "Date",
        "hrtime",
        "nextTick",
        "performance",
        "queueMicrotask",
        "setImmediate",
        "clearImmediate",
        "setInterval",
        "clearInterval",
      ],
    });
  });
  afterEach(() => void jest.useRealTimers());
}
