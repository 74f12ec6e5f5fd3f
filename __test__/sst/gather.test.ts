/** How long writes wait for others. The clock is virtual. */
import { beforeEach, expect, jest, test } from "@jest/globals";

import { gathering, LONGEST_MS } from "../../lib/gather";
import type { Gathering } from "../../lib/gather";
import { stopTime } from "../support/clock";

beforeEach(stopTime);

/** Records a call and waits with its write. Tells in `passed` when the wait is over. */
function write(gather: Gathering, longestMs?: number): { passed: boolean } {
  const state = { passed: false };
  gather.recordCall();
  void gather.gathered(longestMs).then(() => (state.passed = true));
  return state;
}

test("all writes go after 150 ms without a call, at the same time", async () => {
  const gather = gathering();
  const first = write(gather);
  await jest.advanceTimersByTimeAsync(60);
  const second = write(gather);
  await jest.advanceTimersByTimeAsync(149);
  expect([first, second]).toEqual([{ passed: false }, { passed: false }]);
  await jest.advanceTimersByTimeAsync(1);
  expect([first, second]).toEqual([{ passed: true }, { passed: true }]);
});

test("a call of any method prolongs the wait", async () => {
  const gather = gathering();
  const only = write(gather);
  await jest.advanceTimersByTimeAsync(60);
  gather.recordCall();
  await jest.advanceTimersByTimeAsync(149);
  expect(only.passed).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(only.passed).toBe(true);
});

/** Makes calls this many milliseconds apart. Returns how long a write waits that comes with the last one. */
async function windowAfter(gather: Gathering, gapMs: number, calls: number): Promise<number> {
  for (let call = 0; call < calls; call++) {
    await jest.advanceTimersByTimeAsync(gapMs);
    gather.recordCall();
  }
  const start = performance.now();
  const waited = gather.gathered().then(() => performance.now() - start);
  await jest.advanceTimersByTimeAsync(LONGEST_MS);
  return waited;
}

test("the window is 150 ms, or another given one, while calls come faster", async () => {
  expect(await windowAfter(gathering(), 60, 10)).toBe(150);
  expect(await windowAfter(gathering(Infinity, 300), 60, 10)).toBe(300);
});

test("on a busy machine, the window is twice the longest of the last eight gaps", async () => {
  const gather = gathering();
  expect(await windowAfter(gather, 300, 2)).toBe(600);
  // The first of these nine comes after a pause.
  expect(await windowAfter(gather, 50, 9)).toBe(150);
});

test("a pause of the program is no gap", async () => {
  expect(await windowAfter(gathering(), 700, 3)).toBe(150);
});

test("the wait ends as soon as all slots wait, and the next one begins anew", async () => {
  const gather = gathering(2);
  const both = [write(gather), write(gather)];
  await jest.advanceTimersByTimeAsync(0);
  expect(both).toEqual([{ passed: true }, { passed: true }]);
  expect(gather.full).toBe(1);

  const alone = write(gather);
  await jest.advanceTimersByTimeAsync(149);
  expect(alone.passed).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(alone.passed).toBe(true);
  expect(gather.full).toBe(1);
});

test.each([
  [undefined, LONGEST_MS],
  [500, 500],
])("with the limit %p, a write waits %d ms at most while calls keep arriving", async (limit, most) => {
  const gather = gathering();
  const only = write(gather, limit);
  for (let waited = 0; waited < most - 100; waited += 100) {
    await jest.advanceTimersByTimeAsync(100);
    gather.recordCall();
  }
  await jest.advanceTimersByTimeAsync(99);
  expect(only.passed).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(only.passed).toBe(true);
});
