/** The text output of a plan: its changes with their targets, fields and reasons, and its cost. */
import type { PlannedChange, PlannedIndex, RoutesPlan } from "../types";
import type { Output } from "./output";
import { columns } from "./table";
import { count, notAtAws, place } from "./format";

/** The number of changes that are shown without `--all`. */
const SHOWN = 200;

type Colors = Output["colors"];

export function planText(plan: RoutesPlan, colors: Colors, out: Output, all = false): string {
  const parts = [
    `${colors.bold(summary(plan))}  ${colors.dim(`router ${plan.router}, owner ${plan.owner}`)}`,
  ];
  const shown = all ? plan.changes : plan.changes.slice(0, SHOWN);
  if (shown.length > 0) {
    const rows = shown.map((change) => row(change, plan, colors));
    parts.push(columns(["", "pattern", "target", "change", "why"].map(colors.dim), rows));
  }
  if (shown.length < plan.changes.length) {
    parts.push(colors.dim(`… and ${plan.changes.length - shown.length} more (--all shows them)`));
  }
  parts.push(footer(plan).map(colors.dim).join("\n"));
  if (plan.refusal) {
    parts.push(`${colors.red(`refused ${plan.refusal.code}`)}: ${out.inFlags(plan.refusal.message)}`);
  }
  return parts.join("\n\n");
}

export function summary({ changes, unchanged }: RoutesPlan): string {
  const counted = (action: string) => changes.filter((change) => change.action === action).length;
  const counts = [
    [counted("add"), "to add"],
    [counted("change"), "to change"],
    [counted("remove"), "to remove"],
    [counted("keep"), "kept by policy"],
    [unchanged.length, "unchanged"],
  ] as const;
  const some = counts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  return some.length > 0 ? some.join(", ") : "nothing declared, nothing live";
}

function row(change: PlannedChange, plan: RoutesPlan, colors: Colors): string[] {
  const [sign, paint] = {
    add: ["+", colors.green],
    change: ["~", colors.yellow],
    remove: ["-", colors.red],
    keep: ["=", colors.dim],
  }[change.action] as [string, (text: string) => string];
  return [
    paint(sign),
    paint(change.pattern),
    target(change.to ?? change.from),
    fields(change),
    why(change, plan),
  ];
}

function target(side: PlannedChange["to"]): string {
  if (side === undefined) return "?";
  return `${side.type} ${place(side.metadata) ?? "(no metadata)"}`;
}

/** The fields that differ, one per line. */
function fields({ fields: differing = [] }: PlannedChange): string {
  const shown = (value: unknown) =>
    value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
  return differing.map(({ path, before, after }) => `${path}: ${shown(before)} → ${shown(after)}`).join("\n");
}

function why({ action, takenFrom, targetUndefined }: PlannedChange, { options }: RoutesPlan): string {
  if (takenFrom !== undefined) return `taken from ${takenFrom}`;
  switch (action) {
    case "add":
      return "not live";
    case "change":
      return "declared differently";
    case "remove":
      return targetUndefined ? "its target is undefined" : "not declared";
    case "keep":
      return `policy ${String(options["policy"])}`;
  }
}

function footer({
  batches,
  keys,
  requests,
  estimatedCostUsd,
  bytes,
  edgeReads,
  index,
  foreign,
  endpoint,
}: RoutesPlan): string[] {
  const total = requests.describe + requests.get + requests.update + requests.list;
  const lines = [
    batches === 0
      ? "nothing to write"
      : `${batches === 1 ? "one atomic write" : `${batches} writes; the table is complete after each`}: ${count(keys.put, "key")} put, ${keys.deleted} deleted`,
    `${count(total, "request")}, $${estimatedCostUsd.toFixed(3)}`,
  ];
  const { table } = bytes;
  if (table.before !== table.after || edgeReads.before !== edgeReads.after) {
    lines.push(
      `table ${table.before} → ${table.after} bytes; reads per request at the edge ${edgeReads.before} → ${edgeReads.after}`,
    );
  }
  if (index !== undefined) lines.push(indexText(index, edgeReads.after));
  if (foreign.length > 0) {
    lines.push(`untouched: ${foreign.map(({ owner, routes }) => `${routes} of ${owner}`).join(", ")}`);
  }
  const elsewhere = notAtAws(endpoint);
  if (elsewhere !== undefined) lines.push(elsewhere);
  return lines;
}

function indexText({ before, after, keys, scanInstructions }: PlannedIndex, scanReads: number): string {
  if (after === undefined) return "the index is dropped";
  const pages = before && before.pages !== after.pages ? `${before.pages} → ` : "";
  const thousand = (instructions: number) => `${Math.ceil(instructions / 1_000)} thousand instructions`;
  return [
    `index ${pages}${count(after.pages, "page")}, ${after.bytes} bytes, ${count(keys, "key")} in the writes`,
    `at most ${count(after.reads, "read")} and ${thousand(after.instructions)} per request with it, ${scanReads} and ${thousand(scanInstructions.after)} without`,
  ].join("; ");
}
