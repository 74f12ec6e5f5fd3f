/** Repairing a router. */
import type { SyncReport } from "./report";
import type { SyncOptions } from "./sync";

/**
 * What {@link repairRoutes} takes: options of {@link syncRoutes}. Those that are about declared routes need `routes`. It always repairs the
 * table, and takes no pattern from others.
 */
export interface RepairOptions extends Omit<SyncOptions, "routes" | "repair" | "takeover" | "adopt"> {
  /** Who repairs: the owner of `routes`. */
  owner: string;

  /** What should be live, as {@link syncRoutes} takes it. Left out, no route of the owner is added, changed or removed. */
  routes?: SyncOptions["routes"];

  /**
   * Also drops entries of others whose metadata is missing, and metadata of others that no entry names. Another distribution may
   * read that: look at the report first.
   *
   * @defaultValue `false`
   */
  foreign?: boolean;

  /**
   * Only report what it would do.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;
}

/**
 * What a repair did, or would do: to the declared routes as {@link SyncReport} says, and in `repaired` the keys put again or deleted
 * and the entries dropped.
 */
export type RepairReport = SyncReport;
