/** What a commit is doing: a line that is redrawn where somebody watches, plain lines otherwise. */
import type { SyncProgress } from "../types";
import { count } from "./format";
import type { Output } from "./output";

/** Lines about writes in a log that nobody watches. */
const WRITES_TOLD = 10;

export function progress(out: Output): (event: SyncProgress) => void {
  const seen = { phase: "reading", conflicts: 0, wrote: false };
  return (event) => {
    if (event.type === "written") seen.wrote = true;
    // Who only looks is told of it, too.
    if (event.type === "verified" && !seen.wrote) return;
    if (!out.live) {
      const line = words(event);
      if (line !== undefined) out.note(line);
      return;
    }
    seen.phase = phase(event) ?? seen.phase;
    if (event.type === "conflict") seen.conflicts = event.conflicts;
    const told = [seen.phase];
    if (seen.conflicts > 0) told.push(`${seen.conflicts} conflict${seen.conflicts === 1 ? "" : "s"}`);
    if ("waitMs" in event && event.type !== "waiting") told.push(`${waits(event.type)} ${event.waitMs} ms`);
    out.redraw(told.join(" · "));
  };
}

function phase(event: SyncProgress): string | undefined {
  switch (event.type) {
    case "described":
      return "reading";
    case "read":
      return "planning";
    case "planned":
      return event.batches === 0 ? "nothing to write" : `writing: batch 0 of ${event.batches}`;
    case "written":
      return event.batch < event.of ? `writing: batch ${event.batch} of ${event.of}` : "checking";
    case "verified":
      return "checked";
    case "waiting":
      return waiting(event.waitMs);
    default:
      return undefined;
  }
}

const waiting = (ms: number): string =>
  `the routes are handed back; waiting ${Math.ceil(ms / 1_000)} s until requests under way are served`;

const waits = (type: string): string =>
  ({
    conflict: "somebody else wrote first, again in",
    throttled: "asked to slow down for",
  })[type] ?? "again in";

function words(event: SyncProgress): string | undefined {
  switch (event.type) {
    case "described":
      return `the store holds ${count(event.items, "key")}, ${event.bytes} bytes`;
    case "read":
      return undefined;
    case "planned":
      return `${event.added} to add, ${event.changed} to change, ${event.removed} to remove: ${count(event.keys, "key")} in ${count(event.batches, "write")}`;
    case "written": {
      const step = Math.ceil(event.of / WRITES_TOLD);
      return event.batch % step === 0 || event.batch === event.of
        ? `wrote batch ${event.batch} of ${event.of}`
        : undefined;
    }
    case "verified":
      return "what was written stands";
    case "waiting":
      return waiting(event.waitMs);
    default:
      return `${waits(event.type)} ${event.waitMs} ms`;
  }
}
