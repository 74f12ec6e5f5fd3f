/** Checked by `tsc`, never run: the code and its hand-written contract agree. */
import type * as pulumi from "routesync/pulumi";

import * as code from "../../lib/pulumi";

export const resources: typeof pulumi = code;
