/**
 * The provider's code in a resource's state: a text that finds this package and forwards the calls to it.
 *
 * Pulumi would serialize a provider object with everything that its methods close over. The addon cannot be serialized, the state would
 * depend on the code that wrote it, and the serialization needs functions that TypeScript 7 does not have. A text in the form that
 * Pulumi reads avoids all of this.
 */
import type * as NodeModule from "node:module";

import { builtin, startingPoints } from "../resolve-paths";

/**
 * The code that Pulumi runs. A provider's process may run in any folder, so the first place is the package's own file. That file
 * does not exist if the state was moved to another machine. The code then searches from Pulumi's own program and from the folder in
 * which the process runs.
 */
const TEXT = `
const { createRequire } = require("node:module");
const { join } = require("node:path");
const places = [PLACE, process.argv[1], join(process.cwd(), "package.json")];
const name = ["routesync", "pulumi-provider"].join("/");

function load() {
  for (const place of places) {
    let from;
    try {
      from = createRequire(place);
      from.resolve(name);
    } catch {
      continue;
    }
    return from(name).provider;
  }
  throw new Error("NATIVE_MISSING: routesync was not found: install it in the project of the Pulumi program; places searched: " + places.join(", "));
}

const provider = {};
for (const method of ["check", "diff", "create", "read", "update", "delete"]) {
  provider[method] = async (...given) => load()[method](...given);
}
exports.handler = () => provider;
`;

/** The text, with the place of this package. */
export function handlerText(): string {
  return TEXT.replace("PLACE", () => JSON.stringify(packageFile()));
}

function packageFile(): string {
  const { createRequire } = builtin("node:module") as typeof NodeModule;
  const name = ["routesync", "package.json"].join("/");
  for (const place of startingPoints()) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // Try the next place.
    }
  }
  // No place was found. The text still has the other places.
  return process.execPath;
}
