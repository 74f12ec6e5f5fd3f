/** Checked by `tsc`, and never run: the options of `syncRoutes` that the resource takes. */
import type { RoutesProps } from "routesync/alchemy";

import type { Differs, Kept, Live, Nothing } from "../../__test__/types/surfaces.js";

export type Surface = Nothing<Differs<RoutesProps, Kept | Live>>;
