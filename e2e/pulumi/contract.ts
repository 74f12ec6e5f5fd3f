/** Checked by `tsc`, and never run: the code agrees with the declarations that are generated from it. */
import type * as pulumi from "routesync/pulumi";

import type { Differs, Kept, Live, Nothing } from "../../__test__/types/surfaces";
import * as code from "../../lib/pulumi";

export const resources: typeof pulumi = code;
/** The declarations leave out private members of `Router`, so in this direction only names are compared. */
export type Undeclared = Nothing<Exclude<keyof typeof code, keyof typeof pulumi>>;

/** The options of `syncRoutes` that the resources take. */
export type Surfaces = [
  Nothing<Differs<pulumi.RoutesArgs, Kept | Live>>,
  // `routes` is left out, since methods declare each route.
  Nothing<Differs<pulumi.RouterArgs, Kept | Live | "routes">>,
  Nothing<Differs<pulumi.AttachArgs, Kept | Live | "routes" | "store" | "router">>,
];
