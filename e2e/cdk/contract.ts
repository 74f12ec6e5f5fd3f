/** Checked by `tsc`, and never run: the options of `syncRoutes` that the construct takes. */
import type { RoutesProps } from "routesync/cdk";

import type { Differs, Kept, Live, Nothing } from "../../__test__/types/surfaces";

// `generation` is left out, since a rollback of a stack declares an older one again.
export type Surface = Nothing<Differs<RoutesProps, Kept | Live | "generation">>;
