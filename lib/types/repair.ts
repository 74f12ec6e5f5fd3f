/** The repair of a router. */
import type { SyncReport } from "./report";
import type { SyncOptions } from "./sync";

/**
 * Options of {@link repairRoutes}: those of {@link syncRoutes}. Options about declared routes require `routes`. The call always repairs
 * the table, and takes no pattern from others.
 */
export interface RepairOptions extends Omit<SyncOptions, "routes" | "repair" | "takeover" | "adopt"> {
  /** The owner of `routes`. */
  owner: string;

  /** The routes that should be live, as for {@link syncRoutes}. Without it, no route of the owner is added, changed or removed. */
  routes?: SyncOptions["routes"];

  /**
   * Also removes entries of others whose metadata is missing, and metadata of others that no entry names. Another distribution may
   * read such metadata, so read the report of a dry run first.
   *
   * @defaultValue `false`
   */
  foreign?: boolean;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/**
 * The report of a repair or its dry run. It describes the declared routes as in {@link SyncReport}. `repaired` lists the rewritten and
 * deleted keys, and the removed entries.
 */
export type RepairReport = SyncReport;
