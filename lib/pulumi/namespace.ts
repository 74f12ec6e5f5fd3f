/** The namespace of a router that SST makes. */
import type * as NodeCrypto from "node:crypto";

import { builtin } from "../resolve-paths";

/**
 * The namespace of SST's `Router` of that name: the first four hex digits of a hash of app, stage and name.
 *
 * @example
 * ```ts no-run
 * sstNamespace({ app: "shop", stage: "production", name: "MyRouter" });
 * ```
 */
export function sstNamespace(of: { app: string; stage: string; name: string }): string {
  const { app, stage, name } = of;
  const { createHash } = builtin("node:crypto") as typeof NodeCrypto;
  return createHash("md5").update(`${app}-${stage}-${name}`).digest("hex").slice(0, 4);
}
