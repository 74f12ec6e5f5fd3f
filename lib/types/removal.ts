/** Removing an owner's routes, and handing them back. */

import type { Duration } from "./call";
import type { SyncOptions } from "./sync";
import type { GrowingWriteOptions, OwnerWriteOptions } from "./writes";

/** What {@link removeRoutes} takes. */
export interface RemoveOptions extends OwnerWriteOptions, Pick<SyncOptions, "maxRemoved"> {
  /** Whose routes go. */
  owner: string;

  /** As {@link SyncOptions.generation}: an older one removes nothing. */
  generation?: number;

  /**
   * As {@link SyncOptions.gracePeriod}: by default the records go with the routes.
   *
   * @defaultValue `0`
   */
  gracePeriod?: Duration;
}

/** What {@link releaseRoutes} takes. */
export interface ReleaseOptions extends GrowingWriteOptions {
  /** The owner whose routes are handed back. */
  owner: string;

  /**
   * Only report what it would do.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /**
   * As {@link SyncOptions.gracePeriod}: for so long the call waits, so `deadline` must be longer.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}
