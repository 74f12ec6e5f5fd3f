/** The deploys of one process, one after the other: killed at random, rejected by faults, run again until they settle. */
import { random } from "./random.mjs";
import { callsOf, shares } from "./sets.mjs";
import { Slot } from "./slot.mjs";

/** A deploy that was rejected is run again so often: the store works, so it must succeed. */
const RERUNS = 20;
/** Deploys in a process that has just started, not in the one that made the last. */
const FRESH = 0.2;
/** Deploys that were killed and are not run again: the next one takes their place. */
const SKIPPED = 0.3;
/** What a call may take beyond its deadline. */
const LATE_MS = 2_000;
/** Within this a deploy is killed while nobody knows how long one takes. */
const FIRST_MS = 300;

/** What all processes' deploys came to. */
export class Tally {
  /** Milliseconds of each call that settled. */
  times = [];
  /** Attempts and conflicts of each commit that wrote. */
  commits = [];
  /** Code → calls that were rejected with it, and the message of the last one. */
  rejected = {};
  /** Processes that gave up. */
  stuck = 0;
  killed = 0;
  skipped = 0;
  late = 0;

  constructor(deadline) {
    this.deadlineMs = deadline * 1_000;
  }

  /** Notes the answers of one deploy's calls. Those that shared a commit report the same one. */
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

/** `sets` are the process's deploys; `state` is told which has begun and which has settled. */
export async function deployAll(state, index, sets) {
  const chance = random(state.seed * 104_729 + index);
  const slot = new Slot();
  // Construct → the ids of its last report, as a state file would keep them.
  const previous = new Map();
  for (const [n, routes] of sets.entries()) {
    if (chance.chance(FRESH)) slot.leave();
    state.begun[index] = n + 1;
    const doomed = chance.chance(state.kills) ? chance.next() : undefined;
    // A whole set needs no run to its end before the next one; what a construct left behind, only its own next run knows.
    const skips = !shares(index) && n + 1 < sets.length && chance.chance(SKIPPED);
    const calls = callsOf(index, routes);
    if (await deploy(state, slot, { n, calls, previous, doomed, skips })) state.settled[index] = n + 1;
  }
  slot.leave();
}

/** Runs one deploy until it settles; `false` when it was killed and is skipped. */
async function deploy({ tally, place }, slot, { n, calls, previous, doomed, skips }) {
  for (let run = 0; run <= RERUNS; run++) {
    const options = calls.map((call) => ({
      ...place,
      ...call,
      ...(call.part && { previous: previous.get(call.part) ?? {} }),
    }));
    // Somewhere in what a deploy takes, as far as that is known.
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
