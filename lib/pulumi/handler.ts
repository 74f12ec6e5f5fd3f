/**
 * What a resource's state keeps of its implementation: a text that finds this package again and hands over to it.
 *
 * Pulumi would serialize a provider object with all that its methods close over: the addon cannot be, a state would be tied
 * to the code that wrote it, and TypeScript 7 cannot do what that takes. A text in the form that Pulumi reads needs none of it.
 */
import type * as NodeModule from "node:module";

import { builtin, startingPoints } from "../resolve-paths";

/**
 * A provider's process may run in any folder, so the package's own file comes first. It is not there when a state moved to
 * another machine: then the package is looked for beside Pulumi's own, and in the folder where the process runs.
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
  throw new Error("NATIVE_MISSING: routesync is not installed where the program is: install it there; looked in " + String(places));
}

const provider = {};
for (const method of ["check", "diff", "create", "read", "update", "delete"]) {
  provider[method] = async (...given) => load()[method](...given);
}
exports.handler = () => provider;
`;

/** The text, for the package as it is found from here. */
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
      // Not from there.
    }
  }
  // The program can say no better; the other places are left.
  return process.execPath;
}
