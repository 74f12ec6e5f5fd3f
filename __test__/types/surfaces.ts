/**
 * Checked by `tsc`, never run: which options of `syncRoutes` each other surface takes. An option that is added must be taken
 * everywhere, or be named as left out: here, and for adapters in the `contract` of their folder in e2e/.
 */
import type * as lib from "routesync";

type Option = keyof lib.SyncOptions;
export type Nothing<T extends never> = T;
/** Nothing, where `Options` has all options but `LeftOut`, and none of these. */
export type Differs<Options, LeftOut extends Option> =
  Exclude<Option, keyof Options | LeftOut> | Extract<keyof Options, LeftOut>;

/** About the routes of a declaration: a call that has none does not take them. */
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
/** A program's own: what is written down can hold neither. */
export type Live = "signal" | "onProgress";
/** Resources keep these themselves. */
export type Kept = "part" | "previous" | "allowEmpty";

export type Surfaces = [
  // A removal does not make the table larger.
  Nothing<Differs<lib.RemoveOptions, Exclude<Declares, "maxRemoved"> | "allowBeyondSst">>,
  // It is of other owners; what it removes is removed at once.
  Nothing<Differs<lib.PruneOptions, Declares | "allowBeyondSst" | "generation" | "gracePeriod">>,
  Nothing<Differs<lib.RollbackOptions, Declares>>,
  Nothing<Differs<lib.ReleaseOptions, Declares>>,
  // It always repairs the table, and takes nothing from others.
  Nothing<Differs<lib.RepairOptions, "repair" | "takeover" | "adopt">>,
  Nothing<Differs<lib.RoutesConfig, Live>>,
];
