/** Shows the progress of a commit: one redrawn line at a terminal, and plain lines elsewhere. */
import type { SyncProgress } from "../types";
import { count } from "./format";
import type { Output } from "./output";

/** The most lines about writes outside a terminal. */
const WRITES_SHOWN = 10;

export function progress(out: Output): (event: SyncProgress) => void {
  const seen = { phase: "reading", conflicts: 0, wrote: false, atEdge: -1 };
  return (event) => {
    if (event.type === "written") seen.wrote = true;
    // Calls that write nothing also get this event.
    if (event.type === "verified" && !seen.wrote) return;
    if (!out.live) {
      // A long wait is one line for each change, and not for each round of questions.
      if (event.type === "edge" && event.confirmed === seen.atEdge) return;
      if (event.type === "edge") seen.atEdge = event.confirmed;
      const line = words(event);
      if (line !== undefined) out.note(line);
      return;
    }
    seen.phase = phase(event) ?? seen.phase;
    if (event.type === "conflict") seen.conflicts = event.conflicts;
    const shown = [seen.phase];
    if (seen.conflicts > 0) shown.push(`${seen.conflicts} conflict${seen.conflicts === 1 ? "" : "s"}`);
    if ("waitMs" in event && event.type !== "waiting") shown.push(`${waits(event.type)} ${event.waitMs} ms`);
    out.redraw(shown.join(" · "));
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
      return event.batch < event.of ? `writing: batch ${event.batch} of ${event.of}` : "verifying";
    case "verified":
      return "verified";
    case "waiting":
      return waiting(event.waitMs);
    case "edge":
      return `${atEdge(event)}, ${Math.round(event.waitedMs / 1_000)} s`;
    default:
      return undefined;
  }
}

const atEdge = ({ confirmed, routes }: { confirmed: number; routes: number }): string =>
  `the edge serves ${confirmed} of ${count(routes, "route")} as deployed`;

const waiting = (ms: number): string =>
  `the routes are released; waiting ${Math.ceil(ms / 1_000)} s for requests under way`;

const waits = (type: string): string =>
  ({
    conflict: "another writer wrote first, trying again in",
    throttled: "throttled, trying again in",
  })[type] ?? "trying again in";

function words(event: SyncProgress): string | undefined {
  switch (event.type) {
    case "described":
      return `the store has ${count(event.items, "key")}, ${event.bytes} bytes`;
    case "read":
      return undefined;
    case "planned":
      return `${event.added} to add, ${event.changed} to change, ${event.removed} to remove: ${count(event.keys, "key")} in ${count(event.batches, "write")}`;
    case "written": {
      const step = Math.ceil(event.of / WRITES_SHOWN);
      return event.batch % step === 0 || event.batch === event.of
        ? `wrote batch ${event.batch} of ${event.of}`
        : undefined;
    }
    case "verified":
      return "verified: the changes are live";
    case "waiting":
      return waiting(event.waitMs);
    case "edge":
      return atEdge(event);
    default:
      return `${waits(event.type)} ${event.waitMs} ms`;
  }
}
