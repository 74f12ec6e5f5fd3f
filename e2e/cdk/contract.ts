/** Checked by `tsc`, never run: which options of `syncRoutes` the construct takes. */
import type { RoutesProps } from "routesync/cdk";

import type { Differs, Kept, Live, Nothing } from "../../__test__/types/surfaces";

// A stack that is rolled back declares an older generation again.
export type Surface = Nothing<Differs<RoutesProps, Kept | Live | "generation">>;
