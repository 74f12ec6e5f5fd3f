/** The lines in the deploy's log: what all route writes of the process took, and what would make it less. */
import type { SyncReport } from "../../types";
import type { Slots } from "./slots";

/**
 * The summary is also printed after this time without a write, in milliseconds: a deploy may go on with other resources for minutes, and
 * not every system has signals.
 */
const IDLE_MS = 5_000;

/** The code of a warning that is premature while another resource of the deploy may remove the entry. */
export const STILL_NAMED = "STILL_NAMED";

/** The number of parallel resources that the documentation recommends. */
const RECOMMENDED = 256;

/** Fewer commits than this are not worth a hint. */
const MANY_COMMITS = 8;

export class Summary {
  private writes = 0;
  private busy = 0;
  private printed = 0;
  private hinted = false;
  private readonly commits = new Map<number, SyncReport["counts"]>();
  private readonly warned = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly slots: Slots,
    private readonly full: () => number,
    /** The warnings about keys that are still not deleted. */
    private readonly named: () => string[],
    private readonly print: (line: string) => void = (line) => console.log(`routesync: ${line}`),
  ) {}

  /** Prints the summary when Pulumi's engine ends the process, which it does with SIGINT after the last resource. */
  printAtEnd(): void {
    process.once("exit", () => this.flush());
    process.once("SIGINT", () => process.exit());
  }

  /** Notes that a write begins. Returns the function that notes its end. */
  begin(): () => void {
    this.busy++;
    clearTimeout(this.timer);
    return () => {
      if (--this.busy > 0) return;
      this.timer = setTimeout(() => this.flush(), IDLE_MS);
      this.timer.unref();
    };
  }

  /** Adds the report of a write. Calls of one commit report the same commit, and later ones more of its requests. */
  add(report: SyncReport & { commit?: number }): void {
    this.writes++;
    this.commits.set(report.commit ?? 0, report.counts);
    for (const { code, message } of report.warnings) {
      if (code !== STILL_NAMED) this.warn(code, message);
    }
  }

  private warn(code: string, message: string): void {
    if (!this.warned.has(message)) this.print(`warning ${code}: ${message}`);
    this.warned.add(message);
  }

  private flush(): void {
    if (this.writes === this.printed) return;
    this.printed = this.writes;
    for (const message of this.named()) this.warn(STILL_NAMED, message);
    this.print(this.line());
    const hint = this.hint();
    if (hint && !this.hinted) this.print(hint);
    this.hinted ||= hint !== undefined;
  }

  /** `214 route writes in 6 commits · 31 requests · 0 conflicts` */
  line(): string {
    const counts = [...this.commits.values()];
    const sum = (of: (one: SyncReport["counts"]) => number) => counts.reduce((all, one) => all + of(one), 0);
    const requests = sum((one) => Object.values(one.requests).reduce((all, count) => all + count, 0));
    const conflicts = sum((one) => one.conflicts);
    return [
      `${counted(this.writes, "route write")} in ${counted(counts.length, "commit")}`,
      counted(requests, "request"),
      counted(conflicts, "conflict"),
    ].join(" · ");
  }

  /** What a higher number of parallel resources would save, if all of them were busy with routes again and again. */
  private hint(): string | undefined {
    const commits = this.commits.size;
    const fewer = 2 * Math.ceil(this.writes / RECOMMENDED);
    if (commits < MANY_COMMITS || this.full() < commits / 2 || this.slots.count >= RECOMMENDED)
      return undefined;
    return (
      `Pulumi handled ${this.slots.count} resources at a time, which took ${commits} commits; ` +
      `with PULUMI_PARALLEL=${RECOMMENDED} in the environment it would be about ${fewer}`
    );
  }
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
