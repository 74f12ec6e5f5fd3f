/**
 * The texts of which a function consists. `scripts/build-edge.mjs` makes them from `lib/edge/function`. They are found by this package's own
 * name, as the addon is, because programs are bundled.
 */
import type * as NodeModule from "node:module";

import { internalError } from "../thrown";
import { builtin, startingPoints } from "../resolve-paths";

/** The parts that {@link Parts.base} has places for. */
export type PartName = "probe" | "block" | "before" | "after" | "pass" | "openNext" | "cacheKey";

export type Parts = Record<"base" | PartName, string>;

let loaded: Parts | undefined;

export function parts(): Parts {
  return (loaded ??= load());
}

function load(): Parts {
  const { createRequire } = builtin("node:module") as typeof NodeModule;
  const name = ["routesync", "edge", "parts.json"].join("/");
  let cause: unknown;
  for (const place of startingPoints()) {
    try {
      return createRequire(place)(name) as Parts;
    } catch (error) {
      cause = error;
    }
  }
  throw internalError(`${name} was not found from ${startingPoints().join(", ")}`, cause);
}
