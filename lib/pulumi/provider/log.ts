/** Lines in Pulumi's log, and errors for Pulumi's engine, which receives only their message. */
import type { RoutesPlan, SyncReport } from "../../types";
import { isRouteSyncError } from "../../errors";
import { reportLine } from "../../report";

/** Prints a line. Pulumi shows the output of a provider's process. */
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

/** The error for the engine, which receives only the message. So the message includes the code. */
export function crossing(error: unknown): Error {
  const crossed = new Error(words(error));
  // Pulumi prints the stack in addition to the message. The place in the provider's code does not help the user.
  crossed.stack = "";
  return crossed;
}
