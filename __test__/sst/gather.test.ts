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
  await jest.advanceTimersByTimeAsync(100);
  const second = write(gather);
  await jest.advanceTimersByTimeAsync(149);
  expect([first, second]).toEqual([{ passed: false }, { passed: false }]);
  await jest.advanceTimersByTimeAsync(1);
  expect([first, second]).toEqual([{ passed: true }, { passed: true }]);
});

test("a call of any method prolongs the wait", async () => {
  const gather = gathering();
  const only = write(gather);
  await jest.advanceTimersByTimeAsync(149);
  gather.recordCall();
  await jest.advanceTimersByTimeAsync(149);
  expect(only.passed).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(only.passed).toBe(true);
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
