/** The text output of a report. */
import type { SyncReport } from "../types";
import type { Output } from "./output";
import { count, notAtAws } from "./format";

export function reportText(report: SyncReport, out: Output): string {
  const { colors } = out;
  const { added, changed, removed, unchanged, kept, taken, repaired = [] } = report;
  const counts = [
    [added.length, "added", colors.green],
    [changed.length, "changed", colors.yellow],
    [removed.length, "removed", colors.red],
    [kept.length, "kept by policy", colors.dim],
    [taken.length, "taken over", colors.yellow],
    [repaired.length, "repaired", colors.yellow],
    [unchanged.length, "unchanged", colors.dim],
  ] as const;
  const some = counts.filter(([n]) => n > 0).map(([n, what, paint]) => paint(`${n} ${what}`));
  const { requests, attempts, conflicts } = report.counts;
  const total = requests.describe + requests.get + requests.update + requests.list;
  const took = [`${report.durationMs} ms`, count(total, "request"), `$${report.estimatedCostUsd.toFixed(3)}`];
  if (attempts > 1) took.push(`${attempts} attempts`);
  if (conflicts > 0) took.push(count(conflicts, "conflict"));
  if (report.edge?.confirmed) took.push(`served by the edge after ${report.edge.waitedMs} ms`);
  const elsewhere = notAtAws(report.endpoint);
  if (elsewhere !== undefined) took.push(elsewhere);
  return `${colors.green("✓")} ${some.length > 0 ? some.join(", ") : "nothing declared, nothing live"}\n${colors.dim(took.join(", "))}`;
}

export function printWarnings(warnings: SyncReport["warnings"], out: Output): void {
  for (const { code, message } of warnings) out.warning(code, message);
}
