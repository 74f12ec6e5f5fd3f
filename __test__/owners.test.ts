/**
 * 200 owners with 10 routes each on one store. 8 processes deploy, remove, take over and prune at random at the same time, and no owner
 * ever loses a route because of another owner's sync. Every write is checked. `ROUTESYNC_SEED=<seed>` repeats the calls.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, test } from "@jest/globals";

import { declare, freshStore } from "./support/store";
import { root } from "./support/run";
import { ours, targets } from "./support/table";
import type { Entries } from "./support/table";

const OWNERS = 200;
const EACH = 10;
const PROCESSES = 8;
const ROUNDS = 2;
/** The number of calls of one process in one round. */
const BURST = 4;

const name = (owner: number) => `app/${owner}`;
/** The routes of an owner in a version: `/app/7/0` to `https://app-7-v2-0.example`, and so on. */
const set = (owner: number, version: number) =>
  Object.fromEntries(
    Array.from({ length: EACH }, (_, n) => [
      `/app/${owner}/${n}`,
      `https://app-${owner}-v${version}-${n}.example`,
    ]),
  );

type Call = ["syncRoutes" | "removeRoutes" | "pruneOwners", Record<string, unknown>];
type Settled = { error?: string; message?: string; pruned?: { owner: string }[]; conflicts?: number };

/** Numbers from 0 up to `below`, the same for one seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function start() {
  const child = spawn(process.execPath, [join(__dirname, "support", "rounds.mjs")], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ready: lines.next(),
    exit: once(child, "exit") as Promise<[number | null]>,
    async ask(calls: Call[]) {
      child.stdin.write(`${JSON.stringify(calls)}\n`);
      const { value } = await lines.next();
      return JSON.parse(value as string) as Settled[];
    },
    end: () => child.stdin.end(),
  };
}

/** Whose each route is, by path: the six letters of its id. */
const holders = (entries: Entries) =>
  new Map(ours(entries).map((line) => [line.split(",")[3] ?? "", (line.split(",")[1] ?? "").slice(0, 6)]));

test("no owner ever loses a route to another's sync", async () => {
  const seed = Number(process.env.ROUTESYNC_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const next = random(seed);
  const store = await freshStore({ latencyMs: 2 });
  const place = { store: store.arn, client: store.client, router: "678a" };
  await Promise.all(Array.from({ length: OWNERS }, (_, n) => declare(store, set(n, 0), { owner: name(n) })));
  const letters = new Map<string, string>();
  const entries = store.entries();
  for (const [path, id] of holders(entries)) letters.set(id, path.split("/").slice(1, 3).join("/"));
  expect(letters.size).toBe(OWNERS);
  const shadow: Entries = { ...entries };
  store.journal();

  const processes = Array.from({ length: PROCESSES }, start);
  await Promise.all(processes.map(({ ready }) => ready));
  const seen = {
    calls: 0,
    writes: 0,
    syncs: 0,
    removals: 0,
    takeovers: 0,
    prunes: 0,
    conflicts: 0,
    pruned: 0,
  };
  const wrong: string[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    /** Owners whose routes may go: they are removed or pruned in this round. */
    const leaves = new Set<string>();
    /** Routes that may change hands: to whom. */
    const taken = new Map<string, Set<string>>();
    /** Owners that declare in this round, and in which versions. */
    const declared = new Map<string, Set<number>>();
    /** How many sets an owner declares in this round. */
    const sets = new Map<string, number>();
    const note = (owner: number) => {
      sets.set(name(owner), (sets.get(name(owner)) ?? 0) + 1);
      declared.set(name(owner), (declared.get(name(owner)) ?? new Set()).add(round));
    };
    const choose = (): Call => {
      const owner = next(OWNERS);
      const kind = next(10);
      if (kind < 6) {
        seen.syncs++;
        note(owner);
        return ["syncRoutes", { ...place, owner: name(owner), routes: set(owner, round) }];
      }
      if (kind === 6) {
        seen.removals++;
        leaves.add(name(owner));
        return ["removeRoutes", { ...place, owner: name(owner) }];
      }
      if (kind < 9) {
        seen.takeovers++;
        note(owner);
        const path = `/app/${next(OWNERS)}/${next(EACH)}`;
        taken.set(path, (taken.get(path) ?? new Set()).add(name(owner)));
        const routes = { ...set(owner, round), [path]: `https://app-${owner}-v${round}-0.example` };
        return ["syncRoutes", { ...place, owner: name(owner), routes, takeover: [path] }];
      }
      seen.prunes++;
      leaves.add(name(owner));
      return ["pruneOwners", { ...place, match: [name(owner)] }];
    };
    const bursts = processes.map(() => Array.from({ length: BURST }, choose));
    // oxlint-disable-next-line no-await-in-loop -- the next round begins when all have settled
    const settled = (await Promise.all(processes.map((one, n) => one.ask(bursts[n] ?? [])))).flat();
    for (const { error, message, pruned, conflicts } of settled) {
      seen.calls++;
      seen.conflicts += conflicts ?? 0;
      seen.pruned += pruned?.length ?? 0;
      // Whose route another has taken is refused until it takes it back.
      if (error !== undefined && error !== "ROUTE_CONFLICT") wrong.push(`${error}: ${message}`);
    }
    for (const { puts, deletes } of store.journal()) {
      seen.writes++;
      const before = holders(shadow);
      Object.assign(shadow, puts);
      for (const key of deletes) delete shadow[key];
      const after = holders(shadow);
      // Every entry has its metadata, or this throws.
      targets(shadow);
      for (const [path, was] of before) {
        const owner = letters.get(was) ?? "";
        const is = letters.get(after.get(path) ?? "");
        // Taken and dropped again by a later set of the taker, in one write.
        const passed = [...(taken.get(path) ?? [])].some(
          (taker) => (sets.get(taker) ?? 0) > 1 || leaves.has(taker),
        );
        const dropped =
          passed || leaves.has(owner) || (declared.has(owner) && !path.startsWith(`/${owner}/`));
        const handed =
          is !== undefined &&
          (taken.get(path)?.has(is) || (dropped && path.startsWith(`/${is}/`) && declared.has(is)));
        if (is !== owner && !(is === undefined ? dropped : handed)) {
          wrong.push(`round ${round}: ${path} of ${owner} went to ${is ?? "nobody"}`);
        }
      }
    }
    expect({ seed, round, wrong }).toEqual({ seed, round, wrong: [] });
  }
  for (const { end } of processes) end();
  expect(
    (await Promise.all(processes.map(({ exit }) => exit)))
      .flat()
      .filter((code) => code !== null && code !== 0),
  ).toEqual([]);
  console.log({ seed, ...seen });
  // Or they never met, and nothing was shown.
  expect(Math.min(seen.conflicts, seen.pruned, seen.removals, seen.takeovers)).toBeGreaterThan(0);
}, 240_000);
