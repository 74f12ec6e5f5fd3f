/** Checked by `tsc`, never run: the code and the declarations that are made of it agree. */
import type * as pulumi from "routesync/pulumi";

import type { Differs, Kept, Live, Nothing } from "../../__test__/types/surfaces";
import * as code from "../../lib/pulumi";

export const resources: typeof pulumi = code;
/** Private members of `Router` are not declared to users, so that only names can be compared the other way round. */
export type Undeclared = Nothing<Exclude<keyof typeof code, keyof typeof pulumi>>;

/** Which options of `syncRoutes` they take. */
export type Surfaces = [
  Nothing<Differs<pulumi.RoutesArgs, Kept | Live>>,
  // SST's spelling: each route is declared by a method.
  Nothing<Differs<pulumi.RouterArgs, Kept | Live | "routes">>,
  Nothing<Differs<pulumi.AttachArgs, Kept | Live | "routes" | "store" | "router">>,
];
