/**
 * Replays every write that the store applied, in order, and says after each one what is wrong.
 *
 * What may stand at a pattern follows from what its process declares: deploys come one after the other, so the states
 * of a pattern walk along its declared targets ("absent" is one), never back, never beyond the deploy that
 * has begun, and never behind the one that has settled.
 */
import { hostOf } from "./sets.mjs";
import { readTable, targetOf } from "./reader.mjs";

const ABSENT = "absent";
/** Complaints kept to be shown, of each kind. */
const SHOWN = 5;
/** States kept to explain the first complaint: reads may lag that far behind, and more. */
const KEPT = 12;

export class Judge {
  writes = 0;
  ours = 0;
  found = { lost: [], broken: [], dark: [], foreign: [] };
  counts = { lost: 0, broken: 0, dark: 0, foreign: 0 };
  /** The states up to the first complaint, and what each one's write changed. */
  evidence;
  #entries;
  #table = [];
  #states = [];
  /** Pattern → its slot, what was declared for it from deploy to deploy, and where in that it is. */
  #walks = new Map();

  constructor({ router, sets, entries }) {
    this.router = router;
    this.sets = sets;
    this.#entries = new Map(Object.entries(entries));
    this.#table = readTable(this.#entries, router);
    for (const [slot, deploys] of sets.entries()) {
      for (const pattern of new Set(deploys.flatMap((routes) => Object.keys(routes)))) {
        const declared = deploys.map((routes) => (pattern in routes ? hostOf(routes[pattern]) : ABSENT));
        // Before the first deploy nothing stands.
        this.#walks.set(pattern, { slot, declared: [ABSENT, ...declared], at: 0 });
      }
    }
  }

  /** Writes in their order; `settled` and `begun` say, slot by slot, how many deploys surely had, and may have. */
  replay(writes, settled, begun) {
    for (const write of writes) this.#apply(write, settled, begun);
  }

  /** Whether each pattern stands as its process declared it last, and nothing else of ours does. */
  finish(entries, owners) {
    const live = new Map(Object.entries(entries));
    if (
      live.size !== this.#entries.size ||
      [...live].some(([key, value]) => this.#entries.get(key) !== value)
    ) {
      this.complain("broken", "the replay and the store differ in the end");
    }
    const last = new Map();
    for (const [slot, deploys] of this.sets.entries()) {
      for (const [pattern, target] of Object.entries(deploys.at(-1))) {
        last.set(pattern, `${owners(slot)} ${hostOf(target)}`);
      }
    }
    for (const entry of readTable(live, this.router).filter(({ ours }) => ours)) {
      const record = JSON.parse(live.get(`${this.router}:owner:${entry.id.split(".")[0]}`));
      const stands = `${record.owner} ${targetOf(live, entry)}`;
      if (last.get(entry.pattern) !== stands) {
        this.complain("lost", `in the end ${entry.pattern} is ${stands}, not ${last.get(entry.pattern)}`);
      }
      last.delete(entry.pattern);
    }
    for (const [pattern, wanted] of last) this.complain("lost", `in the end ${pattern} is not ${wanted}`);
  }

  #apply({ puts, deletes }, settled, begun) {
    this.writes += 1;
    const before = this.#entries;
    const after = new Map(before);
    for (const [key, value] of Object.entries(puts)) after.set(key, value);
    for (const key of deletes) after.delete(key);
    this.#entries = after;
    const changed = [...Object.keys(puts), ...deletes].filter((key) => before.get(key) !== after.get(key));
    const ours = changed.some((key) => key.startsWith(`${this.router}:owner:`));
    if (ours) this.ours += 1;
    this.#states.push({ write: this.writes, puts, deletes, entries: Object.fromEntries(after) });
    if (this.#states.length > KEPT) this.#states.shift();

    const was = this.#table;
    try {
      this.#table = readTable(after, this.router);
    } catch (error) {
      return this.complain("broken", `write ${this.writes}: ${error.message} (${changed})`);
    }
    this.#metadata(was, before, after);
    if (ours) this.#foreign(was, changed);
    this.#routes(after, settled, begun, ours);
  }

  /** A request that read the table before this write reads the metadata after it. */
  #metadata(was, before, after) {
    for (const { id, pattern } of was.filter(({ ours }) => ours)) {
      const key = `${id}:metadata`;
      if (before.get(key) !== after.get(key))
        this.complain("dark", `write ${this.writes}: ${key} of ${pattern} is gone or altered`);
    }
  }

  /** Only by writes of ours: SST's own may change what is SST's. */
  #foreign(was, changed) {
    const raws = (table) => table.filter(({ ours }) => !ours).map(({ raw }) => raw);
    const [old, now] = [raws(was), raws(this.#table)];
    if (old.join() !== now.join()) {
      const gone = old.filter((raw) => !now.includes(raw));
      const came = now.filter((raw) => !old.includes(raw));
      this.complain(
        "foreign",
        `write ${this.writes}: entries of SST went (${gone}) or came (${came}), or moved`,
      );
    }
    const allowed = new RegExp(
      `^(${this.router}:routes(:\\d+)?|${this.router}:owner:[^:]+(:\\d+)?|[0-9A-Za-z]{6}\\.[0-9A-Za-z]{7}:metadata)$`,
    );
    for (const key of changed.filter((one) => !allowed.test(one))) {
      this.complain("foreign", `${key} was written`);
    }
  }

  #routes(after, settled, begun, ours) {
    const standing = new Map();
    for (const entry of this.#table.filter((one) => one.ours)) {
      if (standing.has(entry.pattern)) this.complain("broken", `${entry.pattern} stands twice`);
      try {
        standing.set(entry.pattern, targetOf(after, entry));
      } catch (error) {
        this.complain("broken", error.message);
        standing.set(entry.pattern, undefined);
      }
      if (!this.#walks.has(entry.pattern)) this.complain("lost", `nobody declared ${entry.pattern}`);
    }
    for (const [pattern, walk] of this.#walks) {
      const stands = standing.has(pattern) ? standing.get(pattern) : ABSENT;
      const from = Math.max(walk.at, settled[walk.slot]);
      const at = walk.declared.slice(0, begun[walk.slot] + 1).indexOf(stands, from);
      if (at >= 0) walk.at = at;
      else if (stands !== undefined) {
        const wanted = [...new Set(walk.declared.slice(from, begun[walk.slot] + 1))].join(" or ");
        const whose = ours ? "ours" : "another's";
        this.complain(
          "lost",
          `${pattern} is ${stands}, not ${wanted}, after write ${this.writes} (${whose})`,
        );
      }
    }
  }

  complain(kind, text) {
    this.evidence ??= [...this.#states];
    this.counts[kind] += 1;
    if (this.found[kind].length < SHOWN) this.found[kind].push(text);
  }
}
