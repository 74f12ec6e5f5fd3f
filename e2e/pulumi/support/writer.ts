/** SST's writer, which works on a store for the duration of a story. */
import { setTimeout as sleep } from "node:timers/promises";

import { SstWriter } from "../../../__test__/support/sst";
import type { Place } from "../../../__test__/support/store";

/**
 * The pause between two routes, in milliseconds. It keeps the table below the size that SST can write, even in a long story. With a pause
 * of 100 ms, `verify: "full"`, which an `up` after a refresh uses, never read an unchanged store within its deadline on a busy machine.
 */
const PAUSE_MS = 500;

export class Writing {
  private readonly stopped = new AbortController();
  private readonly ended: Promise<void>;
  private count = 0;

  constructor(place: Place) {
    this.ended = this.write(new SstWriter(place));
    // `stop` reports the error later.
    this.ended.catch(() => {});
  }

  /** The target of each path that was written so far. */
  get routes(): Record<string, string> {
    return Object.fromEntries(Array.from({ length: this.count }, (_, n) => [`/sst${n}`, `sst${n}.example`]));
  }

  /** Ends after the route that is being written. Rejects with the writer's error, or if nothing was written. */
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
