/** Runs the deploys of one process, one after another. They are killed at random, rejected because of faults, and repeated until they settle. */
import { random } from "./random.mjs";
import { callsOf, shares } from "./sets.mjs";
import { Slot } from "./slot.mjs";

/** The most repetitions of a rejected deploy. The store works, so it must succeed within these. */
const RERUNS = 20;
/** The share of deploys that run in a new process, and not in the process of the previous deploy. */
const FRESH = 0.2;
/** The share of killed deploys that are not repeated. The next deploy replaces them. */
const SKIPPED = 0.3;
/** The tolerance in milliseconds for a call beyond its deadline. */
const LATE_MS = 2_000;
/** The assumed duration of a deploy, as long as none was measured. A kill happens within it. */
const FIRST_MS = 300;

/** The results of the deploys of all processes. */
export class Tally {
  /** Milliseconds of each call that settled. */
  times = [];
  /** Attempts and conflicts of each commit that wrote. */
  commits = [];
  /** For each code, the number of rejected calls and the message of the last one. */
  rejected = {};
  /** Processes that gave up. */
  stuck = 0;
  killed = 0;
  skipped = 0;
  late = 0;

  constructor(deadline) {
    this.deadlineMs = deadline * 1_000;
  }

  /** Records the answers of one deploy's calls. Calls that shared a commit report the same commit, which counts once. */
  note(answers) {
    const commits = new Map();
    for (const { ms, code, message, etag, counts } of answers.filter(Boolean)) {
      if (ms > this.deadlineMs + LATE_MS) this.late += 1;
      if (code) this.rejected[code] = { calls: (this.rejected[code]?.calls ?? 0) + 1, message };
      else this.times.push(ms);
      if (counts?.requests.update > 0) commits.set(etag, counts);
    }
    this.commits.push(...commits.values());
  }
}

/** Runs the deploys `sets` of one process. Records in `state` which deploy has begun, and which has settled. */
export async function deployAll(state, index, sets) {
  const chance = random(state.seed * 104_729 + index);
  const slot = new Slot();
  // The ids of each construct's last report, as a state file would keep them.
  const previous = new Map();
  for (const [n, routes] of sets.entries()) {
    if (chance.chance(FRESH)) slot.leave();
    state.begun[index] = n + 1;
    const doomed = chance.chance(state.kills) ? chance.next() : undefined;
    // Only a whole set can be skipped. If a construct's deploy was interrupted, only a repetition knows what it left behind.
    const skips = !shares(index) && n + 1 < sets.length && chance.chance(SKIPPED);
    const calls = callsOf(index, routes, state.seed);
    if (await deploy(state, slot, { n, calls, previous, doomed, skips })) state.settled[index] = n + 1;
  }
  slot.leave();
}

/** Runs one deploy until it settles. Returns `false` if it was killed and is skipped. */
async function deploy({ tally, place }, slot, { n, calls, previous, doomed, skips }) {
  for (let run = 0; run <= RERUNS; run++) {
    const options = calls.map((call) => ({
      ...place,
      ...call,
      ...(call.part && { previous: previous.get(call.part) ?? {} }),
    }));
    // A random time within the usual duration of a deploy.
    const killAfterMs =
      run === 0 && doomed !== undefined ? doomed * 1.2 * median(tally.times, FIRST_MS) : undefined;
    const answers = await slot.run(n, options, { killAfterMs });
    tally.note(answers);
    for (const [index, answer] of answers.entries()) {
      if (answer?.ids) previous.set(calls[index].part, answer.ids);
    }
    if (answers.every((answer) => answer?.ids)) return true;
    if (answers.includes(undefined)) {
      tally.killed += 1;
      if (skips) {
        tally.skipped += 1;
        return false;
      }
    }
  }
  throw new Error(`a deploy was rejected ${RERUNS} times`);
}

export function median(numbers, none = 0) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? none;
}
