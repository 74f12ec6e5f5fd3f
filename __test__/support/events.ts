/** Checks the events of `onProgress` against the contract as they arrive. */
import { setTimeout as sleep } from "node:timers/promises";

import type { SyncProgress } from "../../index";

/** The fields with numbers in each type of event. */
const NUMBERS: Record<SyncProgress["type"], string[]> = {
  described: ["items", "bytes"],
  read: ["keys"],
  planned: ["added", "changed", "removed", "batches", "keys"],
  written: ["batch", "of"],
  conflict: ["conflicts", "waitMs"],
  throttled: ["waitMs"],
  retry: ["waitMs"],
  waiting: ["waitMs"],
  verified: [],
  edge: ["confirmed", "routes", "waitedMs"],
};

export class Hearing {
  readonly events: SyncProgress[] = [];
  readonly wrong: string[] = [];
  private settled = false;

  readonly onProgress = (event: SyncProgress): void => {
    const { type, ...rest } = event;
    const numbers = Object.entries(rest).filter(([, value]) => Number.isInteger(value) && value >= 0);
    const found = numbers.map(([name]) => name).toSorted();
    const wanted = NUMBERS[type]?.toSorted();
    if (this.settled || found.join() !== wanted?.join() || found.length !== Object.keys(rest).length) {
      this.wrong.push(`${this.settled ? "late" : "odd"}: ${JSON.stringify(event)}`);
    }
    this.events.push(event);
  };

  /** Waits for `call`, and then for events that arrive too late. */
  async until<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } finally {
      this.settled = true;
      await sleep(50);
    }
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  of<T extends SyncProgress["type"]>(type: T): Extract<SyncProgress, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<SyncProgress, { type: T }>[];
  }
}
