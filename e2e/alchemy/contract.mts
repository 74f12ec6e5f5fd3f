/** Checked by `tsc`, never run: which options of `syncRoutes` the resource takes. */
import type { RoutesProps } from "routesync/alchemy";

import type { Differs, Kept, Live, Nothing } from "../../__test__/types/surfaces.js";

export type Surface = Nothing<Differs<RoutesProps, Kept | Live>>;
