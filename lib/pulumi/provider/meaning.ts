/** Whether two declarations mean the same: what would be stored is compared, not how it was spelled. */
import { isDeepStrictEqual } from "node:util";

import type { RouteTarget } from "../../../index";
import { explainRoute } from "../../routes";
import { hasUnknown } from "./unknown";

type Routes = Record<string, RouteTarget>;

/** Patterns of either that do not lead to the same in both. */
export async function changedPatterns(before: Routes, after: Routes): Promise<string[]> {
  const patterns = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const same = await Promise.all(patterns.map((pattern) => means(pattern, before[pattern], after[pattern])));
  return patterns.filter((_, index) => !same[index]);
}

async function means(pattern: string, before?: RouteTarget, after?: RouteTarget): Promise<boolean> {
  if (before === undefined || after === undefined) return false;
  if (isDeepStrictEqual(before, after)) return true;
  // Of a site the files, and of a namespace the name, are not in what is compared below.
  if (hasUnknown([before, after]) || ofSite(before) || ofSite(after)) return false;
  const [then, now] = await Promise.all([stored(pattern, before), stored(pattern, after)]);
  return then !== undefined && isDeepStrictEqual(then, now);
}

const ofSite = (target: RouteTarget) =>
  typeof target === "object" && ("site" in target || "namespace" in target);

/** What would be stored for a route, asked of it alone; nothing where that cannot be told. */
async function stored(pattern: string, target: RouteTarget): Promise<unknown> {
  const slash = pattern.indexOf("/");
  const [host, path] = slash < 0 ? [pattern, "/"] : [pattern.slice(0, slash), pattern.slice(slash)];
  const url = `https://${host.replaceAll("*", "a") || "any.example"}${path}`;
  try {
    const { winner, metadata } = await explainRoute({ url, routes: { [pattern]: target } });
    return winner && { type: winner.type, metadata };
  } catch {
    // A state of another version, or a target that is refused now: `check` says so.
    return undefined;
  }
}
