/** The removal and the release of an owner's routes. */

import type { Duration } from "./call";
import type { SyncOptions } from "./sync";
import type { GrowingWriteOptions, OwnerWriteOptions } from "./writes";

/** Options of {@link removeRoutes}. */
export interface RemoveOptions extends OwnerWriteOptions, Pick<SyncOptions, "maxRemoved"> {
  /** The owner whose routes are removed. */
  owner: string;

  /** As {@link SyncOptions.generation}: a call with an older generation removes nothing. */
  generation?: number;

  /**
   * As {@link SyncOptions.gracePeriod}. By default, the records are deleted together with the routes.
   *
   * @defaultValue `0`
   */
  gracePeriod?: Duration;
}

/** Options of {@link releaseRoutes}. */
export interface ReleaseOptions extends GrowingWriteOptions {
  /** The owner whose routes are released. */
  owner: string;

  /**
   * Only reports the effect of the call.
   *
   * @defaultValue `false`
   */
  dryRun?: boolean;

  /**
   * As {@link SyncOptions.gracePeriod}. The call waits for this time, so `deadline` must be longer.
   *
   * @defaultValue `"60 seconds"`
   */
  gracePeriod?: Duration;
}
