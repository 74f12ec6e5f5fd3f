/**
 * Checked by `tsc`, and never run: the options of `syncRoutes` that each other surface takes. A new option must be available everywhere,
 * or be listed as left out: here, and for adapters in the `contract` of their folder in e2e/.
 */
import type * as lib from "routesync";

type Option = keyof lib.SyncOptions;
export type Nothing<T extends never> = T;
/** `never`, if `Options` has all options except `LeftOut`, and none of those. */
export type Differs<Options, LeftOut extends Option> =
  Exclude<Option, keyof Options | LeftOut> | Extract<keyof Options, LeftOut>;

/** Options about declared routes. Calls without a declaration do not take them. */
type Declares =
  | "routes"
  | "part"
  | "previous"
  | "policy"
  | "takeover"
  | "adopt"
  | "allowEmpty"
  | "maxRemoved"
  | "lint"
  | "history";
/** Options that only a program can pass, since they cannot be written to a file. */
export type Live = "signal" | "onProgress";
/** Options that resources set themselves. */
export type Kept = "part" | "previous" | "allowEmpty";

export type Surfaces = [
  // A removal does not enlarge the table.
  Nothing<Differs<lib.RemoveOptions, Exclude<Declares, "maxRemoved"> | "allowBeyondSst" | "index">>,
  // It acts on other owners, and removes their metadata immediately.
  Nothing<Differs<lib.PruneOptions, Declares | "allowBeyondSst" | "index" | "generation" | "gracePeriod">>,
  Nothing<Differs<lib.RollbackOptions, Declares>>,
  Nothing<Differs<lib.ReleaseOptions, Declares>>,
  // It always repairs the table, and takes over nothing from others.
  Nothing<Differs<lib.RepairOptions, "repair" | "takeover" | "adopt">>,
  Nothing<Differs<lib.RoutesConfig, Live>>,
];
