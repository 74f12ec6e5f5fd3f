/**
 * Replays every write that the store applied, in order, and records the violations after each one.
 *
 * The declarations of a process determine the allowed targets of its patterns. Its deploys run one after another, so a pattern passes
 * through its declared targets in order ("absent" is one of them). It never goes back, never beyond a deploy that has begun, and never
 * behind one that has settled.
 */
import { IndexJudge } from "./index-judge.mjs";
import { hostOf } from "./sets.mjs";
import { chunksOf, readTable, targetOf } from "./reader.mjs";

const ABSENT = "absent";
/** The most violations of each kind that are shown. */
const SHOWN = 5;
/** The number of states that are kept to explain the first violation. Stale reads may return even older ones. */
const KEPT = 12;

export class Judge {
  writes = 0;
  ours = 0;
  /** The most chunks that the table had. */
  chunks = 0;
  found = { lost: [], broken: [], dark: [], foreign: [], index: [] };
  counts = { lost: 0, broken: 0, dark: 0, foreign: 0, index: 0 };
  /** The states before the first violation, each with the changes of its write. */
  evidence;
  #entries;
  #table = [];
  #states = [];
  /** For each pattern its slot, its declared target in each deploy, and its position in that sequence. */
  #walks = new Map();

  /** The processes of other routers have no `sets`. */
  constructor({ router, sets, entries, seed = 0 }) {
    this.router = router;
    this.index = new IndexJudge({ router, seed, complain: (kind, text) => this.complain(kind, text) });
    this.sets = sets;
    this.#entries = new Map(Object.entries(entries));
    this.#table = readTable(this.#entries, router);
    for (const [slot, deploys] of sets.entries()) {
      for (const pattern of new Set(deploys.flatMap((routes) => Object.keys(routes)))) {
        const declared = deploys.map((routes) => (pattern in routes ? hostOf(routes[pattern]) : ABSENT));
        // Before the first deploy, the pattern is absent.
        this.#walks.set(pattern, { slot, declared: [ABSENT, ...declared], at: 0 });
      }
    }
  }

  /**
   * Replays writes in their order. For each slot, `settled` is the number of deploys that have surely settled, and `begun` of those that
   * may have begun.
   */
  replay(writes, settled, begun) {
    for (const write of writes) this.#apply(write, settled, begun);
  }

  /** Checks that each pattern is live as its process last declared it, and that no other routes of routesync are. */
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
      for (const [pattern, target] of Object.entries(deploys.at(-1) ?? {})) {
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
    this.chunks = Math.max(this.chunks, chunksOf(after, this.router));
    this.#metadata(was, before, after);
    if (ours) this.#foreign(was, changed);
    this.#routes(after, settled, begun, ours);
    if (changed.some((key) => key.startsWith(`${this.router}:`) || key.endsWith(":metadata"))) {
      const now = { keys: after, table: this.#table };
      this.index.look({ was: { keys: before, table: was }, now, write: this.writes });
    }
  }

  /** Checks the metadata for a request that reads the table before this write and the metadata after it. */
  #metadata(was, before, after) {
    for (const { id, pattern } of was.filter(({ ours }) => ours)) {
      const key = `${id}:metadata`;
      if (before.get(key) !== after.get(key))
        this.complain("dark", `write ${this.writes}: ${key} of ${pattern} is gone or altered`);
    }
  }

  /** Checks that a write of routesync changed nothing of SST. Writes of SST may change their own entries. */
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
      `^(${this.router}:routes(:\\d+)?|${this.router}:index(:[0-9A-Za-z]{6}(\\.\\d+)?)?|${this.router}:owner:[^:]+(:\\d+)?|[0-9A-Za-z]{6}\\.[0-9A-Za-z]{7}:metadata)$`,
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
