/** The namespace of an SST router. */
import type * as NodeCrypto from "node:crypto";

import { builtin } from "../resolve-paths";

/**
 * Computes the namespace of the SST `Router` with this name: the first four hex digits of a hash of app, stage and name.
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
