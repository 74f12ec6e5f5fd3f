/** Checks a declaration, compares it with the state, and shows its plan in a preview. Nothing is written. */
import { isDeepStrictEqual } from "node:util";

import type { RoutesCheck } from "../../types";
import { REFUSED } from "../../credentials";
import { isRouteSyncError } from "../../errors";
import { checkRoutes, planRoutes } from "../../routes";
import { nameIn, log, logPlan, words } from "./log";
import { optionsOf } from "./state";
import type { Declared, Session } from "./state";
import { filled, hasUnknown } from "./unknown";

/** The session of each part. The engine passes it only to `check`. */
const sessions = new Map<string, Session>();

export interface Failure {
  property: string;
  reason: string;
}

/** Removes the session from a declaration, so that it is not saved in the state and does not appear as a difference. */
export function withoutSession({ session, ...declared }: Declared): Declared {
  if (session) sessions.set(declared.part, session);
  return declared as Declared;
}

/** The errors of a declaration, each with its property. Sends nothing. */
export function failures(declared: Declared): Failure[] {
  if ((declared["client"] as { credentials?: unknown } | undefined)?.credentials !== undefined) {
    return [{ property: "client.credentials", reason: `INVALID_OPTION: ${REFUSED}` }];
  }
  try {
    checked(filled(declared));
    return [];
  } catch (error) {
    if (!isRouteSyncError(error)) throw error;
    // The level of the lint rule is not known yet, and may allow this.
    if (error.code === "LINT" && hasUnknown(declared["lint"])) return [];
    return [{ property: error.details.path ?? error.details.key ?? "routes", reason: words(error) }];
  }
}

function checked(declared: Declared): RoutesCheck {
  return checkRoutes({ ...optionsOf(declared), part: declared.part, previous: {} });
}

/** Whether both declarations lead to the same stored values, even if they are written differently. */
export function sameRoutes(before: Declared, after: Declared): boolean {
  if (isDeepStrictEqual(before.routes, after.routes)) return true;
  if (hasUnknown(after.routes)) return false;
  try {
    return isDeepStrictEqual(checked(before).digests, checked(after).digests);
  } catch {
    // The state is from another version, or a target is not valid anymore. `check` reports that.
    return false;
  }
}

/** Logs the plan in a preview. It never fails, since an obstacle may no longer exist at the deploy. */
export async function preview(
  declared: Declared,
  previous: Record<string, string>,
  takeover?: string[],
): Promise<void> {
  const session = sessions.get(declared.part);
  if (!session?.preview) return;
  const name = nameIn(declared.part);
  if (session.secret) return log(`plan of ${name}: not shown, since it contains secrets`);
  if (hasUnknown(declared))
    return log(`plan of ${name}: not made, since it depends on resources that do not exist yet`);
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
    log(`plan of ${name}: not made, since planning failed with ${words(error)}`);
  }
}
