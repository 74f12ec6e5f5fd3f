/** SST's own writer, at work on a store for as long as a story goes. */
import { setTimeout as sleep } from "node:timers/promises";

import { SstWriter } from "../../../__test__/support/sst";
import type { Place } from "../../../__test__/support/store";

/**
 * Between two routes: the table stays below what SST can write, however long a story takes. Against a writer that pauses for 100 ms,
 * `verify: "full"`, which an `up` after a refresh asks for, found no moment of rest on a busy machine within its deadline.
 */
const PAUSE_MS = 500;

export class Writing {
  private readonly stopped = new AbortController();
  private readonly ended: Promise<void>;
  private count = 0;

  constructor(place: Place) {
    this.ended = this.write(new SstWriter(place));
    // Told by `stop`, whenever that comes.
    this.ended.catch(() => {});
  }

  /** Path → where it leads, of what is written so far. */
  get routes(): Record<string, string> {
    return Object.fromEntries(Array.from({ length: this.count }, (_, n) => [`/sst${n}`, `sst${n}.example`]));
  }

  /** Ends after the route that is being written; rejects with what went wrong, and where nothing was written. */
  async stop(): Promise<number> {
    this.stopped.abort();
    await this.ended;
    if (this.count === 0) throw new Error("SST wrote nothing");
    return this.count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    await this.ended.catch(() => {});
  }

  private async write(sst: SstWriter): Promise<void> {
    try {
      while (!this.stopped.signal.aborted) {
        const ns = (0x1000 + this.count).toString(16);
        await sst.add(ns, `/sst${this.count}`, `sst${this.count}.example`);
        this.count += 1;
        await sleep(PAUSE_MS);
      }
    } finally {
      sst.close();
    }
  }
}
