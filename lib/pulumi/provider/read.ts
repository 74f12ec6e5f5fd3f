/** `pulumi refresh`: compares the live state with the resource's state. */
import { isRouteSyncError } from "../../errors";
import { placeOf } from "../../ownership";
import { verifyRoutes } from "../../routes";
import type { Finding } from "../../types";
import { nameIn, log } from "./log";
import { optionsOf } from "./state";
import type { State } from "./state";

/** Codes of findings about the whole table. */
const WHOLE = new Set(["TABLE_CORRUPT", "CHUNK_MISSING"]);

/** Saves the differences in the state's `drift`, and the next `pulumi up` repairs them. If the store no longer exists, neither does the resource. */
export async function read(id: string, known: State): Promise<{ id?: string; props?: State }> {
  const { drift: _, ...state } = known;
  let findings: Finding[];
  try {
    findings = await found(state);
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "STORE_GONE") throw error;
    log(`the store of ${nameIn(state.part)} no longer exists, and neither do its routes`);
    return {};
  }
  const drift: Record<string, string> = {};
  for (const pattern of Object.keys(state.routes)) {
    const finding = findings.find((one) => one.pattern === pattern || WHOLE.has(one.code));
    if (!finding) continue;
    drift[pattern] = finding.code;
    log(`${nameIn(state.part)}: ${finding.code}: ${finding.message}`);
  }
  return { id, props: Object.keys(drift).length > 0 ? { ...state, drift } : state };
}

async function found(state: State): Promise<Finding[]> {
  const options = optionsOf(state);
  const { router, owner, routes } = options;
  const { findings } = await verifyRoutes({
    ...placeOf(options),
    router,
    owner,
    part: state.part,
    previous: state.ids,
    routes,
  });
  return findings.filter(({ severity }) => severity !== "info");
}
