/** What the user reads: lines in Pulumi's log, and errors, of which only the message gets through. */
import type { RoutesPlan, SyncReport } from "../../types";
import { isRouteSyncError } from "../../errors";
import { reportLine } from "../../report";

/** Pulumi shows what a provider's process writes. */
export function log(line: string): void {
  console.log(`routesync: ${line}`);
}

export function logReport(report: SyncReport): void {
  log(reportLine(report));
  for (const { code, message } of report.warnings) log(`warning ${code}: ${message}`);
}

export function logPlan(name: string, plan: RoutesPlan): void {
  if (plan.changes.length === 0 && !plan.refusal) return;
  log(`plan of ${name}\n${plan.text}`);
  if (plan.refusal) log(`warning ${plan.refusal.code}: ${plan.refusal.message}`);
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
