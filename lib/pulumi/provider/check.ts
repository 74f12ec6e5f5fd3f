/** Before anything is done: what is wrong with a declaration, whether it says anything new, and at a preview what it would do. */
import { isDeepStrictEqual } from "node:util";

import type { RoutesCheck } from "../../types";
import { REFUSED } from "../../credentials";
import { isRouteSyncError } from "../../errors";
import { checkRoutes, planRoutes } from "../../routes";
import { nameIn, log, logPlan, words } from "./log";
import { optionsOf } from "./state";
import type { Declared, Session } from "./state";
import { filled, hasUnknown } from "./unknown";

/** What the engine tells of no resource twice: by part, what the program's run is for. */
const sessions = new Map<string, Session>();

export interface Failure {
  property: string;
  reason: string;
}

/** Takes the session out of what the program declared, so that no state keeps it, and no difference comes of it. */
export function withoutSession({ session, ...declared }: Declared): Declared {
  if (session) sessions.set(declared.part, session);
  return declared as Declared;
}

/** What is wrong with the declaration, on the property that it belongs to. Sends nothing. */
export function failures(declared: Declared): Failure[] {
  if ((declared["client"] as { credentials?: unknown } | undefined)?.credentials !== undefined) {
    return [{ property: "client.credentials", reason: `INVALID_OPTION: ${REFUSED}` }];
  }
  try {
    checked(filled(declared));
    return [];
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    // A level that is not known yet may allow it.
    if (error.code === "LINT" && hasUnknown(declared["lint"])) return [];
    return [{ property: error.details.path ?? error.details.key ?? "routes", reason: words(error) }];
  }
}

function checked(declared: Declared): RoutesCheck {
  return checkRoutes({ ...optionsOf(declared), part: declared.part, previous: {} });
}

/** Whether the same would be stored for `after` as for `before`, however they are spelled. */
export function sameRoutes(before: Declared, after: Declared): boolean {
  if (isDeepStrictEqual(before.routes, after.routes)) return true;
  if (hasUnknown(after.routes)) return false;
  try {
    return isDeepStrictEqual(checked(before).digests, checked(after).digests);
  } catch {
    // A state of another version, or a target that is refused now: `check` says so.
    return false;
  }
}

/** At a preview, shows what would be done. Never fails: what stands in the way now may be gone by then. */
export async function preview(
  declared: Declared,
  previous: Record<string, string>,
  takeover?: string[],
): Promise<void> {
  const session = sessions.get(declared.part);
  if (!session?.preview) return;
  const name = nameIn(declared.part);
  if (session.secret) return log(`plan of ${name}: not shown, since it holds secrets`);
  if (hasUnknown(declared))
    return log(`plan of ${name}: not made, since it waits for resources that are not there yet`);
  const options = optionsOf(declared);
  try {
    const plan = await planRoutes({
      ...options,
      part: declared.part,
      previous,
      takeover: options.takeover === true || [...(options.takeover || []), ...(takeover ?? [])],
    });
    logPlan(name, plan);
  } catch (error) {
    log(`plan of ${name}: not made, since the store says ${words(error)}`);
  }
}
