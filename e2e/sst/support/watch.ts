/** Every state that the stores were in, one after each write, as an edge location could have read it. */
import type { LocalStore } from "../../../lib/testing";
import { table } from "../../../__test__/support/table";
import type { Entries } from "../../../__test__/support/table";

/** What is wrong with a state: the edge function throws, or a route leads nowhere. */
export interface Flaw {
  /** The number of the write, from 1. */
  write: number;
  /** `<router>:routes`, or the entry. */
  of: string;
  what: string;
}

/** The routers with a table in a store. */
export function routersIn(entries: Entries): string[] {
  return Object.keys(entries).flatMap(
    (key) => /^(?<router>[^:]+):routes$/u.exec(key)?.groups?.["router"] ?? [],
  );
}

/** What is wrong with one state of a store. */
export function flawsIn(entries: Entries): Omit<Flaw, "write">[] {
  return routersIn(entries).flatMap((router) => {
    let lines: string[];
    try {
      lines = table(entries, router);
    } catch (error) {
      return [{ of: `${router}:routes`, what: String(error) }];
    }
    return lines
      .filter((line) => entries[`${line.split(",")[1]}:metadata`] === undefined)
      .map((line) => ({ of: line, what: "has no metadata" }));
  });
}

export class Watch {
  private readonly states = new Map<string, Entries>();
  private writes = 0;

  /** Begin with this before anything is in the store. */
  constructor(private readonly store: LocalStore) {
    store.journal();
  }

  /** Judges each write since the last call. */
  flaws(): Flaw[] {
    return this.store.journal().flatMap(({ store, puts, deletes }) => {
      const entries = this.states.get(store) ?? {};
      this.states.set(store, entries);
      Object.assign(entries, puts);
      for (const key of deletes) delete entries[key];
      this.writes += 1;
      return flawsIn(entries).map((flaw) => Object.assign(flaw, { write: this.writes }));
    });
  }

  /** The last judged state of a store, also of one that is deleted. */
  state(store: string): Entries {
    return this.states.get(store) ?? {};
  }

  /** Throws unless each state since the last call was whole; returns how many writes there were. */
  mustBeWhole(): number {
    const before = this.writes;
    const flaws = this.flaws();
    if (flaws.length > 0) {
      const lines = flaws.map(({ write, of, what }) => `after write ${write}: ${of}: ${what}`);
      throw new Error(`the store was not whole:\n${lines.join("\n")}`);
    }
    return this.writes - before;
  }
}
