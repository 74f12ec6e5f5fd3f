/** `pulumi refresh`: the live state, held against what was made. */
import { isRouteSyncError } from "../../errors";
import { placeOf } from "../../ownership";
import { verifyRoutes } from "../../routes";
import type { Finding } from "../../types";
import { nameIn, log } from "./log";
import { optionsOf } from "./state";
import type { State } from "./state";

/** Findings that are about the table as a whole. */
const WHOLE = new Set(["TABLE_CORRUPT", "CHUNK_MISSING"]);

/** What differs is put into the state's `drift`, and the next `pulumi up` repairs it. Where the store is gone, so is the resource. */
export async function read(id: string, known: State): Promise<{ id?: string; props?: State }> {
  const { drift: _, ...state } = known;
  let findings: Finding[];
  try {
    findings = await found(state);
  } catch (error) {
    if (!isRouteSyncError(error) || error.code !== "STORE_GONE") throw error;
    log(`the store of ${nameIn(state.part)} is gone, and its routes with it`);
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
