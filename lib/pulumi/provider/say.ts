/** What the user reads: lines in Pulumi's log, and errors, of which only the message gets through. */
import type { RoutesPlan, SyncReport } from "../../../index";
import { isRouteSyncError } from "../../errors";

/** Pulumi shows what a provider's process writes. */
export function say(line: string): void {
  console.log(`routesync: ${line}`);
}

export function sayReport(report: SyncReport): void {
  const { added, changed, removed, kept, counts, warnings } = report;
  const did = [
    counted(added, "added"),
    counted(changed, "changed"),
    counted(removed, "removed"),
    counted(kept, "kept"),
  ].filter(Boolean);
  const requests = Object.values(counts.requests).reduce((sum, count) => sum + count, 0);
  const shared = counts.intents > 1 ? ` shared by ${counts.intents} resources` : "";
  say(`${did.join(", ") || "nothing to do"} · ${requests} requests${shared} · ${counts.conflicts} conflicts`);
  for (const { code, message } of warnings) say(`warning ${code}: ${message}`);
}

const counted = (patterns: string[], what: string) => patterns.length > 0 && `${patterns.length} ${what}`;

export function sayPlan(name: string, plan: RoutesPlan): void {
  if (plan.changes.length === 0 && !plan.refusal) return;
  say(`plan of ${name}\n${plan.text}`);
  if (plan.refusal) say(`warning ${plan.refusal.code}: ${plan.refusal.message}`);
}

/** The resource's name in its URN. */
export const nameIn = (urn: string) => urn.slice(urn.lastIndexOf("::") + 2);

export function words(error: unknown): string {
  return isRouteSyncError(error)
    ? `${error.code}: ${error.message}`
    : String((error as Error)?.message ?? error);
}

/** Only the message of an error crosses to the engine: it carries the code, too. */
export function crossing(error: unknown): Error {
  const crossed = new Error(words(error));
  // Pulumi prints it besides the message; where the provider is in its own code helps nobody.
  crossed.stack = "";
  return crossed;
}
