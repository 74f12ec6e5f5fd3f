/** Formats a report for a deploy's log. */
import type { SyncReport } from "./types";

/** `3 added, 1 changed · 5 requests · 0 conflicts` */
export function reportLine({ added, changed, removed, kept, repaired = [], counts }: SyncReport): string {
  const did = [
    counted(added, "added"),
    counted(changed, "changed"),
    counted(removed, "removed"),
    counted(kept, "kept"),
    counted(repaired, "repaired"),
  ].filter(Boolean);
  const requests = Object.values(counts.requests).reduce((sum, count) => sum + count, 0);
  const shared = counts.calls > 1 ? ` shared by ${counts.calls} resources` : "";
  return `${did.join(", ") || "nothing to do"} · ${requests} requests${shared} · ${counts.conflicts} conflicts`;
}

const counted = (patterns: unknown[], what: string) => patterns.length > 0 && `${patterns.length} ${what}`;
